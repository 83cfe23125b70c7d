import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Deadlines } from '../../../agent/cache/deadlines.ts';

const at = (seconds: number): number => seconds * 1_000;

test('gives back what is due, earliest first, and knows what comes next', () => {
  const deadlines = new Deadlines<{ readonly name: string }>();
  const [a, b, c] = [{ name: 'a' }, { name: 'b' }, { name: 'c' }];
  assert.equal(deadlines.nextMs, undefined);
  deadlines.set(a, at(30));
  deadlines.set(b, at(10));
  deadlines.set(c, at(20));
  deadlines.set(b, at(25));
  assert.deepEqual(deadlines.nextMs, at(20));
  assert.deepEqual(deadlines.takeDue(at(19.9)), []);
  assert.deepEqual(deadlines.takeDue(at(25)), [c, b]);
  assert.deepEqual(deadlines.nextMs, at(30));
  deadlines.delete(a);
  assert.deepEqual([deadlines.nextMs, deadlines.size], [undefined, 0]);
});

test('a fraction of a second counts as a whole one', () => {
  const deadlines = new Deadlines<object>();
  deadlines.set({}, at(1.5));
  assert.equal(deadlines.takeDue(at(1.9)).length, 0);
  assert.equal(deadlines.takeDue(at(2)).length, 1);
});

test('it is as a list that is searched', () => {
  const items = Array.from({ length: 5 }, (_, n) => ({ n }));
  const step = fc.record({
    item: fc.constantFrom(...items),
    deed: fc.constantFrom('set', 'set', 'delete', 'take'),
    seconds: fc.nat(20),
  });
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      const deadlines = new Deadlines<{ readonly n: number }>();
      const list = new Map<{ readonly n: number }, number>();
      for (const { item, deed, seconds } of steps) {
        if (deed === 'set') {
          deadlines.set(item, at(seconds));
          list.set(item, seconds);
        }
        if (deed === 'delete') {
          deadlines.delete(item);
          list.delete(item);
        }
        if (deed === 'take') {
          const due = [...list].filter(([, second]) => second <= seconds).map(([one]) => one);
          assert.deepEqual(new Set(deadlines.takeDue(at(seconds))), new Set(due));
          for (const one of due) list.delete(one);
        }
        assert.equal(deadlines.size, list.size);
        assert.deepEqual(deadlines.nextMs, list.size === 0 ? undefined : at(Math.min(...list.values())));
      }
    }),
  );
});
