/** A CA below an upstream CA: what it signs, what it publishes, what becomes of it at a restart, and when its root is distrusted. */
import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { DiskUpstreamAuthority } from '../../../server/upstream-authority/disk.ts';
import type { MintedCa, UpstreamAuthority } from '../../../server/upstream-authority/upstream-authority.ts';
import { toHex } from '../../../shared/bytes.ts';
import { parseCertificate } from '../../../shared/crypto/certificate.ts';
import { Code } from '../../../shared/errors.ts';
import { verifyX509Svid } from '../../../shared/svid/x509-svid.ts';
import { Endings } from '../../fakes/endings.ts';
import { isRefusal } from '../../refusal.ts';
import {
  type CorporateCa,
  corporateIntermediate,
  corporateRoot,
  keyIdOf,
  UpstreamFiles,
} from '../upstream-authority/corporate-ca.ts';
import { CaTestbed, HOUR_MS, idOf, publicKey, svidRequest, trustDomain, workloadId } from './ca-testbed.ts';

const endings = new Endings();
after(() => endings.end());

const root = await corporateRoot();
const issuing = await corporateIntermediate(root);
const nextRoot = await corporateRoot('Acme Root 2');

interface Bed {
  readonly bed: CaTestbed;
  readonly files: UpstreamFiles;
  readonly upstreamAuthority: UpstreamAuthority;
}

function below(write: (files: UpstreamFiles) => ReturnType<UpstreamFiles['writeRoot']>): Bed {
  const bed = new CaTestbed();
  const files = new UpstreamFiles(endings);
  const upstreamAuthority = DiskUpstreamAuthority.open(write(files), { ...bed, trustDomain });
  return { bed, files, upstreamAuthority };
}

const belowRoot = (ca: CorporateCa = root): Bed => below((files) => files.writeRoot(ca));
const belowIssuing = (): Bed => below((files) => files.writeBelow(issuing, [], [root, nextRoot]));

async function rootsOf(bed: CaTestbed): Promise<readonly string[]> {
  return (await bed.authorities()).map(
    ({ certificate, tainted }) => `${toHex(certificate)}${tainted ? ' tainted' : ''}`,
  );
}
const hexOf = (...list: readonly CorporateCa[]): readonly string[] =>
  list.map(({ certificate }) => toHex(certificate.raw));

