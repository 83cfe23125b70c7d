/** A bundle as the API sends it, as the domain type, and back. */
import type { Bundle as WireBundle, BundleOutput } from '../../proto/gen/spire/api/types/Bundle.ts';
import type { JWTKey, JWTKeyOutput } from '../../proto/gen/spire/api/types/JWTKey.ts';
import type { Bundle, TokenAuthority } from '../../shared/bundle/bundle.ts';
import { fromUnixSeconds, unixSeconds } from '../../shared/clock.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';

/** Throws InvalidArgument when the trust domain is not one. */
export const bundleFromWire = (wire: BundleOutput): Bundle => ({
  trustDomain: TrustDomain.parse(wire.trust_domain),
  x509Authorities: wire.x509_authorities.map(({ asn1, tainted }) => ({ certificate: asn1, tainted })),
  jwtAuthorities: wire.jwt_authorities.map(tokenAuthority),
  witAuthorities: wire.wit_authorities.map(tokenAuthority),
  refreshHintSeconds: Number(wire.refresh_hint),
  sequenceNumber: Number(wire.sequence_number),
});

const tokenAuthority = (wire: JWTKeyOutput): TokenAuthority => ({
  keyId: wire.key_id,
  publicKey: wire.public_key,
  expiresAt: wire.expires_at === '0' ? undefined : fromUnixSeconds(Number(wire.expires_at)),
  tainted: wire.tainted,
});

export const bundleToWire = (bundle: Bundle): WireBundle => ({
  trust_domain: bundle.trustDomain.name,
  x509_authorities: bundle.x509Authorities.map(({ certificate }) => ({ asn1: Buffer.from(certificate) })),
  jwt_authorities: bundle.jwtAuthorities.map(tokenKey),
  wit_authorities: bundle.witAuthorities.map(tokenKey),
  refresh_hint: bundle.refreshHintSeconds,
  sequence_number: bundle.sequenceNumber,
});

const tokenKey = ({ keyId, publicKey, expiresAt }: TokenAuthority): JWTKey => ({
  key_id: keyId,
  public_key: Buffer.from(publicKey),
  expires_at: expiresAt === undefined ? 0 : unixSeconds(expiresAt),
});
