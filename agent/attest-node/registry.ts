/** Which node attestors there are, by the name of their plugin block. Called by start/enrol alone. */
import { type JoinTokenConfig, joinToken } from './join-token.ts';
import type { NodeAttestor } from './node-attestor.ts';

export const nodeAttestors = {
  join_token: joinToken,
} satisfies Record<string, (config: JoinTokenConfig) => NodeAttestor>;
