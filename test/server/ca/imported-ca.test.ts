/** What may be imported as an authority, and every refusal with its words. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { describe, test } from 'node:test';
import { type BroughtCa, checkImportedCa } from '../../../server/ca/imported-ca.ts';
import { bytesEqual, concat } from '../../../shared/bytes.ts';
import { privateKeyToPkcs8 } from '../../../shared/crypto/keys.ts';
import { Oid } from '../../../shared/crypto/oids.ts';
import { KEY_TYPES } from '../../../shared/crypto/signer.ts';
import { Code } from '../../../shared/errors.ts';
import { FakeRandom } from '../../fakes/random.ts';
import { isRefusal } from '../../refusal.ts';
import type { Changes } from '../../shared/crypto/pki.ts';
import {
  type CorporateCa,
  corporateIntermediate,
  corporateRoot,
} from '../upstream-authority/corporate-ca.ts';
import { trustDomain } from './ca-testbed.ts';
import { brought, keyOf, ownCas } from './own-ca.ts';

const NOW = new Date('2026-01-01T12:00:00Z');
const needs = { trustDomain, now: NOW, random: new FakeRandom(), defaultX509SvidTtlSeconds: 3_600 };
const check = (ca: BroughtCa, changes: Partial<typeof needs> = {}) =>
  checkImportedCa(ca, { ...needs, ...changes });

const { root, middle, issuing } = await ownCas();
const other = await corporateRoot('Other Root');
const certificatesOf = (...list: readonly CorporateCa[]): readonly Uint8Array[] =>
  list.map(({ certificate }) => certificate.raw);
const WITH_ID: Changes = { uriSans: [trustDomain.id] };
/** A root of these changes, as it is brought. */
const rootOf = async (changes: Changes): Promise<BroughtCa> => brought(await corporateRoot('R', changes));

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** From twelve hours ago on. */
const endingAfter = (ms: number): Changes => ({
  notBefore: new Date('2026-01-01T00:00:00Z'),
  notAfter: new Date(NOW.getTime() + ms),
});

describe('a CA that may be imported', () => {
  for (const keyType of KEY_TYPES)
    test(`has a key of type ${keyType}`, async () => {
      const { signer, upstream } = await check(await rootOf({ keyType }));
      assert.deepEqual([signer.keyType, upstream], [keyType, undefined]);
    });

  test('is its own root, or brings all that is above it, in any order, some of it twice', async () => {
    const alone = await check(brought(root));
    assert.deepEqual([alone.certificate.raw, alone.upstream], [root.certificate.raw, undefined]);
    const below = await check(brought(issuing, root, middle, issuing, root));
    assert.deepEqual(below.upstream, {
      intermediates: certificatesOf(middle),
      roots: certificatesOf(root),
    });
  });

  const good: readonly (readonly [string, Changes])[] = [
    ['no name, and usages beside signing', { keyUsage: ['digitalSignature', 'keyCertSign', 'crlSign'] }],
    ['the ID of the trust domain', WITH_ID],
    ['names that are no URIs', { dnsSans: ['ca.example.org'] }],
    ['a path length of none below it', { pathLength: 0 }],
    [
      'constraints that permit the trust domain',
      { nameConstraints: { permitted: { uris: ['example.org'] } } },
    ],
    ['just enough of its life left', endingAfter(3 * HOUR_MS + 36 * MINUTE_MS)],
    ['purposes of TLS', { extendedKeyUsage: [Oid.serverAuth, Oid.clientAuth] }],
  ];
  for (const [what, changes] of good)
    test(`has ${what}`, async () => {
      await check(await rootOf(changes));
    });

  test('ends with the first of what is above it', async () => {
    const notAfter = new Date('2026-03-01T00:00:00Z');
    const short = await corporateRoot('Short', { notAfter });
    const below = await corporateIntermediate(short, 'Below');
    assert.deepEqual((await check(brought(below, short))).expiresAt, notAfter);
    assert.ok(below.certificate.notAfter > notAfter);
  });
});

