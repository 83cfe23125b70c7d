import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import type { X509Ca } from '../../../server/ca/x509-ca.ts';
import { MemoryKeyManager } from '../../../server/key-manager/memory.ts';
import { toHex } from '../../../shared/bytes.ts';
import { subjectKeyId } from '../../../shared/crypto/keys.ts';
import { Code, CodedError } from '../../../shared/errors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { CaTestbed, csr, HOUR_MS, publicKey, svidRequest, trustDomain, workloadId } from './ca-testbed.ts';

const isCoded = (code: Code, words: RegExp) => (error: unknown) =>
  error instanceof CodedError && error.code === code && words.test(error.message);

const idOf = (ca: X509Ca): string => ca.authorityState().active.authorityId;

describe('signing', () => {
  test('is unavailable before the first authority', async () => {
    const ca = new CaTestbed().make();
    await assert.rejects(ca.signX509Svid(svidRequest), isCoded(Code.unavailable, /server is initializing/));
    await assert.rejects(
      ca.signServerSvid({ ...svidRequest, publicKey }),
      isCoded(Code.unavailable, /server is initializing/),
    );
    assert.throws(() => ca.authorityState(), isCoded(Code.unavailable, /server is initializing/));
  });

  test('gives the leaf alone, signed by an authority of the bundle', async () => {
    const bed = new CaTestbed();
    const { ca, stop } = await bed.start();
    const issued = await ca.signX509Svid({ ...svidRequest, dnsNames: ['web.example.org'], ttlSeconds: 600 });
    await stop();

    assert.equal(issued.chain.length, 1);
    const leaf = new X509Certificate(issued.chain[0] ?? new Uint8Array());
    assert.equal(leaf.subjectAltName, 'URI:spiffe://example.org/web, DNS:web.example.org');
    assert.equal(leaf.validFromDate.toISOString(), '2025-12-31T23:59:50.000Z');
    assert.equal(leaf.validToDate.toISOString(), '2026-01-01T00:10:00.000Z');
    assert.deepEqual(issued.expiresAt, leaf.validToDate);
    assert.equal(issued.serialNumber, BigInt(`0x${leaf.serialNumber}`).toString());
    assert.equal(await bed.isTrusted(issued), true);
  });

  test("signs the server's own key without a CSR", async () => {
    const bed = new CaTestbed();
    const { ca, stop } = await bed.start();
    const spiffeId = SpiffeId.of(trustDomain, '/spire/server');
    const issued = await ca.signServerSvid({ publicKey, spiffeId, dnsNames: [], ttlSeconds: 3_600 });
    await stop();

    const leaf = new X509Certificate(issued.chain[0] ?? new Uint8Array());
    assert.equal(leaf.subjectAltName, 'URI:spiffe://example.org/spire/server');
    assert.deepEqual(new Uint8Array(leaf.publicKey.export({ type: 'spki', format: 'der' })), publicKey);
    assert.equal(issued.serialNumber, BigInt(`0x${leaf.serialNumber}`).toString());
    assert.equal(await bed.isTrusted(issued), true);
  });

  /** ttlSeconds asked, at this hour of a 24 h authority that cannot be replaced, seconds granted. */
  const lives: readonly (readonly [number, number, number])[] = [
    [0, 0, 3_600],
    [600, 0, 600],
    [86_400, 0, 86_400],
    [1e9, 0, 86_400],
    [Number.MAX_VALUE, 0, 86_400],
    [0, 23.5, 1_800],
    [7_200, 23, 3_600],
  ];
  for (const [ttlSeconds, hour, grantedSeconds] of lives) {
    test(`grants ${grantedSeconds} s when ${ttlSeconds} s are asked at hour ${hour}`, async () => {
      const bed = new CaTestbed();
      const { ca, stop } = await bed.start({ checkMs: HOUR_MS / 4 });
      bed.keyManager.failWith(new Error('no keys today'));
      await bed.clock.advance(hour * HOUR_MS);
      const { expiresAt } = await ca.signX509Svid({ ...svidRequest, ttlSeconds });
      await stop();
      assert.equal((expiresAt.getTime() - bed.clock.now().getTime()) / 1_000, grantedSeconds);
    });
  }

  test('refuses a TTL that is no time, a CSR that is none, and a foreign SPIFFE ID', async () => {
    const bed = new CaTestbed();
    const { ca, stop } = await bed.start();
    const refused = (request: object, code: Code, words: RegExp) =>
      assert.rejects(ca.signX509Svid({ ...svidRequest, ...request }), isCoded(code, words));
    await refused({ ttlSeconds: -1 }, Code.invalidArgument, /TTL/);
    await refused({ ttlSeconds: Number.NaN }, Code.invalidArgument, /TTL/);
    await refused({ csr: csr.subarray(1) }, Code.invalidArgument, /CSR/);
    await refused({ spiffeId: SpiffeId.parse('spiffe://example.com/web') }, Code.internal, /trust domain/);
    await stop();
  });

  test('is unavailable after the authority has expired unreplaced, and again possible after its replacement', async () => {
    const bed = new CaTestbed();
    const { ca, stop } = await bed.start();
    bed.keyManager.failWith(new Error('no keys today'));
    await bed.clock.advance(24 * HOUR_MS);
    await assert.rejects(ca.signX509Svid(svidRequest), isCoded(Code.unavailable, /has expired/));
    bed.keyManager.failWith(undefined);
    await bed.clock.advance(10_000);
    assert.equal(await bed.isTrusted(await ca.signX509Svid(svidRequest)), true);
    await stop();
  });
});

