/** The entry index equals a slow search after any sequence of changes, and its watchers hear of every change of theirs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { AuthorizedEntries } from '../../server/entries/authorized-entries.ts';
import type { Change } from '../../server/entries/change-feed.ts';
import type { Entry } from '../../server/entries/entry.ts';
import type { Agent } from '../../server/entries/entry-graph.ts';
import { silentLogger } from '../../shared/log/logger.ts';
import { isSubset, selectorKeys } from '../../shared/selectors.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { FakeClock } from '../fakes/clock.ts';
import { id, makeEntry, SERVER, selectors, td } from '../server/entries/make-entry.ts';

/** The definition, word by word (SPIRE: authorized set); expired entries count as absent. */
function slowSearch(entries: readonly Entry[], agent: Agent, now: Date): readonly Entry[] {
  const live = entries.filter(
    (entry) =>
      entry.spiffeId.isMemberOf(td) &&
      entry.spiffeId.path !== SERVER &&
      entry.parentId.isMemberOf(td) &&
      (entry.expiresAt === undefined || entry.expiresAt > now),
  );
  const isAlias = (entry: Entry): boolean => entry.parentId.path === SERVER;
  const roots = live
    .filter((entry) => isAlias(entry) && isSubset(entry.selectors, selectorKeys(agent.selectors)))
    .map((alias) => alias.spiffeId.toString());
  const parents = new Set([agent.id.toString(), ...roots]);
  const found = new Set<Entry>();
  for (let before = -1; found.size !== before; ) {
    before = found.size;
    for (const entry of live) {
      if (isAlias(entry) || !parents.has(entry.parentId.toString())) continue;
      found.add(entry);
      parents.add(entry.spiffeId.toString());
    }
  }
  return [...found];
}

/** The index has objects of its own with the same fields. */
const FIELDS = Object.keys(makeEntry({ id: 'e', spiffeId: '/w', parentId: '/p' })) as (keyof Entry)[];
const plain = (entry: Entry) => Object.fromEntries(FIELDS.map((field) => [field, entry[field]]));
const byId = (entries: readonly Entry[]) => [...entries].sort((a, b) => a.id.localeCompare(b.id)).map(plain);

const START = new Date('2026-01-01T00:00:00Z');
const AGENTS = ['/spire/agent/a', '/spire/agent/b', '/spire/agent/c', '/own-path'];
const TRAITS = ['t:1', 't:2', 't:3', 't:4'];

const places = fc.constantFrom('/w1', '/w2', '/w3', '/w4', '/own-path');
const parents = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...AGENTS) },
  { weight: 3, arbitrary: places },
  { weight: 3, arbitrary: fc.constant(SERVER) },
  { weight: 1, arbitrary: fc.constant('spiffe://other/w1') },
);
const traits = fc.uniqueArray(fc.constantFrom(...TRAITS), { minLength: 1, maxLength: 3 });
const entry = fc
  .record({
    id: fc.constantFrom('e1', 'e2', 'e3', 'e4', 'e5', 'e6', 'e7', 'e8'),
    spiffeId: fc.oneof(
      { weight: 9, arbitrary: places },
      { weight: 1, arbitrary: fc.constantFrom('spiffe://other/w1', SERVER) },
    ),
    parentId: parents,
    selectors: traits,
    revisionNumber: fc.nat(3),
    createdAt: fc.nat(3).map((seconds) => new Date(START.getTime() + seconds * 1_000)),
    x509SvidTtlSeconds: fc.nat(1),
    jwtSvidTtlSeconds: fc.nat(1),
    admin: fc.boolean(),
    downstream: fc.boolean(),
    storeSvid: fc.boolean(),
    disableX509SvidPrefetch: fc.boolean(),
    jwtSvidIncludeJti: fc.boolean(),
    dnsNames: fc.subarray(['a.org', 'b.org']),
    federatesWith: fc.subarray([TrustDomain.parse('one'), TrustDomain.parse('two')]),
    hint: fc.constantFrom('', 'h', 'a.org h'),
    expiresAt: fc.option(fc.integer({ min: 1, max: 100 }), { freq: 6 }),
  })
  .map(({ expiresAt, ...sketch }) =>
    makeEntry({
      ...sketch,
      expiresAt: expiresAt === null ? undefined : new Date(START.getTime() + expiresAt * 1_000),
    }),
  );

type Step =
  | { readonly kind: 'changes'; readonly changes: readonly Change<Entry>[] }
  | { readonly kind: 'traits'; readonly agent: number; readonly traits: readonly string[] }
  | { readonly kind: 'wait'; readonly seconds: number }
  | { readonly kind: 'reload' };

const change: fc.Arbitrary<Change<Entry>> = fc.oneof(
  { weight: 3, arbitrary: entry.map((item): Change<Entry> => ({ kind: 'put', id: item.id, item })) },
  { weight: 1, arbitrary: entry.map((item): Change<Entry> => ({ kind: 'delete', id: item.id })) },
);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 10,
    arbitrary: fc
      .array(change, { minLength: 1, maxLength: 4 })
      .map((changes): Step => ({ kind: 'changes', changes })),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(fc.nat(AGENTS.length - 1), traits)
      .map(([agent, named]): Step => ({ kind: 'traits', agent, traits: named })),
  },
  {
    weight: 1,
    arbitrary: fc.integer({ min: 1, max: 30 }).map((seconds): Step => ({ kind: 'wait', seconds })),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ kind: 'reload' }) },
);

