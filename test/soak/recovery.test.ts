import { test } from 'node:test';
import { strikeAndRecover } from '../slow/recovery.ts';

/** One stroke each; WRIT_SOAK_ROUNDS asks for fewer or more. */
const rounds = Number(process.env['WRIT_SOAK_ROUNDS'] ?? 1_000);

test(`what is killed comes back, ${rounds} times over`, () =>
  strikeAndRecover(rounds, (text) => process.stderr.write(`${text}\n`)));
