import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ClusterClock } from '../../../server/ca/cluster-clock.ts';
import { unavailable } from '../../../shared/errors.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeLog } from '../../fakes/log.ts';

const WARNING = "this server's clock is not the database's: have both set by NTP";

/** A server and its database, each on a machine of its own. */
async function start(t: { after(deed: () => Promise<void>): void }, aheadMs: number) {
  const clock = new FakeClock();
  const own = clock.onAnotherMachine();
  own.setAhead(aheadMs);
  const log = new FakeLog();
  const state = { isAway: false };
  const databaseNow = async (): Promise<Date> => {
    if (state.isAway) throw unavailable('database is away');
    return clock.now();
  };
  const cluster = new ClusterClock({ clock: own, log, databaseNow });
  const stop = new AbortController();
  t.after(async () => {
    stop.abort();
    await cluster.stop();
  });
  await cluster.start(stop.signal);
  return { clock, own, log, state, cluster };
}

for (const [what, aheadMs, expectedMs, isTold] of [
  ['that agrees with the database', 0, 0, false],
  ['four seconds ahead', 4_000, 4_000, false],
  ['two minutes ahead', 120_000, 120_000, true],
  ['two minutes behind, which all believe', -120_000, 0, true],
  ['an hour ahead, where it is unknown who is wrong', 3_600_000, 0, true],
] as const)
  test(`a clock ${what} counts as ${expectedMs / 1_000} s ahead`, async (t) => {
    const { cluster, log } = await start(t, aheadMs);
    assert.equal(cluster.aheadMs, expectedMs);
    assert.equal(log.messages('warn').includes(WARNING), isTold);
  });

test('a clock that is set is found out, told of once, and forgotten when it is right again', async (t) => {
  const { cluster, clock, own, log, state } = await start(t, 0);
  own.setAhead(60_000);
  await clock.advance(10_000);
  assert.equal(cluster.aheadMs, 60_000);
  await clock.advance(20_000);
  assert.equal(log.messages('warn').filter((message) => message === WARNING).length, 1);
  state.isAway = true;
  own.setAhead(0);
  await clock.advance(10_000);
  assert.equal(cluster.aheadMs, 60_000, 'nobody says otherwise');
  state.isAway = false;
  await clock.advance(10_000);
  assert.equal(cluster.aheadMs, 0);
});
