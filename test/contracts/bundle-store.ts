/** What every BundleStore does. Run on Postgres by bundle-store.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BundleStore } from '../../server/bundle/bundle-store.ts';
import type { Bundle, TokenAuthority, X509Authority } from '../../shared/bundle/bundle.ts';
import { fromBase64, utf8 } from '../../shared/bytes.ts';
import { Code } from '../../shared/errors.ts';
import type { Ending } from '../fakes/database.ts';
import { trustDomain } from './samples.ts';

type Open = (t: Ending) => Promise<BundleStore>;

const own = trustDomain('example.org');

/** Self-signed P-256 certificates, made with `openssl ca -selfsign`; notAfter is 1 June of the year. */
const CERTIFICATES = {
  until2026:
    'MIIBPjCB5aADAgECAgEBMAoGCCqGSM49BAMCMA8xDTALBgNVBAoMBHRlc3QwHhcNMjUwNjAxMDAwMDAwWhcNMjYwNjAxMDAwMDAwWjAPMQ0wCwYDVQQKDAR0ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE/RnvhtXW5cqhSdNFl6GL270jg4BoLmnhdJWnkL0G0vuAuVitHxiRtN6enqpPI82aH9lujkeE2CUaegPCiKl14aMyMDAwDwYDVR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQURKTTWBmXZM6DhmCgep+Zx5jjuAEwCgYIKoZIzj0EAwIDSAAwRQIgQaxG4bevLptjQ2t1tjAKduH+Lkil2jXD9UmBJisrmSACIQC+a6emq+c/1LBSTb6DvI3O8dOT3xmmdQf67HTGuoIxBQ==',
  until2036:
    'MIIBPTCB5aADAgECAgEBMAoGCCqGSM49BAMCMA8xDTALBgNVBAoMBHRlc3QwHhcNMjUwNjAxMDAwMDAwWhcNMzYwNjAxMDAwMDAwWjAPMQ0wCwYDVQQKDAR0ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE/RnvhtXW5cqhSdNFl6GL270jg4BoLmnhdJWnkL0G0vuAuVitHxiRtN6enqpPI82aH9lujkeE2CUaegPCiKl14aMyMDAwDwYDVR0TAQH/BAUwAwEB/zAdBgNVHQ4EFgQURKTTWBmXZM6DhmCgep+Zx5jjuAEwCgYIKoZIzj0EAwIDRwAwRAIgEVp5jSYp01g6ur6G2wjPsG0YRBMUPIWBEOD6HX88yXsCIEg3SW9oGIpWqM4gWjQxfxpLz51xSDAX7dvkIV3US9m5',
};

/** Of the certificates, which are of one key. */
const X509_ID = '44a4d358199764ce838660a07a9f99c798e3b801';

const x509 = (name: keyof typeof CERTIFICATES, tainted = false): X509Authority => {
  const certificate = fromBase64(CERTIFICATES[name]);
  assert.ok(certificate);
  return { certificate, tainted };
};

const key = (keyId: string, expiresAt?: string, tainted = false): TokenAuthority => ({
  keyId,
  publicKey: utf8(`key ${keyId}`),
  expiresAt: expiresAt === undefined ? undefined : new Date(expiresAt),
  tainted,
});

export function bundleStoreContract(open: Open): void {
  appending(open);
  pruning(open);
  tainting(open);
}

