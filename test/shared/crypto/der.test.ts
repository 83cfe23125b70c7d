import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex } from '../../../shared/bytes.ts';
import { DerReader, Tag } from '../../../shared/crypto/der.ts';
import {
  encode,
  node,
  objectIdentifier,
  octetString,
  setOf,
  unsignedInteger,
} from '../../../shared/crypto/der-writer.ts';
import { Code } from '../../../shared/errors.ts';
import { isRefusal } from '../../refusal.ts';

const reader = (hex: string): DerReader => new DerReader(fromHex(hex));

const REFUSED: readonly (readonly [string, (der: DerReader) => unknown, string, RegExp])[] = [
  ['nothing', (der) => der.peekTag(), '', /ends where an element should begin/],
  ['another tag', (der) => der.contents(Tag.sequence), '3100', /tag 0x31 where 0x30 should be/],
  ['a tag without a length', (der) => der.contents(Tag.octetString), '04', /truncated/],
  ['an indefinite length', (der) => der.contents(Tag.sequence), '30800000', /indefinite/],
  ['a length of four bytes', (der) => der.contents(Tag.octetString), '048400000001ff', /too large/],
  ['a reserved length', (der) => der.contents(Tag.octetString), '04ff', /too large/],
  ['a long form for a short length', (der) => der.contents(Tag.octetString), '04810100', /not minimal/],
  [
    'a length with a leading zero',
    (der) => der.contents(Tag.octetString),
    `04820080${'00'.repeat(128)}`,
    /not minimal/,
  ],
  ['a length that is cut off', (der) => der.contents(Tag.octetString), '0482ff', /truncated/],
  ['contents that are cut off', (der) => der.contents(Tag.octetString), '0402ff', /truncated/],
  [
    'an element that outgrows what encloses it',
    (der) => der.enter(Tag.sequence).contents(Tag.octetString),
    '30030402ffff',
    /truncated/,
  ],
  ['bytes left over', (der) => der.end(), '00', /trailing bytes/],
  ['an empty integer', (der) => der.integer(), '0200', /integer is empty/],
  ['a positive integer with a superfluous byte', (der) => der.integer(), '02020001', /not minimal/],
  ['a negative integer with a superfluous byte', (der) => der.integer(), '0202ff80', /not minimal/],
  ['a negative integer where none may be', (der) => der.unsigned(), '0201ff', /negative/],
  ['an integer too large for a number', (der) => der.smallInteger(), '02050100000000', /out of range/],
  ['a negative small integer', (der) => der.smallInteger(), '020180', /out of range/],
  ['a boolean of two bytes', (der) => der.boolean(), '0102ffff', /boolean is malformed/],
  ['a boolean that is neither', (der) => der.boolean(), '010101', /boolean is malformed/],
  ['an empty bit string', (der) => der.bitString(), '0300', /whole bytes/],
  ['a bit string of single bits', (der) => der.bitString(), '03020180', /whole bytes/],
  ['named bits without a count', (der) => der.namedBits(), '0300', /malformed/],
  ['too many named bits', (der) => der.namedBits(), '030400000000', /malformed/],
  ['unused bits of no bits', (der) => der.namedBits(), '030101', /malformed/],
  ['an empty object identifier', (der) => der.oid(), '0600', /identifier is malformed/],
  ['an object identifier that is cut off', (der) => der.oid(), '06022a86', /identifier is malformed/],
  ['an object identifier with a padded arc', (der) => der.oid(), '06032a8001', /not minimal/],
  ['an object identifier that is too long', (der) => der.oid(), `0641${'01'.repeat(65)}`, /malformed/],
  ['a string that is not ASCII', (der) => der.ascii(Tag.ia5String), '160180', /not ASCII/],
];

for (const [what, read, hex, telling] of REFUSED) {
  test(`refuses ${what}`, () => {
    assert.throws(() => read(reader(hex)), isRefusal(Code.invalidArgument, telling));
  });
}

test('reads sixteen levels and no more', () => {
  let der: Uint8Array = new Uint8Array();
  for (let depth = 0; depth < 20; depth++) der = encode(node(Tag.sequence, der));
  let at = new DerReader(der);
  for (let depth = 0; depth < 16; depth++) at = at.enter(Tag.sequence);
  assert.throws(() => at.enter(Tag.sequence), /nested more than 16 deep/);
});

test('reads one element after the other', () => {
  const der = reader('30090201050101ff0401aa');
  const list = der.enter(Tag.sequence);
  assert.equal(list.smallInteger(), 5);
  assert.equal(list.isAt(Tag.boolean), true);
  assert.equal(list.boolean(), true);
  assert.deepEqual(list.raw(Tag.octetString), fromHex('0401aa'));
  assert.equal(list.isDone, true);
  list.end();
  der.end();
});

test('reads a reader’s element of the array it was given, wherever that begins', () => {
  const bytes = fromHex('ffff0401aaff').subarray(2, 5);
  assert.deepEqual(new DerReader(bytes).contents(Tag.octetString), Uint8Array.of(0xaa));
});

test('reads named bits, the first one highest', () => {
  assert.equal(reader('03020780').namedBits(), 0x8000);
  assert.equal(reader('0303070080').namedBits(), 0x0080);
  assert.equal(reader('030100').namedBits(), 0);
});

test('writes and reads lengths on both sides of every limit', () => {
  for (const length of [0, 1, 0x7f, 0x80, 0xff, 0x100, 0xffff, 0x10000]) {
    const der = encode(octetString(new Uint8Array(length)));
    assert.equal(new DerReader(der).contents(Tag.octetString).length, length);
  }
});

test('writes integers with a zero where the first bit would mean minus', () => {
  const written: Readonly<Record<string, string>> = {
    '': '020100',
    '00': '020100',
    '0000': '020100',
    '7f': '02017f',
    '80': '02020080',
    '0001': '020101',
  };
  for (const [magnitude, der] of Object.entries(written)) {
    assert.deepEqual(encode(unsignedInteger(fromHex(magnitude))), fromHex(der));
  }
});

/** The first from X.690 8.19.5, the others from RFC 5280, RFC 3279 and X.667. */
const OIDS: Readonly<Record<string, string>> = {
  '2.999.3': '0603883703',
  '2.5.29.15': '0603551d0f',
  '1.2.840.113549.1.1.11': '06092a864886f70d01010b',
  '0.9.2342.19200300.100.1.25': '060a0992268993f22c640119',
  '1.39': '06014f',
  '2.47': '06017f',
  '2.25.329800735698586629295641978511506172918': '06146983f09da7ebcfdee0c7a1a7b2c0948cc8f9d776',
};

test('reads and writes object identifiers', () => {
  for (const [dotted, hex] of Object.entries(OIDS)) {
    assert.deepEqual(encode(objectIdentifier(dotted)), fromHex(hex), dotted);
    assert.equal(reader(hex).oid(), dotted);
  }
});

test('sorts a SET OF by the encodings of its elements', () => {
  const set = setOf(octetString(Uint8Array.of(2)), octetString(), octetString(Uint8Array.of(1)));
  assert.deepEqual(encode(set), fromHex('31080400040101040102'));
});
