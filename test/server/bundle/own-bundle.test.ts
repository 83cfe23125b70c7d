import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OwnBundle } from '../../../server/bundle/own-bundle.ts';
import { DEFAULT_CA_CONFIG } from '../../../server/ca/ca-config.ts';
import { makeSelfSigned } from '../../../server/ca/self-signed.ts';
import type { Bundle, X509Authority } from '../../../shared/bundle/bundle.ts';
import { bundleHousekeeping } from '../../fakes/bundle-housekeeping.ts';
import { FakeBundleStore } from '../../fakes/bundle-store.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeJournalStore } from '../../fakes/journal-store.ts';
import { FakeKeyManager } from '../../fakes/key-manager.ts';
import { FakeLog } from '../../fakes/log.ts';
import { FakeRandom } from '../../fakes/random.ts';
import { HOUR_MS, trustDomain } from '../ca/ca-testbed.ts';

const random = new FakeRandom();

function parts() {
  const [clock, log, bundles, journals] = [
    new FakeClock(),
    new FakeLog(),
    new FakeBundleStore(),
    new FakeJournalStore(),
  ];
  return {
    clock,
    log,
    bundles,
    journals,
    own: new OwnBundle({ clock, log, bundles, journals, trustDomain }),
    house: bundleHousekeeping({ clock, log, bundles, journals, random, trustDomain }),
  };
}

async function authorityOf(now: Date, hours: number): Promise<X509Authority> {
  const signer = await new FakeKeyManager().generateKey('k', 'ec-p256');
  const { subject } = DEFAULT_CA_CONFIG;
  const { raw } = await makeSelfSigned({
    signer,
    subject,
    trustDomain,
    ttlSeconds: hours * 3_600,
    now,
    random,
  });
  return { certificate: raw, tainted: false };
}

async function sizeOf(bundles: FakeBundleStore): Promise<number> {
  return (await bundles.find(trustDomain))?.x509Authorities.length ?? 0;
}

test('prunes the bundle at the start and every six hours, a day after an authority has expired', async () => {
  const { clock, log, bundles, house } = parts();
  const x509 = [
    await authorityOf(clock.now(), 1),
    await authorityOf(clock.now(), 6),
    await authorityOf(clock.now(), 1_000),
  ];
  await bundles.append(trustDomain, { x509 });
  const abort = new AbortController();
  await house.start(abort.signal);

  const sizes: number[] = [];
  for (let hour = 0; hour <= 36; hour += 6) {
    sizes.push(await sizeOf(bundles));
    await clock.advance(6 * HOUR_MS);
  }
  // Ends at 1 h and 6 h: may go after 25 h and 30 h; the looks are at 0, 6, 12, …, the one at 30 h just not after 30 h.
  assert.deepEqual(sizes, [3, 3, 3, 3, 3, 2, 1]);
  assert.deepEqual(log.messages('warn'), []);
  abort.abort(new Error('stopping'));
  await house.stop();
  assert.equal(clock.sleeping, 0);
});

test('never removes the last X.509 authority, and says so', async () => {
  const { clock, log, bundles, own } = parts();
  await bundles.append(trustDomain, { x509: [await authorityOf(clock.now(), 1)] });
  await clock.advance(100 * HOUR_MS);
  await own.pruneBundle();
  assert.equal(await sizeOf(bundles), 1);
  assert.match(log.messages('warn').join(), /every X.509 authority in it has expired/);
});

test('removes token keys that expired more than a day ago too', async () => {
  const { clock, bundles, own } = parts();
  const key = { publicKey: new Uint8Array(), tainted: false };
  const jwt = [
    { ...key, keyId: 'gone', expiresAt: clock.now() },
    { ...key, keyId: 'kept', expiresAt: undefined },
  ];
  await bundles.append(trustDomain, { x509: [await authorityOf(clock.now(), 1_000)], jwt });
  await clock.advance(24 * HOUR_MS + 1);
  await own.pruneBundle();
  const bundle = await bundles.find(trustDomain);
  assert.deepEqual(
    bundle?.jwtAuthorities.map(({ keyId }) => keyId),
    ['kept'],
  );
});

test('has nothing to do where there is no bundle', async () => {
  const { log, own } = parts();
  await own.pruneBundle();
  assert.deepEqual(log.lines, []);
});

test('tries again after a failure, and goes on', async () => {
  const { clock, log, bundles, house } = parts();
  const find = bundles.find.bind(bundles);
  bundles.find = async (): Promise<Bundle | undefined> => {
    throw new Error('database is away');
  };
  const abort = new AbortController();
  await house.start(abort.signal);
  await clock.advance(10 * 60_000);
  const warnings = log.messages('warn').length;
  assert.ok(warnings >= 3 && warnings <= 6, `${warnings} warnings in ten minutes`);
  bundles.find = find;
  await clock.advance(24 * HOUR_MS);
  assert.ok(log.messages('warn').length <= warnings + 1);
  abort.abort(new Error('stopping'));
  await house.stop();
});
