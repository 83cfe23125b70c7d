/** What is different between the kinds of SVID that a cache holds: X.509-SVIDs (x509-kind) and WIT-SVIDs (wit-kind). */
import type { Bundle } from '../../shared/bundle/bundle.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { Standing } from '../../shared/svid/standing.ts';
import type { AgentEntry } from './agent-entry.ts';

/** An SVID with its key, looked at and found good. */
export interface AnySvid {
  /** The entry as it was when the SVID was asked for. */
  readonly entry: AgentEntry;
  readonly spiffeId: SpiffeId;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** `S`: as the cache holds it; `I`: as workloads get it. */
export interface SvidKind<S extends AnySvid, I> {
  readonly name: 'X.509' | 'WIT';
  /** Whether it is made before anybody asks. */
  isPrefetched(entry: AgentEntry): boolean;
  /** The entry as it is now, which has the hint. */
  identityOf(svid: S, entry: AgentEntry): I;
  /** The bundle's authorities for this kind, each a text that is another when it is tainted. */
  authorityStates(bundle: Bundle): readonly string[];
  hasTaintedAuthority(bundle: Bundle): boolean;
  /** What the bundle says of the authority that signed it. */
  standingOf(svid: S, bundle: Bundle): Standing;
}
