/** The RPCs that issue SVIDs, one call of each, and what the audit log is to say of it. Used by audit.test. */
import { EXPIRES, failed, hashOf, issuedX509, ok, type Row } from './audit-rows.ts';

const wireId = (path: string) => ({ trust_domain: 'example.org', path });
const entry = {
  id: 'issued',
  spiffe_id: wireId('/issued'),
  selectors: [{ type: 'unix', value: 'uid:1' }],
  x509_svid_ttl: 60,
};

const HASH = /^[0-9a-f]{64}$/;

export const svidTable: Readonly<Record<string, Row>> = {
  'SVID/BatchNewX509SVID': {
    by: 'agent',
    deed: async ({ admin, agent, joined, csr }) => {
      const parent_id = wireId(joined.path);
      await admin.entry.unary('BatchCreateEntry', { entries: [{ ...entry, parent_id }] });
      await agent.svid.unary('BatchNewX509SVID', {
        params: [
          { entry_id: 'issued', csr },
          { entry_id: 'nobody', csr: Buffer.from('no csr') },
        ],
      });
    },
    lines: ({ csr }) => [
      {
        csr: hashOf(csr),
        entry_id: 'issued',
        spiffe_id: 'spiffe://example.org/issued',
        ...issuedX509,
        lifetime: 70,
        ...ok,
      },
      {
        csr: hashOf(Buffer.from('no csr')),
        entry_id: 'nobody',
        ...failed('NotFound', 'entry not found or not authorized'),
      },
    ],
  },
  'SVID/MintX509SVID': {
    deed: ({ admin, mintCsr }) => admin.svid.unary('MintX509SVID', { csr: mintCsr, ttl: 60 }),
    lines: ({ mintCsr }) => [
      {
        csr: hashOf(mintCsr),
        ttl: 60,
        spiffe_id: 'spiffe://example.org/minted',
        dns_name: 'c.example',
        subject: 'C=US,O=SPIRE,CN=c.example',
        ...issuedX509,
        lifetime: 70,
        expires_at: /^2026-01-01T00:01:0\dZ$/,
        ...ok,
      },
    ],
  },
  'SVID/NewJWTSVID': {
    by: 'agent',
    deed: ({ agent }) => agent.svid.unary('NewJWTSVID', { entry_id: 'issued', audience: ['a', 'b'] }),
    lines: () => [
      {
        entry_id: 'issued',
        audience: 'a,b',
        spiffe_id: 'spiffe://example.org/issued',
        ttl: 0,
        svid_type: 'jwt',
        token_hash: HASH,
        lifetime: 300,
        expires_at: EXPIRES,
        ...ok,
      },
    ],
  },
  'SVID/MintJWTSVID': {
    deed: ({ admin }) =>
      admin.svid.unary('MintJWTSVID', {
        id: wireId('/m'),
        audience: ['a'],
        ttl: 60,
      }),
    lines: () => [
      {
        spiffe_id: 'spiffe://example.org/m',
        audience: 'a',
        ttl: 60,
        svid_type: 'jwt',
        token_hash: HASH,
        lifetime: 60,
        expires_at: EXPIRES,
        ...ok,
      },
    ],
  },
  'SVID/BatchNewWITSVID': {
    by: 'agent',
    deed: ({ agent, joined }) => {
      const { publicKey } = joined.key.signer;
      const key = { public_key: Buffer.from(publicKey), signing_algorithm: 'ES256' };
      return agent.svid.unary('BatchNewWITSVID', {
        params: [
          { entry_id: 'issued', ...key },
          { entry_id: 'nobody', ...key },
        ],
      });
    },
    lines: ({ joined }) => [
      {
        public_key: hashOf(joined.key.signer.publicKey),
        entry_id: 'issued',
        spiffe_id: 'spiffe://example.org/issued',
        svid_type: 'wit',
        token_hash: HASH,
        lifetime: 60,
        expires_at: EXPIRES,
        ...ok,
      },
      {
        public_key: hashOf(joined.key.signer.publicKey),
        entry_id: 'nobody',
        ...failed('NotFound', 'entry not found or not authorized'),
      },
    ],
  },
  'SVID/MintWITSVID': {
    deed: ({ admin, joined }) =>
      admin.svid.unary('MintWITSVID', {
        id: wireId('/m'),
        public_key: Buffer.from(joined.key.signer.publicKey),
        signing_algorithm: 'ES256',
      }),
    lines: ({ joined }) => [
      {
        spiffe_id: 'spiffe://example.org/m',
        public_key: hashOf(joined.key.signer.publicKey),
        ttl: 0,
        svid_type: 'wit',
        token_hash: HASH,
        lifetime: 3_600,
        expires_at: EXPIRES,
        ...ok,
      },
    ],
  },
  'SVID/NewDownstreamX509CA': {
    by: 'nobody',
    deed: ({ nobody, csr }) => nobody.svid.unary('NewDownstreamX509CA', { csr }),
    lines: () => [
      failed(
        'PermissionDenied',
        'authorization denied for method /spire.api.server.svid.v1.SVID/NewDownstreamX509CA',
      ),
    ],
  },
};
