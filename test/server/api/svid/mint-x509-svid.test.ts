import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { parseCertificate } from '../../../../shared/crypto/certificate.ts';
import { buildCsr } from '../../../../shared/crypto/csr.ts';
import {
  bitString,
  encode,
  node,
  objectIdentifier,
  sequence,
  setOf,
  unsignedInteger,
} from '../../../../shared/crypto/der-writer.ts';
import { constructedTag } from '../../../../shared/crypto/der.ts';
import { subjectAltNameExtension } from '../../../../shared/crypto/extension-writers.ts';
import { distinguishedName } from '../../../../shared/crypto/names.ts';
import { Oid } from '../../../../shared/crypto/oids.ts';
import { signatureAlgorithmOf } from '../../../../shared/crypto/signature-algorithms.ts';
import { Code } from '../../../../shared/errors.ts';
import { verifyX509Svid } from '../../../../shared/svid/x509-svid.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeDatastore } from '../../../fakes/datastore.ts';
import { Endings } from '../../../fakes/endings.ts';
import { joinAgent, type RunningServer, startServer, testKey } from '../../../fakes/server-under-test.ts';
import { isRefusal } from '../../../refusal.ts';

describe('MintX509SVID', () => {
  const clock = new FakeClock();
  const endings = new Endings();
  let server: RunningServer;
  before(async () => {
    const datastore = new FakeDatastore(clock);
    server = await startServer(endings, { datastore, clock, config: { auditLogEnabled: true } });
  });
  after(() => endings.end());

  interface Asked {
    readonly uris?: readonly string[];
    readonly dnsNames?: readonly string[];
    readonly subject?: Uint8Array;
  }

  const csrOf = async ({ uris = [], dnsNames = [], subject = distinguishedName({}) }: Asked) => {
    const { signer } = await testKey();
    const names = sequence(subjectAltNameExtension({ uris, dnsNames }, false));
    const requested = sequence(objectIdentifier(Oid.extensionRequest), setOf(names));
    const isBare = uris.length + dnsNames.length === 0;
    const attributes = isBare ? node(constructedTag(0)) : node(constructedTag(0), requested);
    const info = encode(sequence(unsignedInteger(Uint8Array.of(0)), subject, signer.publicKey, attributes));
    const signature = await signer.sign(info);
    return Buffer.from(
      encode(sequence(info, signatureAlgorithmOf(signer.keyType).der, bitString(signature))),
    );
  };
  const mint = async (asked: Asked, ttl = 0) => {
    const { svid } = await server.admin.svid.unary('MintX509SVID', { csr: await csrOf(asked), ttl });
    assert.ok(svid !== null);
    return { svid, leaf: parseCertificate(new Uint8Array(svid.cert_chain[0] ?? [])) };
  };
  const ID = 'spiffe://example.org/minted';

  it('signs what the CSR asks for, for as long as is asked, and says so in the audit log', async () => {
    const { signer } = await testKey();
    const names = { uris: [ID], dnsNames: ['a.example', '*.b.example'] };
    const { svid, leaf } = await mint(names, 300);
    const bundle = await server.admin.bundle.unary('GetBundle', {});
    const verified = verifyX509Svid({
      chain: svid.cert_chain.map((der) => new Uint8Array(der)),
      authorities: () => bundle.x509_authorities.map(({ asn1 }) => new Uint8Array(asn1)),
      at: clock.now(),
    });
    assert.equal(verified.id.toString(), ID);
    assert.deepEqual(svid.id, { trust_domain: 'example.org', path: '/minted' });
    assert.deepEqual(leaf.dnsSans, names.dnsNames);
    assert.equal(leaf.notAfter.getTime(), clock.now().getTime() + 300_000);
    assert.equal(svid.expires_at, String(leaf.notAfter.getTime() / 1_000));
    assert.equal(svid.hint, '');
    const own = await buildCsr(signer, { spiffeId: verified.id });
    const again = await server.admin.svid.unary('MintX509SVID', { csr: Buffer.from(own) });
    assert.deepEqual(
      parseCertificate(new Uint8Array(again.svid?.cert_chain[0] ?? [])).publicKey,
      signer.publicKey,
    );
    assert.match(
      JSON.stringify(server.log.lines),
      /API accessed.*"spiffe_id":"spiffe:\/\/example\.org\/minted"/,
    );
  });

  it('keeps the subject of the CSR; the first DNS name becomes its common name', async () => {
    const organization = { country: ['DE'], organization: ['Ours'] };
    const subject = distinguishedName({ ...organization, commonName: 'me' });
    const spire = { country: ['US'], organization: ['SPIRE'] };
    const expected: readonly (readonly [Asked, Uint8Array])[] = [
      [{}, distinguishedName(spire)],
      [{ dnsNames: ['a.example'] }, distinguishedName({ ...spire, commonName: 'a.example' })],
      [{ subject }, subject],
      [
        { subject, dnsNames: ['a.example', 'b.example'] },
        distinguishedName({ ...organization, commonName: 'a.example' }),
      ],
    ];
    for (const [asked, wanted] of expected)
      assert.deepEqual((await mint({ uris: [ID], ...asked })).leaf.subject, wanted);
  });

  it('lives as long as the server is told when no TTL is asked for', async () => {
    const { leaf } = await mint({ uris: [ID] });
    const seconds = (leaf.notAfter.getTime() - clock.now().getTime()) / 1_000;
    assert.equal(seconds, server.config.ca.defaultX509SvidTtlSeconds);
  });

  const refused: readonly (readonly [string, Asked, RegExp])[] = [
    ['no URI', { dnsNames: ['a.example'] }, /^CSR URI SAN is required$/],
    ['two URIs', { uris: [ID, `${ID}2`] }, /^only one URI SAN is expected$/],
    [
      'no SPIFFE ID',
      { uris: ['https://example.org/x'] },
      /^CSR URI SAN is invalid: scheme is missing or invalid$/,
    ],
    ['another trust domain', { uris: ['spiffe://other.org/x'] }, /^CSR URI SAN is invalid: .*not a member/],
    [
      'a reserved path',
      { uris: ['spiffe://example.org/spire/server'] },
      /^CSR URI SAN is invalid: .*reserved/,
    ],
    ['an agent', { uris: ['spiffe://example.org/spire/agent/x'] }, /^CSR URI SAN is invalid: .*reserved/],
    ['no path', { uris: ['spiffe://example.org'] }, /^CSR URI SAN is invalid: .*path is empty/],
    ['a bad name', { uris: [ID], dnsNames: ['a_b'] }, /^CSR DNS name is invalid: invalid DNS name "a_b"/],
    [
      'a name below its wildcard',
      { uris: [ID], dnsNames: ['b.example', 'a.b.example', '*.b.example'] },
      /^CSR DNS name contains a wildcard that covers another non-wildcard name: name "a\.b\.example"/,
    ],
  ];
  for (const [name, asked, telling] of refused)
    it(`refuses a CSR with ${name}`, () =>
      assert.rejects(mint(asked), isRefusal(Code.invalidArgument, telling)));

  it('refuses what is no CSR, or not signed by its key', async () => {
    const ask = (csr: Uint8Array) => server.admin.svid.unary('MintX509SVID', { csr: Buffer.from(csr) });
    await assert.rejects(ask(Buffer.alloc(0)), isRefusal(Code.invalidArgument, /^missing CSR$/));
    await assert.rejects(ask(Buffer.from('csr')), isRefusal(Code.invalidArgument, /^malformed CSR: /));
    const forged = await csrOf({ uris: [ID] });
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
    await assert.rejects(ask(forged), isRefusal(Code.invalidArgument, /^failed to verify CSR signature: /));
  });

  it('is for administrators and the admin socket alone', async () => {
    const { identity } = await joinAgent(server);
    const csr = await csrOf({ uris: [ID] });
    for (const clients of [server.connect(), server.connect(identity)])
      await assert.rejects(clients.svid.unary('MintX509SVID', { csr }), { code: Code.permissionDenied });
  });
});