/** The key states another's public key: PKCS #8 of RFC 5915 carries both. */
function keyWithOtherPublicKey(): BroughtCa {
  const mine = keyOf(root);
  const others = keyOf(other);
  const at = 36; // the private value: of 32 bytes, after SEQUENCE, version, algorithm and the head of ECPrivateKey
  return {
    ...brought(root),
    privateKey: concat([mine.subarray(0, at), others.subarray(at, at + 32), mine.subarray(at + 32)]),
  };
}

const refusals: readonly (readonly [string, () => BroughtCa | Promise<BroughtCa>, RegExp])[] = [
  ['no certificate', () => ({ ...brought(root), certificates: [] }), /^there is no certificate$/],
  [
    'bytes',
    () => ({ ...brought(root), certificates: [Uint8Array.of(1)] }),
    /^certificate 1: certificate is malformed: /,
  ],
  [
    'bytes above it',
    () => ({ ...brought(issuing), certificates: [issuing.certificate.raw, Uint8Array.of(1)] }),
    /^certificate 2: certificate is malformed: /,
  ],
  [
    'more certificates than SDKs take',
    () => ({ ...brought(root), certificates: Array.from({ length: 11 }, () => root.certificate.raw) }),
    /^there are more than 10 certificates$/,
  ],
  [
    'certificates too long to go with every SVID',
    () => ({ ...brought(root), certificates: [root.certificate.raw, new Uint8Array(32_768)] }),
    /^certificates are longer than 32768 bytes together$/,
  ],
  [
    'a leaf',
    () => rootOf({ isCa: false }),
    /^CA certificate is not a CA: its basic constraints do not say CA:TRUE$/,
  ],
  [
    'a CA that may not sign',
    () => rootOf({ keyUsage: ['crlSign'] }),
    /^CA certificate lacks the key usage keyCertSign$/,
  ],
  [
    'a CA of another trust domain',
    () => rootOf({ uriSans: ['spiffe://example.com'] }),
    /^CA certificate has a URI SAN that is not spiffe:\/\/example\.org, the ID of the trust domain$/,
  ],
  [
    "a CA with a workload's ID",
    () => rootOf({ uriSans: ['spiffe://example.org/web'] }),
    /has a URI SAN that is not spiffe:\/\/example\.org/,
  ],
  [
    'a CA with a URI that is no ID',
    () => rootOf({ uriSans: ['https://ca.example.org'] }),
    /has a URI SAN that is not spiffe:\/\/example\.org/,
  ],
  [
    'a CA with two URIs',
    () => rootOf({ uriSans: [trustDomain.id, 'https://ca.example.org'] }),
    /^CA certificate has more than one URI SAN$/,
  ],
  [
    'a CA with an ID that could authenticate',
    () => rootOf({ ...WITH_ID, keyUsage: ['digitalSignature', 'keyCertSign'] }),
    /^CA certificate has a SPIFFE ID and key usages that are not for signing: digitalSignature$/,
  ],
  [
    'a CA without a subject',
    () => rootOf({ subject: Uint8Array.of(0x30, 0), issuerName: Uint8Array.of(0x30, 0) }),
    /^CA certificate has no subject$/,
  ],
  [
    'a CA that has ended',
    () => rootOf({ notAfter: NOW }),
    /^CA certificate has expired at 2026-01-01T12:00:00\.000Z$/,
  ],
  [
    'a CA of tomorrow',
    () => rootOf({ notBefore: new Date('2026-01-02T00:00:00Z') }),
    /^CA certificate is not valid before 2026-01-02T00:00:00\.000Z$/,
  ],
  [
    'a CA that is about to end',
    () => rootOf(endingAfter(3 * HOUR_MS + 35 * MINUTE_MS)), // of 15 h 35 min, less what it was backdated
    /^CA certificate, or what is above it, ends at 2026-01-01T15:35:00\.000Z: it must be valid for another 3h35m49s at least, a sixth of its life \(7 days at most\), in which its successor takes over, and default_x509_svid_ttl$/,
  ],
  [
    'a CA of which what is above is about to end',
    async () => {
      const ending = await corporateRoot('Ending', endingAfter(HOUR_MS));
      return brought(await corporateIntermediate(ending, 'Below'), ending);
    },
    /^CA certificate, or what is above it, ends at 2026-01-01T13:00:00\.000Z: it must be valid for another 3h9m59s/,
  ],
  [
    'a CA without a key identifier',
    () => rootOf({ subjectKeyId: undefined } as unknown as Changes),
    /^certificates cannot be used: CA certificate has no subject key identifier$/,
  ],
  [
    'a CA that may not name the trust domain',
    () => rootOf({ nameConstraints: { permitted: { uris: ['example.com'] } } }),
    /^certificates cannot be used: CA certificate does not allow SPIFFE IDs of example\.org: /,
  ],
  ['no private key', () => ({ ...brought(root), privateKey: new Uint8Array() }), /^there is no private key$/],
  [
    'a key of any length',
    () => ({ ...brought(root), privateKey: new Uint8Array(8_193) }),
    /^private key is longer than 8192 bytes$/,
  ],
  [
    'a key that is none',
    () => ({ ...brought(root), privateKey: Uint8Array.of(0x30, 0) }),
    /^private key is not valid PKCS#8$/,
  ],
  [
    'a key of another type',
    () => ({ ...brought(root), privateKey: privateKeyToPkcs8(generateKeyPairSync('ed25519').privateKey) }),
    /^private key type is not supported: it must be one of ec-p256, ec-p384, rsa-2048, rsa-4096$/,
  ],
  [
    "another CA's key",
    () => ({ ...brought(root), privateKey: keyOf(other) }),
    /^certificate and private key do not match$/,
  ],
  [
    "a key that states the certificate's public key and is another",
    keyWithOtherPublicKey,
    /^certificate and private key do not match$/,
  ],
  [
    'a root with something above it',
    () => brought(root, other),
    /^CA certificate is its own root: leave out the other certificates, or import the one below it$/,
  ],
  [
    'a CA without its root',
    () => brought(issuing, middle),
    /^CA certificate is not self-signed, and there is no root: give what is above it, up to a self-signed one$/,
  ],
  [
    'a chain with a gap',
    () => brought(issuing, root),
    /^certificates cannot be used: certificate is signed by none of the roots/,
  ],
  [
    'a chain below another root',
    () => brought(issuing, middle, other),
    /^certificates cannot be used: certificate is signed by none of the roots/,
  ],
  [
    'a certificate that does not belong there',
    () => brought(issuing, middle, root, other),
    /^certificate "CN=Other Root,C=US" is not on the way from the CA certificate to its root: leave it out$/,
  ],
  [
    'a CA above that allows none below it',
    async () => {
      const tight = await corporateIntermediate(root, 'Tight', { pathLength: 0 });
      return brought(await corporateIntermediate(tight, 'Below'), tight, root);
    },
    /^certificates cannot be used: .*allows 0 (?:CAs|intermediates) below it, not 1$/,
  ],
  [
    'purposes that TLS cannot use',
    () => rootOf({ extendedKeyUsage: ['1.3.6.1.5.5.7.3.4'] }),
    /^certificates cannot be used: CA certificate has extended key usages without serverAuth and clientAuth$/,
  ],
  [
    'a root above that has ended',
    async () => {
      const ended = await corporateRoot('Ended', { notAfter: new Date('2025-12-31T00:00:00Z') });
      return brought(await corporateIntermediate(ended, 'Below'), ended);
    },
    /^certificates cannot be used: root certificate has expired at 2025-12-31/,
  ],
];

describe('an import refuses', () => {
  for (const [what, make, words] of refusals)
    test(what, async () => {
      const ca = await make();
      await assert.rejects(check(ca), isRefusal(Code.invalidArgument, words));
    });

  test('a certificate whose signature is not its own', async () => {
    const raw = Uint8Array.from(root.certificate.raw);
    raw[raw.length - 1] = (raw.at(-1) ?? 0) ^ 1;
    await assert.rejects(
      check({ ...brought(root), certificates: [raw] }),
      isRefusal(Code.invalidArgument, /^certificates cannot be used: certificate signature is invalid$/),
    );
    assert.ok(!bytesEqual(raw, root.certificate.raw));
  });
});
