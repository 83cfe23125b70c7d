import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entry } from '../../../server/entries/entry.ts';
import type { Show } from '../../../server/entries/entry-store.ts';
import { unavailable } from '../../../shared/errors.ts';
import { newEntry, selectors } from '../../contracts/samples.ts';
import { testDatabase } from '../../fakes/database.ts';
import { asIs } from '../../fakes/paging.ts';

/** Many pieces, and more than are sorted at once where a set is asked for. */
const MANY = 2_100;
const ALL = { pageSize: 0, pageToken: '' };
const pathOf = ({ spiffeId }: Entry): string => spiffeId.path.slice(1);

test('a long list is read piece by piece: whole, in order, as it was when it began', async (t) => {
  const { entries } = await (await testDatabase(t)).open();
  const names = Array.from({ length: MANY }, (_, n) => `e${n}`);
  const made = await entries.create(names.map((name) => newEntry(name, { selectors: selectors('x:1') })));
  const ids = made.flatMap((one) => (one.kind === 'created' ? one.entry.id : []));
  const changes: Promise<unknown>[] = [];
  let shown = 0;
  /** Others are at work from the first item on. */
  const meanwhile: Show<Entry, string> = (entry) => {
    shown += 1;
    if (shown === 1) changes.push(entries.delete(ids.slice(1_000)), entries.create([newEntry('late')]));
    return pathOf(entry);
  };
  assert.deepEqual((await entries.list({}, ALL, meanwhile)).items, names);
  await Promise.all(changes);
  const left = [...names.slice(0, 1_000), 'late'];
  assert.deepEqual((await entries.list({}, ALL, pathOf)).items, left);
  const bySelectors = { match: 'any', selectors: selectors('x:1') } as const;
  const page = await entries.list({ bySelectors }, { pageSize: 999, pageToken: '' }, pathOf);
  assert.deepEqual(page.items, names.slice(0, 999));
  const rest = await entries.list({ bySelectors }, { pageSize: 999, pageToken: page.nextPageToken }, pathOf);
  assert.deepEqual(rest.items, ['e999']);
});

test('a list that is given up leaves its connection to the next one', async (t) => {
  const database = await testDatabase(t);
  const { entries } = await database.open();
  await entries.create([newEntry('a')]);
  const giveUp = (): never => {
    throw unavailable('enough');
  };
  for (let n = 0; n < 30; n += 1) await assert.rejects(entries.list({}, ALL, giveUp), { message: 'enough' });
  assert.equal((await entries.list({}, ALL, asIs)).items.length, 1);
});
