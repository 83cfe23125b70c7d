/** Finds out about a calling process. Implementations: unix, k8s (registry.ts). */
import type { Selector } from '../../shared/selectors.ts';
import type { Peer } from './peer-info.ts';

/** Is told what was done, a sentence each: for who asks why. */
export type Note = (what: string) => void;

export interface WorkloadAttestor {
  /** The selector type, as in SPIRE: `unix`. Selectors of any other type are dropped. */
  readonly name: string;
  /** How long it is waited for; default: 30 s. */
  readonly timeoutMs?: number;
  /** The process's selectors; none if it is not of this attestor's kind. Throws when it cannot tell. */
  attest(peer: Peer, signal: AbortSignal, note?: Note): Promise<readonly Selector[]>;
}
