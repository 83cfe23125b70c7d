import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EntryFilter } from '../../../server/entries/entry-store.ts';
import { newEntry, selectors } from '../../contracts/samples.ts';
import { testDatabase } from '../../fakes/database.ts';
import { asIs } from '../../fakes/paging.ts';

/** More than are sorted at once: the first pages walk the table, the last ones are looked up. */
const MANY = 1_700;

test('a set that very many entries match is listed page by page, each entry once and in order', async (t) => {
  const { entries } = await (await testDatabase(t)).open();
  const names = Array.from({ length: MANY }, (_, n) => `e${n}`);
  await entries.create(
    names.flatMap((name, n) => [
      newEntry(name, { selectors: selectors('common:1', `own:${n}`), hint: n % 2 === 0 ? 'even' : 'odd' }),
      newEntry(`other-${name}`),
    ]),
  );
  const listed = async (filter: EntryFilter): Promise<readonly string[]> => {
    const found: string[] = [];
    for (let pageToken = ''; ; ) {
      const page = await entries.list(filter, { pageSize: 300, pageToken }, asIs);
      found.push(...page.items.map((entry) => entry.spiffeId.path.slice(1)));
      if (page.nextPageToken === '') return found;
      pageToken = page.nextPageToken;
    }
  };
  const bySelectors = { match: 'any', selectors: selectors('common:1') } as const;
  assert.deepEqual(await listed({ bySelectors }), names);
  assert.deepEqual(
    await listed({ bySelectors, byHint: 'odd' }),
    names.filter((_, n) => n % 2 === 1),
  );
  assert.equal(await entries.count({ bySelectors }), MANY);
});
