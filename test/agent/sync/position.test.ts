import assert from 'node:assert/strict';
import { it } from 'node:test';
import { positionMetadata, readPosition } from '../../../agent/server-link/position-header.ts';
import { Positions } from '../../../agent/sync/position.ts';
import { Code } from '../../../shared/errors.ts';

it('refuses an older position of the same epoch, and stays where it is', () => {
  const positions = new Positions();
  positions.advance({ epoch: 'a', n: 5 });
  assert.throws(() => positions.advance({ epoch: 'a', n: 4 }), {
    code: Code.unavailable,
    reason: 'SERVER_BEHIND',
  });
  assert.deepEqual(positions.applied, { epoch: 'a', n: 5 });
  positions.advance({ epoch: 'a', n: 5 });
});

it('begins again with a new epoch', () => {
  const positions = new Positions();
  positions.advance({ epoch: 'a', n: 5 });
  positions.advance({ epoch: 'b', n: 1 });
  assert.deepEqual(positions.applied, { epoch: 'b', n: 1 });
  assert.deepEqual(positions.seen, { epoch: 'b', n: 1 });
});

it('asks for the newest that it heard of, not only for what it applied', () => {
  const positions = new Positions();
  assert.deepEqual(positionMetadata(positions), {});
  positions.advance({ epoch: 'a', n: 5 });
  positions.saw({ epoch: 'a', n: 9 });
  positions.saw({ epoch: 'a', n: 7 });
  assert.deepEqual(positionMetadata(positions), { 'writ-position': 'a/9' });
  positions.advance({ epoch: 'a', n: 6 });
});

it('goes by whatever a server without positions says', () => {
  const positions = new Positions();
  positions.advance({ epoch: 'a', n: 5 });
  positions.advance(undefined);
  assert.deepEqual(positions.applied, { epoch: 'a', n: 5 });
});

for (const [text, position] of [
  ['e1/7', { epoch: 'e1', n: 7 }],
  ['0d8f-11/0', { epoch: '0d8f-11', n: 0 }],
  ['e1', undefined],
  ['/7', undefined],
  ['e1/', undefined],
  ['e1/-7', undefined],
  ['e1/7x', undefined],
  ['a/b/7', undefined],
  [`e1/${'9'.repeat(16)}`, undefined],
  [undefined, undefined],
] as const) {
  it(`reads the header ${text}`, () =>
    assert.deepEqual(
      readPosition(() => text),
      position,
    ));
}
