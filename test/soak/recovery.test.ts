import { test } from 'node:test';
import { strikeAndRecover } from '../slow/recovery.ts';

/** Five strokes each; WRIT_SOAK_ROUNDS asks for fewer or more. */
const rounds = Number(process.env['WRIT_SOAK_ROUNDS'] ?? 100);

test(`what is killed comes back, ${rounds} times over`, () =>
  strikeAndRecover(rounds, (text) => process.stderr.write(`${text}\n`)));
