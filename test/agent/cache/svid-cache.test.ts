import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { AgentEntry } from '../../../agent/cache/agent-entry.ts';
import { BundleCache } from '../../../agent/cache/bundle-cache.ts';
import type { HeldSvid } from '../../../agent/cache/held-entry.ts';
import { SvidCache } from '../../../agent/cache/svid-cache.ts';
import type { WorkloadUpdate } from '../../../agent/cache/workload-identities.ts';
import type { Bundle } from '../../../shared/bundle/bundle.ts';
import { addSeconds } from '../../../shared/clock.ts';
import { Code } from '../../../shared/errors.ts';
import { parseSelector } from '../../../shared/selectors.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { FakeClock, settle } from '../../fakes/clock.ts';
import { FakeLog } from '../../fakes/log.ts';
import { makeRoot } from '../../shared/crypto/pki.ts';
import { makeAgentEntry } from './make-agent-entry.ts';

const { certificate: root } = await makeRoot();

const bundleOf = (trustDomain: string, sequenceNumber = 1): Bundle => ({
  trustDomain: TrustDomain.parse(trustDomain),
  x509Authorities: [{ certificate: root.raw, tainted: false }],
  jwtAuthorities: [],
  witAuthorities: [],
  refreshHintSeconds: 0,
  sequenceNumber,
});

