/** One way of proving what this node is; the server has the other half, under the same name. Listed in registry.ts. */

export interface NodeAttestor {
  /** As SPIRE's plugins are called: the attestation data's type. */
  readonly type: string;
  /** Begins an attempt; throws FailedPrecondition, with what to do, when there is nothing to prove with. */
  begin(): Promise<Proof>;
}

/** One attempt. */
export interface Proof {
  /** What the proof begins with. */
  readonly payload: Uint8Array;
  /** The answer to a server's challenge; throws FailedPrecondition where this kind knows none, or no second one. */
  answer(challenge: Uint8Array): Promise<Uint8Array>;
  /** Gives back what the attempt held. Called once, whatever came of it; never throws. */
  end(): Promise<void>;
}
