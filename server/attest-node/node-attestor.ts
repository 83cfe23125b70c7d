/** What proves that a node is what it says. Implementations: registry.ts. Called by attest.ts. */
import type { Selector } from '../../shared/selectors.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';

export interface Evidence {
  /** What the agent's half of the attestor sent first. */
  readonly payload: Uint8Array;
  /** Sends a challenge; the agent's response to it. Rejects when the agent goes away or takes too long. */
  readonly challenge: (challenge: Uint8Array) => Promise<Uint8Array>;
  /** Where the agent calls from; undefined on the admin socket. */
  readonly address: string | undefined;
}

export interface ProvenNode {
  readonly id: SpiffeId;
  readonly selectors: readonly Selector[];
  /** False: the proof is good for one attestation only, until the agent is evicted. */
  readonly canReattest: boolean;
  /** A join token to be used up together with the storing of the node. */
  readonly joinToken: string | undefined;
  /** Others that the same proof, differently written, would give: where one is banned, so is this. */
  readonly twins?: readonly SpiffeId[];
}

export interface NodeAttestor {
  /** Throws InvalidArgument or PermissionDenied when the evidence does not prove it. Changes nothing that a failure later would have to undo. */
  prove(evidence: Evidence): Promise<ProvenNode>;
}
