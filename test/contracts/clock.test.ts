import { describe } from 'node:test';
import { systemClock } from '../../shared/clock.ts';
import { FakeClock, OtherWall } from '../fakes/clock.ts';
import { clockContract } from './clock.ts';

describe("the system's clock", () =>
  clockContract(() => ({ clock: systemClock, pass: (ms) => systemClock.sleep(ms) })));

describe('a fake clock', () =>
  clockContract(() => {
    const clock = new FakeClock();
    return { clock, pass: (ms) => clock.advance(ms) };
  }));

describe('a fake clock on another machine', () =>
  clockContract(() => {
    const clock = new FakeClock();
    const other = new OtherWall(clock);
    other.setAhead(-3_600_000);
    return { clock: other, pass: (ms) => clock.advance(ms) };
  }));