describe('the SVID cache', () => {
  let clock: FakeClock;
  let bundles: BundleCache;
  let cache: SvidCache;
  let wantedCalls: number;

  beforeEach(() => make(1_000));

  function make(maxSvids: number): void {
    clock = new FakeClock();
    bundles = new BundleCache(bundleOf('example.org'));
    wantedCalls = 0;
    cache = new SvidCache({
      bundles,
      maxSvids,
      onWanted: () => (wantedCalls += 1),
      clock,
      log: new FakeLog(),
    });
    cache.syncSucceeded(clock.now());
  }

  const svidFor = (entry: AgentEntry, lifeSeconds = 3_600): HeldSvid => ({
    entry,
    spiffeId: entry.spiffeId,
    chain: [Uint8Array.of(1)],
    privateKey: Uint8Array.of(2),
    issuedAt: clock.now(),
    expiresAt: addSeconds(clock.now(), lifeSeconds),
  });

  function subscribe(...selectors: string[]) {
    const updates: WorkloadUpdate[] = [];
    const subscription = cache.subscribe(selectors.map(parseSelector), (update) => updates.push(update));
    const ids = (): readonly string[] | undefined => updates.at(-1)?.identities.map(({ entryId }) => entryId);
    return { updates, ids, close: () => subscription.close() };
  }

  const wantedIds = (): readonly string[] =>
    cache
      .wanted(() => false)
      .map(({ id }) => id)
      .sort();

  it('refuses subscribers before the first sync, saying what went wrong', () => {
    const fresh = new SvidCache({ bundles, maxSvids: 1, onWanted: () => {}, clock, log: new FakeLog() });
    assert.throws(() => fresh.subscribe([], () => {}), { code: Code.unavailable });
    fresh.syncFailed('nothing listens there');
    assert.throws(() => fresh.subscribe([], () => {}), /nothing listens there/);
  });

  it('answers once every matching entry has its SVID', async () => {
    const [a, b] = [makeAgentEntry({ id: 'a' }), makeAgentEntry({ id: 'b' })];
    cache.apply([a, b]);
    const stream = subscribe('unix:uid:1');
    cache.putSvids([svidFor(a)]);
    await settle();
    assert.equal(stream.updates.length, 0);
    cache.putSvids([svidFor(b)]);
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
    cache.apply(entries);
    cache.putSvids(entries.map((entry) => svidFor(entry)));
    const stream = subscribe('unix:uid:1', 'unix:gid:2', 'unix:path:/x');
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
    cache.apply(entries);
    cache.putSvids(entries.map((entry) => svidFor(entry)));
    const stream = subscribe('unix:uid:1');
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
    cache.apply(entries);
    cache.putSvids(entries.map((entry) => svidFor(entry)));
    const streams = entries.map((_, at) => subscribe(`unix:uid:${at}`));
    await settle();
    const changed = makeAgentEntry({ id: 'e7', selectors: ['unix:uid:7'], revisionNumber: 1 });
    cache.apply(entries.map((entry) => (entry.id === 'e7' ? changed : entry)));
    cache.putSvids([svidFor(changed)]);
    await settle();
    assert.deepEqual(
      streams.flatMap(({ updates }, at) => (updates.length > 1 ? [at] : [])),
      [7],
    );
    assert.equal(streams[7]?.updates.length, 2);
  });

  it('tells many workloads in slices, and none that has closed meanwhile', async () => {
    const entry = makeAgentEntry({ id: 'a' });
    cache.apply([entry]);
    const streams = Array.from({ length: 300 }, () => subscribe('unix:uid:1'));
    cache.putSvids([svidFor(entry)]);
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
    cache.apply([before]);
    cache.putSvids([svidFor(before)]);
    const stream = subscribe('unix:uid:1');
    await settle();
    const after = makeAgentEntry({ id: 'a', path: '/new', revisionNumber: 1 });
    cache.apply([after]);
    await settle();
    assert.deepEqual(wantedIds(), ['a']);
    assert.equal(stream.updates.length, 1);
    cache.putSvids([svidFor(after)]);
    await settle();
    assert.equal(stream.updates[1]?.identities[0]?.spiffeId.toString(), 'spiffe://example.org/new');
  });

  it('takes an identity away when its entry is deleted or no longer matches', async () => {
    const [a, b] = [makeAgentEntry({ id: 'a' }), makeAgentEntry({ id: 'b' })];
    cache.apply([a, b]);
    cache.putSvids([svidFor(a), svidFor(b)]);
    const stream = subscribe('unix:uid:1');
    await settle();
    const moved = makeAgentEntry({ id: 'b', selectors: ['unix:uid:2'], revisionNumber: 1 });
    cache.apply([a, moved]);
    await settle();
    assert.deepEqual(stream.ids(), ['a']);
    cache.apply([moved]);
    await settle();
    assert.deepEqual(stream.ids(), []);
  });

  it('withdraws what expired, and says nothing to a newcomer until there is something', async () => {
    const entry = makeAgentEntry({ id: 'a' });
    cache.apply([entry]);
    cache.putSvids([svidFor(entry, 60)]);
    const stream = subscribe('unix:uid:1');
    await settle();
    assert.equal(cache.nextExpiry?.getTime(), clock.now().getTime() + 60_000);
    await clock.advance(60_000);
    assert.deepEqual(cache.withdrawExpired(), ['a']);
    const newcomer = subscribe('unix:uid:1');
    await settle();
    assert.deepEqual(stream.ids(), []);
    assert.equal(newcomer.updates.length, 0);
    cache.putSvids([svidFor(entry)]);
    await settle();
    assert.deepEqual([stream.ids(), newcomer.ids()], [['a'], ['a']]);
  });

  it('lets workloads wait no longer for an SVID that cannot be had', async () => {
    const [a, b] = [makeAgentEntry({ id: 'a' }), makeAgentEntry({ id: 'b' })];
    cache.apply([a, b]);
    const stream = subscribe('unix:uid:1');
    cache.putSvids([svidFor(a)]);
    cache.svidsFailed([b]);
    await settle();
    assert.deepEqual(stream.ids(), ['a']);
    assert.deepEqual(wantedIds(), []);
    await clock.advance(5_000);
    assert.deepEqual(wantedIds(), ['b']);
  });

  it('does not hold a failure against an entry that changed meanwhile', () => {
    const before = makeAgentEntry({ id: 'a' });
    cache.apply([before]);
    cache.apply([makeAgentEntry({ id: 'a', revisionNumber: 1 })]);
    cache.svidsFailed([before]);
    assert.deepEqual(wantedIds(), ['a']);
  });

  it('makes SVIDs of entries without prefetch only once a workload asks', () => {
    const lazy = makeAgentEntry({ id: 'lazy', disableX509SvidPrefetch: true });
    cache.apply([lazy, makeAgentEntry({ id: 'eager', selectors: ['unix:uid:2'] })]);
    assert.deepEqual(wantedIds(), ['eager']);
    subscribe('unix:uid:1');
    assert.equal(wantedCalls, 1);
    assert.deepEqual(wantedIds(), ['eager', 'lazy']);
  });

  it('prefetches the oldest entries up to its limit, and beyond it what is in use', () => {
    make(3);
    const at = (day: number): Date => new Date(Date.UTC(2026, 0, day));
    const entries = [5, 4, 3, 2, 1].map((day) =>
      makeAgentEntry({ id: `e${day}`, selectors: [`unix:uid:${day}`], createdAt: at(day) }),
    );
    cache.apply(entries);
    assert.deepEqual(wantedIds(), ['e1', 'e2', 'e3']);
    const stream = subscribe('unix:uid:5');
    assert.deepEqual(wantedIds(), ['e1', 'e2', 'e5']);
    cache.putSvids(entries.filter(({ id }) => id === 'e5').map((entry) => svidFor(entry)));
    stream.close();
    assert.deepEqual(wantedIds(), ['e1', 'e2']);
  });

  it('passes over entries that go to SVID stores', () => {
    cache.apply([makeAgentEntry({ id: 'stored', storeSvid: true })]);
    assert.deepEqual(wantedIds(), []);
    assert.deepEqual(cache.candidates([parseSelector('unix:uid:1')], 5), []);
  });

  it('tells everybody of a new bundle, and who federates of the other one, and nobody of one that is the same', async () => {
    const entry = makeAgentEntry({ id: 'a', federatesWith: [TrustDomain.parse('other.org')] });
    cache.apply([entry]);
    cache.putSvids([svidFor(entry)]);
    const stream = subscribe('unix:uid:1');
    const stranger = subscribe('unix:uid:9');
    await settle();
    assert.deepEqual(stream.updates[0]?.federatedBundles, []);

    bundles.setFederated([bundleOf('other.org')]);
    cache.apply([entry]);
    await settle();
    assert.deepEqual(
      stream.updates[1]?.federatedBundles.map(({ trustDomain }) => trustDomain.name),
      ['other.org'],
    );
    assert.equal(stranger.updates.length, 1);

    assert.equal(bundles.setOwn(bundleOf('example.org', 2)), true);
    cache.apply([entry]);
    await settle();
    assert.deepEqual([stream.updates.length, stranger.updates.length], [3, 2]);

    assert.equal(bundles.setOwn(bundleOf('example.org', 2)), false);
    bundles.setFederated([bundleOf('other.org')]);
    cache.apply([entry]);
    await settle();
    assert.deepEqual([stream.updates.length, stranger.updates.length], [3, 2]);
  });

  it('refuses a bundle by which no server could be known again', () => {
    assert.throws(
      () => bundles.setOwn({ ...bundleOf('example.org'), x509Authorities: [] }),
      /without any X.509 authority/,
    );
  });

  it('shows the entries that match first, then those that lack the fewest selectors', () => {
    cache.apply([
      makeAgentEntry({ id: 'far', selectors: ['unix:uid:2', 'unix:gid:2'] }),
      makeAgentEntry({ id: 'near', selectors: ['unix:uid:1', 'unix:gid:2'] }),
      makeAgentEntry({ id: 'match' }),
    ]);
    const found = cache.candidates([parseSelector('unix:uid:1')], 2);
    assert.deepEqual(
      found.map(({ entryId }) => entryId),
      ['match', 'near'],
    );
    assert.deepEqual(found[1]?.missing, [parseSelector('unix:gid:2')]);
  });
});
