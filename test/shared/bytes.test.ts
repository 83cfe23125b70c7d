import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  bytesEqual,
  concat,
  fromBase64,
  fromHex,
  toBase64,
  toDecimal,
  toHex,
  utf8,
} from '../../shared/bytes.ts';

test('hex and base64 come back as they went, from the middle of an array too', () => {
  const part = Uint8Array.of(9, 0, 255, 16, 9).subarray(1, 4);
  assert.equal(toHex(part), '00ff10');
  assert.equal(toBase64(part), 'AP8Q');
  assert.deepEqual(fromHex('00ff10'), Uint8Array.of(0, 255, 16));
  assert.deepEqual(fromBase64('AP8Q'), Uint8Array.of(0, 255, 16));
});

test('base64 that does not encode back to itself is refused', () => {
  for (const text of ['A', 'AQ', 'AQ=', 'AR==', 'A-_=', 'AQ==\n', ' AQ==', 'AQ==AQ==', '!']) {
    assert.equal(fromBase64(text), undefined, JSON.stringify(text));
  }
  assert.deepEqual(fromBase64(''), new Uint8Array());
});

test('equality looks at every byte and at the length', () => {
  assert.ok(bytesEqual(utf8('abc'), utf8('abc')));
  assert.ok(bytesEqual(new Uint8Array(), new Uint8Array()));
  assert.ok(!bytesEqual(utf8('abc'), utf8('abd')));
  assert.ok(!bytesEqual(utf8('abc'), utf8('ab')));
});

test('joins arrays in order', () => {
  assert.deepEqual(concat([Uint8Array.of(1), new Uint8Array(), Uint8Array.of(2, 3)]), Uint8Array.of(1, 2, 3));
  assert.deepEqual(concat([]), new Uint8Array());
});

test('writes serial numbers in decimal, however long', () => {
  assert.equal(toDecimal(Uint8Array.of(0, 1, 0)), '256');
  assert.equal(toDecimal(new Uint8Array(16).fill(255)), (2n ** 128n - 1n).toString());
  assert.equal(toDecimal(new Uint8Array()), '0');
});
