import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FreshRun } from '../../../server/entries/fresh-run.ts';

/** A deed that ends when told to. */
function steps() {
  const ends: { resolve: (n: number) => void; reject: (error: Error) => void }[] = [];
  const runs = new FreshRun(() => new Promise<number>((resolve, reject) => ends.push({ resolve, reject })));
  return { ends, runs };
}

test('callers during a run share the next one', async () => {
  const { ends, runs } = steps();
  const first = runs.run();
  const second = runs.run();
  const third = runs.run();
  assert.equal(ends.length, 1);
  ends[0]?.resolve(1);
  assert.equal(await first, 1);
  await Promise.resolve();
  assert.equal(ends.length, 2);
  const fourth = runs.run();
  ends[1]?.resolve(2);
  assert.deepEqual(await Promise.all([second, third]), [2, 2]);
  await Promise.resolve();
  ends[2]?.resolve(3);
  assert.equal(await fourth, 3);
  assert.ok(runs.isIdle);
});

test('a run that fails does not fail the next', async () => {
  const { ends, runs } = steps();
  const first = runs.run();
  const second = runs.run();
  ends[0]?.reject(new Error('away'));
  await assert.rejects(first, /away/);
  await Promise.resolve();
  ends[1]?.resolve(2);
  assert.equal(await second, 2);
  assert.ok(runs.isIdle);
});

test('never runs twice at a time, whenever it is asked', async () => {
  let running = 0;
  let most = 0;
  const runs = new FreshRun(async () => {
    running += 1;
    most = Math.max(most, running);
    await Promise.resolve();
    running -= 1;
  });
  const first = runs.run();
  const early = first.then(() => runs.run());
  const second = runs.run();
  const late = first.then(() => runs.run());
  await Promise.all([early, second, late]);
  assert.equal(most, 1);
  assert.ok(runs.isIdle);
});
