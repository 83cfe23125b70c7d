import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BundleCache } from '../../../server/bundle/bundle-cache.ts';
import type { Bundle } from '../../../shared/bundle/bundle.ts';
import { Code, CodedError } from '../../../shared/errors.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { FakeBundleStore } from '../../fakes/bundle-store.ts';
import { FakeClock, settle } from '../../fakes/clock.ts';
import { FakeLog } from '../../fakes/log.ts';
import { FakeRandom } from '../../fakes/random.ts';
import { trustDomain } from '../ca/ca-testbed.ts';

const authority = (n: number) => ({ certificate: Uint8Array.of(n), tainted: false });

class Parts {
  readonly clock = new FakeClock();
  readonly log = new FakeLog();
  readonly bundles = new FakeBundleStore();
  readonly cache = new BundleCache({ ...this, random: new FakeRandom(), trustDomain });
  readonly seen: number[] = [];
  readonly #abort = new AbortController();

  async start(): Promise<void> {
    this.cache.onChange(({ sequenceNumber }) => this.seen.push(sequenceNumber));
    await this.cache.start(this.#abort.signal);
    await settle();
  }

  async stop(): Promise<void> {
    this.#abort.abort(new Error('stopping'));
    await this.cache.stop();
    assert.equal(this.clock.sleeping, 0);
  }

  append(n: number): Promise<Bundle> {
    return this.bundles.append(trustDomain, { x509: [authority(n)] });
  }

  /** The store changes, its hint is lost. */
  async silently(change: () => unknown): Promise<void> {
    const find = this.bundles.find.bind(this.bundles);
    this.bundles.find = async () => this.cache.current();
    await change();
    await settle();
    this.bundles.find = find;
  }
}

test('is unavailable until there is a bundle', async () => {
  const parts = new Parts();
  await parts.start();
  assert.throws(
    () => parts.cache.current(),
    (error) => error instanceof CodedError && error.code === Code.unavailable,
  );
  assert.deepEqual(parts.cache.authoritiesOf(trustDomain), []);
  await parts.append(1);
  await settle();
  assert.equal(parts.cache.current().sequenceNumber, 1);
  await parts.stop();
});

test('holds the new bundle as soon as a hint comes', async () => {
  const parts = new Parts();
  await parts.append(1);
  await parts.start();
  await parts.append(2);
  await settle();
  assert.equal(parts.cache.current().x509Authorities.length, 2);
  assert.deepEqual(parts.seen, [1, 2]);
  await parts.stop();
  await parts.append(3);
  await settle();
  assert.deepEqual(parts.seen, [1, 2], 'nothing is heard after the end');
});

test('holds the new bundle within a second when the hint is lost', async () => {
  const parts = new Parts();
  await parts.append(1);
  await parts.start();
  await parts.silently(() => parts.append(2));
  assert.equal(parts.cache.current().sequenceNumber, 1);
  await parts.clock.advance(1_000);
  assert.equal(parts.cache.current().sequenceNumber, 2);
  await parts.stop();
});

test('tells nobody when nothing changed', async () => {
  const parts = new Parts();
  await parts.append(1);
  await parts.start();
  await parts.append(1);
  await parts.clock.advance(10_000);
  assert.deepEqual(parts.seen, [1]);
  await parts.stop();
});

test('what was written before a refresh is current after it, though another reading was under way', async () => {
  const parts = new Parts();
  await parts.append(1);
  await parts.start();
  const find = parts.bundles.find.bind(parts.bundles);
  const gate = Promise.withResolvers<void>();
  let reads = 0;
  parts.bundles.find = async (of) => {
    const found = await find(of);
    if (++reads === 1) await gate.promise;
    return found;
  };
  const early = parts.cache.refresh();
  await settle();
  await parts.append(2);
  const late = [parts.cache.refresh(), parts.cache.refresh(), parts.cache.refresh()];
  gate.resolve();
  await early;
  await Promise.all(late);
  assert.equal(parts.cache.current().sequenceNumber, 2);
  assert.equal(reads, 2, 'those who wait share one reading');
  await parts.stop();
});

test('follows a database that went back, even to the same number with another content', async () => {
  const parts = new Parts();
  await parts.append(1);
  const first = await parts.append(2);
  await parts.start();
  parts.bundles.restore({ ...first, x509Authorities: [authority(1), authority(9)] });
  await settle();
  assert.deepEqual(parts.cache.authoritiesOf(trustDomain), [authority(1), authority(9)]);
  parts.bundles.restore({ ...first, sequenceNumber: 1, x509Authorities: [authority(1)] });
  await settle();
  assert.equal(parts.cache.current().sequenceNumber, 1);
  assert.deepEqual(parts.log.messages('warn').length, 2);
  await parts.stop();
});

test('sees that an authority was tainted', async () => {
  const parts = new Parts();
  const bundle = await parts.append(1);
  await parts.start();
  parts.bundles.put({ ...bundle, x509Authorities: [{ ...authority(1), tainted: true }] });
  await settle();
  assert.equal(parts.cache.current().x509Authorities[0]?.tainted, true);
  await parts.stop();
});

test('keeps the last bundle while the store fails, knows since when, and says so once', async () => {
  const parts = new Parts();
  await parts.append(1);
  await parts.start();
  await parts.clock.advance(5_000);
  const confirmedAt = parts.cache.confirmedAt;
  assert.deepEqual(confirmedAt, parts.clock.now());

  const find = parts.bundles.find.bind(parts.bundles);
  parts.bundles.find = async (): Promise<Bundle | undefined> => {
    throw new Error('database is away');
  };
  await parts.clock.advance(60_000);
  assert.equal(parts.cache.current().sequenceNumber, 1);
  assert.deepEqual(parts.cache.confirmedAt, confirmedAt);
  assert.equal(parts.log.messages('warn').length, 1);
  await assert.rejects(parts.cache.refresh(), /database is away/);

  parts.bundles.find = find;
  await parts.clock.advance(12_000);
  assert.deepEqual(parts.log.messages('info'), ['bundle can be read again']);
  assert.ok(parts.clock.now().getTime() - (parts.cache.confirmedAt?.getTime() ?? 0) <= 1_000);
  await parts.stop();
});

test('holds no authorities of another trust domain', async () => {
  const parts = new Parts();
  await parts.append(1);
  await parts.start();
  assert.deepEqual(parts.cache.authoritiesOf(TrustDomain.parse('example.com')), []);
  await parts.stop();
});