describe('rotation', () => {
  test('prepares at half of the life and activates at five sixths, telling the listeners', async () => {
    const bed = new CaTestbed();
    const { ca, stop } = await bed.start();
    let changes = 0;
    const forget = ca.onChange(() => changes++);
    const first = idOf(ca);

    await bed.clock.advance(12 * HOUR_MS);
    assert.equal(ca.authorityState().prepared, undefined);
    await bed.clock.advance(10_000);
    const { prepared } = ca.authorityState();
    assert.equal(prepared?.status, 'PREPARED');
    assert.equal(prepared?.slot, 'B');
    assert.equal(changes, 2);
    assert.equal((await bed.authorities()).length, 2);

    await bed.clock.advance(8 * HOUR_MS - 10_000);
    assert.equal(idOf(ca), first);
    await bed.clock.advance(10_000);
    assert.equal(idOf(ca), prepared?.authorityId);
    assert.equal(ca.authorityState().old?.authorityId, first);
    assert.equal(ca.authorityState().prepared, undefined);
    assert.equal(changes, 3);
    forget();
    await bed.clock.advance(24 * HOUR_MS);
    assert.equal(changes, 3);
    await stop();
    assert.equal(bed.clock.sleeping, 0);
  });

  test('names an authority by the hex of its subject key identifier', async () => {
    const bed = new CaTestbed();
    const { ca, stop } = await bed.start();
    const { active } = ca.authorityState();
    await stop();
    assert.equal(active.authorityId, toHex(subjectKeyId(active.certificate.publicKey)));
  });

  test('goes on after failures, with a warning at first and an error when the end is near', async () => {
    const bed = new CaTestbed();
    const { ca, stop } = await bed.start();
    const first = idOf(ca);
    await bed.clock.advance(12 * HOUR_MS);
    bed.keyManager.failWith(new Error('no keys today'));
    await bed.clock.advance(HOUR_MS);
    const warnings = bed.log.messages('warn');
    assert.ok(warnings.length > 1 && warnings.length <= 61, `${warnings.length} warnings in an hour`);
    assert.deepEqual(bed.log.messages('error'), []);

    await bed.clock.advance(7 * HOUR_MS + 120_000);
    const error = bed.log.lines.findLast(({ level }) => level === 'error');
    assert.match(error?.message ?? '', /expires soon.*bring back the database and the key manager/);
    assert.equal(error?.fields['error'], 'no keys today');
    assert.equal(typeof error?.fields['leftSeconds'], 'number');

    bed.keyManager.failWith(undefined);
    await bed.clock.advance(10_000);
    assert.ok(bed.log.messages('info').includes('X.509 authorities can be rotated again'));
    assert.notEqual(ca.authorityState().prepared, undefined);
    assert.equal(idOf(ca), first, 'the new authority first gets time to be known');
    await bed.clock.advance(25 * 60_000 + 10_000);
    assert.notEqual(idOf(ca), first);
    await stop();
  });

  test('appends an authority that the database has lost', async () => {
    const bed = new CaTestbed();
    const { ca, stop } = await bed.start();
    bed.bundles.clear();
    await bed.clock.advance(10_000);
    assert.equal(await bed.isTrusted(await ca.signX509Svid(svidRequest)), true);
    assert.match(bed.log.messages('warn').join(), /lost from the bundle/);
    await stop();
  });

  test('never appends an old authority again: it may have been revoked', async () => {
    const bed = new CaTestbed();
    const before = await bed.start();
    await bed.clock.advance(21 * HOUR_MS);
    const { active, old } = before.ca.authorityState();
    assert.notEqual(old, undefined);
    await before.stop();
    bed.bundles.clear();
    const after = await bed.start();
    await bed.clock.advance(60_000);
    await after.stop();
    assert.deepEqual(
      (await bed.authorities()).map(({ certificate }) => certificate),
      [active.certificate.raw],
    );
  });

  /** Default SVID TTL, agent TTL, CA TTL, settings warned of. */
  const ttls: readonly (readonly [number, number, number, readonly string[]])[] = [
    [3_600, 3_600, 86_400, []],
    [14_400, 14_400, 86_400, []],
    [14_401, 3_600, 86_400, ['default_x509_svid_ttl']],
    [3_600, 86_400, 86_400, ['agent_ttl']],
    [604_801, 604_801, 365 * 86_400, ['default_x509_svid_ttl', 'agent_ttl']],
  ];
  for (const [defaultX509SvidTtlSeconds, agentTtlSeconds, caTtlSeconds, settings] of ttls) {
    test(`warns of ${settings.join(' and ') || 'nothing'} with TTLs ${defaultX509SvidTtlSeconds}, ${agentTtlSeconds}, ${caTtlSeconds}`, async () => {
      const bed = new CaTestbed();
      const { stop } = await bed.start({
        config: { defaultX509SvidTtlSeconds, agentTtlSeconds, caTtlSeconds },
      });
      await stop();
      const warned = bed.log.lines
        .filter(({ level }) => level === 'warn')
        .map(({ fields }) => fields['setting']);
      assert.deepEqual(warned, settings);
    });
  }
});

