/** A trust domain's bundle (SPIFFE_Trust_Domain_and_Bundle 4): its authorities, a sequence number, a refresh hint. */
import type { TrustDomain } from '../spiffe/trust-domain.ts';

export interface X509Authority {
  /** One CA certificate, DER. */
  readonly certificate: Uint8Array;
  readonly tainted: boolean;
}

export interface TokenAuthority {
  readonly keyId: string;
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly expiresAt: Date | undefined;
  readonly tainted: boolean;
}

export interface Bundle {
  readonly trustDomain: TrustDomain;
  readonly x509Authorities: readonly X509Authority[];
  readonly jwtAuthorities: readonly TokenAuthority[];
  readonly witAuthorities: readonly TokenAuthority[];
  readonly refreshHintSeconds: number;
  readonly sequenceNumber: number;
}
