import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdminBundles } from '../../../server/bundle/admin-bundles.ts';
import { Code, CodedError } from '../../../shared/errors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { FakeBundleStore } from '../../fakes/bundle-store.ts';
import { FakeClock, settle } from '../../fakes/clock.ts';
import { FakeLog } from '../../fakes/log.ts';

const own = TrustDomain.parse('example.org');
const other = TrustDomain.parse('other.org');
const authority = { certificate: Uint8Array.of(1), tainted: false };

async function world(...ids: readonly string[]) {
  const clock = new FakeClock();
  const log = new FakeLog();
  const bundles = new FakeBundleStore();
  const adminIds = ids.map((id) => SpiffeId.parse(id));
  const held = new AdminBundles({ trustDomain: own, adminIds, bundles, clock, log });
  const abort = new AbortController();
  await held.start(abort.signal);
  await settle();
  const stop = async (): Promise<void> => {
    abort.abort(new Error('stopping'));
    await held.stop();
    assert.equal(clock.sleeping, 0);
  };
  return { clock, log, bundles, held, stop };
}

test('holds the bundles of the trust domains that administrators come from, and of no others', async () => {
  const { bundles, held, stop } = await world('spiffe://other.org/boss', 'spiffe://example.org/boss');
  for (const name of ['other.org', 'example.org', 'third.org'])
    await bundles.append(TrustDomain.parse(name), { x509: [authority] });
  await settle();
  assert.deepEqual(held.authoritiesOf(other), [authority]);
  assert.deepEqual(held.authoritiesOf(own), []);
  assert.deepEqual(held.authoritiesOf(TrustDomain.parse('third.org')), []);
  await stop();
});

test('reads nothing when all administrators are of the own trust domain', async () => {
  const { clock, stop } = await world('spiffe://example.org/boss');
  assert.equal(clock.sleeping, 0);
  await stop();
});

test('notices within a second what no hint told, and keeps the list while nothing changed', async () => {
  const { clock, bundles, held, stop } = await world('spiffe://other.org/boss');
  await bundles.append(other, { x509: [authority] });
  await settle();
  const before = held.authoritiesOf(other);
  await clock.advance(1_000);
  assert.equal(held.authoritiesOf(other), before);
  bundles.clear();
  await clock.advance(1_000);
  assert.deepEqual(held.authoritiesOf(other), []);
  await stop();
});

test('holds nothing that the store has not confirmed for five seconds, says so once, and comes back', async () => {
  const { clock, log, bundles, held, stop } = await world('spiffe://other.org/boss');
  await bundles.append(other, { x509: [authority] });
  await settle();
  const find = bundles.find.bind(bundles);
  bundles.find = () => Promise.reject(new CodedError(Code.unavailable, 'away'));
  for (let second = 0; second < 7; second++) await clock.advance(1_000);
  assert.deepEqual(held.authoritiesOf(other), []);
  assert.equal(log.messages('warn').length, 1);
  bundles.find = find;
  await clock.advance(1_000);
  assert.deepEqual(held.authoritiesOf(other), [authority]);
  await stop();
});
