/**
 * Which entries are told to delegates: those with rights on the server are for their own processes alone. Used by the RPCs
 * about another workload.
 *
 * DIVERGES: SPIRE keeps X.509-SVIDs of such entries from delegates, and gives JWT-SVIDs.
 */
import type { AgentEntry } from '../../cache/agent-entry.ts';

export const mayBeDelegated = ({ admin, downstream }: AgentEntry): boolean => !admin && !downstream;
