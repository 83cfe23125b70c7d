import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildCsr, parseCsr, verifyCsr } from '../../../shared/crypto/csr.ts';
import { Tag } from '../../../shared/crypto/der.ts';
import {
  bitString,
  type Der,
  encode,
  node,
  objectIdentifier,
  sequence,
  setOf,
} from '../../../shared/crypto/der-writer.ts';
import { subjectAltNameExtension } from '../../../shared/crypto/extension-writers.ts';
import { distinguishedName } from '../../../shared/crypto/names.ts';
import { Oid } from '../../../shared/crypto/oids.ts';
import { parsePem } from '../../../shared/crypto/pem.ts';
import { signatureAlgorithmOf } from '../../../shared/crypto/signature-algorithms.ts';
import { Code } from '../../../shared/errors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { isRefusal } from '../../refusal.ts';
import { signerOf } from './pki.ts';

const FOLDER = new URL('../../vectors/csr/', import.meta.url);

for (const file of readdirSync(FOLDER)) {
  const text = readFileSync(new URL(file, FOLDER), 'utf8');
  const [, expected = ''] = /^expect: (.*)$/m.exec(text) ?? [];
  const [der = new Uint8Array()] = parsePem(text, 'CERTIFICATE REQUEST');
  test(`reads ${file} as another implementation wrote it: ${expected}`, async () => {
    if (expected !== 'valid')
      return assert.throws(() => parseCsr(der), isRefusal(Code.invalidArgument, expected));
    const csr = parseCsr(der);
    assert.deepEqual(csr.subject, distinguishedName({ country: ['US'], organization: ['SPIRE'] }));
    assert.deepEqual(csr.uriSans, file.startsWith('agent') ? [] : ['spiffe://example.org/web']);
    assert.deepEqual(csr.dnsNames, file === 'workload-p384.pem' ? ['web', 'web.example.org'] : []);
    await verifyCsr(csr);
  });
}

test('builds what it reads', async () => {
  for (const keyType of ['ec-p256', 'ec-p384', 'rsa-2048'] as const) {
    const signer = await signerOf(keyType);
    const spiffeId = SpiffeId.parse('spiffe://example.org/web');
    const csr = parseCsr(await buildCsr(signer, { spiffeId, dnsNames: ['web'] }));
    assert.deepEqual(
      [csr.publicKey, csr.uriSans, csr.dnsNames],
      [signer.publicKey, [spiffeId.toString()], ['web']],
    );
    await verifyCsr(csr);
    assert.deepEqual(parseCsr(await buildCsr(signer)).uriSans, []);
  }
});

test('refuses to build a request for a name that is not ASCII', async () => {
  await assert.rejects(
    buildCsr(await signerOf('ec-p256'), { dnsNames: ['é'] }),
    isRefusal(Code.invalidArgument, /printable ASCII/),
  );
});

test('refuses a request that another key has signed', async () => {
  const csr = parseCsr(await buildCsr(await signerOf('ec-p256')));
  const { publicKey } = await signerOf('ec-p256');
  await assert.rejects(
    verifyCsr({ ...csr, publicKey }),
    isRefusal(Code.invalidArgument, 'CSR signature is invalid'),
  );
});

test('refuses a request whose key lies on no curve', async () => {
  const csr = parseCsr(await buildCsr(await signerOf('ec-p256')));
  const last = csr.publicKey.length - 1;
  const publicKey = csr.publicKey.with(last, (csr.publicKey[last] ?? 0) ^ 1);
  await assert.rejects(
    verifyCsr({ ...csr, publicKey }),
    isRefusal(Code.invalidArgument, 'CSR public key is invalid'),
  );
});

test('refuses signature algorithms that it does not know, or that are not of the key', async () => {
  const csr = parseCsr(await buildCsr(await signerOf('ec-p256')));
  const sha1 = encode(sequence(objectIdentifier('1.2.840.10045.4.1')));
  await assert.rejects(
    verifyCsr({ ...csr, signatureAlgorithmDer: sha1 }),
    isRefusal(Code.invalidArgument, 'algorithm 1.2.840.10045.4.1 is not allowed'),
  );
  const rsa = signatureAlgorithmOf('rsa-2048').der;
  await assert.rejects(
    verifyCsr({ ...csr, signatureAlgorithmDer: rsa }),
    isRefusal(Code.invalidArgument, 'does not fit'),
  );
});

const { publicKey } = await signerOf('ec-p256');

/** A request of these attributes; nobody has signed it. */
function unsigned(attributes: readonly Der[], version = 0): Uint8Array {
  const info = sequence(
    node(Tag.integer, Uint8Array.of(version)),
    sequence(),
    publicKey,
    node(0xa0, ...attributes),
  );
  return encode(sequence(info, signatureAlgorithmOf('ec-p256').der, bitString(Uint8Array.of(1))));
}

const names = subjectAltNameExtension({ uris: ['spiffe://a/b'], dnsNames: [] }, true);
const request = sequence(objectIdentifier(Oid.extensionRequest), setOf(sequence(names)));
const unknown = sequence(objectIdentifier('1.2.3'), setOf(sequence()));

test('takes no notice of attributes and extensions that it does not know', () => {
  const odd = sequence(objectIdentifier('1.2.3.4'), node(Tag.octetString, Uint8Array.of(1)));
  const more = sequence(objectIdentifier(Oid.extensionRequest), setOf(sequence(odd, names)));
  assert.deepEqual(parseCsr(unsigned([unknown, more, unknown])).uriSans, ['spiffe://a/b']);
});

const REFUSED: readonly (readonly [string, Uint8Array, RegExp])[] = [
  ['another version', unsigned([], 1), /version is not 1/],
  ['two extension requests', unsigned([request, request]), /extension request occurs twice/],
  [
    'an extension twice',
    unsigned([sequence(objectIdentifier(Oid.extensionRequest), setOf(sequence(names, names)))]),
    /occurs twice/,
  ],
  ['bytes after the request', Uint8Array.of(...unsigned([]), 0), /trailing bytes/],
  ['a request cut short', unsigned([]).subarray(0, -1), /truncated/],
  ['nothing', new Uint8Array(), /CSR is malformed/],
  ['a request that is too long', new Uint8Array(16_385), /CSR is longer than 16384 bytes/],
];

for (const [what, der, telling] of REFUSED) {
  test(`refuses ${what}`, () => {
    assert.throws(() => parseCsr(der), isRefusal(Code.invalidArgument, telling));
  });
}
