import { test } from 'node:test';
import { repeatProperties } from '../slow/properties.ts';

test('the random tests hold with many other seeds', () => {
  repeatProperties(300);
});
