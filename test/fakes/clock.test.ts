import assert from 'node:assert/strict';
import { generateKeyPair } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { FakeClock, settle } from './clock.ts';

test('wakes sleepers in the order of their times, and those they start within the same advance', async () => {
  const clock = new FakeClock();
  const start = clock.now().getTime();
  const woken: string[] = [];
  const nap = async (name: string, ms: number): Promise<void> => {
    await clock.sleep(ms);
    woken.push(`${name} ${clock.now().getTime() - start}`);
  };
  const all = [
    nap('late', 300),
    nap('early', 100),
    nap('never', 1_001),
    nap('second', 200).then(() => nap('then', 50)),
  ];
  await clock.advance(1_000);
  assert.deepEqual(woken, ['early 100', 'second 200', 'then 250', 'late 300']);
  assert.equal(clock.now().getTime() - start, 1_000);
  assert.equal(clock.sleeping, 1);
  await clock.advance(1);
  await Promise.all(all);
});

test('lets what a sleeper sets going come to rest before the next one wakes', async () => {
  const clock = new FakeClock();
  const done: string[] = [];
  const work = async (): Promise<void> => {
    await clock.sleep(1);
    await readFile(import.meta.filename);
    await promisify(generateKeyPair)('rsa', { modulusLength: 1_024 });
    done.push(`work at ${clock.now().getMilliseconds()}`);
  };
  const other = clock.sleep(2).then(() => done.push('other'));
  const working = work();
  await clock.advance(5);
  await Promise.all([working, other]);
  assert.deepEqual(done, ['work at 1', 'other']);
});

test('a sleep that is aborted sleeps no more', async () => {
  const clock = new FakeClock();
  const abort = new AbortController();
  const sleep = clock.sleep(10, abort.signal);
  assert.equal(clock.sleeping, 1);
  abort.abort(new Error('enough'));
  await assert.rejects(sleep, /enough/);
  assert.equal(clock.sleeping, 0);
});

test('until waits for what real I/O brings about', async () => {
  const clock = new FakeClock();
  let text = '';
  void readFile(import.meta.filename, 'utf8').then((read) => (text = read));
  await clock.until(() => text !== '');
  await clock.until(async () => text.length > 10, 'the text');
  await settle();
});

test('a sleep is as long as it was when the clock is set back meanwhile', async () => {
  const clock = new FakeClock();
  let isAwake = false;
  const sleep = clock.sleep(10).then(() => (isAwake = true));
  clock.jump(new Date(clock.now().getTime() - 1_000));
  await clock.advance(9);
  assert.equal(isAwake, false);
  await clock.advance(1);
  assert.equal(isAwake, true);
  await sleep;
});
