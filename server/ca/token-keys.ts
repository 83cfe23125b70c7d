/** What signs JWT-SVIDs or WIT-SVIDs: the seam between building a token and the rotating keys. */
import type { Signer } from '../../shared/crypto/signer.ts';

export interface TokenKey {
  /** `kid` in a token's header and in the bundle; also its authority id in SPIRE's API. */
  readonly keyId: string;
  readonly signer: Signer;
  readonly issuedAt: Date;
  /** No token may be valid longer than this. */
  readonly expiresAt: Date;
}

export interface TokenKeys {
  /** The key to sign with now. Throws Unavailable "server is initializing" before there is one, and when it has expired. */
  activeKey(): TokenKey;
}
