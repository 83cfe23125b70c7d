/** What every EntryPlanStore does. Run by entry-plans.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BundleStore } from '../../server/bundle/bundle-store.ts';
import type { ChangeFeed } from '../../server/entries/change-feed.ts';
import type { Entry } from '../../server/entries/entry.ts';
import type { EntryGuard } from '../../server/entries/entry-guard.ts';
import type { EntryPlan, EntryPlanStore, KnownEntry, PlanResult } from '../../server/entries/entry-plan.ts';
import type { EntryStore } from '../../server/entries/entry-store.ts';
import { unixSeconds } from '../../shared/clock.ts';
import { Code } from '../../shared/errors.ts';
import type { Ending } from '../fakes/database.ts';
import { createOne, id, newEntry, selectors, trustDomain } from './samples.ts';
import { asIs } from '../fakes/paging.ts';

export interface PlanStores {
  readonly plans: EntryPlanStore;
  readonly entries: EntryStore;
  readonly bundles: BundleStore;
  readonly entryFeed: ChangeFeed<Entry>;
}

type Open = (t: Ending) => Promise<PlanStores>;

const NOTHING: EntryPlan = { creates: [], updates: [], deletes: [], unchanged: [] };
const DO = { isDryRun: false };

const known = ({ id: entryId, revisionNumber, createdAt }: Entry): KnownEntry => ({
  id: entryId,
  revisionNumber,
  createdAtSeconds: unixSeconds(createdAt),
});
const kinds = ({ isApplied: _, ...outcomes }: PlanResult): readonly string[] =>
  [outcomes.deletes, outcomes.updates, outcomes.unchanged, outcomes.creates].flat().map(({ kind }) => kind);
const head = async (feed: ChangeFeed<Entry>): Promise<number> => (await feed.snapshot(() => {})).n;
const names = async (entries: EntryStore): Promise<string> =>
  (await entries.list({}, { pageSize: 0, pageToken: '' }, asIs)).items
    .map(({ spiffeId, hint }) => `${spiffeId.path.slice(1)}${hint}`)
    .sort()
    .join(' ');

export function entryPlansContract(open: Open): void {
  carryingOut(open);
  refusing(open);
}

function carryingOut(open: Open): void {
  test('a plan is carried out as a whole, and its changes are in the feed', async (t) => {
    const { plans, entries, entryFeed } = await open(t);
    const [a, b, c] = [
      await createOne(entries, newEntry('a')),
      await createOne(entries, newEntry('b')),
      await createOne(entries, newEntry('c')),
    ];
    const before = await head(entryFeed);
    const result = await plans.apply(
      {
        creates: [newEntry('d'), newEntry('e', { id: 'mine' })],
        updates: [{ known: known(a), changes: { hint: '!' } }],
        deletes: [known(b)],
        unchanged: [known(c)],
      },
      DO,
    );
    assert.deepEqual(
      [result.isApplied, kinds(result)],
      [true, ['deleted', 'updated', 'unchanged', 'created', 'created']],
    );
    assert.equal(await names(entries), 'a! c d e');
    assert.equal((await entries.find(a.id))?.revisionNumber, 1);
    assert.equal((await entries.find('mine'))?.revisionNumber, 0);
    assert.equal(await head(entryFeed), before + 4);
  });

  test('an entry may take the place, and the id, of one that the plan deletes', async (t) => {
    const { plans, entries } = await open(t);
    const old = await createOne(entries, newEntry('a', { id: 'same' }));
    const result = await plans.apply(
      { ...NOTHING, deletes: [known(old)], creates: [newEntry('a', { id: 'same', hint: '!' })] },
      DO,
    );
    assert.ok(result.isApplied);
    assert.equal(await names(entries), 'a!');
  });

  test('an empty plan does nothing, and is done', async (t) => {
    const { plans, entryFeed } = await open(t);
    const before = await head(entryFeed);
    assert.equal((await plans.apply(NOTHING, DO)).isApplied, true);
    assert.equal(await head(entryFeed), before);
  });

  test('a dry run says what would become of each item, and does nothing', async (t) => {
    const { plans, entries, entryFeed } = await open(t);
    const a = await createOne(entries, newEntry('a'));
    const before = await head(entryFeed);
    const plan = { ...NOTHING, deletes: [known(a)], creates: [newEntry('b')] };
    const result = await plans.apply(plan, { isDryRun: true });
    assert.deepEqual([result.isApplied, kinds(result)], [false, ['deleted', 'created']]);
    assert.equal(await names(entries), 'a');
    assert.equal(await head(entryFeed), before);
  });
}

function refusing(open: Open): void {
  test('nothing is done where an entry is another than was known, or gone', async (t) => {
    const { plans, entries, entryFeed } = await open(t);
    const a = await createOne(entries, newEntry('a'));
    const stale = known(a);
    await entries.update([{ id: a.id, changes: { hint: '?' } }]);
    const gone = { id: 'nobody', revisionNumber: 0, createdAtSeconds: undefined };
    const before = await head(entryFeed);
    const changed = { kind: 'changed', revisionNumber: 1 };
    const none = { kind: 'changed', revisionNumber: undefined };
    const changes = { hint: '!' };
    const table: readonly (readonly [Partial<EntryPlan>, keyof EntryPlan, unknown])[] = [
      [{ updates: [{ known: stale, changes }] }, 'updates', changed],
      [
        { updates: [{ known: { ...stale, revisionNumber: 1, createdAtSeconds: 5 }, changes }] },
        'updates',
        changed,
      ],
      [{ updates: [{ known: gone, changes }] }, 'updates', none],
      [{ deletes: [stale] }, 'deletes', changed],
      [{ deletes: [gone] }, 'deletes', none],
      [{ unchanged: [stale] }, 'unchanged', changed],
      [{ unchanged: [gone] }, 'unchanged', none],
    ];
    for (const [part, list, outcome] of table) {
      const result = await plans.apply({ ...NOTHING, creates: [newEntry('b')], ...part }, DO);
      assert.deepEqual([result.isApplied, result[list]], [false, [outcome]], JSON.stringify(part));
      assert.equal(result.creates[0]?.kind, 'created');
    }
    assert.equal(await names(entries), 'a?');
    assert.equal(await head(entryFeed), before);
    const now = { ...stale, revisionNumber: 1, createdAtSeconds: undefined };
    assert.ok((await plans.apply({ ...NOTHING, updates: [{ known: now, changes }] }, DO)).isApplied);
  });

  test('nothing is done where one item is refused, and each says why', async (t) => {
    const { plans, entries, bundles } = await open(t);
    await bundles.append(trustDomain('known.org'), {});
    const a = await createOne(entries, newEntry('a'));
    const federating = { federatesWith: [trustDomain('unknown.org')] };
    const result = await plans.apply(
      {
        ...NOTHING,
        updates: [{ known: known(a), changes: federating }],
        creates: [
          newEntry('a'),
          newEntry('b', { id: a.id }),
          newEntry('c', federating),
          newEntry('d', { federatesWith: [trustDomain('known.org')] }),
        ],
      },
      DO,
    );
    assert.deepEqual(
      [result.isApplied, kinds(result)],
      [false, ['no-bundle', 'similar', 'duplicate-id', 'no-bundle', 'created']],
    );
    assert.equal(await names(entries), 'a');
    const bad = newEntry('b', { hint: 'nul \u0000' });
    await assert.rejects(plans.apply({ ...NOTHING, creates: [newEntry('x'), bad] }, DO), {
      code: Code.invalidArgument,
    });
    assert.equal(await names(entries), 'a');
  });

  test('a guard judges every item, before it is told whether an entry has changed', async (t) => {
    const { plans, entries } = await open(t);
    const [mine, other] = [
      await createOne(entries, newEntry('mine')),
      await createOne(entries, newEntry('other', { selectors: selectors('x:y') })),
    ];
    const guard: EntryGuard = {
      whyNot: ({ spiffeId }) => (spiffeId.path.startsWith('/mine') ? undefined : 'not mine'),
    };
    const stale = { ...known(other), revisionNumber: 7 };
    const plan: EntryPlan = {
      creates: [newEntry('mine/a'), newEntry('b')],
      updates: [
        { known: known(mine), changes: { spiffeId: id('/other') } },
        { known: stale, changes: { spiffeId: id('/mine/c') } },
      ],
      deletes: [],
      unchanged: [],
    };
    const result = await plans.apply(plan, { ...DO, guard });
    assert.deepEqual(kinds(result), ['denied', 'denied', 'created', 'denied']);
    assert.deepEqual((await plans.apply({ ...NOTHING, deletes: [stale] }, { ...DO, guard })).deletes, [
      { kind: 'denied', why: 'not mine' },
    ]);
    assert.equal(await names(entries), 'mine other');
    assert.ok((await plans.apply({ ...NOTHING, deletes: [known(mine)] }, { ...DO, guard })).isApplied);
  });

  test('of plans that meet on an entry, one is carried out', async (t) => {
    const { plans, entries } = await open(t);
    const a = await createOne(entries, newEntry('a'));
    const results = await Promise.all(
      ['1', '2', '3', '4'].map((hint) =>
        plans.apply(
          { ...NOTHING, updates: [{ known: known(a), changes: { hint } }], creates: [newEntry(`n${hint}`)] },
          DO,
        ),
      ),
    );
    assert.equal(results.filter(({ isApplied }) => isApplied).length, 1);
    assert.equal(await entries.count({}), 2);
  });
}
