/** What every clock promises (shared/clock.ts). Run for the system's and for those of tests. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Clock } from '../../shared/clock.ts';

/** `pass` lets so much time go by on that clock, or a little more. */
export function clockContract(make: () => { clock: Clock; pass: (ms: number) => Promise<void> }): void {
  it('lets time go by, and the steady one never back', async () => {
    const { clock, pass } = make();
    const [at, steadyMs] = [clock.now().getTime(), clock.monotonicMs()];
    await pass(5);
    assert.ok(clock.now().getTime() >= at + 4, 'the wall may be cut to whole milliseconds');
    assert.ok(clock.monotonicMs() > steadyMs);
  });

  it('gives a date of its own each time', () => {
    const { clock } = make();
    const given = clock.now();
    given.setTime(0);
    assert.notEqual(clock.now().getTime(), 0);
  });

  it('wakes sleepers in the order of their times, not before', async () => {
    const { clock, pass } = make();
    const woken: number[] = [];
    const startedMs = clock.monotonicMs();
    const sleep = async (ms: number): Promise<void> => {
      await clock.sleep(ms);
      assert.ok(clock.monotonicMs() - startedMs >= ms - 1, 'timers are cut to whole milliseconds');
      woken.push(ms);
    };
    const all = [sleep(30), sleep(5), sleep(15)];
    await pass(100);
    await Promise.all(all);
    assert.deepEqual(woken, [5, 15, 30]);
  });

  it('ends a sleep of no time, or less', async () => {
    const { clock, pass } = make();
    const all = [clock.sleep(0), clock.sleep(-5)];
    await pass(1);
    await Promise.all(all);
  });

  it('ends a sleep that is aborted with the reason, also one that never began', async () => {
    const { clock } = make();
    const abort = new AbortController();
    const sleeping = clock.sleep(60_000, abort.signal);
    abort.abort(new Error('enough'));
    await assert.rejects(sleeping, /^Error: enough$/);
    await assert.rejects(clock.sleep(60_000, abort.signal), /^Error: enough$/);
  });

  it('does not mind an abort after a sleep', async () => {
    const { clock, pass } = make();
    const abort = new AbortController();
    const sleeping = clock.sleep(1, abort.signal);
    await pass(5);
    await sleeping;
    abort.abort(new Error('too late'));
  });
}
