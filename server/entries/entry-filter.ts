/** How list filters compare sets (SPIRE: MatchBehavior). */
import type { Selector } from '../../shared/selectors.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';

/** exact: equal sets; subset: the entry's set within the given; superset: the given within it; any: they meet. */
export type MatchBehavior = 'exact' | 'subset' | 'superset' | 'any';

export interface SelectorMatch {
  readonly selectors: readonly Selector[];
  readonly match: MatchBehavior;
}

export interface TrustDomainMatch {
  readonly trustDomains: readonly TrustDomain[];
  readonly match: MatchBehavior;
}
