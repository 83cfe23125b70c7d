import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Part, Running } from '../../shared/tasks.ts';

function part(name: string, told: string[], fails: 'start' | 'stop' | 'never' = 'never'): Part {
  const tell = (deed: 'start' | 'stop') => {
    told.push(`${deed} ${name}`);
    return fails === deed ? Promise.reject(new Error(`${name} cannot ${deed}`)) : Promise.resolve();
  };
  return { name, start: () => tell('start'), stop: () => tell('stop') };
}

test('starts parts in order and stops them in the reverse order', async () => {
  const told: string[] = [];
  const running = new Running();
  await running.start([part('a', told), part('b', told)]);
  assert.deepEqual(await running.stop(), []);
  assert.deepEqual(told, ['start a', 'start b', 'stop b', 'stop a']);
});

test('stops what has started when a part cannot start', async () => {
  const told: string[] = [];
  const running = new Running();
  await assert.rejects(
    running.start([part('a', told), part('b', told, 'start'), part('c', told)]),
    /b cannot start/,
  );
  assert.deepEqual(told, ['start a', 'start b', 'stop a']);
});

test('stops the others although one cannot stop, and names it', async () => {
  const told: string[] = [];
  const running = new Running();
  await running.start([part('a', told), part('b', told, 'stop')]);
  assert.deepEqual(await running.stop(), ['b: b cannot stop']);
  assert.deepEqual(told.slice(2), ['stop b', 'stop a']);
});

test('aborts the signal that parts were given', async () => {
  let given: AbortSignal | undefined;
  const running = new Running();
  await running.start([
    {
      name: 'a',
      start: async (signal) => {
        given = signal;
      },
      stop: async () => {},
    },
  ]);
  assert.equal(given?.aborted, false);
  await running.stop();
  assert.equal(given?.aborted, true);
});

test('stops once', async () => {
  const told: string[] = [];
  const running = new Running();
  await running.start([part('a', told)]);
  await running.stop();
  await running.stop();
  assert.deepEqual(told, ['start a', 'stop a']);
});
