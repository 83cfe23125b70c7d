/**
 * What differs between the kinds of authority that rotate: how one is made, journaled, published. Implemented by
 * ca/x509-kind and ca/token-kind, used by ca/rotating-authorities.
 */
import type { Bundle } from '../../shared/bundle/bundle.ts';
import type { KeyType, Signer } from '../../shared/crypto/signer.ts';
import type { AuthorityName, NewAuthorities } from '../bundle/bundle-store.ts';
import type { Authorities, Authority, AuthorityStatus, SlotId } from './authorities.ts';
import type { JournalContent } from './journal.ts';

export interface NewKey {
  readonly slot: SlotId;
  readonly signer: Signer;
  readonly now: Date;
}

/** An authority as the journal knows it: without its key. */
export interface Dormant<A extends Authority> {
  readonly slot: SlotId;
  readonly status: AuthorityStatus;
  /** With its slot's key; throws when it is another key's, or is not what this server makes. */
  restore(signer: Signer): A;
}

export interface AuthorityKind<A extends Authority> {
  readonly name: AuthorityName;
  readonly keyType: KeyType;
  /** How long a new one is to live. */
  readonly ttlSeconds: number;
  /** Whether new authorities are signed by an upstream authority. */
  readonly hasUpstream: boolean;
  /** The key manager's id of a slot's key (SPIRE's name, so that its keys are taken over). */
  keyIdOf(slot: SlotId): string;
  /** A prepared authority, not published, for a new key. */
  make(key: NewKey): Promise<A>;
  journaled(journal: JournalContent): readonly Dormant<A>[];
  /** The journal with these authorities in place of those of this kind. */
  journalWith(journal: JournalContent, authorities: Authorities<A>): JournalContent;
  toPublish(authorities: readonly A[]): NewAuthorities;
  /** What the bundle says of it, or of the root above; undefined when whoever has this bundle believes nothing that it signs. */
  heldIn(bundle: Bundle | undefined, authority: A): { readonly tainted: boolean } | undefined;
  /** How many of this kind the bundle holds, of all servers. */
  countIn(bundle: Bundle): number;
  /** Why this authority is not to be revoked, in SPIRE's words; undefined when it may be. */
  whyNotRevoked(
    authorityId: string,
    authorities: Authorities<A>,
    bundle: Bundle | undefined,
  ): string | undefined;
}
