import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { inChunks } from '../../../server/cli/in-chunks.ts';
import { listPages } from '../../../server/cli/list-pages.ts';
import { unavailable } from '../../../shared/errors.ts';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

describe('a long batch', () => {
  const echo = async (items: readonly number[]) => ({ results: items });

  for (const [count, sizes] of [
    [0, [0]],
    [1, [1]],
    [500, [500]],
    [501, [500, 1]],
    [1_200, [500, 500, 200]],
  ] as const) {
    it(`of ${count} goes in parts of ${sizes.join(', ')}, the results in order`, async () => {
      const sent: number[] = [];
      const { results, error } = await inChunks(numbers(count), (items) => {
        sent.push(items.length);
        return echo(items);
      });
      assert.deepEqual([sent, results, error], [sizes, numbers(count), undefined]);
    });
  }

  it('throws when its first part fails', async () => {
    await assert.rejects(
      inChunks(numbers(600), async () => Promise.reject(unavailable('away'))),
      { message: 'away' },
    );
  });

  it('gives what was done before a later part failed, and how much was not', async () => {
    const { results, error } = await inChunks(numbers(1_200), async (items) => {
      if (items[0] === 500) throw unavailable('away');
      return echo(items);
    });
    assert.deepEqual(results, numbers(500));
    assert.equal(error?.message, '700 of 1200 were not sent, or their answer was lost: away');
  });
});

describe('a list in pages', () => {
  it('is read to its end, an empty last page included', async () => {
    const pages: Readonly<Record<string, { items: number[]; next: string }>> = {
      '': { items: [1, 2], next: 'a' },
      a: { items: [3], next: 'b' },
      b: { items: [], next: '' },
    };
    assert.deepEqual(await listPages(async (token) => pages[token] ?? assert.fail(token)), [1, 2, 3]);
  });

  it('is given up when the server goes in circles', async () => {
    await assert.rejects(
      listPages(async () => ({ items: [], next: 'a' })),
      /the same page again and again/,
    );
  });
});
