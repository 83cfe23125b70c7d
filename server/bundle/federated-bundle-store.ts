/**
 * Where the bundles of other trust domains are written. Implemented by datastore/federated-bundles; read through
 * BundleStore. A change hints as BundleStore's do, and is announced on the feed of entries to the agents that it
 * concerns, as long as they are not too many.
 */
import type { Bundle } from '../../shared/bundle/bundle.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { Page, PageRequest, Show } from '../entries/entry-store.ts';

/** What happens to entries that federate with the trust domain: they forbid it, go too, or federate with it no more. */
export type DeleteMode = 'restrict' | 'delete' | 'dissociate';

export type DeleteBundleOutcome =
  | { readonly kind: 'deleted' }
  | { readonly kind: 'not-found' }
  | { readonly kind: 'restricted'; readonly entryCount: number };

/** The parts of a bundle that can be changed by themselves. */
export type BundleChanges = Partial<Omit<Bundle, 'trustDomain'>>;

export interface FederatedBundleStore {
  /** False, and nothing is done, when the trust domain has one. */
  create(bundle: Bundle): Promise<boolean>;
  /** The result; undefined when there is none to change. */
  update(trustDomain: TrustDomain, changes: BundleChanges): Promise<Bundle | undefined>;
  /** Creates it or replaces it wholly. */
  set(bundle: Bundle): Promise<void>;
  /** One transaction with what happens to entries, whose changes are on their feed. */
  delete(trustDomain: TrustDomain, mode: DeleteMode): Promise<DeleteBundleOutcome>;
  /** All but the one of `own`, by creation order, as they are at one time. Throws InvalidArgument on a malformed page token. */
  list<Shown>(own: TrustDomain, page: PageRequest, show: Show<Bundle, Shown>): Promise<Page<Shown>>;
}
