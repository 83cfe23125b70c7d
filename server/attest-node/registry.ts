/** Which node attestors there are, by the type that agents send. Called by server.ts alone. */
import { JoinTokenAttestor, type JoinTokenNeeds } from './join-token.ts';
import type { NodeAttestor } from './node-attestor.ts';

export type NodeAttestorNeeds = JoinTokenNeeds;
type NodeAttestorFactory = (needs: NodeAttestorNeeds) => NodeAttestor;

const nodeAttestors = {
  join_token: (needs) => new JoinTokenAttestor(needs),
} satisfies Record<string, NodeAttestorFactory>;

export const makeNodeAttestors = (needs: NodeAttestorNeeds): ReadonlyMap<string, NodeAttestor> =>
  new Map(Object.entries(nodeAttestors).map(([type, make]) => [type, make(needs)]));