describe('a CA below an upstream CA', () => {
  test('signs with a chain up to the root, which is in the bundle and not in the chain', async () => {
    const { bed, upstreamAuthority } = belowIssuing();
    const server = await bed.start({ upstreamAuthority });
    const own = { publicKey, spiffeId: workloadId, dnsNames: [], ttlSeconds: 0 };
    for (const { chain } of [
      await server.ca.signX509Svid(svidRequest),
      await server.ca.signAgentSvid(svidRequest),
      await server.ca.signServerSvid(own),
    ]) {
      assert.deepEqual([chain.length, chain[2]], [3, issuing.certificate.raw]);
      const authorities = (await bed.authorities()).map(({ certificate }) => certificate);
      const svid = verifyX509Svid({ chain, authorities: () => authorities, at: bed.clock.now() });
      assert.equal(svid.id.toString(), workloadId.toString());
    }
    assert.deepEqual(await rootsOf(bed), hexOf(root, nextRoot), 'every root of upstream is in the bundle');
    await server.stop();
  });

  test('names its root as its upstream authority, and lives as long as it asked', async () => {
    const { bed, upstreamAuthority } = belowIssuing();
    const { x509, stop } = await bed.start({ upstreamAuthority, config: { ttlSeconds: 7_200 } });
    const { active } = x509.state();
    assert.equal(active.upstreamAuthorityId, keyIdOf(root));
    assert.equal(active.expiresAt.getTime() - bed.clock.now().getTime(), 2 * HOUR_MS);
    assert.equal(active.authorityId, toHex(active.certificate.subjectKeyId ?? new Uint8Array()));
    assert.match(Buffer.from(active.certificate.subject).toString('latin1'), /US.*SPIFFE/s);
    await stop();
  });

  test('rotates: each time another certificate, the roots only once', async () => {
    const { bed, upstreamAuthority } = belowIssuing();
    const server = await bed.start({ upstreamAuthority, checkMs: HOUR_MS / 2 });
    const seen = new Set<string>();
    for (let hour = 0; hour < 60; hour += 2) {
      seen.add(idOf(server.x509));
      assert.equal(await bed.isTrusted(await server.ca.signX509Svid(svidRequest)), true);
      await bed.clock.advance(2 * HOUR_MS);
    }
    assert.equal(seen.size, 5);
    assert.equal((await bed.authorities()).length, 2);
    await server.stop();
  });

  test('goes on with its authorities after a restart, chain and all', async () => {
    const { bed, upstreamAuthority } = belowIssuing();
    const before = await bed.start({ upstreamAuthority, checkMs: HOUR_MS / 2 });
    await bed.clock.advance(13 * HOUR_MS);
    const { active, prepared } = before.x509.state();
    await before.stop();
    const silent: UpstreamAuthority = { mintX509Ca: () => Promise.reject(new Error('not asked')) };
    const again = await bed.start({ upstreamAuthority: silent });
    const found = again.x509.state();
    assert.deepEqual(
      [found.active.upstream, found.prepared?.upstream, found.active.upstreamAuthorityId],
      [active.upstream, prepared?.upstream, keyIdOf(root)],
    );
    const { chain } = await again.ca.signX509Svid(svidRequest);
    assert.deepEqual(chain.slice(1), [active.certificate.raw, issuing.certificate.raw]);
    await again.stop();
  });

  test('comes after a self-signed one at the next rotation, and goes at that after its removal', async () => {
    const { bed, upstreamAuthority } = belowRoot();
    const alone = await bed.start();
    const first = idOf(alone.x509);
    await alone.stop();
    const joined = await bed.start({ upstreamAuthority, checkMs: HOUR_MS / 2 });
    assert.equal(idOf(joined.x509), first);
    await bed.clock.advance(21 * HOUR_MS);
    assert.equal(joined.x509.state().active.upstreamAuthorityId, keyIdOf(root));
    const second = idOf(joined.x509);
    await joined.stop();
    const left = await bed.start({ checkMs: HOUR_MS / 2 });
    assert.equal(idOf(left.x509), second);
    await bed.clock.advance(21 * HOUR_MS);
    assert.equal(left.x509.state().active.upstreamAuthorityId, undefined);
    assert.equal(await bed.isTrusted(await left.ca.signX509Svid(svidRequest)), true);
    await left.stop();
  });

  test('signs on while upstream cannot, and is replaced when it can again', async () => {
    const { bed, files, upstreamAuthority } = belowRoot();
    const server = await bed.start({ upstreamAuthority, config: { ttlSeconds: 1_200 } });
    const first = idOf(server.x509);
    files.writeBelow(issuing, [], [root]); // no bundle_file_path is configured
    await bed.clock.advance(1_100_000);
    assert.equal(idOf(server.x509), first);
    assert.equal(await bed.isTrusted(await server.ca.signX509Svid(svidRequest)), true);
    assert.ok(
      bed.log.lines.some(({ fields }) => /only self-signed CAs are supported/.test(String(fields['error']))),
    );
    files.writeRoot(root);
    await bed.clock.advance(60_000);
    assert.notEqual(idOf(server.x509), first);
    await server.stop();
  });

  test('does not start where upstream signs nothing', async () => {
    const upstreamAuthority = { mintX509Ca: () => Promise.reject(new Error('closed today')) };
    await assert.rejects(new CaTestbed().start({ upstreamAuthority }), /closed today/);
  });
});