function appending(open: Open): void {
  test('a bundle comes back with every authority appended to it', async (t) => {
    const bundles = await open(t);
    assert.equal(await bundles.find(own), undefined);
    const authorities = {
      x509: [x509('until2026'), x509('until2036', true)],
      jwt: [key('a', '2026-05-01T00:00:00Z', true), key('b')],
      wit: [key('a')],
    };
    const bundle = await bundles.append(own, authorities);
    assert.deepEqual(bundle, {
      trustDomain: own,
      x509Authorities: authorities.x509,
      jwtAuthorities: authorities.jwt,
      witAuthorities: authorities.wit,
      refreshHintSeconds: bundle.refreshHintSeconds,
      sequenceNumber: 1,
    });
    assert.deepEqual(await bundles.find(own), bundle);
    assert.equal(await bundles.find(trustDomain('other.org')), undefined);
  });

  test('appending what is there changes nothing, the sequence number included', async (t) => {
    const bundles = await open(t);
    const first = await bundles.append(own, { x509: [x509('until2036')], jwt: [key('a')] });
    const same = { x509: [x509('until2036', true)], jwt: [key('a', '2030-01-01T00:00:00Z', true)] };
    assert.deepEqual(await bundles.append(own, same), first);
    const second = await bundles.append(own, { jwt: [key('a'), key('b'), key('b')] });
    assert.equal(second.sequenceNumber, 2);
    assert.deepEqual(
      second.jwtAuthorities.map(({ keyId }) => keyId),
      ['a', 'b'],
    );
  });

  test('a bundle grows to a bound that is given, and no further', async (t) => {
    const bundles = await open(t);
    const authorities = { jwt: [key('a'), key('b')] };
    const message = /^the bundle would have \d+ bytes, and 100 at most are kept$/;
    await assert.rejects(bundles.append(own, authorities, 100), { code: Code.resourceExhausted, message });
    assert.equal((await bundles.find(own))?.jwtAuthorities.length ?? 0, 0);
    await bundles.append(own, authorities, 1_000);
    assert.equal((await bundles.find(own))?.jwtAuthorities.length, 2);
    await bundles.append(own, { jwt: [key('c')] }); // none is given
  });

  test('concurrent appends all arrive, each with a number of its own', async (t) => {
    const bundles = await open(t);
    const names = ['a', 'b', 'c', 'd', 'e', 'f'];
    const results = await Promise.all(names.map((name) => bundles.append(own, { jwt: [key(name)] })));
    assert.deepEqual(results.map(({ sequenceNumber }) => sequenceNumber).sort(), [1, 2, 3, 4, 5, 6]);
    const bundle = await bundles.find(own);
    assert.deepEqual(bundle?.jwtAuthorities.map(({ keyId }) => keyId).sort(), names);
  });
}

function pruning(open: Open): void {
  const at = new Date('2027-01-01T00:00:00Z');

  test('pruning removes what expired before the given time and counts once', async (t) => {
    const bundles = await open(t);
    await bundles.append(own, {
      x509: [x509('until2026'), x509('until2036')],
      jwt: [key('gone', '2026-01-01T00:00:00Z'), key('kept', at.toISOString()), key('for ever')],
      wit: [key('gone', '2026-01-01T00:00:00Z')],
    });
    const pruned = await bundles.prune(own, at);
    assert.deepEqual(pruned, {
      trustDomain: own,
      x509Authorities: [x509('until2036')],
      jwtAuthorities: [key('kept', at.toISOString()), key('for ever')],
      witAuthorities: [],
      refreshHintSeconds: pruned?.refreshHintSeconds,
      sequenceNumber: 2,
    });
    assert.deepEqual(await bundles.prune(own, at), pruned);
    assert.deepEqual(await bundles.find(own), pruned);
  });

  test('counts the bundles, the own one among them', async (t) => {
    const bundles = await open(t);
    assert.equal(await bundles.count(), 0);
    await bundles.append(own, { x509: [] });
    await bundles.append(trustDomain('other.org'), { x509: [] });
    assert.equal(await bundles.count(), 2);
  });

  test('pruning never removes the last X.509 authority', async (t) => {
    const bundles = await open(t);
    const before = await bundles.append(own, {
      x509: [x509('until2026')],
      jwt: [key('gone', '2026-01-01T00:00:00Z')],
    });
    assert.equal(await bundles.prune(own, at), undefined);
    assert.deepEqual(await bundles.find(own), before);
    assert.equal(await bundles.prune(trustDomain('other.org'), at), undefined);
  });
}

