import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex } from '../../../shared/bytes.ts';
import { DerReader } from '../../../shared/crypto/der.ts';
import { distinguishedName, isEmptyName, readName, withCommonName } from '../../../shared/crypto/names.ts';

/** C=US, O=SPIRE as Go's encoding/asn1 writes it. */
const SPIRE = fromHex('301d310b3009060355040613025553310e300c060355040a13055350495245');

test('writes the subject of an SVID as SPIRE does', () => {
  assert.deepEqual(distinguishedName({ country: ['US'], organization: ['SPIRE'] }), SPIRE);
});

test('writes the empty name, and knows it', () => {
  assert.deepEqual(distinguishedName({ commonName: '', country: [] }), fromHex('3000'));
  assert.ok(isEmptyName(distinguishedName({})));
  assert.ok(!isEmptyName(SPIRE));
});

test('writes what PrintableString cannot hold as UTF8String', () => {
  assert.deepEqual(distinguishedName({ commonName: '*' }), fromHex('300c310a300806035504030c012a'));
});

test('puts several values of one kind into one relative name, sorted', () => {
  assert.deepEqual(
    distinguishedName({ organizationalUnit: ['b', 'a'] }),
    fromHex('301631143008060355040b1301613008060355040b130162'),
  );
});

test('gives a name another common name, and keeps the rest', () => {
  const attributes = { country: ['US'], organizationalUnit: ['b', 'a'], serialNumber: '7' };
  const renamed = distinguishedName({ ...attributes, commonName: 'new' });
  const { serialNumber: _, ...others } = attributes;
  assert.deepEqual(
    withCommonName(distinguishedName(others), 'new'),
    distinguishedName({ ...others, commonName: 'new' }),
  );
  assert.deepEqual(
    withCommonName(distinguishedName({ commonName: 'old' }), 'new'),
    distinguishedName({ commonName: 'new' }),
  );
  const old = withCommonName(distinguishedName({ ...attributes, commonName: 'old' }), 'new');
  assert.equal(old.length, renamed.length);
  assert.ok(!Buffer.from(old).includes('old') && Buffer.from(old).includes('new'));
});

test('reads a name whole', () => {
  assert.deepEqual(readName(new DerReader(SPIRE)), SPIRE);
});

test('refuses what is no name', () => {
  for (const hex of [
    '3100',
    '30020500',
    '30023100',
    '300431023000',
    '3007310530030601',
    '300b3109300706015504000500',
  ]) {
    assert.throws(() => readName(new DerReader(fromHex(hex))), hex);
  }
});
