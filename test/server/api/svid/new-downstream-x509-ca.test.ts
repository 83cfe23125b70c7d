/** NewDownstreamX509CA: a CA for a server below ours, for callers with a downstream entry alone. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { ServerConfig } from '../../../../server/config.ts';
import { parseCertificate } from '../../../../shared/crypto/certificate.ts';
import { buildCsr } from '../../../../shared/crypto/csr.ts';
import { Code } from '../../../../shared/errors.ts';
import { SpiffeId } from '../../../../shared/spiffe/spiffe-id.ts';
import { verifyX509Svid } from '../../../../shared/svid/x509-svid.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeDatastore } from '../../../fakes/datastore.ts';
import { Endings } from '../../../fakes/endings.ts';
import {
  type Clients,
  identityOf,
  joinAgent,
  type RunningServer,
  startServer,
  testKey,
} from '../../../fakes/server-under-test.ts';
import { isRefusal } from '../../../refusal.ts';
import { makeLeaf } from '../../../shared/crypto/pki.ts';
import {
  corporateIntermediate,
  corporateRoot,
  UpstreamFiles,
} from '../../upstream-authority/corporate-ca.ts';

const ENTRY_TTL_SECONDS = 7_200;
const below = await testKey();
const csrFor = async (id?: string): Promise<Buffer> =>
  Buffer.from(await buildCsr(below.signer, id === undefined ? {} : { spiffeId: SpiffeId.parse(id) }));
const csr = await csrFor('spiffe://example.org');
const bytes = (list: readonly Buffer[]): readonly Uint8Array[] => list.map((one) => new Uint8Array(one));

describe('NewDownstreamX509CA', () => {
  const clock = new FakeClock();
  const endings = new Endings();
  after(() => endings.end());

  const start = (config: Partial<ServerConfig> = {}): Promise<RunningServer> =>
    startServer(endings, {
      datastore: new FakeDatastore(clock),
      clock,
      config: { auditLogEnabled: true, ...config },
    });

  /** Clients with an SVID of this path, whose entry is a downstream one or not. */
  async function callerAt({ admin, connect }: RunningServer, path: string, fields: object): Promise<Clients> {
    const entry = {
      spiffe_id: { trust_domain: 'example.org', path },
      parent_id: { trust_domain: 'example.org', path: '/node' },
      selectors: [{ type: 'unix', value: 'uid:1' }],
      ...fields,
    };
    await admin.entry.unary('BatchCreateEntry', { entries: [entry] });
    const key = await testKey();
    const own = await buildCsr(key.signer, { spiffeId: SpiffeId.parse(`spiffe://example.org${path}`) });
    const { svid } = await admin.svid.unary('MintX509SVID', { csr: Buffer.from(own) });
    return connect(identityOf(key, svid?.cert_chain ?? []));
  }

  let server: RunningServer;
  let downstream: Clients;
  before(async () => {
    server = await start();
    const fields = { downstream: true, x509_svid_ttl: ENTRY_TTL_SECONDS };
    downstream = await callerAt(server, '/below', fields);
  });

  const ask = (request: object, clients = downstream) =>
    clients.svid.unary('NewDownstreamX509CA', { csr, ...request });

  it('signs a CA that signs SVIDs which all believe, and sends the roots', async () => {
    const answer = await ask({});
    const [der = new Uint8Array(), ...above] = bytes(answer.ca_cert_chain);
    assert.deepEqual(above, [], 'its issuer is its root');
    const { x509_authorities: held } = await server.admin.bundle.unary('GetBundle', {});
    assert.deepEqual(bytes(answer.x509_authorities), bytes(held.map(({ asn1 }) => asn1)));
    const made = parseCertificate(der);
    assert.deepEqual([made.isCa, made.pathLength, made.uriSans], [true, undefined, ['spiffe://example.org']]);
    assert.deepEqual([...(made.keyUsage ?? [])], ['keyCertSign', 'crlSign']);
    assert.match(
      new X509Certificate(der).subject ?? '',
      /^C=US\nO=SPIFFE\nserialNumber=\d+\nOU=DOWNSTREAM-1$/,
    );
    const leaf = await makeLeaf({ certificate: made, signer: below.signer });
    const svid = verifyX509Svid({
      chain: [leaf.certificate.raw, der],
      authorities: () => bytes(answer.x509_authorities),
      at: clock.now(),
    });
    assert.equal(svid.id.toString(), 'spiffe://example.org/web');
  });

  const lifetimes: readonly (readonly [string, number, number])[] = [
    ['as long as its entry says', 0, ENTRY_TTL_SECONDS],
    ['as long as it prefers', 600, 600],
    ['as its entry says where it prefers less than nothing', -1, ENTRY_TTL_SECONDS],
    ['no longer than the CA above', 1_000_000, 86_400],
  ];
  for (const [what, preferred_ttl, seconds] of lifetimes) {
    it(`signs for ${what}`, async () => {
      const [der = new Uint8Array()] = (await ask({ preferred_ttl })).ca_cert_chain;
      const { notAfter } = parseCertificate(new Uint8Array(der));
      assert.equal((notAfter.getTime() - clock.now().getTime()) / 1_000, seconds);
    });
  }

  it('says in the audit log for whom and until when', async () => {
    await ask({ preferred_ttl: 60 });
    const [line] = server.log.lines
      .filter(({ fields }) => fields['method'] === 'NewDownstreamX509CA')
      .slice(-1);
    const expires_at = Math.floor(clock.now().getTime() / 1_000) + 60;
    assert.deepEqual(
      ['status', 'caller_id', 'trust_domain_id', 'expires_at', 'svid_type'].map((name) => line?.fields[name]),
      ['success', 'spiffe://example.org/below', 'spiffe://example.org', expires_at, 'x509-ca'],
    );
    assert.match(String(line?.fields['csr']), /^[0-9a-f]{64}$/);
  });

  const refusals: readonly (readonly [string, () => Promise<Buffer> | Buffer, RegExp])[] = [
    ['without a CSR', () => Buffer.alloc(0), /^malformed CSR: /],
    ['with bytes for a CSR', () => Buffer.from('x'), /^malformed CSR: /],
    [
      'with a CSR that its key did not sign',
      () => Buffer.from(csr.with(csr.length - 1, (csr.at(-1) ?? 0) ^ 1)),
      /^invalid CSR signature: /,
    ],
  ];
  for (const [what, make, words] of refusals) {
    it(`refuses a call ${what}`, async () => {
      await assert.rejects(ask({ csr: await make() }), isRefusal(Code.invalidArgument, words));
    });
  }

  it('names its CA after the trust domain, whatever the CSR says', async () => {
    for (const name of [undefined, 'spiffe://example.org/web', 'spiffe://example.com']) {
      const [der = new Uint8Array()] = (await ask({ csr: await csrFor(name) })).ca_cert_chain;
      assert.deepEqual(parseCertificate(new Uint8Array(der)).uriSans, ['spiffe://example.org']);
    }
  });

  it('refuses everybody else: administrators, agents, workloads, whoever has no certificate, the admin socket', async () => {
    const agent = await joinAgent(server);
    const others = [
      await callerAt(server, '/admin', { admin: true }),
      await callerAt(server, '/workload', {}),
      server.connect(agent.identity),
      server.connect(),
      server.admin,
    ];
    for (const clients of others)
      await assert.rejects(ask({}, clients), isRefusal(Code.permissionDenied, /authorization denied/));
  });

  it('sends the whole chain where it stands below others itself', async () => {
    const root = await corporateRoot();
    const issuing = await corporateIntermediate(root);
    const files = new UpstreamFiles(endings);
    const upstreamAuthority = { kind: 'disk', ...files.writeBelow(issuing, [], [root]) } as const;
    const nested = await start({ upstreamAuthority });
    const answer = await ask({}, await callerAt(nested, '/below', { downstream: true }));
    const chain = bytes(answer.ca_cert_chain);
    assert.deepEqual([chain.length, chain[2]], [3, issuing.certificate.raw]);
    assert.deepEqual(bytes(answer.x509_authorities), [root.certificate.raw]);
    assert.match(new X509Certificate(chain[0] ?? new Uint8Array()).subject ?? '', /OU=DOWNSTREAM-2/);
  });

  it('signs none where what is above allows no further CA', async () => {
    const root = await corporateRoot('Acme Root', { pathLength: 1 });
    const upstreamAuthority = { kind: 'disk', ...new UpstreamFiles(endings).writeRoot(root) } as const;
    const nested = await start({ upstreamAuthority });
    await assert.rejects(
      ask({}, await callerAt(nested, '/below', { downstream: true })),
      isRefusal(Code.internal, /^failed to sign downstream X\.509 CA: .*allows 1/),
    );
  });
});