function tainting(open: Open): void {
  const names = [
    { name: 'X.509', authorityId: X509_ID },
    { name: 'JWT', authorityId: 'a' },
    { name: 'WIT', authorityId: 'a' },
  ] as const;
  const filled = async (t: Ending): Promise<BundleStore> => {
    const bundles = await open(t);
    await bundles.append(own, { x509: [x509('until2036')], jwt: [key('a'), key('b')], wit: [key('a')] });
    return bundles;
  };
  const taintedOf = (bundle: Bundle) => [
    ...bundle.x509Authorities.map(({ tainted }) => tainted),
    ...bundle.jwtAuthorities.map(({ tainted }) => tainted),
    ...bundle.witAuthorities.map(({ tainted }) => tainted),
  ];

  test('tainting marks one authority and counts once, again it is refused', async (t) => {
    const bundles = await filled(t);
    const marks = [
      [true, false, false, false],
      [true, true, false, false],
      [true, true, false, true],
    ];
    for (const [at, named] of names.entries()) {
      const bundle = await bundles.taint(own, named);
      assert.deepEqual(taintedOf(bundle), marks[at]);
      assert.equal(bundle.sequenceNumber, at + 2);
      assert.deepEqual(await bundles.find(own), bundle);
      const message = named.name === 'X.509' ? 'root CA is already tainted' : 'key is already tainted';
      await assert.rejects(bundles.taint(own, named), { code: Code.invalidArgument, message });
    }
    await assert.rejects(bundles.taint(trustDomain('other.org'), names[0]), { code: Code.notFound });
  });

  test('appending a tainted authority again leaves it tainted', async (t) => {
    const bundles = await filled(t);
    for (const named of names) await bundles.taint(own, named);
    const again = { x509: [x509('until2036')], jwt: [key('a')], wit: [key('a')] };
    assert.deepEqual(taintedOf(await bundles.append(own, again)), [true, true, false, true]);
  });

  test('revoking removes a tainted token key, and none that is not tainted or not there', async (t) => {
    const bundles = await filled(t);
    for (const named of names.slice(1)) {
      const { name } = named;
      const untainted = 'it is not possible to revoke an untainted key';
      await assert.rejects(bundles.revoke(own, named), { code: Code.invalidArgument, message: untainted });
      await bundles.taint(own, named);
      const { sequenceNumber } = await bundles.revoke(own, named);
      assert.equal((await bundles.find(own))?.sequenceNumber, sequenceNumber);
      const unknown = `no ${name} Key found with provided key ID`;
      for (const deed of [() => bundles.revoke(own, named), () => bundles.taint(own, named)])
        await assert.rejects(deed(), { code: Code.notFound, message: unknown });
    }
    const bundle = await bundles.find(own);
    assert.deepEqual([bundle?.jwtAuthorities, bundle?.witAuthorities], [[key('b')], []]);
    assert.equal(bundle?.sequenceNumber, 5);
  });

  test('revoking removes a tainted X.509 authority, never the last one', async (t) => {
    const bundles = await filled(t);
    const [named] = names;
    const untainted = 'it is not possible to revoke an untainted root CA';
    await assert.rejects(bundles.revoke(own, named), { code: Code.invalidArgument, message: untainted });
    await bundles.taint(own, named);
    await assert.rejects(bundles.revoke(own, named), { code: Code.failedPrecondition });
    const other = { certificate: utf8('no certificate, and no hindrance'), tainted: false };
    await bundles.append(own, { x509: [other] });
    assert.deepEqual((await bundles.revoke(own, named)).x509Authorities, [other]);
    const message = 'no root CA found with provided subject key ID';
    await assert.rejects(bundles.revoke(own, named), { code: Code.notFound, message });
    await assert.rejects(bundles.taint(own, named), {
      code: Code.notFound,
      message: 'no ca found with provided subject key ID',
    });
  });

  test('of concurrent deeds each counts', async (t) => {
    const bundles = await filled(t);
    const deeds = [
      ...names.map((named) => bundles.taint(own, named)),
      ...names.map((named) => bundles.taint(own, named)),
      bundles.append(own, { jwt: [key('c')] }),
    ];
    const outcomes = await Promise.allSettled(deeds);
    assert.equal(outcomes.filter(({ status }) => status === 'fulfilled').length, 4);
    const bundle = await bundles.find(own);
    assert.ok(bundle !== undefined);
    assert.deepEqual(taintedOf(bundle), [true, true, false, false, true]);
    assert.equal(bundle.sequenceNumber, 5);
  });
}
