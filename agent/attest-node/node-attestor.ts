/** One way of proving what this node is; the server has the other half, under the same name. Listed in registry.ts. */

export interface NodeAttestor {
  /** As SPIRE's plugins are called: the attestation data's type. */
  readonly type: string;
  /** What the proof begins with; throws FailedPrecondition, with what to do, when there is nothing to prove with. */
  payload(): Promise<Uint8Array>;
  /** The answer to a server's challenge; throws FailedPrecondition where this kind knows none. */
  answer(challenge: Uint8Array): Promise<Uint8Array>;
}
