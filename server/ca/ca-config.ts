/** What the CA is told. Read from server.conf by config/ca-fields. */
import type { KeyType } from '../../shared/crypto/signer.ts';

/** SPIRE's `ca_subject`. */
export interface CaSubject {
  readonly country: readonly string[];
  readonly organization: readonly string[];
  /** Empty: none. */
  readonly commonName: string;
}

/** For clocks that run behind the server's (SPIRE's value). */
export const BACKDATE_SECONDS = 10;

export interface CaConfig {
  /** Of the X.509 CA. */
  readonly keyType: KeyType;
  /** Of a CA certificate, and of a key that signs tokens. */
  readonly ttlSeconds: number;
  readonly subject: CaSubject;
  /** For entries that name no lifetime. */
  readonly defaultX509SvidTtlSeconds: number;
  /** Lifetime of agents' own SVIDs. */
  readonly agentTtlSeconds: number;
}

/** SPIRE's defaults. */
export const DEFAULT_CA_CONFIG: CaConfig = {
  keyType: 'ec-p256',
  ttlSeconds: 24 * 3_600,
  subject: { country: ['US'], organization: ['SPIFFE'], commonName: '' },
  defaultX509SvidTtlSeconds: 3_600,
  agentTtlSeconds: 3_600,
};
