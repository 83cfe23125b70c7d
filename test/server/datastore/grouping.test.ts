import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Grouping } from '../../../server/datastore/grouping.ts';

interface Recorder {
  readonly groups: string[][];
  readonly grouping: Grouping<string, string>;
  /** Lets the group under way end. */
  finish(error?: Error): void;
}

/** Inputs are `key` or `key/detail`. */
function record(maxGroup = 10): Recorder {
  const groups: string[][] = [];
  const pending: { resolve(): void; reject(error: Error): void }[] = [];
  const grouping = new Grouping<string, string>({
    run: async (inputs) => {
      groups.push([...inputs]);
      await new Promise<void>((resolve, reject) => pending.push({ resolve, reject }));
      return inputs.map((input) => `done ${input}`);
    },
    keyOf: (input) => input.split('/')[0] ?? '',
    maxGroup,
  });
  const finish = (error?: Error): void => {
    const next = pending.shift();
    if (error === undefined) next?.resolve();
    else next?.reject(error);
  };
  return { groups, grouping, finish };
}

const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('calls of one tick go together, and those that come meanwhile in the next group', async () => {
  const { groups, grouping, finish } = record();
  const first = [grouping.add('a'), grouping.add('b')];
  await tick();
  const second = [grouping.add('c'), grouping.add('d')];
  await tick();
  assert.deepEqual(groups, [['a', 'b']]);
  finish();
  assert.deepEqual(await Promise.all(first), ['done a', 'done b']);
  finish();
  assert.deepEqual(await Promise.all(second), ['done c', 'done d']);
  assert.deepEqual(groups, [
    ['a', 'b'],
    ['c', 'd'],
  ]);
});

test('inputs of one key never meet in a group and keep their order', async () => {
  const { groups, grouping, finish } = record();
  const all = ['a/1', 'b', 'a/2', 'a/3'].map((input) => grouping.add(input));
  for (let n = 0; n < 3; n++) {
    await tick();
    finish();
    await tick();
  }
  assert.deepEqual(await Promise.all(all), ['done a/1', 'done b', 'done a/2', 'done a/3']);
  assert.deepEqual(groups, [['a/1', 'b'], ['a/2'], ['a/3']]);
});

test('a group has an upper size', async () => {
  const { groups, grouping, finish } = record(2);
  const all = ['a', 'b', 'c'].map((input) => grouping.add(input));
  await tick();
  finish();
  await tick();
  finish();
  await Promise.all(all);
  assert.deepEqual(groups, [['a', 'b'], ['c']]);
});

test('a failure reaches the callers of its group alone, and the next group runs', async () => {
  const { grouping, finish } = record();
  const first = [grouping.add('a'), grouping.add('b')];
  const refused = first.map((call) => assert.rejects(call, /disk full/));
  await tick();
  const second = grouping.add('c');
  finish(new Error('disk full'));
  await Promise.all(refused);
  await tick();
  finish();
  assert.equal(await second, 'done c');
});
