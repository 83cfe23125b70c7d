import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type SigningLimits, SigningTurns } from '../../../../server/api/gate/signing-turns.ts';
import { Code, CodedError } from '../../../../shared/errors.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeRandom } from '../../../fakes/random.ts';

const never = new AbortController().signal;
const LIMITS: SigningLimits = { together: 16, heldMax: 1_000, heldMaxEach: 600, waitMaxMs: 10_000 };

/** A signer that takes a millisecond for each signature, however many it makes at once. */
class Bench {
  readonly clock = new FakeClock();
  readonly turns: SigningTurns;
  /** Who was served, signature by signature. */
  readonly made: string[] = [];
  running = 0;
  mostAtOnce = 0;

  constructor(limits: Partial<SigningLimits> = {}) {
    this.turns = new SigningTurns({
      clock: this.clock,
      random: new FakeRandom(),
      limits: { ...LIMITS, ...limits },
    });
  }

  /** As issueEach: eight at a time. */
  async batch(who: string, count: number, signal = never): Promise<void> {
    const work = this.turns.admit(who, count);
    try {
      for (let left = count; left > 0; left -= 8) {
        const some = Math.min(8, left);
        await work.turn(some, signal, () => this.#sign(who, some));
      }
    } finally {
      work.end();
    }
  }

  async #sign(who: string, count: number): Promise<void> {
    this.running += count;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.running);
    await this.clock.sleep(count);
    this.running -= count;
    for (let i = 0; i < count; i++) this.made.push(who);
  }

  /** How many signatures were made before the last of this asker. */
  lastOf(who: string): number {
    return this.made.lastIndexOf(who) + 1;
  }
}

const retryAfterOf = (error: unknown): number => {
  assert.ok(error instanceof CodedError && error.code === Code.unavailable, String(error));
  return error.retryAfterMs ?? assert.fail('no hint');
};

test('one greedy agent keeps nobody waiting, whatever it asks for and in how many calls', async () => {
  const bench = new Bench();
  const greedy = Array.from({ length: 6 }, () => bench.batch('greedy', 100));
  await bench.clock.advance(20);
  const before = bench.made.length;
  const modest = Array.from({ length: 20 }, (_, i) => bench.batch(`modest-${i}`, 2));
  await bench.clock.advance(1_000);
  await Promise.all([...greedy, ...modest]);
  const lasts = Array.from({ length: 20 }, (_, i) => bench.lastOf(`modest-${i}`) - before);
  // Ahead of the last of them: what was running, one round of the greedy, and the others' own.
  assert.ok(
    Math.max(...lasts) <= 16 + 2 * 8 + 20 * 2,
    `${Math.max(...lasts)} signatures until the last was served`,
  );
  assert.equal(bench.made.length, 640);
  assert.ok(bench.mostAtOnce <= 16, `${bench.mostAtOnce} at once`);
  assert.equal(bench.turns.held, 0);
});

test('two that ask for much each get half', async () => {
  const bench = new Bench();
  const both = [bench.batch('a', 200), bench.batch('b', 200), bench.batch('a', 200)];
  await bench.clock.advance(200);
  const half = bench.made.slice(0, 300);
  const ofA = half.filter((who) => who === 'a').length;
  assert.ok(ofA > 130 && ofA < 170, `${ofA} of 300`);
  await bench.clock.advance(1_000);
  await Promise.all(both);
});

test('what would wait too long is refused with when to come again, and the more the later', async () => {
  const bench = new Bench({ heldMax: 100_000, heldMaxEach: 100_000 });
  // A thousand a second is the first guess.
  const taken = bench.turns.admit('greedy', 9_000);
  const soon = retryAfterOf(await caught(() => bench.turns.admit('greedy', 2_000)));
  const late = retryAfterOf(await caught(() => bench.turns.admit('greedy', 40_000)));
  assert.ok(soon >= 5_500 && soon <= 11_000, `${soon} ms`);
  assert.ok(late >= 24_500 && late <= 60_000, `${late} ms`);
  bench.turns.admit('modest', 500).end(); // its turns come before most of what the other has waiting
  taken.end();
  bench.turns.admit('greedy', 2_000).end();
  assert.equal(bench.turns.held, 0);
});

test('those who are refused together are told different times', async () => {
  const bench = new Bench();
  bench.turns.admit('a', 600);
  const times = new Set<number>();
  for (let i = 0; i < 10; i++) times.add(retryAfterOf(await caught(() => bench.turns.admit('a', 1))));
  assert.ok(times.size >= 8);
  assert.ok([...times].every((ms) => ms >= 1_000 && ms <= 2_000));
});

test('nobody has more than so many taken on, and all together no more than so many', async () => {
  const bench = new Bench();
  const [a, b] = [bench.turns.admit('a', 600), bench.turns.admit('b', 300)];
  await assert.rejects(async () => bench.turns.admit('a', 1), { code: Code.unavailable });
  await assert.rejects(async () => bench.turns.admit('c', 101), { code: Code.unavailable });
  bench.turns.admit('c', 100).end();
  a.end();
  bench.turns.admit('c', 600).end();
  b.end();
  assert.equal(bench.turns.held, 0);
});

test('a machine that is slow takes on less, one that is fast more, and whoever comes alone is served', async () => {
  const bench = new Bench({ heldMax: 1_000_000, heldMaxEach: 1_000_000 });
  bench.turns.admit('a', 20_000).end(); // alone: more than the guess allows
  const slow = async (ms: number): Promise<void> => {
    const work = bench.turns.admit('a', 1);
    const turn = work.turn(1, never, () => bench.clock.sleep(ms));
    await bench.clock.advance(ms);
    await turn;
    work.end();
  };
  for (let i = 0; i < 100; i++) await slow(100); // ten a second
  const one = bench.turns.admit('b', 1);
  await assert.rejects(async () => bench.turns.admit('a', 500), { code: Code.unavailable });
  bench.turns.admit('a', 50).end();
  for (let i = 0; i < 200; i++) await slow(0.25); // four thousand a second
  bench.turns.admit('a', 20_000).end();
  one.end();
});

test('a caller that leaves gives up its place, and what it had waiting', async () => {
  const bench = new Bench();
  const running = bench.batch('a', 16);
  const more = bench.batch('a', 8);
  const leaving = new AbortController();
  const left = bench.batch('b', 80, leaving.signal);
  leaving.abort(new CodedError(Code.cancelled, 'gone'));
  await assert.rejects(left, { code: Code.cancelled });
  await bench.clock.advance(100);
  await Promise.all([running, more]);
  assert.equal(bench.made.filter((who) => who === 'b').length <= 8, true);
  assert.equal(bench.turns.held, 0);
  await assert.rejects(bench.batch('b', 8, leaving.signal), { code: Code.cancelled });
  assert.equal(bench.turns.held, 0);
});

test('a signature that fails frees its place', async () => {
  const bench = new Bench();
  const work = bench.turns.admit('a', 2);
  await assert.rejects(
    work.turn(1, never, async () => Promise.reject(new Error('no key'))),
    /no key/,
  );
  assert.equal(bench.turns.held, 1);
  work.end();
  await Promise.all([bench.batch('a', 16), bench.clock.advance(100)]);
  assert.equal(bench.turns.held, 0);
});

async function caught(deed: () => unknown): Promise<unknown> {
  try {
    deed();
  } catch (error) {
    return error;
  }
  return assert.fail('it was taken on');
}
