import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Entry } from '../../../server/entries/entry.ts';
import type { SyncPage } from '../../../server/entries/sync-pages.ts';
import { firstPages, requestedPages } from '../../../server/entries/sync-pages.ts';
import { makeEntry } from './make-entry.ts';

const ids = (page: SyncPage | undefined): readonly string[] =>
  (page?.kind === 'entries' ? page.entries : (page?.revisions ?? [])).map((entry) => entry.id);
const make = (count: number, fields: Partial<Entry> = {}): readonly Entry[] =>
  Array.from({ length: count }, (_, at) => ({
    ...makeEntry({ id: `e${String(count - at).padStart(5, '0')}`, spiffeId: `/w${at}`, parentId: '/p' }),
    ...fields,
  }));
const shape = (pages: readonly SyncPage[]) => pages.map((page) => [page.kind, ids(page).length, page.more]);

for (const [count, expected] of [
  [0, [['entries', 0, false]]],
  [1, [['entries', 1, false]]],
  [500, [['entries', 500, false]]],
  [
    501,
    [
      ['revisions', 500, true],
      ['revisions', 1, false],
    ],
  ],
  [
    1_000,
    [
      ['revisions', 500, true],
      ['revisions', 500, false],
    ],
  ],
  [
    1_001,
    [
      ['revisions', 500, true],
      ['revisions', 500, true],
      ['revisions', 1, false],
    ],
  ],
] as const) {
  test(`answers the first message of an agent with ${count} entries in ${expected.length} pages`, () => {
    const entries = make(count);
    const pages = firstPages(entries);
    assert.deepEqual(shape(pages), expected);
    assert.deepEqual(pages.flatMap(ids), entries.map((entry) => entry.id).sort());
  });
}

const large = { selectors: [{ type: 'a', value: 'x'.repeat(20_000) }] };

test('sends revisions first when few entries are too large for one message', () => {
  assert.deepEqual(shape(firstPages(make(100, large))), [['revisions', 100, false]]);
});

test('answers requested ids sorted, without the unknown and without doubles', () => {
  const authorized = new Map(make(3).map((entry) => [entry.id, entry]));
  const pages = requestedPages((id) => authorized.get(id), ['e00003', 'nope', 'e00001', 'e00003']);
  assert.deepEqual(shape(pages), [['entries', 2, false]]);
  assert.deepEqual(ids(pages[0]), ['e00001', 'e00003']);
});

test('answers with one empty page when nothing requested is authorized', () => {
  assert.deepEqual(shape(requestedPages(() => undefined, ['a'])), [['entries', 0, false]]);
});

test('cuts requested entries by number and by size', () => {
  const find = (entries: readonly Entry[]) => (id: string) => entries.find((entry) => entry.id === id);
  const many = make(501);
  const some = make(100, large);
  assert.deepEqual(
    shape(
      requestedPages(
        find(many),
        many.map((entry) => entry.id),
      ),
    ),
    [
      ['entries', 500, true],
      ['entries', 1, false],
    ],
  );
  const pages = requestedPages(
    find(some),
    some.map((entry) => entry.id),
  );
  assert.ok(pages.length > 1 && pages.every((page) => page.kind === 'entries' && ids(page).length > 0));
  assert.equal(pages.flatMap(ids).length, 100);
});
