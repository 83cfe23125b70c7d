import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromHex } from '../../../shared/bytes.ts';
import { nameText } from '../../../shared/crypto/name-text.ts';
import { distinguishedName } from '../../../shared/crypto/names.ts';

test('names are written as Go writes them: last part first, what would mislead escaped', () => {
  for (const [attributes, text] of [
    [{ country: ['US'], organization: ['SPIRE'] }, 'O=SPIRE,C=US'],
    [{ country: ['US', 'DE'], commonName: 'a.example' }, 'CN=a.example,C=DE+C=US'],
    [{ organization: ['a,b+c"d\\e<f>g;h'] }, 'O=a\\,b\\+c\\"d\\\\e\\<f\\>g\\;h'],
    [{ organization: ['#a', ' b '], commonName: ' ' }, 'CN=\\ ,O=\\#a+O=\\ b\\ '],
    [{ organizationalUnit: ['DOWNSTREAM-1'], serialNumber: '7' }, 'SERIALNUMBER=7,OU=DOWNSTREAM-1'],
    [{ commonName: 'Zoë' }, 'CN=Zoë'],
    [{}, ''],
  ] as const)
    assert.equal(nameText(distinguishedName(attributes)), text);
});

test('an attribute that has no short name is shown by its identifier and bytes', () => {
  // SEQUENCE { SET { SEQUENCE { OID 2.5.4.45, UTF8String "ab" } } }
  const name = fromHex('300d310b3009060355042d0c026162') ?? assert.fail();
  assert.equal(nameText(name), '2.5.4.45=#0c026162');
});
