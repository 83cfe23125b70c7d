/** What the CA is told. Made by server.ts from server.conf. */
import type { KeyType } from '../../shared/crypto/signer.ts';

/** SPIRE's `ca_subject`. */
export interface CaSubject {
  readonly country: readonly string[];
  readonly organization: readonly string[];
  readonly commonName: string;
}

/** For clocks that run behind the server's (SPIRE's value). */
export const BACKDATE_SECONDS = 10;

export interface CaConfig {
  readonly caTtlSeconds: number;
  readonly caKeyType: KeyType;
  readonly caSubject: CaSubject;
  readonly defaultX509SvidTtlSeconds: number;
  readonly agentTtlSeconds: number;
}

/** SPIRE's defaults. */
export const DEFAULT_CA_CONFIG: CaConfig = {
  caTtlSeconds: 24 * 3_600,
  caKeyType: 'ec-p256',
  caSubject: { country: ['US'], organization: ['SPIFFE'], commonName: '' },
  defaultX509SvidTtlSeconds: 3_600,
  agentTtlSeconds: 3_600,
};
