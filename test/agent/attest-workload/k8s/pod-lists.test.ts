import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { PodLists } from '../../../../agent/attest-workload/k8s/pod-lists.ts';
import { internal, unavailable } from '../../../../shared/errors.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { PODS } from './attesting.ts';

/** Lists that come when the test says so. */
function lists() {
  const clock = new FakeClock();
  const fetches: { answer: (text: string) => void; fail: (error: Error) => void; signal: AbortSignal }[] = [];
  const made = new PodLists({
    kubelet: {
      listPods: (signal) => {
        const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
        signal.addEventListener('abort', () => reject(signal.reason));
        fetches.push({ answer: (text) => resolve(Buffer.from(text)), fail: reject, signal });
        return promise;
      },
    },
    maxAgeMs: 250,
    clock,
  });
  const ask = (signal = new AbortController().signal) => made.current(signal).then(({ count }) => count);
  return { ask, fetches, clock };
}

describe('lists of pods', () => {
  it('are fetched once for fifty who ask at once', async () => {
    const { ask, fetches } = lists();
    const asked = Array.from({ length: 50 }, () => ask());
    fetches[0]?.answer(PODS);
    assert.deepEqual(new Set(await Promise.all(asked)), new Set([3]));
    assert.equal(fetches.length, 1);
  });

  it('are good for others for a while, and then are had anew', async () => {
    const { ask, fetches, clock } = lists();
    const first = ask();
    fetches[0]?.answer(PODS);
    await first;
    await clock.advance(249);
    assert.equal(await ask(), 3);
    await clock.advance(1);
    const second = ask();
    fetches[1]?.answer('{"items":[]}');
    assert.equal(await second, 0);
  });

  it('fail for all who wait, and not for the next', async () => {
    const { ask, fetches } = lists();
    const waiting = [ask(), ask()].map((one) => assert.rejects(one, { message: 'down' }));
    fetches[0]?.fail(internal('down'));
    await Promise.all(waiting);
    const next = ask();
    fetches[1]?.answer(PODS);
    assert.equal(await next, 3);
  });

  it('come to those who wait although one gives up; without anybody, the fetch ends', async () => {
    const { ask, fetches } = lists();
    const [one, other] = [new AbortController(), new AbortController()];
    const left = assert.rejects(ask(one.signal), { message: 'left' });
    const stays = ask(other.signal);
    one.abort(unavailable('left'));
    await left;
    assert.equal(fetches[0]?.signal.aborted, false);
    fetches[0]?.answer(PODS);
    assert.equal(await stays, 3);

    const { ask: askAgain, fetches: others } = lists();
    const third = new AbortController();
    const gone = assert.rejects(askAgain(third.signal), { message: 'left' });
    third.abort(unavailable('left'));
    await gone;
    assert.equal(others[0]?.signal.aborted, true);
    const fresh = askAgain();
    others[1]?.answer(PODS);
    assert.equal(await fresh, 3);
  });

  it('are waited for no longer than ten seconds', async () => {
    const { ask, fetches, clock } = lists();
    const slow = assert.rejects(ask(), /no answer within 10000 ms/);
    await clock.advance(10_000);
    await slow;
    assert.equal(fetches[0]?.signal.aborted, true);
    assert.equal(clock.sleeping, 0);
  });

  it('are not asked for by who has given up already', async () => {
    const { ask, fetches } = lists();
    await assert.rejects(ask(AbortSignal.abort(unavailable('left'))), { message: 'left' });
    assert.equal(fetches.length, 0);
  });
});
