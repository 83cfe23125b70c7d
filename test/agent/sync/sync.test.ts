import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { AgentEntry } from '../../../agent/cache/agent-entry.ts';
import { BundleCache } from '../../../agent/cache/bundle-cache.ts';
import { SvidCache } from '../../../agent/cache/svid-cache.ts';
import { x509Kind } from '../../../agent/cache/x509-kind.ts';
import { AuthorizedEntries, type EntriesAnswer } from '../../../agent/sync/authorized-entries.ts';
import { Positions } from '../../../agent/sync/position.ts';
import { Synchronizer } from '../../../agent/sync/sync.ts';
import { ChangeWatch, type Hint } from '../../../agent/sync/watch.ts';
import type { Bundle } from '../../../shared/bundle/bundle.ts';
import { Code, CodedError, notFound, unavailable } from '../../../shared/errors.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeLog } from '../../fakes/log.ts';
import { FakeRandom } from '../../fakes/random.ts';
import { makeRoot } from '../../shared/crypto/pki.ts';
import { makeAgentEntry } from '../cache/make-agent-entry.ts';

const { certificate: root } = await makeRoot();
const bundleOf = (trustDomain: TrustDomain, sequenceNumber: number): Bundle => ({
  trustDomain,
  x509Authorities: [{ certificate: root.raw, tainted: false }],
  jwtAuthorities: [],
  witAuthorities: [],
  refreshHintSeconds: 0,
  sequenceNumber,
});
const TD = TrustDomain.parse('example.org');
const OTHER = TrustDomain.parse('other.org');

const cacheOf = (bundles: BundleCache, clock: FakeClock, log: FakeLog): SvidCache =>
  new SvidCache({
    kind: x509Kind,
    bundles,
    maxSvids: 10,
    renewalTime: ({ expiresAt }) => expiresAt,
    onWanted: () => {},
    clock,
    log,
  });

describe('synchronising', () => {
  const clock = new FakeClock();
  let abort: AbortController;
  let running: Promise<void>;
  let rounds: number[];
  let entries: AgentEntry[];
  let n: number;
  let fault: Error | undefined;
  let federatedFault: Error | undefined;
  let gate: Promise<void> | undefined;
  let synchronizer: Synchronizer;
  let cache: SvidCache;
  let bundles: BundleCache;
  let recoveries: number;
  let startedAtMs: number;

  beforeEach(() => {
    abort = new AbortController();
    running = Promise.resolve();
    rounds = [];
    entries = [];
    n = 1;
    fault = undefined;
    federatedFault = undefined;
    gate = undefined;
    recoveries = 0;
    startedAtMs = clock.now().getTime();
    const positions = new Positions();
    const log = new FakeLog();
    bundles = new BundleCache(bundleOf(TD, 1));
    cache = cacheOf(bundles, clock, log);
    const answer = async (): Promise<EntriesAnswer> => {
      rounds.push(clock.now().getTime() - startedAtMs);
      await gate;
      if (fault !== undefined) throw fault;
      return { kind: 'full', entries, position: { epoch: 'e', n } };
    };
    synchronizer = new Synchronizer({
      entries: new AuthorizedEntries({
        source: { getAuthorizedEntries: answer, syncAuthorizedEntries: answer },
        positions,
        useSync: true,
      }),
      bundleSource: {
        getBundle: async () => bundleOf(TD, 1),
        getFederatedBundle: async (trustDomain) => {
          if (federatedFault !== undefined) throw federatedFault;
          return bundleOf(trustDomain, 1);
        },
      },
      cache,
      bundles,
      positions,
      onApplied: () => {},
      onBundle: () => {},
      onFailed: () => {},
      onRecovered: () => (recoveries += 1),
      intervalMs: 5_000,
      clock,
      random: new FakeRandom(),
      log,
    });
  });
  afterEach(async () => {
    abort.abort();
    await running;
    assert.equal(clock.sleeping, 0);
  });

  const run = async (): Promise<void> => {
    await synchronizer.round(abort.signal);
    running = synchronizer.run(abort.signal);
    await clock.advance(0);
    rounds = [];
    startedAtMs = clock.now().getTime();
  };
  const hint = (at: number, bundleSequence = 1): Hint => ({
    position: { epoch: 'e', n: at },
    bundleSequence,
  });
  const gaps = (): readonly number[] => rounds.map((at, index) => at - (rounds[index - 1] ?? 0));

  it('polls every five seconds, give or take a tenth', async () => {
    await run();
    await clock.advance(60_000);
    assert.ok(rounds.length >= 10 && rounds.length <= 13, `${rounds.length} rounds`);
    assert.ok(
      gaps().every((ms) => ms >= 4_500 && ms <= 5_500),
      gaps().join(),
    );
    assert.equal(new Set(gaps()).size, rounds.length);
  });

  it('waits a minute where the server pushes, and polls again at once in its old rhythm where it ceases to', async () => {
    await run();
    synchronizer.setPushing(true);
    await clock.advance(6_000); // the round that was planned before
    rounds = [];
    await clock.advance(50_000);
    assert.equal(rounds.length, 0);
    synchronizer.setPushing(false);
    await clock.advance(5_600);
    assert.equal(rounds.length, 1);
  });

  it('runs a round for a hint of something new, and none for what it has already', async () => {
    await run();
    synchronizer.hint(hint(1));
    await clock.advance(1);
    assert.equal(rounds.length, 0);
    n = 2;
    synchronizer.hint(hint(2));
    await clock.advance(1);
    assert.equal(rounds.length, 1);
    synchronizer.hint(hint(2));
    await clock.advance(1);
    assert.equal(rounds.length, 1);
  });

  it('runs one round more for hints that come during a round, and none where that round brought them', async () => {
    await run();
    const held = Promise.withResolvers<void>();
    gate = held.promise;
    synchronizer.hint(hint(2));
    await clock.advance(1);
    for (const at of [3, 4, 5]) synchronizer.hint(hint(at));
    n = 3;
    held.resolve();
    gate = undefined;
    await clock.advance(1);
    assert.equal(rounds.length, 2);
    n = 5;
    synchronizer.hint(hint(5));
    await clock.advance(1);
    assert.equal(rounds.length, 3);
  });

  it('does not run for ever after a hint that the server does not live up to', async () => {
    await run();
    synchronizer.hint(hint(99));
    await clock.advance(4_000);
    assert.equal(rounds.length, 1);
  });

  it('waits longer and longer while the server fails, up to four minutes, and then goes on as before', async () => {
    await run();
    fault = unavailable('away');
    await clock.advance(1_800_000);
    const last = gaps().at(-1) ?? 0;
    assert.ok(last >= 216_000 && last <= 264_000, `${last} ms`);
    assert.match(cache.syncState().lastSyncError ?? '', /failed to fetch authorized entries: away/);
    fault = undefined;
    await clock.advance(270_000);
    assert.equal(cache.syncState().lastSyncError, undefined);
    assert.equal(recoveries, 1);
    rounds = [];
    await clock.advance(12_000);
    assert.equal(rounds.length, 2);
  });

  it('tries again soon, yet not at once, when a hint comes after a failure', async () => {
    await run();
    fault = unavailable('away');
    await clock.advance(600_000);
    rounds = [];
    synchronizer.hint(hint(1));
    await clock.advance(1);
    synchronizer.hint(hint(1));
    await clock.advance(400);
    assert.equal(rounds.length, 1);
    await clock.advance(200);
    assert.equal(rounds.length, 2);
  });

  it('keeps a federated bundle that cannot be fetched just now, and drops one that the server no longer holds', async () => {
    entries = [makeAgentEntry({ id: 'a', federatesWith: [OTHER] })];
    await run();
    assert.notEqual(bundles.find(OTHER), undefined);
    federatedFault = unavailable('busy');
    await clock.advance(6_000);
    assert.notEqual(bundles.find(OTHER), undefined);
    assert.equal(cache.syncState().lastSyncError, undefined);
    federatedFault = notFound('bundle not found');
    await clock.advance(6_000);
    assert.equal(bundles.find(OTHER), undefined);
  });
});

