/** The keys of `server {}` about the CA and lifetimes. */
import type { KeyType } from '../../shared/crypto/signer.ts';

export interface CaSubject {
  readonly country: readonly string[];
  readonly organization: readonly string[];
  readonly commonName: string | undefined;
}

export interface CaConfig {
  readonly keyType: KeyType;
  readonly ttlSeconds: number;
  /** Undefined: the default subject of the CA. */
  readonly subject: CaSubject | undefined;
  readonly defaultX509SvidTtlSeconds: number;
  /** Lifetime of agents' own SVIDs; defaults to `defaultX509SvidTtlSeconds`. */
  readonly agentTtlSeconds: number;
}
