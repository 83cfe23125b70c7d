import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entryPruner } from '../../../server/entries/prune.ts';
import { silentLogger } from '../../../shared/log/logger.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeEntryStore } from '../../fakes/entry-store.ts';
import { makeEntry } from './make-entry.ts';

test('deletes expired entries every five minutes, also after a failure', async () => {
  const clock = new FakeClock();
  const store = new FakeEntryStore({ clock });
  const inMinutes = (minutes: number): Date => new Date(clock.now().getTime() + minutes * 60_000);
  await store.create([
    makeEntry({ id: 'keeps', spiffeId: '/a', parentId: '/p' }),
    makeEntry({ id: 'first', spiffeId: '/b', parentId: '/p', expiresAt: inMinutes(4) }),
    makeEntry({ id: 'second', spiffeId: '/c', parentId: '/p', expiresAt: inMinutes(6) }),
  ]);
  const pruner = entryPruner({ store, clock, log: silentLogger });
  await pruner.start(new AbortController().signal);
  const left = (): string => [...store.feed.items.keys()].join();
  await clock.advance(4 * 60_000);
  assert.equal(left(), 'keeps,first,second');
  await clock.advance(60_000);
  assert.equal(left(), 'keeps,second');
  store.failure = new Error('away');
  await clock.advance(5 * 60_000);
  store.failure = undefined;
  assert.equal(left(), 'keeps,second');
  await clock.advance(5 * 60_000);
  assert.equal(left(), 'keeps');
  await pruner.stop();
  assert.equal(clock.sleeping, 0);
});
