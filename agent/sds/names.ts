/** What a name of a secret means to the workload that asks for it (facts/spire 9). Called by resources. */
import type { Bundle } from '../../shared/bundle/bundle.ts';
import type { Identity, WorkloadUpdate } from '../cache/workload-identities.ts';
import type { SdsNames } from '../config/sds-fields.ts';

export type Meaning =
  | { readonly kind: 'svid'; readonly identity: Identity }
  | { readonly kind: 'bundle'; readonly bundle: Bundle }
  | { readonly kind: 'all-bundles' }
  /** Now: the workload may be entitled to it later. */
  | { readonly kind: 'unknown' };

const UNKNOWN: Meaning = { kind: 'unknown' };

/**
 * Bundles come first, then identities, the oldest entry's first.
 *
 * DIVERGES: in SPIRE names for one thing exclude each other in one request: with `spiffe://td`, `ROOTCA` and `ALL` are
 * refused, with an identity's ID `default` is.
 */
export function meaningOf(name: string, update: WorkloadUpdate, names: SdsNames): Meaning {
  const bundle = bundlesOf(update).find(({ trustDomain }) => trustDomain.id === name);
  if (bundle !== undefined) return { kind: 'bundle', bundle };
  if (name === names.bundle && hasAuthorities(update.bundle))
    return { kind: 'bundle', bundle: update.bundle };
  if (name === names.allBundles) return { kind: 'all-bundles' };
  const isMeant = ({ spiffeId }: Identity, at: number): boolean =>
    spiffeId.toString() === name || (at === 0 && name === names.svid);
  const identity = update.identities.find(isMeant);
  return identity === undefined ? UNKNOWN : { kind: 'svid', identity };
}

/** What is meant where no names are given. */
export const allNames = (update: WorkloadUpdate): readonly string[] => [
  ...new Set([
    ...bundlesOf(update).map(({ trustDomain }) => trustDomain.id),
    ...update.identities.map(({ spiffeId }) => spiffeId.toString()),
  ]),
];

/** The own one first, and those that can vouch for somebody: Envoy refuses an empty one. */
export const bundlesOf = ({ bundle, federatedBundles }: WorkloadUpdate): readonly Bundle[] =>
  [bundle, ...federatedBundles.filter(({ trustDomain }) => !trustDomain.equals(bundle.trustDomain))].filter(
    hasAuthorities,
  );

const hasAuthorities = ({ x509Authorities }: Bundle): boolean => x509Authorities.length > 0;

/** The name of the trust domain whose ID this is; undefined for all else. */
export const trustDomainIn = (name: string): string | undefined =>
  /^spiffe:\/\/([a-z0-9._-]{1,255})$/.exec(name)?.[1]; // SPIFFE-ID 2.1, 2.3
