import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Silence } from '../../../server/datastore/silence.ts';
import { Code } from '../../../shared/errors.ts';
import { FakeLog } from '../../fakes/log.ts';

function world() {
  const log = new FakeLog();
  const time = { nowMs: 0 };
  return { log, time, silence: new Silence(log, () => time.nowMs) };
}

const isRefused = { code: Code.unavailable, reason: 'DATABASE_UNAVAILABLE' };

test('while a database is silent one tries and the others are told at once', () => {
  const { log, time, silence } = world();
  const first = silence.begin();
  time.nowMs = 10_000;
  first.unanswered();
  first.end();
  const trying = silence.begin();
  assert.throws(() => silence.begin(), isRefused);
  assert.throws(() => silence.begin(), isRefused);
  trying.unanswered();
  trying.end();
  const next = silence.begin();
  next.answered();
  next.end();
  silence.begin();
  silence.begin();
  assert.deepEqual(log.messages('error').length, 1);
  assert.deepEqual(log.messages('info'), ['database answers again']);
});

test('whoever comes after somebody has waited for three seconds waits no more', () => {
  const { time, silence } = world();
  const waiting = silence.begin();
  time.nowMs = 3_000;
  silence.begin();
  time.nowMs = 3_001;
  silence.begin();
  time.nowMs = 3_501;
  assert.throws(() => silence.begin(), isRefused);
  waiting.answered();
  silence.begin();
});

test('an event loop that stood still for long has missed no answer', () => {
  const { time, silence } = world();
  const waiting = silence.begin();
  time.nowMs = 20_000;
  silence.begin();
  waiting.answered(); // it was there all the time
  time.nowMs = 22_000;
  silence.begin();
  silence.begin();
});

test('an answer that fails to come makes no silence while others have theirs', () => {
  const { log, time, silence } = world();
  const slow = silence.begin();
  for (time.nowMs = 1_000; time.nowMs < 10_000; time.nowMs += 1_000) {
    const quick = silence.begin();
    quick.answered();
    quick.end();
  }
  slow.unanswered();
  silence.begin();
  silence.begin();
  assert.deepEqual(log.lines, []);
});

test('an answer to somebody who began before the silence ends it too', () => {
  const { time, silence } = world();
  const [late, lost] = [silence.begin(), silence.begin()];
  time.nowMs = 10_000;
  lost.unanswered();
  lost.end();
  assert.throws(() => silence.begin(), isRefused);
  late.answered();
  silence.begin();
  silence.begin();
});