describe('what an upstream CA signs is looked at', () => {
  const { bed, upstreamAuthority } = belowIssuing();
  /** Upstream's answer, with something else in it. */
  const answering = (change: (minted: MintedCa) => MintedCa | Promise<MintedCa>): UpstreamAuthority => ({
    mintX509Ca: async (request) => change(await upstreamAuthority.mintX509Ca(request)),
  });
  const asked =
    (changes: object) =>
    async (minted: MintedCa): Promise<MintedCa> => {
      const { publicKey: key } = parseCertificate(minted.chain[0] ?? new Uint8Array());
      const { certificate } = await corporateIntermediate(issuing, 'Minted', {
        publicKey: key,
        uriSans: [trustDomain.id],
        ...changes,
      });
      return { ...minted, chain: [certificate.raw, ...minted.chain.slice(1)] };
    };
  const refusals: readonly (readonly [string, (minted: MintedCa) => MintedCa | Promise<MintedCa>, RegExp])[] =
    [
      ['nothing', (minted) => ({ ...minted, chain: [] }), /certificate chain is empty/],
      ['bytes', (minted) => ({ ...minted, chain: [Uint8Array.of(1)] }), /malformed/],
      ['no roots', (minted) => ({ ...minted, roots: [] }), /no roots/],
      [
        'roots of somebody else',
        (minted) => ({ ...minted, roots: [nextRoot.certificate.raw] }),
        /none of the roots/,
      ],
      [
        'a chain with a gap',
        ({ chain, roots }) => ({ roots, chain: chain.slice(0, 1) }),
        /none of the roots/,
      ],
      [
        'a certificate for another key',
        ({ roots }) => ({ roots, chain: [issuing.certificate.raw] }),
        /another key/,
      ],
      ['a certificate without its name', asked({ uriSans: [] }), /name is not spiffe:\/\/example\.org alone/],
      ['a certificate of another trust domain', asked({ uriSans: ['spiffe://example.com'] }), /name is not/],
      ['a certificate with a host name', asked({ dnsSans: ['ca.example.org'] }), /other names too/],
      ['a leaf', asked({ isCa: false }), /is not a CA/],
      [
        'a certificate that may also authenticate',
        asked({ keyUsage: ['keyCertSign', 'digitalSignature'] }),
        /key usages/,
      ],
      ['a certificate that has ended', asked({ notAfter: new Date('2025-12-31T23:00:00Z') }), /has expired/],
      [
        'more roots than a bundle takes',
        (minted) => ({ ...minted, roots: Array.from({ length: 101 }, () => root.certificate.raw) }),
        /more than 100 root/,
      ],
      [
        'a chain that no SDK takes',
        ({ chain, roots }) => ({
          roots,
          chain: [...chain, ...Array.from({ length: 8 }, () => issuing.certificate.raw)],
        }),
        /more than 8 intermediate/,
      ],
    ];
  for (const [what, change, words] of refusals) {
    test(`refuses ${what}`, async () => {
      const start = bed.start({ upstreamAuthority: answering(change) });
      await assert.rejects(start, isRefusal(Code.failedPrecondition, words));
    });
  }

  test('takes what is right', async () => {
    const server = await bed.start({ upstreamAuthority: answering(asked({ pathLength: 0 })) });
    assert.equal(server.x509.state().active.certificate.pathLength, 0);
    await server.stop();
  });
});

describe('a root above that is distrusted', () => {
  const taint = (bed: CaTestbed, ca: CorporateCa) =>
    bed.bundles.taint(trustDomain, { name: 'X.509', authorityId: keyIdOf(ca) });
  const revoke = (bed: CaTestbed, ca: CorporateCa) =>
    bed.bundles.revoke(trustDomain, { name: 'X.509', authorityId: keyIdOf(ca) });

  test('is left at once by a server whose files name another', async () => {
    const { bed, files, upstreamAuthority } = belowRoot();
    const server = await bed.start({ upstreamAuthority });
    files.writeRoot(nextRoot);
    await taint(bed, root);
    await bed.clock.advance(10_000);
    assert.equal(server.x509.state().active.upstreamAuthorityId, keyIdOf(nextRoot));
    await revoke(bed, root);
    await bed.clock.advance(60_000);
    assert.deepEqual(await rootsOf(bed), hexOf(nextRoot));
    await server.stop();
  });

  test('does not come back by a server whose files still name it, nor is a new CA made below it', async () => {
    const { bed, files, upstreamAuthority } = belowRoot();
    const server = await bed.start({ upstreamAuthority });
    await bed.bundles.append(trustDomain, {
      x509: [{ certificate: nextRoot.certificate.raw, tainted: false }],
    });
    const first = idOf(server.x509);
    await taint(bed, root);
    await bed.clock.advance(60_000);
    assert.equal(idOf(server.x509), first, 'better than none, until there is another');
    assert.ok(
      bed.log.lines.some(({ fields }) =>
        /root .* is tainted: give the server another/.test(String(fields['error'])),
      ),
    );
    await revoke(bed, root);
    await bed.clock.advance(60_000);
    assert.deepEqual(await rootsOf(bed), hexOf(nextRoot));
    files.writeRoot(nextRoot);
    await bed.clock.advance(60_000);
    assert.equal(server.x509.state().active.upstreamAuthorityId, keyIdOf(nextRoot));
    assert.deepEqual(await rootsOf(bed), hexOf(nextRoot));
    await server.stop();
  });

  test('does not come back by a server that was down meanwhile, once its files name another', async () => {
    const { bed, files, upstreamAuthority } = belowRoot();
    const before = await bed.start({ upstreamAuthority });
    await before.stop();
    await bed.bundles.append(trustDomain, {
      x509: [{ certificate: nextRoot.certificate.raw, tainted: false }],
    });
    await taint(bed, root);
    await revoke(bed, root);
    files.writeRoot(nextRoot);
    const again = await bed.start({ upstreamAuthority });
    assert.deepEqual(await rootsOf(bed), hexOf(nextRoot));
    assert.equal(await bed.isTrusted(await again.ca.signX509Svid(svidRequest)), true);
    await again.stop();
  });
});
