/** Where bundles live. Implemented by datastore/bundles. */
import type { Bundle, TokenAuthority, X509Authority } from '../../shared/bundle/bundle.ts';
import type { Fence } from '../housekeeping/lease-store.ts';
import type { TrustDomain } from '../../shared/spiffe/trust-domain.ts';

export interface NewAuthorities {
  readonly x509?: readonly X509Authority[];
  readonly jwt?: readonly TokenAuthority[];
  readonly wit?: readonly TokenAuthority[];
}

/** The kinds of authority, as SPIRE's messages name them. */
export type AuthorityName = 'X.509' | 'JWT' | 'WIT';

export interface NamedAuthority {
  readonly name: AuthorityName;
  /** Of an X.509 authority its subject key identifier in lowercase hex, of a token key its kid. */
  readonly authorityId: string;
}

export interface BundleStore {
  find(trustDomain: TrustDomain): Promise<Bundle | undefined>;
  /**
   * Adds what is not there yet (sequence number + 1 if anything was), creating the bundle; the result. Throws
   * ResourceExhausted where it would grow above `maxBytes` (see bundle-size).
   */
  append(trustDomain: TrustDomain, authorities: NewAuthorities, maxBytes?: number): Promise<Bundle>;
  /**
   * Removes X.509 authorities and token keys that expired before `expiredBefore`; refuses (returns undefined) to leave
   * no X.509 authority. The result, changed or not.
   */
  prune(trustDomain: TrustDomain, expiredBefore: Date, fence?: Fence): Promise<Bundle | undefined>;
  /** Marks an authority as tainted. Throws as change-authorities says, and NotFound without a bundle. */
  taint(trustDomain: TrustDomain, authority: NamedAuthority): Promise<Bundle>;
  /** Removes a tainted authority. Throws as change-authorities says, and NotFound without a bundle. */
  revoke(trustDomain: TrustDomain, authority: NamedAuthority): Promise<Bundle>;
  /** How many there are, the trust domain's own among them. */
  count(): Promise<number>;
  /** Calls back when a bundle may have changed: a hint only. Returns the way to stop. */
  onHint(listener: () => void): () => void;
}
