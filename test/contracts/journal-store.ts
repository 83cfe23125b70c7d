/** What every JournalStore does. Run on Postgres and on the fake by journal-store.test.ts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JournalRecord, JournalStore } from '../../server/ca/journal-store.ts';
import type { Ending } from '../fakes/database.ts';

const record = (activeAuthorityId: string, content: readonly number[]): JournalRecord => ({
  id: undefined,
  activeAuthorityId,
  content: Uint8Array.from(content),
  expiresAt: new Date('2026-01-02T00:00:00Z'),
});

export function journalStoreContract(open: (t: Ending) => Promise<JournalStore>): void {
  test('a journal is found by its active authority among others', async (t) => {
    const journals = await open(t);
    const id = await journals.save(record('aa', [0, 255, 10]));
    await journals.save(record('bb', []));
    assert.deepEqual(await journals.find(['cc', 'aa']), { ...record('aa', [0, 255, 10]), id });
    assert.equal(await journals.find(['cc']), undefined);
    assert.equal(await journals.find([]), undefined);
  });

  test('saving under its id replaces a journal, and only that one', async (t) => {
    const journals = await open(t);
    const id = await journals.save(record('aa', [1]));
    await journals.save(record('bb', [2]));
    assert.equal(await journals.save({ ...record('cc', [3]), id }), id);
    assert.equal(await journals.find(['aa']), undefined);
    assert.deepEqual((await journals.find(['cc']))?.content, Uint8Array.of(3));
    assert.deepEqual((await journals.find(['bb']))?.content, Uint8Array.of(2));
  });

  test('of several journals the one saved last is found', async (t) => {
    const journals = await open(t);
    const first = await journals.save(record('aa', [1]));
    await journals.save(record('bb', [2]));
    assert.deepEqual((await journals.find(['aa', 'bb']))?.content, Uint8Array.of(2));
    await journals.save({ ...record('aa', [3]), id: first });
    assert.deepEqual((await journals.find(['aa', 'bb']))?.content, Uint8Array.of(3));
  });

  test('the journals of all servers are listed but for those that have ended', async (t) => {
    const journals = await open(t);
    const ids = [await journals.save(record('aa', [1])), await journals.save(record('bb', [2]))];
    const before = await journals.listLive(new Date('2026-01-01T23:59:59Z'));
    assert.deepEqual(
      before.map(({ id, activeAuthorityId }) => `${id} ${activeAuthorityId}`).sort(),
      [`${ids[0]} aa`, `${ids[1]} bb`].sort(),
    );
    assert.deepEqual(await journals.listLive(new Date('2026-01-02T00:00:00Z')), []);
  });

  test('pruning deletes journals whose last authority ended before the given time', async (t) => {
    const journals = await open(t);
    await journals.save(record('aa', [1]));
    assert.equal(await journals.prune(new Date('2026-01-02T00:00:00Z')), 0);
    assert.equal(await journals.prune(new Date('2026-01-02T00:00:01Z')), 1);
    assert.equal(await journals.find(['aa']), undefined);
  });
}
