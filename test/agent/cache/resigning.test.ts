/** Which SVIDs are signed anew when authorities are tainted and revoked, and when. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { AgentEntry } from '../../../agent/cache/agent-entry.ts';
import { addSeconds } from '../../../shared/clock.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeAuthority } from '../../fakes/server-authority.ts';
import { bundleOf, CacheTestbed } from './cache-testbed.ts';
import { makeAgentEntry } from './make-agent-entry.ts';

const start = new FakeClock().now();
const LIFE_SECONDS = 36_000;

async function makeSigner() {
  const authority = await FakeAuthority.make('example.org', start, addSeconds(start, LIFE_SECONDS));
  const leaf = await authority.issue({
    spiffeId: 'spiffe://example.org/any',
    publicKey: authority.root.publicKey,
    notBefore: start,
    notAfter: addSeconds(start, LIFE_SECONDS),
  });
  return { certificate: authority.root.raw, chain: [leaf] };
}

const [old, next, later] = [await makeSigner(), await makeSigner(), await makeSigner()];
type Signer = typeof old;

describe('SVIDs of an authority', () => {
  let bed: CacheTestbed;
  let entries: readonly AgentEntry[];
  let bundles = 0;

  beforeEach(() => {
    bed = new CacheTestbed(1_000, ({ expiresAt }) => addSeconds(expiresAt, -LIFE_SECONDS / 2));
    entries = Array.from({ length: 250 }, (_, at) =>
      makeAgentEntry({ id: String(at).padStart(3, '0'), selectors: [`unix:uid:${at}`] }),
    );
  });

  const setBundle = (...authorities: readonly (readonly [Signer, 'good' | 'tainted'])[]): void => {
    const x509Authorities = authorities.map(([{ certificate }, state]) => ({
      certificate,
      tainted: state === 'tainted',
    }));
    bed.bundles.setOwn({ ...bundleOf('example.org', (bundles += 1)), x509Authorities });
    bed.cache.apply(entries);
  };
  const sign = ({ chain }: Signer, some: readonly AgentEntry[] = entries): void =>
    bed.cache.putSvids(some.map((entry) => ({ ...bed.svidFor(entry, LIFE_SECONDS), chain })));
  const wanted = (): number => bed.wantedIds().length;

  it('that is tainted are due in batches of a hundred every five seconds, those in use first, and once', async () => {
    setBundle([old, 'good']);
    sign(old);
    const streams = ['200', '201'].map((id) => bed.subscribe(`unix:uid:${id}`));
    setBundle([old, 'good'], [next, 'good']);
    assert.equal(wanted(), 0, 'an authority that comes is no reason');
    setBundle([old, 'tainted'], [next, 'good']);
    const first = bed.wantedIds();
    assert.equal(first.length, 100);
    assert.ok(first.includes('200') && first.includes('201'));
    const counts = [];
    for (let second = 0; second < 15; second += 5) {
      const batch = bed.cache.wanted(Number.POSITIVE_INFINITY);
      counts.push(batch.length);
      sign(next, batch);
      await bed.clock.advance(5_000);
    }
    assert.deepEqual(counts, [100, 100, 50]);
    await bed.clock.advance(60_000);
    assert.equal(wanted(), 0);
    setBundle([next, 'good']);
    assert.equal(wanted(), 0, 'they are of the other one when it is revoked');
    for (const stream of streams) stream.close();
  });

  it('that is not tainted are left alone', () => {
    setBundle([old, 'good'], [next, 'good']);
    sign(old, entries.slice(0, 10));
    sign(next, entries.slice(10));
    setBundle([old, 'tainted'], [next, 'good']);
    assert.deepEqual(
      bed.wantedIds(),
      entries.slice(0, 10).map(({ id }) => id),
    );
  });

  it('that is revoked are due at once, all of them', () => {
    setBundle([old, 'good']);
    sign(old);
    setBundle([old, 'tainted'], [next, 'good']);
    assert.equal(wanted(), 100);
    setBundle([next, 'good']);
    assert.equal(wanted(), 250);
  });

  it('that is tainted, where they took the place of others of it, wait until they are due', async () => {
    setBundle([old, 'good']);
    sign(old, entries.slice(0, 1));
    entries = entries.slice(0, 1);
    setBundle([old, 'tainted']);
    assert.equal(wanted(), 1);
    sign(old);
    await bed.clock.advance(60_000);
    assert.equal(wanted(), 0);
    sign(next); // and then that one is tainted
    setBundle([old, 'tainted'], [next, 'good']);
    sign(next);
    setBundle([old, 'tainted'], [next, 'tainted'], [later, 'good']);
    assert.equal(wanted(), 1);
  });

  it('that was tainted while they were on their way are due soon', () => {
    setBundle([old, 'good']);
    setBundle([old, 'tainted'], [next, 'good']);
    sign(old, entries.slice(0, 1));
    assert.ok(bed.wantedIds().includes('000'));
    sign(next, entries.slice(0, 1));
    assert.ok(!bed.wantedIds().includes('000'));
  });

  it('that is tainted, and were due anyway, are not asked for twice', async () => {
    setBundle([old, 'good'], [next, 'good']);
    sign(old);
    await bed.clock.advance((LIFE_SECONDS / 2 - 1) * 1_000);
    setBundle([old, 'tainted'], [next, 'good']);
    await bed.clock.advance(1_000);
    assert.equal(wanted(), 250);
    sign(next);
    await bed.clock.advance(60_000);
    assert.equal(wanted(), 0);
  });
});
