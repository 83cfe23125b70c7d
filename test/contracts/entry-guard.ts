/** What every EntryStore does for who may write some entries only. Part of the contract in entry-store.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EntryGuard } from '../../server/entries/entry-guard.ts';
import type { EntryFilter, EntryStore } from '../../server/entries/entry-store.ts';
import type { Ending } from '../fakes/database.ts';
import { createOne, id, newEntry, selectors } from './samples.ts';
import { asIs } from '../fakes/paging.ts';

/** Lets through what is below /mine, unless it has rights or others hang below it, and says what it saw. */
const guard: EntryGuard = {
  whyNot: ({ spiffeId }, { isPrivileged, below }) => {
    const text = spiffeId.toString();
    if (!spiffeId.path.startsWith('/mine/')) return `${spiffeId.path} is not mine`;
    if (isPrivileged(text)) return 'it has rights';
    const found = below(text)?.map((entry) => entry.spiffeId.path.slice(1));
    return found?.length === 0 ? undefined : `below: ${found?.sort().join(' ')}`;
  },
};
const ALL = { pageSize: 0, pageToken: '' };
const names = (items: readonly { spiffeId: { path: string } }[]): string =>
  items.map(({ spiffeId }) => spiffeId.path.slice(1)).join(' ');
const denied = (why: string) => ({ kind: 'denied', why });

export function entryGuardContract(open: (t: Ending) => Promise<{ readonly entries: EntryStore }>): void {
  test('a guard decides which of a batch are made, and the rest is made', async (t) => {
    const { entries } = await open(t);
    const first = newEntry('mine/a');
    const outcomes = await entries.create(
      [newEntry('other'), first, newEntry('mine/a'), newEntry('x')],
      guard,
    );
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.kind === 'denied' ? outcome.why : outcome.kind)),
      ['/other is not mine', 'created', 'similar', '/x is not mine'],
    );
    assert.equal(await entries.count({}), 1);
  });

  test('a guard judges an update by the entry as it was and as it would be', async (t) => {
    const { entries } = await open(t);
    const mine = await createOne(entries, newEntry('mine/a'));
    const other = await createOne(entries, newEntry('other'));
    const outcomes = await entries.update(
      [
        { id: other.id, changes: { spiffeId: id('/mine/b') } },
        { id: mine.id, changes: { spiffeId: id('/other') } },
        { id: mine.id, changes: { spiffeId: id('/mine/b') } },
        { id: mine.id, changes: { spiffeId: id('/other') } },
        { id: 'nobody', changes: {} },
      ],
      guard,
    );
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.kind === 'denied' ? outcome.why : outcome.kind)),
      ['/other is not mine', '/other is not mine', 'updated', '/other is not mine', 'not-found'],
    );
    assert.deepEqual(await entries.find(other.id), other);
    assert.equal((await entries.find(mine.id))?.spiffeId.path, '/mine/b');
  });

  test('a guard decides which of a batch are deleted', async (t) => {
    const { entries } = await open(t);
    const mine = await createOne(entries, newEntry('mine/a'));
    const other = await createOne(entries, newEntry('other'));
    assert.deepEqual(await entries.delete([other.id, mine.id, 'nobody', mine.id], guard), [
      denied('/other is not mine'),
      { kind: 'deleted' },
      { kind: 'not-found' },
      { kind: 'not-found' },
    ]);
    assert.deepEqual(await entries.find(other.id), other);
  });

  test('a guard is told of IDs with rights, and of all that hangs below, in a circle too', async (t) => {
    const { entries } = await open(t);
    await entries.create([
      newEntry('mine/boss', { admin: true }),
      newEntry('mine/nested', { downstream: true }),
      newEntry('x', { parentId: id('/mine/top') }),
      newEntry('y', { parentId: id('/x') }),
      newEntry('mine/top', { parentId: id('/y') }),
      newEntry('z', { parentId: id('/unrelated') }),
    ]);
    const asked = ['boss', 'nested', 'top', 'leaf'].map((name) =>
      newEntry(`mine/${name}`, { selectors: selectors('x:y') }),
    );
    const outcomes = await entries.create(asked, guard);
    assert.deepEqual(
      outcomes.map((outcome) => (outcome.kind === 'denied' ? outcome.why : outcome.kind)),
      ['it has rights', 'it has rights', 'below: mine/top x y', 'created'],
    );
  });

  test('scopes are trees of IDs and of parents, joined by OR', async (t) => {
    const { entries } = await open(t);
    const below = (path: string, withRoot = true) => ({
      root: id(path).toString(),
      withRoot,
      withBelow: true,
    });
    await entries.create([
      newEntry('team'),
      newEntry('team/a', { parentId: id('/node/1') }),
      newEntry('team/b/c', { parentId: id('/node') }),
      newEntry('team-b'),
      newEntry('team0'),
      newEntry('tea'),
    ]);
    const table: readonly (readonly [EntryFilter['within'], string])[] = [
      [[], ''],
      [[{ ids: [below('/team')], parents: [] }], 'team team/a team/b/c'],
      [[{ ids: [below('/team', false)], parents: [] }], 'team/a team/b/c'],
      [[{ ids: [{ ...below('/team'), withBelow: false }], parents: [] }], 'team'],
      [[{ ids: [below('/team')], parents: [below('/node')] }], 'team/a team/b/c'],
      [[{ ids: [below('/team')], parents: [below('/node', false)] }], 'team/a'],
      [
        [
          { ids: [below('/team/a'), below('/tea')], parents: [] },
          { ids: [below('/team0')], parents: [below('/agent')] },
        ],
        'team/a team0 tea',
      ],
    ];
    const list = async (filter: EntryFilter, page = ALL) => {
      const { items, nextPageToken } = await entries.list(filter, page, asIs);
      return { found: names(items), nextPageToken };
    };
    for (const [within = [], expected] of table) {
      assert.equal((await list({ within })).found, expected, JSON.stringify(within));
      assert.equal(await entries.count({ within }), expected === '' ? 0 : expected.split(' ').length);
    }
    const within = table[1]?.[0] ?? [];
    const page = await list({ within, byHint: '' }, { pageSize: 2, pageToken: '' });
    assert.equal(page.found, 'team team/a');
    const rest = await list({ within }, { pageSize: 2, pageToken: page.nextPageToken });
    assert.equal(rest.found, 'team/b/c');
  });
}
