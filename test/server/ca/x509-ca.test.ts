/** What the X.509 CA signs, for how long, and what it refuses. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import { Code } from '../../../shared/errors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { isRefusal } from '../../refusal.ts';
import { CaTestbed, csr, HOUR_MS, publicKey, svidRequest, trustDomain } from './ca-testbed.ts';

describe('an X.509 CA signs', () => {
  test('is unavailable before the first authority', async () => {
    const { ca, x509 } = new CaTestbed().make();
    await assert.rejects(ca.signX509Svid(svidRequest), isRefusal(Code.unavailable, /server is initializing/));
    await assert.rejects(
      ca.signServerSvid({ ...svidRequest, publicKey }),
      isRefusal(Code.unavailable, /server is initializing/),
    );
    assert.throws(() => x509.state(), isRefusal(Code.unavailable, /server is initializing/));
    assert.throws(() => ca.checkCanSign(), isRefusal(Code.unavailable, /server is initializing/));
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
      assert.rejects(ca.signX509Svid({ ...svidRequest, ...request }), isRefusal(code, words));
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
    await assert.rejects(ca.signX509Svid(svidRequest), isRefusal(Code.unavailable, /has expired/));
    assert.throws(() => ca.checkCanSign(), isRefusal(Code.unavailable, /has expired/));
    bed.keyManager.failWith(undefined);
    await bed.clock.advance(10_000);
    ca.checkCanSign();
    assert.equal(await bed.isTrusted(await ca.signX509Svid(svidRequest)), true);
    await stop();
  });
});
