import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runBatch } from '../../../../server/api/entry/batch.ts';
import { invalidArgument, messageOf, unavailable } from '../../../../shared/errors.ts';

/** Doubles numbers; refuses to read negative ones, and a chunk with a 13 in it. */
function run(wires: readonly number[], deed?: (items: readonly number[]) => Promise<readonly number[]>) {
  const chunks: number[] = [];
  const results = runBatch<number, number, number, string>({
    wires,
    read: (wire) => {
      if (wire < 0) throw invalidArgument('negative');
      return wire;
    },
    deed:
      deed ??
      (async (items) => {
        chunks.push(items.length);
        if (items.includes(13)) throw invalidArgument('unlucky');
        return items.map((item) => item * 2);
      }),
    toResult: String,
    toFailure: (error, stage) => `${stage}: ${messageOf(error)}`,
  });
  return { chunks, results };
}

test('there is a result for each item, in order, whatever became of it', async () => {
  const { results } = run([1, -1, 13, 2, -2]);
  assert.deepEqual(await results, ['2', 'read: negative', 'deed: unlucky', '4', 'read: negative']);
});

test('a long batch goes in chunks', async () => {
  const wires = Array.from({ length: 2_500 }, (_, i) => i + 100);
  const { chunks, results } = run(wires);
  assert.deepEqual(
    await results,
    wires.map((wire) => String(wire * 2)),
  );
  assert.deepEqual(chunks, [1_000, 1_000, 500]);
});

test('a bad item is found by halving: few tries, and the others go through', async () => {
  const wires = Array.from({ length: 1_000 }, (_, i) => i);
  const { chunks, results } = run(wires);
  assert.deepEqual(
    (await results).flatMap((result, at) => (result.startsWith('deed') ? [at] : [])),
    [13],
  );
  assert.ok(chunks.length <= 2 * 10 + 1, `${chunks.length} tries`);
});

test('when nothing can be written each item says so, and it is tried once', async () => {
  let tries = 0;
  const { results } = run([1, 2, 3], async () => {
    tries += 1;
    throw unavailable('away');
  });
  assert.deepEqual(await results, ['deed: away', 'deed: away', 'deed: away']);
  assert.equal(tries, 1);
});

test('an empty batch asks nobody', async () => {
  const { chunks, results } = run([]);
  assert.deepEqual(await results, []);
  assert.deepEqual(chunks, []);
});
