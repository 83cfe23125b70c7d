import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newKeyId } from '../../../server/ca/key-id.ts';
import { systemRandom } from '../../../shared/random.ts';
import { FakeRandom } from '../../fakes/random.ts';

test('a key ID is 32 alphanumerics, each time others', () => {
  const ids = Array.from({ length: 100 }, () => newKeyId(systemRandom));
  for (const id of ids) assert.match(id, /^[A-Za-z0-9]{32}$/);
  assert.equal(new Set(ids).size, 100);
});

test('bytes that would make some characters likelier than others are passed over', () => {
  assert.equal(newKeyIdOf([...Array(31).keys(), 61]), 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcde9');
  assert.equal(newKeyIdOf([255, 248, 62, 247, 0]), `A9A${'A'.repeat(29)}`);
});

/** Of these bytes, and zeros after them. */
function newKeyIdOf(bytes: number[]): string {
  const random = new FakeRandom();
  random.bytes = (count) => Uint8Array.from({ length: count }, () => bytes.shift() ?? 0);
  return newKeyId(random);
}
