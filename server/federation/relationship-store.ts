/** Where federation relationships live. Implemented by datastore/relationships. */
import type { Bundle } from '../../shared/bundle/bundle.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { Page, PageRequest, Show } from '../entries/entry-store.ts';
import type { Relationship } from './relationship.ts';

/** A relationship, with the bundle of its trust domain: to be stored with it, or as it is stored. */
export interface WithBundle {
  readonly relationship: Relationship;
  readonly bundle: Bundle | undefined;
}

/** Parts to change; an absent one stays. A bundle is stored as that of the trust domain. */
export interface RelationshipChanges extends Partial<Omit<Relationship, 'trustDomain'>> {
  readonly bundle?: Bundle | undefined;
}

export interface RelationshipStore {
  /** False, and nothing is done, when the trust domain has one. A given bundle is stored in the same transaction. */
  create(created: WithBundle): Promise<boolean>;
  /** The result; undefined when there is none to change. */
  update(trustDomain: TrustDomain, changes: RelationshipChanges): Promise<WithBundle | undefined>;
  /** Whether there was one. The bundle of the trust domain stays. */
  delete(trustDomain: TrustDomain): Promise<boolean>;
  find(trustDomain: TrustDomain): Promise<WithBundle | undefined>;
  /** By creation order, as they are at one time. Throws InvalidArgument on a malformed page token. */
  list<Shown>(page: PageRequest, show: Show<WithBundle, Shown>): Promise<Page<Shown>>;
}
