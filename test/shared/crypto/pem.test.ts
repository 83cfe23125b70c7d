import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPem, parsePem } from '../../../shared/crypto/pem.ts';
import { Code } from '../../../shared/errors.ts';
import { isRefusal } from '../../refusal.ts';

const one = '-----BEGIN A-----\nAQID\n-----END A-----\n';
const other = '-----BEGIN B-----\nBAUG\n-----END B-----\n';

test('reads every block of a label, in order, whatever stands between', () => {
  assert.deepEqual(parsePem(`# one\n${one}${other}text\n${one}`, 'A'), [
    Uint8Array.of(1, 2, 3),
    Uint8Array.of(1, 2, 3),
  ]);
  assert.deepEqual(parsePem('', 'A'), []);
});

test('reads lines that end as on Windows, and blocks without a newline at the end', () => {
  assert.deepEqual(parsePem(one.replaceAll('\n', '\r\n').trimEnd(), 'A'), [Uint8Array.of(1, 2, 3)]);
});

test('writes lines of 64 characters and reads them back', () => {
  const bytes = Uint8Array.from({ length: 100 }, (_, n) => n);
  const text = formatPem('A', bytes);
  assert.ok(text.split('\n').every((line) => line.length <= 64));
  assert.ok(text.endsWith('-----END A-----\n'));
  assert.deepEqual(parsePem(text, 'A'), [bytes]);
});

test('refuses blocks of another label when told', () => {
  assert.deepEqual(parsePem(other, 'A'), []);
  assert.throws(
    () => parsePem(one + other, 'A', { foreign: 'refuse' }),
    /PEM block is "B" where only "A" is expected/,
  );
});

const REFUSED: readonly (readonly [string, string, RegExp])[] = [
  ['a block without an end', '-----BEGIN A-----\nAQID\n', /"A" has no end/],
  ['an end without a beginning', '-----END A-----\n', /"A" ends without a beginning/],
  ['an end of another label', '-----BEGIN A-----\nAQID\n-----END B-----\n', /"B" ends without a beginning/],
  ['a block within a block', '-----BEGIN A-----\n-----BEGIN A-----\n', /"A" has no end/],
  ['an empty block', '-----BEGIN A-----\n-----END A-----\n', /not base64/],
  ['headers', '-----BEGIN A-----\nProc-Type: 4,ENCRYPTED\n\nAQID\n-----END A-----\n', /not base64/],
  ['base64 without its padding', '-----BEGIN A-----\nAQI\n-----END A-----\n', /not base64/],
  ['base64 with bits left over', '-----BEGIN A-----\nAQJ=\n-----END A-----\n', /not base64/],
  ['a malformed block of another label', '-----BEGIN B-----\n!\n-----END B-----\n', /"B" is not base64/],
  ['more text than is ever needed', ' '.repeat(8 * 1024 * 1024 + 1), /PEM is longer/],
];

for (const [what, text, telling] of REFUSED) {
  test(`refuses ${what}`, () => {
    assert.throws(() => parsePem(text, 'A'), isRefusal(Code.invalidArgument, telling));
  });
}
