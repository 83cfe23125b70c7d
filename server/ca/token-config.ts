/** What the issuing of JWT-SVIDs and of WIT-SVIDs is told. Read from server.conf by config/token-fields. */
import type { KeyType } from '../../shared/crypto/signer.ts';

export interface TokenConfig {
  /** False: its RPCs answer Unimplemented, and there are no keys for it. */
  readonly isEnabled: boolean;
  /** Of the keys that sign the tokens. */
  readonly keyType: KeyType;
  /** The claim `iss`; without it, tokens have none. */
  readonly issuer: string | undefined;
  /** For whoever asks for no lifetime. */
  readonly defaultTtlSeconds: number;
}

/** SPIRE's defaults. */
export const DEFAULT_JWT_SVID_TTL_SECONDS = 300;
/** SPIRE's, which cannot be configured there: bound to a key, a WIT-SVID need not be as short-lived as a JWT-SVID (WIT-SVID, appendix C). */
export const WIT_SVID_TTL_SECONDS = 3_600;
