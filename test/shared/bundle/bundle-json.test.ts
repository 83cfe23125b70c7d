import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Bundle } from '../../../shared/bundle/bundle.ts';
import { parseBundleJson, parseJwtKeys } from '../../../shared/bundle/bundle-json.ts';
import { formatBundle } from '../../../shared/bundle/format-bundle.ts';
import { generateKeyPair } from '../../../shared/crypto/keys.ts';
import { Code } from '../../../shared/errors.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { isRefusal } from '../../refusal.ts';
import { makeRoot } from '../crypto/pki.ts';

const trustDomain = TrustDomain.parse('example.org');
const token = async (keyId: string, type: 'ec-p256' | 'ec-p384' | 'rsa-2048') => ({
  keyId,
  publicKey: (await generateKeyPair(type)).publicKey,
  expiresAt: undefined,
  tainted: false,
});
const bundle: Bundle = {
  trustDomain,
  x509Authorities: [
    { certificate: (await makeRoot()).certificate.raw, tainted: false },
    { certificate: (await makeRoot({ keyType: 'ec-p384' })).certificate.raw, tainted: false },
  ],
  jwtAuthorities: [await token('a', 'ec-p256'), await token('b', 'rsa-2048')],
  witAuthorities: [await token('a', 'ec-p384')],
  refreshHintSeconds: 300,
  sequenceNumber: 7,
};

type Key = Record<string, unknown>;
const keys = (): Key[] => JSON.parse(formatBundle(bundle)).keys;
const documentOf = (list: readonly unknown[], more: object = {}): string =>
  JSON.stringify({ keys: list, ...more });
const x509 = (): Key => keys()[0] ?? {};
const jwt = (): Key => keys()[2] ?? {};

describe('reading a SPIFFE bundle', () => {
  it('gives back what was written', () => {
    assert.deepEqual(parseBundleJson(formatBundle(bundle), trustDomain), bundle);
  });

  it('takes an empty list of keys, and a document without numbers', () => {
    const { x509Authorities, sequenceNumber } = parseBundleJson('{"keys":[]}', trustDomain);
    assert.deepEqual([x509Authorities, sequenceNumber], [[], 0]);
  });

  it('passes over keys of another kind or for another use, and members that it does not know', () => {
    const list = [
      { ...x509(), extra: 1 },
      { kty: 'OKP', use: 'x509-svid' },
      { ...jwt(), use: 'sig' },
      { kty: 'EC' },
      { ...x509(), use: 'X509-SVID' },
    ];
    const read = parseBundleJson(documentOf(list, { other: true }), trustDomain);
    assert.deepEqual([read.x509Authorities.length, read.jwtAuthorities.length], [1, 0]);
  });

  for (const [what, text, says] of [
    ['text that is not JSON', 'keys', /not JSON/],
    ['a list', '[]', /not a JSON object/],
    ['no keys', '{}', /no list "keys"/],
    ['keys that are no list', '{"keys":{}}', /no list "keys"/],
    ['a key that is no object', documentOf([1]), /key 1 of the bundle: not an object/],
    ['a key without kty', documentOf([{ use: 'x509-svid' }]), /"kty" is missing/],
    ['no certificate', documentOf([{ ...x509(), x5c: [] }]), /exactly one certificate/],
    ['two certificates', documentOf([{ ...x509(), x5c: ['AA==', 'AA=='] }]), /exactly one certificate/],
    ['a certificate that is not base64', documentOf([{ ...x509(), x5c: ['*'] }]), /not base64/],
    ['a certificate that is none', documentOf([{ ...x509(), x5c: ['AA=='] }]), /malformed/],
    [
      'a certificate for another key',
      documentOf([{ ...x509(), x: jwt()['x'], y: jwt()['y'] }]),
      /for another key/,
    ],
    [
      'a point that is not on the curve',
      documentOf([{ ...jwt(), x: jwt()['y'], y: jwt()['x'] }]),
      /malformed/,
    ],
    ['a token key without kid', documentOf([{ ...jwt(), kid: '' }]), /"kid"/],
    ['two token keys of one kid', documentOf([jwt(), jwt()]), /occurs twice/],
    ['a negative sequence number', documentOf([], { spiffe_sequence: -1 }), /spiffe_sequence/],
    ['a broken refresh hint', documentOf([], { spiffe_refresh_hint: '5' }), /spiffe_refresh_hint/],
  ] as const) {
    it(`refuses ${what}`, () =>
      assert.throws(() => parseBundleJson(text, trustDomain), { code: Code.invalidArgument, message: says }));
  }

  it('says nothing of private members, and does not read them', () => {
    const list = [{ ...jwt(), d: 'c2VjcmV0' }];
    assert.equal(parseBundleJson(documentOf(list), trustDomain).jwtAuthorities.length, 1);
  });
});

describe('reading the keys for JWTs', () => {
  it('takes those of a SPIFFE bundle, and of a plain set those of no use or for signatures', () => {
    assert.deepEqual(parseJwtKeys(formatBundle(bundle)), bundle.jwtAuthorities);
    const { use: _use, ...plain } = jwt();
    const list = [
      plain,
      { ...jwt(), kid: 'sig', use: 'sig' },
      { ...jwt(), kid: 'enc', use: 'enc' },
      { kty: 'oct' },
    ];
    assert.deepEqual(
      parseJwtKeys(documentOf(list)).map(({ keyId }) => keyId),
      ['a', 'sig'],
    );
    assert.deepEqual(parseJwtKeys('{"keys":[]}'), []);
  });

  for (const [what, text, says] of [
    ['two keys of one name', documentOf([jwt(), { ...jwt(), use: 'sig' }]), /key id "a" occurs twice/],
    [
      'a key without a name',
      documentOf([{ ...jwt(), kid: undefined }]),
      /key 1 of the bundle: "kid" is missing/,
    ],
    ['a key that is none', documentOf([jwt(), { kty: 'EC' }]), /key 2 of the bundle: "kid" is missing/],
    ['no object', documentOf([1]), /key 1 of the bundle: not an object/],
    ['no keys', '{}', /no list "keys"/],
  ] as const)
    it(`refuses ${what}`, () =>
      assert.throws(() => parseJwtKeys(text), isRefusal(Code.invalidArgument, says)));
});
