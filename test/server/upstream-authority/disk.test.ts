import assert from 'node:assert/strict';
import { chmodSync, rmSync, writeFileSync } from 'node:fs';
import { after, describe, test } from 'node:test';
import { type DiskUpstreamConfig, DiskUpstreamAuthority } from '../../../server/upstream-authority/disk.ts';
import type { MintedCa } from '../../../server/upstream-authority/upstream-authority.ts';
import { parseCertificate } from '../../../shared/crypto/certificate.ts';
import { verifyChain } from '../../../shared/crypto/chain.ts';
import { buildCsr } from '../../../shared/crypto/csr.ts';
import { distinguishedName } from '../../../shared/crypto/names.ts';
import { Oid } from '../../../shared/crypto/oids.ts';
import { KEY_TYPES } from '../../../shared/crypto/signer.ts';
import { Code } from '../../../shared/errors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { Endings } from '../../fakes/endings.ts';
import { FakeLog } from '../../fakes/log.ts';
import { FakeRandom } from '../../fakes/random.ts';
import { isRefusal } from '../../refusal.ts';
import { signerOf } from '../../shared/crypto/pki.ts';
import { type CorporateCa, corporateIntermediate, corporateRoot, UpstreamFiles } from './corporate-ca.ts';

const endings = new Endings();
after(() => endings.end());
const clock = new FakeClock();
const log = new FakeLog();
const needs = { clock, log, random: new FakeRandom(), trustDomain: TrustDomain.parse('example.org') };
const open = (config: DiskUpstreamConfig): DiskUpstreamAuthority => DiskUpstreamAuthority.open(config, needs);

const ours = await signerOf('ec-p256');
const subject = distinguishedName({ country: ['US'], organization: ['SPIFFE'], serialNumber: '7' });
const csr = await buildCsr(ours, { spiffeId: SpiffeId.parse('spiffe://example.org'), subject });
const mint = (config: DiskUpstreamConfig, preferredTtlSeconds = 86_400): Promise<MintedCa> =>
  open(config).mintX509Ca({ csr, preferredTtlSeconds });

const root = await corporateRoot();
const issuing = await corporateIntermediate(root);
const deeper = await corporateIntermediate(issuing, 'Acme Deeper');
const otherRoot = await corporateRoot('Other Root');
const raws = (...list: readonly CorporateCa[]): readonly Uint8Array[] =>
  list.map(({ certificate }) => certificate.raw);

