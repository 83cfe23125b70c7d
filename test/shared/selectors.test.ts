import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkSelector,
  isSubset,
  normalizeSelectors,
  parseSelector,
  selectorKey,
  selectorKeys,
} from '../../shared/selectors.ts';

test('the first colon divides type and value', () => {
  assert.deepEqual(parseSelector('unix:uid:0'), { type: 'unix', value: 'uid:0' });
  assert.equal(selectorKey(parseSelector('unix:uid:0')), 'unix:uid:0');
});

test('refuses a selector without type, value or colon', () => {
  assert.throws(() => parseSelector('unix'), /must be formatted as type:value/);
  assert.throws(() => parseSelector(':x'), /type is empty/);
  assert.throws(() => parseSelector('unix:'), /value is empty/);
  assert.throws(() => checkSelector({ type: 'a:b', value: 'c' }), /type contains ':'/);
});

const a = parseSelector('t:a');
const b = parseSelector('t:b');

test('a set is within another when every selector is', () => {
  assert.ok(isSubset([], new Set()));
  assert.ok(isSubset([a], selectorKeys([a, b])));
  assert.ok(!isSubset([a, b], selectorKeys([a])));
});

test('sorts selectors and drops those that occur twice', () => {
  assert.deepEqual(normalizeSelectors([b, a, { ...b }]), [a, b]);
});