/** The index under test beside the plain list that the slow search reads. */
class World {
  readonly clock = new FakeClock(START);
  readonly index = new AuthorizedEntries({ trustDomain: td, clock: this.clock, log: silentLogger });
  readonly entries = new Map<string, Entry>();
  readonly agents = AGENTS.map((path) => ({ id: id(path), selectors: selectors('t:1') }));
  readonly told = AGENTS.map((): number[] => []);
  #n = 0;

  constructor() {
    this.reload();
    for (const [at, agent] of this.agents.entries()) {
      const watch = this.index.watch(agent, (n) => this.told[at]?.push(n));
      assert.equal(watch.changedAt, 0);
    }
  }

  get position() {
    return { epoch: 'e', n: this.#n, tag: `tag-${this.#n}` };
  }

  expected(agent: Agent): readonly Entry[] {
    return slowSearch([...this.entries.values()], agent, this.clock.now());
  }

  async take(step: Step): Promise<void> {
    if (step.kind === 'changes') this.apply(step.changes);
    if (step.kind === 'wait') this.clock.jump(new Date(this.clock.now().getTime() + step.seconds * 1_000));
    if (step.kind === 'reload') this.reload();
    if (step.kind === 'traits') {
      const agent = { id: id(AGENTS[step.agent] ?? ''), selectors: selectors(...step.traits) };
      this.agents[step.agent] = agent;
      this.index.setAgentSelectors(agent.id, agent.selectors);
    }
  }

  apply(changes: readonly Change<Entry>[]): void {
    for (const one of changes) {
      if (one.kind === 'put') this.entries.set(one.id, one.item);
      else this.entries.delete(one.id);
    }
    this.#n += changes.length;
    this.index.apply(changes, this.position);
  }

  reload(): void {
    const loading = this.index.load();
    loading.add([...this.entries.values()]);
    loading.install(this.position);
  }

  check(): void {
    for (const agent of this.agents) {
      const expected = this.expected(agent);
      assert.deepEqual(byId(this.index.entriesOf(agent)), byId(expected));
      for (const entryId of ['e1', 'e2', 'e3', 'e4', 'e5', 'e6', 'e7', 'e8']) {
        const isExpected = expected.some((one) => one.id === entryId);
        assert.equal(this.index.isAuthorized(agent, entryId)?.id, isExpected ? entryId : undefined);
      }
    }
  }
}

test('the index equals a slow search after any sequence of changes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const world = new World();
      for (const one of steps) {
        await world.take(one);
        world.check();
      }
    }),
    { numRuns: 150 },
  );
});

test('a watcher is told whenever its set changed, once per batch, and a late one learns when it changed last', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
      const world = new World();
      for (const one of steps) {
        const before = world.agents.map((agent) => byId(world.expected(agent)));
        const toldBefore = world.told.map((numbers) => numbers.length);
        const nBefore = world.position.n;
        await world.take(one);
        for (const [at, agent] of world.agents.entries()) {
          const hasChanged = !isDeepStrictEqual(byId(world.expected(agent)), before[at]);
          const times = (world.told[at]?.length ?? 0) - (toldBefore[at] ?? 0);
          assert.ok(times <= 1, 'told at most once per batch');
          if (one.kind === 'wait') continue; // expiry is told when the entry is pruned
          if (!hasChanged) continue;
          assert.equal(times, 1, 'told of the change');
          assert.equal(world.told[at]?.at(-1), world.position.n);
          if (one.kind !== 'changes') continue;
          const late = world.index.watch(agent, () => {});
          assert.ok(late.changedAt > nBefore && late.changedAt <= world.position.n);
          late.close();
        }
      }
    }),
    { numRuns: 150 },
  );
});

test('a watcher is not told of changes to entries that it does not reach', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 15 }), entry, async (steps, item) => {
      const world = new World();
      for (const one of steps) await world.take(one);
      const old = world.entries.get(item.id);
      const reaches = (agent: Agent): boolean => {
        const withBoth = [...world.entries.values(), item].map((one) => ({ ...one, expiresAt: undefined }));
        const isReached = (one: Entry | undefined): boolean =>
          one !== undefined &&
          (one.parentId.path === SERVER
            ? isSubset(one.selectors, selectorKeys(agent.selectors))
            : slowSearch(withBoth, agent, START).some((found) => found.parentId.equals(one.parentId)));
        return isReached(old) || isReached(item);
      };
      const expected = world.agents.map(reaches);
      const toldBefore = world.told.map((numbers) => numbers.length);
      world.apply([{ kind: 'put', id: item.id, item }]);
      for (const [at, numbers] of world.told.entries()) {
        if (expected[at] === false) assert.equal(numbers.length, toldBefore[at]);
      }
    }),
    { numRuns: 150 },
  );
});
