import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDnsName } from '../../../server/entries/dns-name.ts';

const long = (label: string, count: number): string => Array.from({ length: count }, () => label).join('.');

for (const name of [
  'a',
  'localhost',
  'db.example.org',
  'DB.example.org',
  '1.example.org',
  '*.example.org',
  'x--y.example.org',
  'xn--bcher-kva.example',
  'a'.repeat(63),
  long('a'.repeat(62), 4),
]) {
  test(`accepts ${JSON.stringify(name)} as a DNS name`, () => {
    assert.equal(checkDnsName(name), name);
  });
}

for (const [name, why] of [
  ['', 'it is empty'],
  ['example.org.', 'trailing dot'],
  ['.', 'trailing dot'],
  ['.example.org', 'empty label'],
  ['a..b', 'empty label'],
  ['*', 'whole first label'],
  ['*.', 'trailing dot'],
  ['*.*.example.org', 'whole first label'],
  ['a.*.example.org', 'whole first label'],
  ['a*.example.org', 'whole first label'],
  ['*a.example.org', 'whole first label'],
  ['-a.example.org', 'hyphen'],
  ['a-.example.org', 'hyphen'],
  ['a_b.example.org', 'letters, numbers and hyphens'],
  ['bücher.example', 'letters, numbers and hyphens'],
  ['\u212Aelvin.example', 'letters, numbers and hyphens'],
  ['a b', 'letters, numbers and hyphens'],
  ['a\n', 'letters, numbers and hyphens'],
  ['ab--c.example', 'IDNA'],
  ['xn--99999999.example', 'IDNA'],
  ['xn--.example', 'hyphen'],
  ['a'.repeat(64), 'longer than 63'],
  [long('a'.repeat(62), 5), 'longer than 253'],
] as const) {
  test(`refuses ${JSON.stringify(name.slice(0, 40))} as a DNS name: ${why}`, () => {
    assert.throws(() => checkDnsName(name), {
      code: 3,
      message: new RegExp(`^invalid DNS name ".*": .*${why}`),
    });
  });
}