describe('the upstream authority disk', () => {
  test('signs what the CSR asks for, and nothing else', async () => {
    const [der = new Uint8Array()] = (await mint(new UpstreamFiles(endings).writeRoot(root))).chain;
    const made = parseCertificate(der);
    assert.deepEqual([made.publicKey, made.subject], [ours.publicKey, subject]);
    assert.deepEqual(made.uriSans, ['spiffe://example.org']);
    assert.deepEqual([made.isCa, made.pathLength], [true, undefined]);
    assert.deepEqual([...(made.keyUsage ?? [])], ['keyCertSign', 'crlSign']);
    assert.deepEqual(made.authorityKeyId, root.certificate.subjectKeyId);
    assert.deepEqual(
      [made.notBefore, made.notAfter].map((time) => time.toISOString()),
      ['2025-12-31T23:59:50.000Z', '2026-01-02T00:00:00.000Z'],
    );
    assert.equal(verifyChain({ chain: [made], roots: [root.certificate], at: clock.now() }).length, 2);
  });

  test('sends every intermediate in its order, and never a root', async () => {
    const files = new UpstreamFiles(endings);
    const self = await mint(files.writeRoot(root));
    assert.deepEqual([self.chain.length, self.roots], [1, raws(root)]);
    const below = await mint(files.writeBelow(issuing, [], [root]));
    assert.deepEqual([below.chain.slice(1), below.roots], [raws(issuing), raws(root)]);
    const muddled = await mint(files.writeBelow(deeper, [root, issuing], [otherRoot, root]));
    assert.deepEqual([muddled.chain.slice(1), muddled.roots], [raws(deeper, issuing), raws(root, otherRoot)]);
    const rootItself = await mint(files.writeBelow(root, [], [root, otherRoot]));
    assert.deepEqual([rootItself.chain.length, rootItself.roots], [1, raws(root, otherRoot)]);
  });

  const lifetimes: readonly (readonly [string, number, Date | undefined, number])[] = [
    ['an hour where none is asked for', 0, undefined, 3_600],
    ['what is asked for', 7_200, undefined, 7_200],
    ['no longer than the CA itself', 7_200, new Date('2026-01-01T01:00:00Z'), 3_600],
  ];
  for (const [what, preferred, notAfter, seconds] of lifetimes) {
    test(`signs for ${what}`, async () => {
      const ca = await corporateRoot('Short', notAfter === undefined ? {} : { notAfter });
      const [der = new Uint8Array()] = (await mint(new UpstreamFiles(endings).writeRoot(ca), preferred))
        .chain;
      assert.equal((parseCertificate(der).notAfter.getTime() - clock.now().getTime()) / 1_000, seconds);
    });
  }

  test('signs no longer than a root above lives', async () => {
    const short = await corporateRoot('Short', { notAfter: new Date('2026-01-01T00:30:00Z') });
    const below = await corporateIntermediate(short);
    const [der = new Uint8Array()] = (await mint(new UpstreamFiles(endings).writeBelow(below, [], [short])))
      .chain;
    assert.equal(parseCertificate(der).notAfter.toISOString(), '2026-01-01T00:30:00.000Z');
  });

  test('reads its files again for every certificate, and signs no more when they are gone', async () => {
    const files = new UpstreamFiles(endings);
    const upstream = open(files.writeRoot(root));
    const again = (): Promise<MintedCa> => upstream.mintX509Ca({ csr, preferredTtlSeconds: 60 });
    assert.deepEqual((await again()).roots, raws(root));
    files.writeRoot(otherRoot);
    assert.deepEqual((await again()).roots, raws(otherRoot));
    rmSync(files.keyFilePath);
    await assert.rejects(again(), isRefusal(Code.failedPrecondition, /key_file_path ".*": ENOENT/));
    files.writeRoot(root);
    assert.deepEqual((await again()).roots, raws(root));
  });

  for (const keyType of KEY_TYPES) {
    test(`takes a key of type ${keyType}`, async () => {
      const ca = await corporateRoot('Any', { keyType });
      assert.equal((await mint(new UpstreamFiles(endings).writeRoot(ca))).chain.length, 1);
    });
  }

  for (const [label, type] of [
    ['EC PRIVATE KEY', 'sec1'],
    ['RSA PRIVATE KEY', 'pkcs1'],
  ] as const) {
    test(`takes a key as openssl once wrote them: ${label}`, async () => {
      const ca = type === 'sec1' ? root : await corporateRoot('Rsa', { keyType: 'rsa-2048' });
      const files = new UpstreamFiles(endings);
      const config = files.writeRoot(ca);
      const parameters = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';
      writeFileSync(files.keyFilePath, parameters + ca.privateKey.export({ type, format: 'pem' }));
      assert.equal((await mint(config)).chain.length, 1);
    });
  }

  test('warns once of a key that everybody can read', () => {
    const files = new UpstreamFiles(endings);
    const config = files.writeRoot(root);
    chmodSync(files.keyFilePath, 0o644);
    const before = log.lines.length;
    open(config);
    assert.match(
      log.lines
        .slice(before)
        .map(({ message }) => message)
        .join(),
      /can read the upstream CA's key: chmod 600/,
    );
  });

  test('refuses a CSR for another name, or that its key did not sign', async () => {
    const upstream = open(new UpstreamFiles(endings).writeRoot(root));
    const asked = (bytes: Uint8Array) => upstream.mintX509Ca({ csr: bytes, preferredTtlSeconds: 0 });
    for (const id of ['spiffe://example.com', 'spiffe://example.org/web'])
      await assert.rejects(
        asked(await buildCsr(ours, { spiffeId: SpiffeId.parse(id) })),
        isRefusal(Code.invalidArgument, 'CSR does not name spiffe://example.org alone'),
      );
    await assert.rejects(asked(await buildCsr(ours)), isRefusal(Code.invalidArgument, 'does not name'));
    const broken = csr.with(csr.length - 1, (csr.at(-1) ?? 0) ^ 1);
    await assert.rejects(asked(broken), isRefusal(Code.invalidArgument, 'CSR signature is invalid'));
  });
});

test('starts below a CA whose purposes, path length and name constraints allow what is needed', async () => {
  const below = await corporateIntermediate(root, 'Right', {
    pathLength: 1,
    extendedKeyUsage: [Oid.serverAuth, Oid.clientAuth],
    nameConstraints: { permitted: { uris: ['example.org'] } },
  });
  assert.equal((await mint(new UpstreamFiles(endings).writeBelow(below, [], [root]))).chain.length, 2);
});
