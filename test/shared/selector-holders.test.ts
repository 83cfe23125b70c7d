import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SelectorHolders } from '../../shared/selector-holders.ts';
import { parseSelector, selectorKeys } from '../../shared/selectors.ts';

const selectors = (text: string) => text.split(' ').filter(Boolean).map(parseSelector);

function holdersOf(all: Readonly<Record<string, string>>) {
  const holders = new SelectorHolders<{ readonly name: string }>();
  const made = Object.entries(all).map(([name, text]) => {
    const holder = { name };
    holders.add(holder, selectorKeys(selectors(text)));
    return holder;
  });
  const having = (text: string) => holders.havingAll(selectors(text)).map(({ name }) => name);
  return { holders, made, having };
}

test('finds those that have all of the selectors', () => {
  const { having } = holdersOf({ a: 'x:1 x:2', b: 'x:1 x:3', c: 'x:2', none: '' });
  assert.deepEqual(having('x:1'), ['a', 'b']);
  assert.deepEqual(having('x:2 x:1'), ['a']);
  assert.deepEqual(having('x:2 x:3'), []);
  assert.deepEqual(having('x:4'), []);
  assert.deepEqual(having(''), [], 'nobody is asked for by no selectors');
});

test('forgets who is removed, and knows who comes back with other selectors', () => {
  const { holders, made, having } = holdersOf({ a: 'x:1', b: 'x:1 x:2' });
  const [a] = made;
  assert.ok(a !== undefined);
  holders.remove(a);
  holders.remove(a);
  assert.deepEqual(having('x:1'), ['b']);
  holders.add(a, selectorKeys(selectors('x:2')));
  assert.deepEqual(having('x:1'), ['b']);
  assert.deepEqual(having('x:2'), ['b', 'a']);
  assert.deepEqual([holders.size, holders.all().length], [2, 2]);
});
