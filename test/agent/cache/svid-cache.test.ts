import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import { SvidCache } from '../../../agent/cache/svid-cache.ts';
import { x509Kind } from '../../../agent/cache/x509-kind.ts';
import { Code } from '../../../shared/errors.ts';
import { parseSelector } from '../../../shared/selectors.ts';
import { settle } from '../../fakes/clock.ts';
import { FakeLog } from '../../fakes/log.ts';
import { CacheTestbed } from './cache-testbed.ts';
import { makeAgentEntry } from './make-agent-entry.ts';

describe('the SVID cache', () => {
  let bed: CacheTestbed;
  beforeEach(() => {
    bed = new CacheTestbed();
  });

  it('refuses subscribers before the first sync, saying what went wrong', () => {
    const fresh = new SvidCache({
      kind: x509Kind,
      bundles: bed.bundles,
      maxSvids: 1,
      renewalTime: ({ expiresAt }) => expiresAt,
      onWanted: () => {},
      clock: bed.clock,
      log: new FakeLog(),
    });
    assert.throws(() => fresh.subscribe([], () => {}), { code: Code.unavailable });
    fresh.syncFailed('nothing listens there');
    assert.throws(() => fresh.subscribe([], () => {}), /nothing listens there/);
  });

  it('answers once every matching entry has its SVID', async () => {
    const [a, b] = [makeAgentEntry({ id: 'a' }), makeAgentEntry({ id: 'b' })];
    bed.cache.apply([a, b]);
    const stream = bed.subscribe('unix:uid:1');
    bed.putSvids([a]);
    await settle();
    assert.equal(stream.updates.length, 0);
    bed.putSvids([b]);
    await settle();
    assert.deepEqual(stream.ids(), ['a', 'b']);
    assert.equal(stream.updates.length, 1);
  });

  it('matches an entry whose selectors the workload has all of', async () => {
    const entries = [
      makeAgentEntry({ id: 'one', selectors: ['unix:uid:1'] }),
      makeAgentEntry({ id: 'both', selectors: ['unix:uid:1', 'unix:gid:2'] }),
      makeAgentEntry({ id: 'more', selectors: ['unix:uid:1', 'unix:gid:2', 'unix:user:x'] }),
      makeAgentEntry({ id: 'other', selectors: ['unix:uid:2'] }),
    ];
    bed.cache.apply(entries);
    bed.putSvids(entries);
    const stream = bed.subscribe('unix:uid:1', 'unix:gid:2', 'unix:path:/x');
    await settle();
    assert.deepEqual(stream.ids(), ['both', 'one']);
  });

  it('orders identities by the age of their entries, and lets the oldest keep a hint that several have', async () => {
    const at = (day: number): Date => new Date(Date.UTC(2026, 0, day));
    const entries = [
      makeAgentEntry({ id: 'a', hint: 'db', createdAt: at(3) }),
      makeAgentEntry({ id: 'z', hint: 'db', createdAt: at(1) }),
      makeAgentEntry({ id: 'd', hint: 'web', createdAt: at(2) }),
      makeAgentEntry({ id: 'c', hint: 'web', createdAt: at(2) }),
      makeAgentEntry({ id: 'n', createdAt: at(4) }),
      makeAgentEntry({ id: 'm', createdAt: at(4) }),
    ];
    bed.cache.apply(entries);
    bed.putSvids(entries);
    const stream = bed.subscribe('unix:uid:1');
    await settle();
    assert.deepEqual(stream.ids(), ['z', 'c', 'm', 'n']);
    assert.deepEqual(
      stream.updates[0]?.identities.map(({ hint }) => hint),
      ['db', 'web', '', ''],
    );
  });

  it('tells only the workloads that a change touches, once for each change', async () => {
    const entries = Array.from({ length: 50 }, (_, at) =>
      makeAgentEntry({ id: `e${at}`, selectors: [`unix:uid:${at}`] }),
    );
    bed.cache.apply(entries);
    bed.putSvids(entries);
    const streams = entries.map((_, at) => bed.subscribe(`unix:uid:${at}`));
    await settle();
    const changed = makeAgentEntry({ id: 'e7', selectors: ['unix:uid:7'], revisionNumber: 1 });
    bed.cache.apply(entries.map((entry) => (entry.id === 'e7' ? changed : entry)));
    bed.putSvids([changed]);
    await settle();
    assert.deepEqual(
      streams.flatMap(({ updates }, at) => (updates.length > 1 ? [at] : [])),
      [7],
    );
    assert.equal(streams[7]?.updates.length, 2);
  });

  it('tells many workloads in slices, and none that has closed meanwhile', async () => {
    const entry = makeAgentEntry({ id: 'a' });
    bed.cache.apply([entry]);
    const streams = Array.from({ length: 300 }, () => bed.subscribe('unix:uid:1'));
    bed.putSvids([entry]);
    await Promise.resolve();
    await Promise.resolve();
    const told = streams.filter(({ updates }) => updates.length > 0).length;
    assert.ok(told > 0 && told < 300, `${told} told in the first slice`);
    streams.at(-1)?.close();
    await settle();
    assert.equal(streams.filter(({ updates }) => updates.length === 1).length, 299);
  });

  it('keeps serving the old SVID until the new one is there', async () => {
    const before = makeAgentEntry({ id: 'a', path: '/old' });
    bed.cache.apply([before]);
    bed.putSvids([before]);
    const stream = bed.subscribe('unix:uid:1');
    await settle();
    const after = makeAgentEntry({ id: 'a', path: '/new', revisionNumber: 1 });
    bed.cache.apply([after]);
    await settle();
    assert.deepEqual(bed.wantedIds(), ['a']);
    assert.equal(stream.updates.length, 1);
    bed.putSvids([after]);
    await settle();
    assert.equal(stream.updates[1]?.identities[0]?.spiffeId.toString(), 'spiffe://example.org/new');
  });

  it('takes an identity away when its entry is deleted or no longer matches', async () => {
    const [a, b] = [makeAgentEntry({ id: 'a' }), makeAgentEntry({ id: 'b' })];
    bed.cache.apply([a, b]);
    bed.putSvids([a, b]);
    const stream = bed.subscribe('unix:uid:1');
    await settle();
    const moved = makeAgentEntry({ id: 'b', selectors: ['unix:uid:2'], revisionNumber: 1 });
    bed.cache.apply([a, moved]);
    await settle();
    assert.deepEqual(stream.ids(), ['a']);
    bed.cache.apply([moved]);
    await settle();
    assert.deepEqual(stream.ids(), []);
  });

  it('withdraws what expired, and says nothing to a newcomer until there is something', async () => {
    const entry = makeAgentEntry({ id: 'a' });
    bed.cache.apply([entry]);
    bed.putSvids([entry], 60);
    const stream = bed.subscribe('unix:uid:1');
    await settle();
    assert.equal(bed.cache.nextExpiry?.getTime(), bed.clock.now().getTime() + 60_000);
    await bed.clock.advance(60_000);
    assert.deepEqual(bed.cache.withdrawExpired(), ['a']);
    const newcomer = bed.subscribe('unix:uid:1');
    await settle();
    assert.deepEqual(stream.ids(), []);
    assert.equal(newcomer.updates.length, 0);
    bed.putSvids([entry]);
    await settle();
    assert.deepEqual([stream.ids(), newcomer.ids()], [['a'], ['a']]);
  });

  it('lets workloads wait no longer for an SVID that cannot be had', async () => {
    const [a, b] = [makeAgentEntry({ id: 'a' }), makeAgentEntry({ id: 'b' })];
    bed.cache.apply([a, b]);
    const stream = bed.subscribe('unix:uid:1');
    bed.putSvids([a]);
    bed.cache.svidsFailed([b]);
    await settle();
    assert.deepEqual(stream.ids(), ['a']);
    assert.deepEqual(bed.wantedIds(), []);
    await bed.clock.advance(5_000);
    assert.deepEqual(bed.wantedIds(), ['b']);
  });

  it('does not hold a failure against an entry that changed meanwhile', () => {
    const before = makeAgentEntry({ id: 'a' });
    bed.cache.apply([before]);
    bed.cache.apply([makeAgentEntry({ id: 'a', revisionNumber: 1 })]);
    bed.cache.svidsFailed([before]);
    assert.deepEqual(bed.wantedIds(), ['a']);
  });

  it('makes SVIDs of entries without prefetch only once a workload asks', () => {
    const lazy = makeAgentEntry({ id: 'lazy', disableX509SvidPrefetch: true });
    bed.cache.apply([lazy, makeAgentEntry({ id: 'eager', selectors: ['unix:uid:2'] })]);
    assert.deepEqual(bed.wantedIds(), ['eager']);
    bed.subscribe('unix:uid:1');
    assert.equal(bed.wantedCalls, 1);
    assert.deepEqual(bed.wantedIds(), ['eager', 'lazy']);
  });

  it('makes none for who wants bundles alone, and tells when it is entitled to them', async () => {
    const lazy = makeAgentEntry({ id: 'lazy', disableX509SvidPrefetch: true });
    const stream = bed.watch(['unix:uid:1'], 'bundles');
    await settle();
    bed.cache.apply([lazy]);
    await settle();
    assert.deepEqual(
      stream.updates.map(({ isEntitled }) => isEntitled),
      [false, true],
    );
    assert.deepEqual(bed.wantedIds(), []);
    bed.cache.apply([]);
    await settle();
    assert.equal(stream.updates.at(-1)?.isEntitled, false);
  });

  it('prefetches the oldest entries up to its limit, and beyond it what is in use', () => {
    bed = new CacheTestbed(3);
    const at = (day: number): Date => new Date(Date.UTC(2026, 0, day));
    const entries = [5, 4, 3, 2, 1].map((day) =>
      makeAgentEntry({ id: `e${day}`, selectors: [`unix:uid:${day}`], createdAt: at(day) }),
    );
    bed.cache.apply(entries);
    assert.deepEqual(bed.wantedIds(), ['e1', 'e2', 'e3']);
    const stream = bed.subscribe('unix:uid:5');
    assert.deepEqual(bed.wantedIds(), ['e1', 'e2', 'e5']);
    bed.putSvids(entries.filter(({ id }) => id === 'e5'));
    stream.close();
    assert.deepEqual(bed.wantedIds(), ['e1', 'e2']);
  });

  it('passes over entries that go to SVID stores', () => {
    bed.cache.apply([makeAgentEntry({ id: 'stored', storeSvid: true })]);
    assert.deepEqual(bed.wantedIds(), []);
    assert.deepEqual(bed.cache.candidates([parseSelector('unix:uid:1')], 5), []);
  });

  it('shows the entries that match first, then those that lack the fewest selectors', () => {
    bed.cache.apply([
      makeAgentEntry({ id: 'far', selectors: ['unix:uid:2', 'unix:gid:2'] }),
      makeAgentEntry({ id: 'near', selectors: ['unix:uid:1', 'unix:gid:2'] }),
      makeAgentEntry({ id: 'match' }),
    ]);
    const found = bed.cache.candidates([parseSelector('unix:uid:1')], 2);
    assert.deepEqual(
      found.map(({ entryId }) => entryId),
      ['match', 'near'],
    );
    assert.deepEqual(found[1]?.missing, [parseSelector('unix:gid:2')]);
  });
});
