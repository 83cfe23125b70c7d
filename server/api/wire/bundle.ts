/** T.Bundle of a bundle. */
import type { Bundle as WireBundle } from '../../../proto/gen/spire/api/types/Bundle.ts';
import type { BundleMaskOutput } from '../../../proto/gen/spire/api/types/BundleMask.ts';
import type { JWTKey } from '../../../proto/gen/spire/api/types/JWTKey.ts';
import type { Bundle, TokenAuthority } from '../../../shared/bundle/bundle.ts';
import { unixSeconds } from '../../../shared/clock.ts';
import { type FieldReaders, maskedWriter } from './mask.ts';

type Field = keyof BundleMaskOutput;

/** T.JWTKey, and T.WITKey, which is the same. */
export const tokenKeyToWire = ({ publicKey, keyId, expiresAt, tainted }: TokenAuthority): JWTKey => ({
  public_key: publicKey,
  key_id: keyId,
  expires_at: expiresAt === undefined ? 0 : unixSeconds(expiresAt),
  tainted,
});

const FIELDS: FieldReaders<Bundle, Field> = {
  x509_authorities: (bundle) =>
    bundle.x509Authorities.map(({ certificate, tainted }) => ({ asn1: certificate, tainted })),
  jwt_authorities: (bundle) => bundle.jwtAuthorities.map(tokenKeyToWire),
  refresh_hint: (bundle) => bundle.refreshHintSeconds,
  sequence_number: (bundle) => bundle.sequenceNumber,
  wit_authorities: (bundle) => bundle.witAuthorities.map(tokenKeyToWire),
};

export const bundleWriter = (mask: BundleMaskOutput | null): ((bundle: Bundle) => WireBundle) =>
  maskedWriter<Bundle, Field, WireBundle>(
    ({ trustDomain }) => ({ trust_domain: trustDomain.name }),
    FIELDS,
    mask,
  );
