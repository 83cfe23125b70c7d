import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nameValues } from '../../../shared/crypto/name-attributes.ts';
import { distinguishedName } from '../../../shared/crypto/names.ts';
import { encode, objectIdentifier, sequence, setOf, text } from '../../../shared/crypto/der-writer.ts';
import { Tag } from '../../../shared/crypto/der.ts';
import { Oid } from '../../../shared/crypto/oids.ts';

const NONE = {
  commonName: '',
  serialNumber: '',
  country: [],
  organization: [],
  organizationalUnit: [],
  locality: [],
  province: [],
};

test('a name is taken apart by the types of its values', () => {
  const name = distinguishedName({
    country: ['US'],
    organization: ['A', 'B'],
    commonName: 'Zoë',
    serialNumber: '7',
  });
  const { organization, ...others } = nameValues(name);
  const { organization: _, ...none } = NONE;
  assert.deepEqual(others, { ...none, country: ['US'], commonName: 'Zoë', serialNumber: '7' });
  assert.deepEqual(organization.toSorted(), ['A', 'B']);
  assert.deepEqual(nameValues(distinguishedName({})), NONE);
});

test('of several common names the last one counts, and what is no text is passed over', () => {
  const one = (tag: number, value: string) =>
    setOf(sequence(encode(objectIdentifier(Oid.commonName)), text(tag, value)));
  const name = encode(
    sequence(one(Tag.utf8String, 'first'), one(Tag.printableString, 'last'), one(Tag.octetString, 'bytes')),
  );
  assert.equal(nameValues(name).commonName, 'last');
});
