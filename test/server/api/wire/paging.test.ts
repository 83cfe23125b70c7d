import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listPage } from '../../../../server/api/wire/paging.ts';
import type { PageRequest } from '../../../../server/entries/entry-store.ts';
import { Code } from '../../../../shared/errors.ts';
import { pageOf } from '../../../fakes/paging.ts';

const MIB = 1024 * 1024;

/** A list of `count` items of `bytes` each. */
function world(count: number, bytes: number) {
  const rows = Array.from({ length: count }, (_, i) => ({ rowId: i + 1, item: i }));
  const asked: number[] = [];
  const list = async (page: PageRequest) => {
    asked.push(page.pageSize);
    return pageOf(rows, page);
  };
  const page = (page_size: number, page_token = '') =>
    listPage({ list, bytesOf: () => bytes }, { page_size, page_token });
  return { page, asked };
}

test('without a page size everything comes, and no token', async () => {
  const { page } = world(10, 1);
  for (const size of [0, -1]) {
    const { items, nextPageToken } = await page(size);
    assert.equal(items.length, 10);
    assert.equal(nextPageToken, '');
  }
});

test('without a page size, more than any message can hold is refused', async () => {
  await assert.rejects(world(100_001, 1).page(0), { code: Code.resourceExhausted });
  assert.equal((await world(100_000, 1).page(0)).items.length, 100_000);
});

test('a page is cut where it would not fit a message, and nothing is lost or doubled', async () => {
  const { page } = world(20, MIB);
  const seen: number[] = [];
  let token = '';
  do {
    const { items, nextPageToken } = await page(10, token);
    assert.ok(items.length <= 3);
    seen.push(...items);
    token = nextPageToken;
  } while (token !== '');
  assert.deepEqual(
    seen,
    Array.from({ length: 20 }, (_, i) => i),
  );
});

test('an item that is larger than a page comes alone', async () => {
  assert.equal((await world(3, 5 * MIB).page(2)).items.length, 1);
});

test('no page is larger than five thousand', async () => {
  const { page, asked } = world(10, 1);
  await page(2_147_483_647);
  assert.deepEqual(asked, [5_000]);
});
