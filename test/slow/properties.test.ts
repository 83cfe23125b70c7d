import { test } from 'node:test';
import { repeatProperties } from './properties.ts';

test('the random tests hold with other seeds', () => {
  repeatProperties(6);
});
