/** The rows of the Bundle and TrustDomain APIs: what the audit log is to say of each call. Used by audit.test. */
import { createHash } from 'node:crypto';
import type { LogFields } from '../../../../shared/log/logger.ts';
import { failed, ok, type Row } from './audit-rows.ts';

const KEY = Buffer.from(
  '3059301306072a8648ce3d020106082a8648ce3d030107034200046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c2964fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5',
  'hex',
); // the generator of P-256
const key = { public_key: KEY, key_id: 'k', expires_at: '4102444800' };
const hash = createHash('sha256').update(KEY).digest('hex');
const keyLine = (kind: 'jwt' | 'wit', suffix = ''): LogFields => ({
  [`${kind}_authority_expires_at${suffix}`]: '4102444800',
  [`${kind}_authority_key_id${suffix}`]: 'k',
  [`${kind}_authority_public_key_sha256${suffix}`]: hash,
});
const denied = (rpc: string): LogFields =>
  failed('PermissionDenied', `authorization denied for method /spire.api.server.bundle.v1.Bundle/${rpc}`);

const wireBundle = {
  trust_domain: 'other.org',
  refresh_hint: '60',
  sequence_number: '7',
  jwt_authorities: [key],
};
const bundleLine: LogFields = {
  trust_domain_id: 'other.org',
  refresh_hint: '60',
  sequence_number: '7',
  ...keyLine('jwt', '.0'),
};

const relationship = {
  trust_domain: 'other.org',
  bundle_endpoint_url: 'https://other.org/',
  https_web: {},
};
const relationshipLine = { trust_domain_id: 'other.org', bundle_endpoint_url: 'https://other.org/' };

