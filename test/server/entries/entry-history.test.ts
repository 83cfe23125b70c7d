import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AuthorizedEntries } from '../../../server/entries/authorized-entries.ts';
import type { Change } from '../../../server/entries/change-feed.ts';
import type { Entry } from '../../../server/entries/entry.ts';
import { EntryHistory, type HistoryBounds } from '../../../server/entries/entry-history.ts';
import { silentLogger } from '../../../shared/log/logger.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { makeEntry, td } from './make-entry.ts';

const at = (n: number, epoch = 'e') => ({ epoch, n, tag: '' });
const entry = (id: string, revisionNumber = 0, fields: Partial<Entry> = {}): Entry => ({
  ...makeEntry({ id, spiffeId: `/${id}`, parentId: '/p', revisionNumber }),
  ...fields,
});
const put = (item: Entry): Change<Entry> => ({ kind: 'put', id: item.id, item });
const gone = (id: string): Change<Entry> => ({ kind: 'delete', id });

function world(bounds?: HistoryBounds) {
  const index = new AuthorizedEntries({ trustDomain: td, clock: new FakeClock(), log: silentLogger });
  const history = new EntryHistory(index, bounds);
  const loading = history.load();
  loading.add([entry('a')]);
  loading.install(at(1));
  const after = (n: number, epoch = 'e') =>
    history
      .after({ epoch, n })
      ?.map(({ to, changes }) => [
        to.n,
        ...changes.map(
          ({ before, after: now }) =>
            `${before?.id}${before?.revisionNumber}>${now?.id}${now?.revisionNumber}`,
        ),
      ]);
  return { index, history, after };
}

test('remembers each step with what was before it, and fills the index', () => {
  const { history, index, after } = world();
  history.apply([put(entry('a', 1)), put(entry('b'))], at(3));
  history.apply([gone('a')], at(4));
  assert.deepEqual(after(1), [
    [3, 'a0>a1', 'undefinedundefined>b0'],
    [4, 'a1>undefinedundefined'],
  ]);
  assert.deepEqual(after(2), after(1));
  assert.deepEqual(after(3), [[4, 'a1>undefinedundefined']]);
  assert.deepEqual([after(4), after(9)], [[], []]);
  assert.deepEqual([index.find('a'), index.find('b')?.id, history.position], [undefined, 'b', at(4)]);
});

test('knows nothing of before it began, nor of another history', () => {
  const { history, after } = world();
  history.apply([put(entry('b'))], at(2));
  assert.deepEqual([after(0), after(1, 'other')], [undefined, undefined]);
  history.load().install(at(7, 'f'));
  assert.deepEqual([after(2), after(6, 'f'), after(7, 'f')], [undefined, undefined, []]);
});

test('what the index knew is no change, an entry that was made anew under its ID is one', () => {
  const { history, after } = world();
  history.apply([put(entry('a')), gone('nobody')], at(2));
  history.apply([put(entry('a', 0, { createdAt: new Date(5) }))], at(3));
  assert.deepEqual(after(1), [[2], [3, 'a0>a0']]);
});

test('an expired entry is known to have been there', () => {
  const { history, after } = world();
  history.apply([put(entry('x', 0, { expiresAt: new Date(1) }))], at(2));
  history.apply([gone('x')], at(3));
  assert.deepEqual(after(2), [[3, 'x0>undefinedundefined']]);
});

test('forgets the oldest steps, a whole one at a time, beyond its bounds', () => {
  const { history, after } = world({ changes: 3, bytes: 1_000_000 });
  history.apply([put(entry('b')), put(entry('c'))], at(3));
  history.apply([put(entry('d'))], at(4));
  assert.equal(after(1)?.length, 2);
  history.apply([put(entry('e'))], at(5));
  assert.deepEqual([after(1), after(2)], [undefined, undefined]);
  assert.equal(after(3)?.length, 2);
  history.apply(
    ['f', 'g', 'h', 'i'].map((id) => put(entry(id))),
    at(9),
  );
  assert.deepEqual([after(8), after(9)], [undefined, []]);
});

test('forgets by size too', () => {
  const { history, after } = world({ changes: 100, bytes: 3_000 });
  const large = { hint: 'x'.repeat(500) };
  for (const n of [2, 3, 4, 5]) history.apply([put(entry(`n${n}`, 0, large))], at(n));
  assert.equal(after(1), undefined);
  assert.equal(after(4)?.length, 1);
});

test('tells of each step until it is told to stop', () => {
  const { history } = world();
  let told = 0;
  const stop = history.onStep(() => {
    told += 1;
  });
  history.apply([], at(2));
  history.load().install(at(3));
  stop();
  history.apply([], at(4));
  assert.equal(told, 2);
});
