import assert from 'node:assert/strict';
import { it } from 'node:test';
import { Trigger } from '../../../agent/sync/trigger.ts';
import { FakeClock } from '../../fakes/clock.ts';

const never = new AbortController().signal;

it('wakes a waiter when poked, and leaves no sleeper behind', async () => {
  const clock = new FakeClock();
  const trigger = new Trigger();
  const waiting = trigger.wait(clock, 1_000, never);
  trigger.poke();
  assert.equal(await waiting, true);
  assert.equal(clock.sleeping, 0);
});

it('remembers a poke that came before the wait, once', async () => {
  const clock = new FakeClock();
  const trigger = new Trigger();
  trigger.poke();
  trigger.poke();
  assert.equal(await trigger.wait(clock, 1_000, never), true);
  const waiting = trigger.wait(clock, 1_000, never);
  await clock.advance(1_000);
  assert.equal(await waiting, false);
});

it('rejects when aborted', async () => {
  const abort = new AbortController();
  const waiting = new Trigger().wait(new FakeClock(), 1_000, abort.signal);
  abort.abort(new Error('over'));
  await assert.rejects(waiting, /over/);
});
