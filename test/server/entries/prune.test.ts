import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pruneEntries } from '../../../server/entries/prune.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeEntryStore } from '../../fakes/entry-store.ts';
import { FakeLog } from '../../fakes/log.ts';
import { makeEntry } from './make-entry.ts';

test('deletes what has expired by now, and says how much', async () => {
  const [clock, log] = [new FakeClock(), new FakeLog()];
  const store = new FakeEntryStore({ clock });
  const inMinutes = (minutes: number): Date => new Date(clock.now().getTime() + minutes * 60_000);
  await store.create([
    makeEntry({ id: 'keeps', spiffeId: '/a', parentId: '/p' }),
    makeEntry({ id: 'first', spiffeId: '/b', parentId: '/p', expiresAt: inMinutes(4) }),
    makeEntry({ id: 'second', spiffeId: '/c', parentId: '/p', expiresAt: inMinutes(6) }),
  ]);
  const prune = () => pruneEntries({ store, clock, log }, { name: 'n', holder: 'h' });
  await clock.advance(5 * 60_000);
  await prune();
  assert.equal([...store.feed.items.keys()].join(), 'keeps,second');
  await prune();
  assert.deepEqual(
    log.lines.map(({ message, fields }) => [message, fields['count']]),
    [['expired entries pruned', 1]],
  );
});
