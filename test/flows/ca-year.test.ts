import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Housekeeping } from '../../server/housekeeping/housekeeping.ts';
import { bundleHousekeeping } from '../fakes/bundle-housekeeping.ts';
import { FakeJournalStore } from '../fakes/journal-store.ts';
import { FakeKeyManager } from '../fakes/key-manager.ts';
import { CaObserver } from '../server/ca/ca-observer.ts';
import { CaTestbed, HOUR_MS, trustDomain } from '../server/ca/ca-testbed.ts';

const CHECK_MS = HOUR_MS / 2; // SPIRE's 10 s would be three million rounds a year

function housekeeping(bed: CaTestbed): Housekeeping {
  const { clock, random, log, bundles, journals } = bed;
  return bundleHousekeeping({ clock, random, log, bundles, journals, trustDomain });
}

test('over a year one server rotates twice a day, and nothing it signed is ever distrusted before its end', async () => {
  const bed = new CaTestbed();
  // token keys have a month of their own (test/server/ca/token-keys)
  const server = await bed.start({ checkMs: CHECK_MS, jwt: { isEnabled: false } });
  const abort = new AbortController();
  const bundle = housekeeping(bed);
  await bundle.start(abort.signal);
  const observer = new CaObserver(bed);
  for (let hours = 0; hours < 365 * 24; hours += 3) {
    await observer.look({ server }, 4 * 3_600);
    await bed.clock.advance(3 * HOUR_MS);
  }
  abort.abort(new Error('stopping'));
  await server.stop();
  await bundle.stop();

  assert.ok(observer.activations > 690, `${observer.activations} activations`);
  assert.ok(observer.largestBundle <= 6, `${observer.largestBundle} authorities in the bundle`);
  assert.equal(bed.journals.records.length, 1);
  assert.deepEqual(bed.log.messages('error'), []);
  assert.deepEqual(bed.log.messages('warn'), []);
});

test('two servers share a bundle through restarts, and each SVID is trusted whoever signed it', async () => {
  const bed = new CaTestbed();
  const abort = new AbortController();
  const bundle = housekeeping(bed);
  await bundle.start(abort.signal);
  const keyManager = new FakeKeyManager();
  let one = await bed.start({ checkMs: CHECK_MS });
  const observer = new CaObserver(bed);
  await bed.clock.advance(5 * HOUR_MS);
  let other = await bed.start({ checkMs: CHECK_MS, keyManager });
  for (let hours = 0; hours < 30 * 24; hours += 2) {
    await observer.look({ one, other });
    if (hours % 14 === 0) {
      await one.stop();
      one = await bed.start({ checkMs: CHECK_MS });
    }
    if (hours % 22 === 0) {
      await other.stop();
      other = await bed.start({ checkMs: CHECK_MS, keyManager });
    }
    await bed.clock.advance(2 * HOUR_MS);
  }
  abort.abort(new Error('stopping'));
  for (const part of [one, other, bundle]) await part.stop();

  assert.ok(observer.activations > 100, `${observer.activations} activations`);
  assert.ok(observer.largestBundle <= 12, `${observer.largestBundle} authorities in the bundle`);
  assert.equal(bed.journals.records.length, 2);
  assert.deepEqual(bed.log.messages('error'), []);
  assert.deepEqual(bed.log.messages('warn'), []);
});

test('journals of servers that never came back are forgotten, those of living ones are not', async () => {
  const bed = new CaTestbed();
  const journals = new FakeJournalStore();
  const gone = await bed.start({ journals, keyManager: new FakeKeyManager() });
  await gone.stop();
  const { stop } = await bed.start({ journals, checkMs: CHECK_MS });
  const { clock, random, log, bundles } = bed;
  const bundle = bundleHousekeeping({ clock, random, log, bundles, journals, trustDomain });
  const abort = new AbortController();
  await bundle.start(abort.signal);
  await bed.clock.advance(15 * 24 * HOUR_MS - 1);
  assert.equal(journals.records.length, 2);
  await bed.clock.advance(16 * HOUR_MS);
  assert.equal(journals.records.length, 1);
  abort.abort(new Error('stopping'));
  await stop();
  await bundle.stop();
});
