/** Which entries are told to delegates (SPIRE: those with rights on the server are for their own processes alone). */
import type { AgentEntry } from '../../cache/agent-entry.ts';

export const mayBeDelegated = ({ admin, downstream }: AgentEntry): boolean => !admin && !downstream;
