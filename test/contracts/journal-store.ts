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

const contentsIn =
  (journals: JournalStore) =>
  async (...ids: readonly string[]): Promise<readonly Uint8Array[]> =>
    (await journals.find(ids)).map(({ content }) => content);

export function journalStoreContract(open: (t: Ending) => Promise<JournalStore>): void {
  test('a journal is found by its active authority among others', async (t) => {
    const journals = await open(t);
    const id = await journals.save(record('aa', [0, 255, 10]));
    await journals.save(record('bb', []));
    assert.deepEqual(await journals.find(['cc', 'aa']), [{ ...record('aa', [0, 255, 10]), id }]);
    assert.deepEqual(await journals.find(['cc']), []);
    assert.deepEqual(await journals.find([]), []);
  });

  test('saving under its id replaces a journal, and only that one', async (t) => {
    const journals = await open(t);
    const found = contentsIn(journals);
    const id = await journals.save(record('aa', [1]));
    await journals.save(record('bb', [2]));
    assert.equal(await journals.save({ ...record('cc', [3]), id }), id);
    assert.deepEqual(await found('aa'), []);
    assert.deepEqual(await found('cc'), [Uint8Array.of(3)]);
    assert.deepEqual(await found('bb'), [Uint8Array.of(2)]);
  });

  test('of several journals the one saved last comes first', async (t) => {
    const journals = await open(t);
    const found = contentsIn(journals);
    const first = await journals.save(record('aa', [1]));
    await journals.save(record('bb', [2]));
    assert.deepEqual(await found('aa', 'bb'), [Uint8Array.of(2), Uint8Array.of(1)]);
    await journals.save({ ...record('aa', [3]), id: first });
    assert.deepEqual(await found('aa', 'bb'), [Uint8Array.of(3), Uint8Array.of(2)]);
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
    assert.deepEqual(await journals.find(['aa']), []);
  });
}