/** In this order: later rows find what earlier ones made. */
export const bundleTable: Readonly<Record<string, Row>> = {
  'TrustDomain/BatchCreateFederationRelationship': {
    deed: ({ admin }) =>
      admin.trustDomain.unary('BatchCreateFederationRelationship', {
        federation_relationships: [
          { ...relationship, trust_domain_bundle: wireBundle },
          { ...relationship, https_spiffe: { endpoint_spiffe_id: 'spiffe://e.org/e' } },
        ],
      }),
    lines: () => [
      {
        ...relationshipLine,
        bundle_endpoint_profile: 'https_web',
        ...Object.fromEntries(Object.entries(bundleLine).map(([name, value]) => [`bundle_${name}`, value])),
        ...ok,
      },
      {
        ...relationshipLine,
        bundle_endpoint_profile: 'https_spiffe',
        endpoint_spiffe_id: 'spiffe://e.org/e',
        ...failed('AlreadyExists', /federation relationship already exists$/),
      },
    ],
  },
  'TrustDomain/BatchUpdateFederationRelationship': {
    deed: ({ admin }) =>
      admin.trustDomain.unary('BatchUpdateFederationRelationship', {
        federation_relationships: [{ ...relationship, trust_domain_bundle: wireBundle }],
        input_mask: { bundle_endpoint_url: true },
      }),
    lines: () => [{ ...relationshipLine, ...ok }],
  },
  'TrustDomain/ListFederationRelationships': {
    deed: ({ admin }) => admin.trustDomain.unary('ListFederationRelationships', {}),
    lines: () => [ok],
  },
  'TrustDomain/GetFederationRelationship': {
    deed: ({ admin }) => admin.trustDomain.unary('GetFederationRelationship', { trust_domain: 'other.org' }),
    lines: () => [{ trust_domain_id: 'other.org', ...ok }],
  },
  'TrustDomain/RefreshBundle': {
    deed: ({ admin }) => admin.trustDomain.unary('RefreshBundle', { trust_domain: 'other.org' }),
    lines: () => [
      {
        trust_domain_id: 'other.org',
        ...failed('NotFound', 'no relationship with trust domain "other.org"'),
      },
    ],
  },
  'TrustDomain/BatchDeleteFederationRelationship': {
    deed: ({ admin }) =>
      admin.trustDomain.unary('BatchDeleteFederationRelationship', { trust_domains: ['other.org', ''] }),
    lines: () => [{ trust_domain_id: 'other.org', ...ok }, failed('InvalidArgument', 'missing trust domain')],
  },
  'Bundle/CountBundles': {
    deed: ({ admin }) => admin.bundle.unary('CountBundles', {}),
    lines: () => [ok],
  },
  'Bundle/AppendBundle': {
    deed: ({ admin }) =>
      admin.bundle.unary('AppendBundle', {
        jwt_authorities: [key],
        x509_authorities: [{ asn1: Buffer.from('x') }],
      }),
    lines: () => [
      {
        ...keyLine('jwt', '.0'),
        'x509_authorities_asn1_sha256.0': createHash('sha256').update('x').digest('hex'),
        ...failed('InvalidArgument', /^failed to convert X\.509 authority: /),
      },
    ],
  },
  'Bundle/PublishJWTAuthority': {
    by: 'nobody',
    deed: ({ nobody }) => nobody.bundle.unary('PublishJWTAuthority', { jwt_authority: key }),
    lines: () => [denied('PublishJWTAuthority')],
  },
  'Bundle/PublishWITAuthority': {
    by: 'nobody',
    deed: ({ nobody }) => nobody.bundle.unary('PublishWITAuthority', { wit_authority: key }),
    lines: () => [denied('PublishWITAuthority')],
  },
  'Bundle/BatchCreateFederatedBundle': {
    deed: ({ admin }) =>
      admin.bundle.unary('BatchCreateFederatedBundle', {
        bundle: [
          { ...wireBundle, trust_domain: 'third.org' },
          wireBundle,
          { ...wireBundle, trust_domain: 'UPPER' },
        ],
      }),
    lines: () => [
      { ...bundleLine, trust_domain_id: 'third.org', ...ok },
      { ...bundleLine, ...failed('AlreadyExists', 'bundle already exists') },
      {
        ...bundleLine,
        trust_domain_id: 'UPPER',
        ...failed('InvalidArgument', /^trust domain argument is not valid: /),
      },
    ],
  },
  'Bundle/BatchSetFederatedBundle': {
    deed: ({ admin }) =>
      admin.bundle.unary('BatchSetFederatedBundle', {
        bundle: [{ ...wireBundle, jwt_authorities: [], wit_authorities: [key] }],
      }),
    lines: () => [
      {
        trust_domain_id: 'other.org',
        refresh_hint: '60',
        sequence_number: '7',
        ...keyLine('wit', '.0'),
        ...ok,
      },
    ],
  },
  'Bundle/BatchUpdateFederatedBundle': {
    deed: ({ admin }) =>
      admin.bundle.unary('BatchUpdateFederatedBundle', {
        bundle: [wireBundle],
        input_mask: { refresh_hint: true },
      }),
    lines: () => [{ trust_domain_id: 'other.org', refresh_hint: '60', ...ok }],
  },
  'Bundle/ListFederatedBundles': {
    deed: ({ admin }) => admin.bundle.unary('ListFederatedBundles', {}),
    lines: () => [ok],
  },
  'Bundle/GetFederatedBundle': {
    by: 'agent',
    deed: ({ agent }) => agent.bundle.unary('GetFederatedBundle', { trust_domain: 'other.org' }),
    lines: () => [{ trust_domain_id: 'other.org', ...ok }],
  },
  'Bundle/BatchDeleteFederatedBundle': {
    deed: ({ admin }) =>
      admin.bundle.unary('BatchDeleteFederatedBundle', {
        trust_domains: ['other.org', 'none.org'],
        mode: 'DISSOCIATE',
      }),
    lines: () => [
      { trust_domain_id: 'other.org', mode: 'DISSOCIATE', ...ok },
      { trust_domain_id: 'none.org', mode: 'DISSOCIATE', ...failed('NotFound', 'bundle not found') },
    ],
  },
};
