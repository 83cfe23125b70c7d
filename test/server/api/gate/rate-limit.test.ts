import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateLimiter } from '../../../../server/api/gate/rate-limit.ts';
import type { Limit } from '../../../../server/api/gate/rules.ts';
import { Code } from '../../../../shared/errors.ts';
import { FakeClock } from '../../../fakes/clock.ts';

function world(off: readonly Limit[] = []) {
  const clock = new FakeClock();
  const limiter = new RateLimiter({ clock, off: new Set(off) });
  const { signal } = new AbortController();
  const draw = (limit: Limit, weight = 1, address = '192.0.2.1') =>
    limiter.draw({ limit, address, weight, signal });
  /** Whether it goes on without time passing. */
  const isAtOnce = async (deed: Promise<void>): Promise<boolean> => {
    let done = false;
    void deed.then(() => {
      done = true;
    });
    await clock.advance(0);
    return done;
  };
  return { clock, limiter, draw, isAtOnce };
}

test('one attestation a second: the next one waits for its turn', async () => {
  const { clock, draw, isAtOnce } = world();
  assert.equal(await isAtOnce(draw('attestation')), true);
  const second = draw('attestation');
  assert.equal(await isAtOnce(second), false);
  await clock.advance(1_000);
  await second;
});

test('addresses and limits do not share', async () => {
  const { draw, isAtOnce } = world();
  assert.equal(await isAtOnce(draw('attestation')), true);
  assert.equal(await isAtOnce(draw('attestation', 1, '192.0.2.2')), true);
  assert.equal(await isAtOnce(draw('status')), true);
});

test('500 signatures go at once, in one call or in many, and no more', async () => {
  const { clock, draw, isAtOnce } = world();
  assert.equal(await isAtOnce(draw('csr', 400)), true);
  assert.equal(await isAtOnce(draw('csr', 100)), true);
  const more = draw('csr', 250);
  assert.equal(await isAtOnce(more), false);
  await clock.advance(500);
  await more;
});

test('a call that weighs more than a burst is refused in the words of SPIRE', async () => {
  const { draw, isAtOnce } = world();
  await assert.rejects(draw('csr', 501), {
    code: Code.resourceExhausted,
    message: 'rate (501) exceeds burst size (500)',
  });
  assert.equal(await isAtOnce(draw('csr', 500)), true);
});

test('whoever would wait longer than an agent does is refused with when to come again, and takes nothing', async () => {
  const { clock, draw, isAtOnce } = world();
  const waiting = Array.from({ length: 31 }, () => draw('attestation'));
  const refused = { code: Code.resourceExhausted, retryAfterMs: 1_000 };
  for (let i = 0; i < 3; i++) await assert.rejects(draw('attestation'), refused);
  await clock.advance(30_000);
  await Promise.all(waiting);
  await clock.advance(1_000);
  assert.equal(await isAtOnce(draw('attestation')), true);
});

test('a limit that is turned off limits nothing', async () => {
  const { draw, isAtOnce } = world(['csr']);
  assert.equal(await isAtOnce(draw('csr', 10_000)), true);
});

test('a caller that goes away does not wait on', async () => {
  const clock = new FakeClock();
  const limiter = new RateLimiter({ clock, off: new Set() });
  const gone = new AbortController();
  const draw = () => limiter.draw({ limit: 'attestation', address: 'a', weight: 1, signal: gone.signal });
  await draw();
  const second = draw();
  gone.abort(new Error('gone'));
  await assert.rejects(second, /gone/);
  assert.equal(clock.sleeping, 0);
});

test('a clock that is set locks nobody out, and lets nobody in', async () => {
  const { clock, draw, isAtOnce } = world();
  for (const hours of [-24, 24]) {
    await draw('attestation');
    clock.jump(new Date(clock.now().getTime() + hours * 3_600_000));
    const waiting = draw('attestation');
    assert.equal(await isAtOnce(waiting), false);
    await clock.advance(1_000);
    await waiting;
    await clock.advance(1_000);
  }
});

test('the buckets of addresses that are quiet again are forgotten when there are many', async () => {
  const { clock, draw, isAtOnce } = world();
  for (let i = 0; i < 50_000; i++) await draw('status', 1, `a${i}`);
  await assert.rejects(draw('status', 1, 'one more'), { code: Code.resourceExhausted });
  assert.equal(await isAtOnce(draw('status', 1, 'a7')), true);
  await clock.advance(1_000);
  assert.equal(await isAtOnce(draw('status', 1, 'one more')), true);
});
