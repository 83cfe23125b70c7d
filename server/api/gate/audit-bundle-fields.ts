/** What the audit log says of bundles and federation relationships, under SPIRE's names. Listed in gate/rules, and used by the batch RPCs. */
import { createHash } from 'node:crypto';
import type { AppendBundleRequestOutput } from '../../../proto/gen/spire/api/server/bundle/v1/AppendBundleRequest.ts';
import type { PublishJWTAuthorityRequestOutput } from '../../../proto/gen/spire/api/server/bundle/v1/PublishJWTAuthorityRequest.ts';
import type { PublishWITAuthorityRequestOutput } from '../../../proto/gen/spire/api/server/bundle/v1/PublishWITAuthorityRequest.ts';
import type { BundleOutput } from '../../../proto/gen/spire/api/types/Bundle.ts';
import type { BundleMaskOutput } from '../../../proto/gen/spire/api/types/BundleMask.ts';
import type { FederationRelationshipOutput } from '../../../proto/gen/spire/api/types/FederationRelationship.ts';
import type { FederationRelationshipMaskOutput } from '../../../proto/gen/spire/api/types/FederationRelationshipMask.ts';
import type { JWTKeyOutput } from '../../../proto/gen/spire/api/types/JWTKey.ts';
import type { X509CertificateOutput } from '../../../proto/gen/spire/api/types/X509Certificate.ts';
import type { LogFields } from '../../../shared/log/logger.ts';
import { present } from './audit-fields.ts';

/** Authorities of a kind that are named; a bundle may have thousands. */
const NAMED_MAX = 20;
const KEY_ID_MAX_CHARS = 256;

export const trustDomainFields = ({ trust_domain }: { trust_domain: string }): LogFields =>
  present({ trust_domain_id: trust_domain });

/** A bundle as it was asked for; of an update, what its mask names. */
export function bundleFields(bundle: BundleOutput, mask: BundleMaskOutput | null = null): LogFields {
  const isNamed = (field: keyof BundleMaskOutput): boolean => mask?.[field] ?? mask === null;
  return {
    ...trustDomainFields(bundle),
    ...(isNamed('refresh_hint') ? { refresh_hint: bundle.refresh_hint } : {}),
    ...(isNamed('sequence_number') ? { sequence_number: bundle.sequence_number } : {}),
    ...(isNamed('jwt_authorities') ? numbered('jwt', bundle.jwt_authorities) : {}),
    ...(isNamed('wit_authorities') ? numbered('wit', bundle.wit_authorities) : {}),
    ...(isNamed('x509_authorities') ? certificateFields(bundle.x509_authorities) : {}),
  };
}

export const appendFields = (request: AppendBundleRequestOutput): LogFields => ({
  ...numbered('jwt', request.jwt_authorities),
  ...numbered('wit', request.wit_authorities),
  ...certificateFields(request.x509_authorities),
});

export const publishJwtFields = ({ jwt_authority: key }: PublishJWTAuthorityRequestOutput): LogFields =>
  key === null ? {} : keyFields('jwt', key, '');

export const publishWitFields = ({ wit_authority: key }: PublishWITAuthorityRequestOutput): LogFields =>
  key === null ? {} : keyFields('wit', key, '');

/** A relationship as it was asked for; of an update, what its mask names. */
export function relationshipFields(
  relationship: FederationRelationshipOutput,
  mask: FederationRelationshipMaskOutput | null = null,
): LogFields {
  const { https_spiffe: spiffe, trust_domain_bundle: bundle } = relationship;
  const isNamed = (field: keyof FederationRelationshipMaskOutput): boolean => mask?.[field] ?? mask === null;
  const bundled = bundle === null || !isNamed('trust_domain_bundle') ? {} : bundleFields(bundle);
  return {
    ...trustDomainFields(relationship),
    ...(isNamed('bundle_endpoint_url')
      ? present({ bundle_endpoint_url: relationship.bundle_endpoint_url })
      : {}),
    ...(isNamed('bundle_endpoint_profile')
      ? present({
          bundle_endpoint_profile: relationship.bundle_endpoint_profile,
          endpoint_spiffe_id: spiffe?.endpoint_spiffe_id,
        })
      : {}),
    ...Object.fromEntries(Object.entries(bundled).map(([name, value]) => [`bundle_${name}`, value])),
  };
}

const numbered = (kind: 'jwt' | 'wit', keys: readonly JWTKeyOutput[]): LogFields =>
  Object.assign(
    {},
    ...keys.slice(0, NAMED_MAX).map((key, at) => keyFields(kind, key, `.${at}`)),
  ) as LogFields;

const keyFields = (kind: 'jwt' | 'wit', key: JWTKeyOutput, suffix: string): LogFields => ({
  [`${kind}_authority_expires_at${suffix}`]: key.expires_at,
  [`${kind}_authority_key_id${suffix}`]: key.key_id.slice(0, KEY_ID_MAX_CHARS),
  [`${kind}_authority_public_key_sha256${suffix}`]: hashOf(key.public_key),
});

const certificateFields = (certificates: readonly X509CertificateOutput[]): LogFields =>
  Object.fromEntries(
    certificates
      .slice(0, NAMED_MAX)
      .map(({ asn1 }, at) => [`x509_authorities_asn1_sha256.${at}`, hashOf(asn1)]),
  );

/** Hex; nothing of nothing, as in SPIRE. */
const hashOf = (bytes: Uint8Array): string =>
  bytes.length === 0 ? '' : createHash('sha256').update(bytes).digest('hex');