describe('restart', () => {
  test('goes on with the authority that it had', async () => {
    const bed = new CaTestbed();
    const before = await bed.start();
    const first = idOf(before.ca);
    await before.stop();
    await bed.clock.advance(HOUR_MS);
    const after = await bed.start();
    assert.equal(idOf(after.ca), first);
    assert.equal((await bed.authorities()).length, 1);
    assert.equal(bed.journals.records.length, 1);
    await after.stop();
  });

  test('goes on with active, prepared and old authorities, each in its slot', async () => {
    const bed = new CaTestbed();
    const before = await bed.start();
    for (const hours of [13, 21]) {
      await bed.clock.advance(
        hours * HOUR_MS - (bed.clock.now().getTime() - Date.parse('2026-01-01T00:00:00Z')),
      );
      const state = before.ca.authorityState();
      const after = await bed.start();
      for (const status of ['active', 'prepared', 'old'] as const) {
        assert.equal(after.ca.authorityState()[status]?.authorityId, state[status]?.authorityId);
        assert.equal(after.ca.authorityState()[status]?.slot, state[status]?.slot);
      }
      await after.stop();
    }
    await before.stop();
  });

  test('makes a new authority in the same journal when the old ones have expired', async () => {
    const bed = new CaTestbed();
    const before = await bed.start();
    const first = idOf(before.ca);
    await before.stop();
    await bed.clock.advance(24 * HOUR_MS);
    const after = await bed.start();
    assert.notEqual(idOf(after.ca), first);
    assert.equal(bed.journals.records.length, 1);
    assert.equal(await bed.isTrusted(await after.ca.signX509Svid(svidRequest)), true);
    await after.stop();
  });

  test('with keys in memory makes a new authority, and the old SVIDs stay valid', async () => {
    const bed = new CaTestbed();
    const before = await bed.start({ keyManager: new MemoryKeyManager() });
    const first = idOf(before.ca);
    const svid = await before.ca.signX509Svid(svidRequest);
    await before.stop();
    const after = await bed.start({ keyManager: new MemoryKeyManager() });
    assert.notEqual(idOf(after.ca), first);
    assert.equal(await bed.isTrusted(svid), true);
    assert.equal(await bed.isTrusted(await after.ca.signX509Svid(svidRequest)), true);
    await after.stop();
  });

  test('appends its authority before it serves when the bundle was lost', async () => {
    const bed = new CaTestbed();
    const before = await bed.start();
    const first = idOf(before.ca);
    await before.stop();
    bed.bundles.clear();
    const after = await bed.start();
    assert.equal(idOf(after.ca), first);
    assert.equal(await bed.isTrusted(await after.ca.signX509Svid(svidRequest)), true);
    await after.stop();
  });

  test('does not take up an authority whose key was replaced, nor one of another trust domain', async () => {
    const bed = new CaTestbed();
    const before = await bed.start();
    await bed.clock.advance(13 * HOUR_MS);
    const { active, prepared } = before.ca.authorityState();
    await before.stop();
    await bed.keyManager.generateKey('x509-CA-B', 'ec-p256');
    const after = await bed.start();
    assert.equal(idOf(after.ca), active.authorityId);
    assert.notEqual(after.ca.authorityState().prepared?.authorityId, prepared?.authorityId);
    assert.ok(bed.log.lines.some(({ fields }) => fields['because'] === 'its key was replaced'));
    await after.stop();
  });

  test('goes on after the key of the old authority was lost', async () => {
    const bed = new CaTestbed();
    const before = await bed.start();
    await bed.clock.advance(21 * HOUR_MS);
    const second = idOf(before.ca);
    await before.stop();
    bed.keyManager.forget('x509-CA-A');
    const after = await bed.start();
    assert.equal(idOf(after.ca), second);
    assert.equal(after.ca.authorityState().old, undefined);
    await after.stop();
  });

  test('does not start on a journal that it cannot read', async () => {
    const bed = new CaTestbed();
    const before = await bed.start();
    await before.stop();
    const [record] = bed.journals.records;
    assert.ok(record !== undefined);
    await bed.journals.save({ ...record, content: Uint8Array.of(0x7b) });
    await assert.rejects(bed.start(), isCoded(Code.internal, /ca journal cannot be read/));
  });

  test('after days of suspension replaces every authority that has ended', async () => {
    const bed = new CaTestbed();
    const { ca, stop } = await bed.start();
    await bed.clock.advance(13 * HOUR_MS);
    bed.clock.jump(new Date(bed.clock.now().getTime() + 72 * HOUR_MS));
    await bed.clock.advance(0);
    const svid = await ca.signX509Svid({ ...svidRequest, spiffeId: workloadId });
    assert.equal(await bed.isTrusted(svid), true);
    await stop();
  });
});
