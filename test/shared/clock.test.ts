import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addSeconds, every, fromUnixSeconds, toSeconds, unixSeconds } from '../../shared/clock.ts';
import { FakeClock } from '../fakes/clock.ts';

test('counts and cuts seconds', () => {
  const at = new Date('2026-01-01T00:00:00.999Z');
  assert.equal(unixSeconds(at), 1_767_225_600);
  assert.equal(toSeconds(at).toISOString(), '2026-01-01T00:00:00.000Z');
  assert.equal(addSeconds(at, -1).toISOString(), '2025-12-31T23:59:59.999Z');
  assert.equal(fromUnixSeconds(1_767_225_600).toISOString(), '2026-01-01T00:00:00.000Z');
});

test('does a deed, sleeps, does it again, until aborted', async () => {
  const clock = new FakeClock();
  const abort = new AbortController();
  let done = 0;
  const loop = every({ clock, ms: () => 1_000, signal: abort.signal }, async () => {
    done++;
  });
  await clock.advance(3_500);
  assert.equal(done, 4);
  abort.abort(new Error('stopping'));
  await loop;
  await clock.advance(10_000);
  assert.equal(done, 4);
});

test('ends with the error of a deed', async () => {
  const abort = new AbortController();
  const failing = every({ clock: new FakeClock(), ms: () => 1, signal: abort.signal }, () =>
    Promise.reject(new Error('broken')),
  );
  await assert.rejects(failing, /broken/);
});

test('does nothing when it is aborted before it begins', async () => {
  let done = 0;
  await every({ clock: new FakeClock(), ms: () => 1, signal: AbortSignal.abort() }, async () => {
    done++;
  });
  assert.equal(done, 0);
});