describe('watching for changes', () => {
  const clock = new FakeClock();

  /** Each item is one stream: its hints, then what ends it. */
  async function watch(
    streams: readonly { readonly hints: number; readonly ends: Error | 'stays' }[],
    ms: number,
  ) {
    const abort = new AbortController();
    const seen = { streams: 0, hints: 0, pushing: [] as boolean[], failures: 0 };
    const changes = new ChangeWatch({
      source: {
        async *watch(signal) {
          const stream = streams[seen.streams++] ?? { hints: 0, ends: unavailable('no more') };
          for (let at = 0; at < stream.hints; at++)
            yield { position: { epoch: 'e', n: at }, bundleSequence: 1 };
          if (stream.ends !== 'stays') throw stream.ends;
          await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
        },
      },
      onHint: () => (seen.hints += 1),
      onPushing: (isPushing) => seen.pushing.push(isPushing),
      onFailed: () => (seen.failures += 1),
      clock,
      random: new FakeRandom(),
      log: new FakeLog(),
    });
    const running = changes.run(abort.signal);
    await clock.advance(ms);
    const end = async (): Promise<void> => {
      abort.abort();
      await running;
      assert.equal(clock.sleeping, 0);
    };
    return { seen, changes, end };
  }

  it('passes hints on and comes back after the stream was lost', async () => {
    const { seen, end } = await watch(
      [
        { hints: 2, ends: unavailable('gone') },
        { hints: 1, ends: 'stays' },
      ],
      5_000,
    );
    await end();
    assert.deepEqual(seen, { streams: 2, hints: 3, pushing: [true, false, true, false], failures: 1 });
  });

  it('does not ask again where the server does not push, until the connection is another one', async () => {
    const none = { hints: 0, ends: new CodedError(Code.unimplemented, 'unknown service') };
    const { seen, changes, end } = await watch([none, { hints: 1, ends: 'stays' }], 3_600_000);
    assert.equal(seen.streams, 1);
    assert.equal(seen.failures, 0);
    changes.reconnected();
    await clock.advance(1);
    assert.deepEqual([seen.streams, seen.hints], [2, 1]);
    await end();
  });

  it('asks less and less often, at least every 45 seconds', async () => {
    const { seen, end } = await watch([], 600_000);
    assert.ok(seen.streams > 15 && seen.streams < 45, `${seen.streams} streams`);
    await end();
  });
});
