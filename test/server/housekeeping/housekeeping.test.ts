import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Deed, Housekeeping } from '../../../server/housekeeping/housekeeping.ts';
import { FakeClock } from '../../fakes/clock.ts';
import { FakeLeaseStore } from '../../fakes/lease-store.ts';
import { FakeLog } from '../../fakes/log.ts';
import { FakeRandom } from '../../fakes/random.ts';

const MINUTE_MS = 60_000;
const EVERY_MS = 10 * MINUTE_MS;

/** Two servers that do one deed; `run` is what it does there. */
function twoServers(run: (server: string) => Promise<void>) {
  const [clock, log] = [new FakeClock(), new FakeLog()];
  const first = new FakeLeaseStore(clock, 'a');
  const leases = { a: first, b: new FakeLeaseStore(clock, 'b', first) };
  const server = (name: 'a' | 'b') => {
    const deed: Deed = { name: 'sweep', everyMs: () => EVERY_MS, run: () => run(name) };
    const random = new FakeRandom(name.charCodeAt(0));
    const part = new Housekeeping({ leases: leases[name], deeds: [deed], clock, random, log });
    const ends = new AbortController();
    return {
      start: () => part.start(ends.signal),
      stop: async () => {
        ends.abort(new Error('stopping'));
        await part.stop();
      },
    };
  };
  return { clock, log, leases, a: server('a'), b: server('b') };
}

test('a deed is done at the start and at its intervals, by one server for both', async () => {
  const done: string[] = [];
  const { clock, log, a, b } = twoServers(async (name) => void done.push(name));
  await a.start();
  await clock.advance(4 * MINUTE_MS);
  await b.start();
  await clock.advance(3 * EVERY_MS - 4 * MINUTE_MS);
  assert.deepEqual(done, ['a', 'a', 'a', 'a']);
  await a.stop();
  await clock.advance(3 * EVERY_MS);
  assert.deepEqual(done, ['a', 'a', 'a', 'a', 'b', 'b'], 'the other goes on');
  await b.stop();
  assert.deepEqual(log.lines, []);
  assert.equal(clock.sleeping, 0);
});

test('nobody begins while another is at it, and who ended in the middle is followed within a minute', async () => {
  const gate = Promise.withResolvers<void>();
  const begun: string[] = [];
  const { clock, leases, a, b } = twoServers(async (name) => {
    begun.push(name);
    if (name === 'a') await gate.promise;
  });
  await a.start();
  await b.start();
  await clock.advance(59_000);
  assert.deepEqual(begun, ['a']);
  leases.a.runOut('sweep');
  await clock.advance(MINUTE_MS);
  assert.deepEqual(begun, ['a', 'b']);
  gate.resolve();
  await b.stop();
  await a.stop();
});

test('a deed that failed is tried again, sooner and then later, by whoever comes first', async () => {
  let failures = 0;
  let isMended = false;
  const { clock, log, a } = twoServers(async () => {
    if (isMended) return;
    failures += 1;
    throw new Error('the database is away');
  });
  await a.start();
  await clock.advance(EVERY_MS);
  assert.ok(failures >= 3 && failures <= 5, `${failures} in ten minutes`);
  assert.deepEqual(log.lines[0]?.fields['deed'], 'sweep');
  assert.deepEqual(log.lines[0]?.fields['error'], 'the database is away');
  isMended = true;
  const before = log.lines.length;
  await clock.advance(60 * MINUTE_MS);
  assert.equal(log.lines.length, before);
  await a.stop();
});

test('a database that is away is asked again, and nothing is done without a lease', async () => {
  const done: string[] = [];
  const { clock, log, leases, a } = twoServers(async (name) => void done.push(name));
  leases.a.failure = new Error('away');
  await a.start();
  await clock.advance(MINUTE_MS / 2);
  assert.deepEqual(done, []);
  assert.deepEqual(log.messages('warn'), ['housekeeping failed: it is tried again']);
  leases.a.failure = undefined;
  await clock.advance(2 * MINUTE_MS);
  assert.deepEqual(done, ['a']);
  await a.stop();
});
