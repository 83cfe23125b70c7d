import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setImmediate as nextRound } from 'node:timers/promises';
import { type Listing, listAnswer, wholeAnswer } from '../../../../server/api/wire/paging.ts';
import { monotonicMs } from '../../../../shared/clock.ts';
import { Code } from '../../../../shared/errors.ts';
import { pageOf } from '../../../fakes/paging.ts';

const MIB = 1024 * 1024;
const MESSAGE_MAX_BYTES = 4 * MIB;
const caller = { signal: new AbortController().signal };

/** A list of `count` items of `bytes` each, and how many were encoded. */
function world(count: number, bytes: number) {
  const rows = Array.from({ length: count }, (_, i) => ({ rowId: i + 1, item: i }));
  let encoded = 0;
  const listing: Listing<number> = {
    list: async (page, show) => pageOf(rows, page, show),
    part: (item) => {
      encoded += 1;
      return Buffer.alloc(bytes, item);
    },
    tokenPart: (token) => Buffer.from(token),
  };
  /** The items of the answer, and its token. */
  const page = async (page_size: number, page_token = '') => {
    const { bytes: answer } = await listAnswer(listing, { page_size, page_token }, caller);
    const whole = Math.floor(answer.length / bytes);
    const items = Array.from({ length: whole }, (_, at) => answer[at * bytes]);
    return { items, token: answer.subarray(whole * bytes).toString(), length: answer.length };
  };
  return { page, encoded: () => encoded };
}

test('without a page size everything comes, no token, and a token that is given means nothing', async () => {
  for (const size of [0, -1])
    assert.deepEqual(await world(10, 100).page(size, '7'), {
      items: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
      token: '',
      length: 1_000,
    });
});

test('without a page size a message is filled to the brim, and more is refused as soon as it is too much', async () => {
  const { length } = await world(41, 102_000).page(0);
  assert.ok(length > MESSAGE_MAX_BYTES - 102_000 && length <= MESSAGE_MAX_BYTES);
  const { page, encoded } = world(1_000, 102_000);
  await assert.rejects(page(0), {
    code: Code.resourceExhausted,
    message:
      'the list is larger than the 4194304 bytes of a message: ask for pages (page_size), or for less (filter, output_mask)',
  });
  assert.equal(encoded(), 42);
});

test('a page is cut where it would not fit a message, and nothing is lost or doubled', async () => {
  const { page } = world(20, MIB);
  const seen: unknown[] = [];
  let token = '';
  do {
    const found = await page(10, token);
    assert.ok(found.items.length <= 3);
    assert.ok(found.length <= MESSAGE_MAX_BYTES);
    seen.push(...found.items);
    token = found.token;
  } while (token !== '');
  assert.deepEqual(
    seen,
    Array.from({ length: 20 }, (_, i) => i),
  );
});

test('an item that is larger than a message comes alone', async () => {
  const { page } = world(3, 5 * MIB);
  assert.deepEqual((await page(2)).items, [0]);
  assert.deepEqual((await page(2, '1')).items, [1]);
  await assert.rejects(page(0), { code: Code.resourceExhausted });
});

test('a list that nobody waits for any more is read no further', async () => {
  const gone = new AbortController();
  let shown = 0;
  const listing: Listing<number> = {
    list: async (page, show) =>
      pageOf(
        [1, 2, 3].map((item) => ({ rowId: item, item })),
        page,
        show,
      ),
    part: () => {
      shown += 1;
      gone.abort(new Error('the caller went away'));
      return Buffer.alloc(1);
    },
    tokenPart: () => Buffer.alloc(0),
  };
  for (const page_size of [0, 3])
    await assert.rejects(listAnswer(listing, { page_size, page_token: '' }, gone), /went away/);
  assert.equal(shown, 1);
});

test('the largest of page sizes gets what fits', async () => {
  const { items, token } = await world(200, 100).page(2_147_483_647);
  assert.equal(items.length, 200);
  assert.equal(token, '200');
});

test('what is in memory is answered whole or refused with advice, and others come in between', async () => {
  const part = (bytes: number) => () => Buffer.alloc(bytes);
  assert.equal((await wholeAnswer([1, 2, 3], part(10), '')).bytes.length, 30);
  assert.equal((await wholeAnswer([], part(10), '')).bytes.length, 0);
  await assert.rejects(wholeAnswer([1, 2, 3], part(2 * MIB), 'ask otherwise'), {
    code: Code.resourceExhausted,
    message: 'the list is larger than the 4194304 bytes of a message: ask otherwise',
  });
  let rounds = 0;
  const slow = (): Uint8Array => {
    for (const until = monotonicMs() + 4; monotonicMs() < until; );
    return Buffer.alloc(1);
  };
  const answering = wholeAnswer(Array.from({ length: 9 }), slow, '');
  let isDone = false;
  void answering.then(() => {
    isDone = true;
  });
  for (; !isDone; rounds += 1) await nextRound();
  assert.ok(rounds >= 2, `${rounds} rounds`);
});
