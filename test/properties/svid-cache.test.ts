/** The agent's cache against a slow model of it: what it holds and asks for, whom it serves, and that nothing stays behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { AgentEntry } from '../../agent/cache/agent-entry.ts';
import { addSeconds } from '../../shared/clock.ts';
import { ALL, CacheModel, LIFE_SECONDS, RENEWAL_SECONDS } from '../agent/cache/cache-model.ts';
import { CacheTestbed, type CacheStream } from '../agent/cache/cache-testbed.ts';
import { makeAgentEntry } from '../agent/cache/make-agent-entry.ts';
import { FakeRandom } from '../fakes/random.ts';

const TRAITS = ['t:1', 't:2', 't:3', 't:4', 't:5', 't:6', 't:7'];
const traits = fc.uniqueArray(fc.constantFrom(...TRAITS), { minLength: 1, maxLength: 2 });
const entry = fc
  .record({
    id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'),
    selectors: fc.uniqueArray(fc.constantFrom(...TRAITS), { minLength: 1, maxLength: 2 }),
    revisionNumber: fc.nat(3),
    disableX509SvidPrefetch: fc.boolean(),
  })
  .map(makeAgentEntry);
const entries = fc.uniqueArray(entry, { selector: ({ id }) => id, minLength: 4, maxLength: 8 });

type Step = (model: CacheModel) => void;

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    {
      weight: 1,
      arbitrary: entries.map(
        (all): Step =>
          (model) =>
            model.apply(all),
      ),
    },
    {
      weight: 3, // most rounds change little: the other entries stay the same objects
      arbitrary: fc.tuple(entry, fc.boolean()).map(
        ([one, isThere]): Step =>
          (model) => {
            const others = [...model.known.values()]
              .map((known) => known.entry)
              .filter(({ id }) => id !== one.id);
            model.apply(isThere ? [...others, one] : others);
          },
      ),
    },
    {
      weight: 5,
      arbitrary: traits.map(
        (names): Step =>
          (model) =>
            model.subscribe(names),
      ),
    },
    {
      weight: 5,
      arbitrary: fc.nat(9).map(
        (at): Step =>
          (model) =>
            model.unsubscribe(at),
      ),
    },
    {
      weight: 10,
      arbitrary: fc.integer({ min: 1, max: 6 }).map(
        (limit): Step =>
          (model) =>
            void model.sign(limit),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 1, max: 3 }).map(
        (limit): Step =>
          (model) =>
            model.fail(limit),
      ),
    },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 1, max: 60 }).map(
        (seconds): Step =>
          (model) =>
            model.wait(seconds),
      ),
    },
    { weight: 1, arbitrary: fc.constant<Step>((model) => model.bed.cache.svidsPostponed()) },
  ),
  { maxLength: 60 },
);

test('the cache holds, gives up and asks for what a slow model of it does, and every stream is served', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 4 }), entries, steps, async (maxSvids, first, taken) => {
      const model = new CacheModel(maxSvids);
      model.apply(first);
      for (const take of taken) {
        take(model);
        model.check();
      }
      await model.serve();
      model.check();
      model.leave();
    }),
    { numRuns: 300 },
  );
});

test('thousands of comings and goings leave no more behind than the bound allows, and in the end nothing', async () => {
  const bed = new CacheTestbed(20, ({ issuedAt }) => addSeconds(issuedAt, RENEWAL_SECONDS));
  const random = new FakeRandom(7);
  const pick = (below: number): number => Math.floor(random.fraction() * below);
  const known = new Map<string, AgentEntry>();
  const streams: CacheStream[] = [];
  const put = (): void => {
    const id = `e${pick(200)}`;
    if (pick(3) === 0) known.delete(id);
    else known.set(id, makeAgentEntry({ id, selectors: [`t:${pick(50)}`] }));
    bed.cache.apply([...known.values()]);
    bed.cache.syncSucceeded(bed.clock.now());
  };
  for (let at = 0; at < 8_000; at += 1) {
    const deed = pick(8);
    if (deed < 2) put();
    else if (deed < 4) streams.push(bed.subscribe(`t:${pick(50)}`));
    else if (deed < 6) streams.splice(pick(streams.length), 1)[0]?.close();
    else if (deed === 6) bed.clock.stall(1_000);
    bed.cache.withdrawExpired();
    bed.putSvids(bed.cache.wanted(5), LIFE_SECONDS);
    assert.ok(bed.cache.svidCount <= Math.max(20, known.size));
    if (streams.length === 0) assert.ok(bed.cache.svidCount <= 20);
  }
  for (const stream of streams) stream.close();
  bed.cache.syncSucceeded(bed.clock.now());
  assert.equal(bed.cache.svidCount, 20);
  assert.ok(known.size > 50, 'there was churn');
  bed.cache.apply([]);
  assert.deepEqual([bed.cache.svidCount, bed.cache.wanted(ALL).length], [0, 0]);
  assert.equal(bed.cache.nextExpiry, undefined);
});
