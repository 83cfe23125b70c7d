/** Finds out about a calling process. Implementations: unix (registry.ts). */
import type { Selector } from '../../shared/selectors.ts';
import type { Peer } from './peer-info.ts';

export interface WorkloadAttestor {
  /** The selector type, as in SPIRE: `unix`. Selectors of any other type are dropped. */
  readonly name: string;
  /** The process's selectors; none if it is not of this attestor's kind. Throws when it cannot tell. */
  attest(peer: Peer, signal: AbortSignal): Promise<readonly Selector[]>;
}
