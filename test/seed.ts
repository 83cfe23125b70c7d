/**
 * One seed for all random tests of a run: WRIT_SEED, or a random one that the runner prints. Loaded before any test, by
 * the runner in its own process and with --import in others.
 */
import { randomInt } from 'node:crypto';
import fc from 'fast-check';

const VARIABLE = 'WRIT_SEED';
const SEED_END = 2 ** 31;

/** Throws on a seed that is not a whole number. */
function seedOf(text: string | undefined): number {
  if (text === undefined || text === '') return randomInt(SEED_END);
  if (!/^-?\d{1,10}$/.test(text)) throw new Error(`${VARIABLE} is a whole number, not "${text}"`);
  return Number(text);
}

export const seed = seedOf(process.env[VARIABLE]);
process.env[VARIABLE] = String(seed); // for the processes that tests start
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed });
