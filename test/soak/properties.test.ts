import { test } from 'node:test';
import { repeatProperties } from '../slow/properties.ts';

/** WRIT_SOAK_ROUNDS asks for fewer or more. */
const rounds = Number(process.env['WRIT_SOAK_ROUNDS'] ?? 300);

test(`the random tests hold with ${rounds} other seeds`, () => {
  repeatProperties(rounds);
});
