/** Paths whose signatures are wrong, weak, or of another kind than the key. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, sign } from 'node:crypto';
import { test } from 'node:test';
import { fromHex } from '../../../shared/bytes.ts';
import { type Certificate, parseCertificate } from '../../../shared/crypto/certificate.ts';
import { verifyChain } from '../../../shared/crypto/chain.ts';
import { bitString, encode, sequence } from '../../../shared/crypto/der-writer.ts';
import { makePath, refuses } from './paths.ts';
import { makeLeaf, makeRoot, NOW } from './pki.ts';

test('refuses a leaf that was changed after it was signed', async () => {
  const { root, intermediate, leaf } = await makePath();
  const forged = parseCertificate(
    Uint8Array.from(Buffer.from(leaf.certificate.raw).toString('latin1').replace('/web', '/sql'), (c) =>
      c.charCodeAt(0),
    ),
  );
  assert.deepEqual(forged.uriSans, ['spiffe://example.org/sql']);
  const chain = [forged, intermediate.certificate];
  refuses(() => verifyChain({ chain, roots: [root.certificate], at: NOW }), /signature is invalid/);
});

/** The same certificate under another algorithm identifier, signed by whatever makes that signature. */
function resign(
  { tbs, signatureAlgorithmDer }: Certificate,
  algorithmHex: string,
  make: (tbs: Uint8Array) => Uint8Array,
): Certificate {
  const algorithm = fromHex(algorithmHex);
  const inside = Buffer.from(tbs);
  const at = inside.indexOf(signatureAlgorithmDer);
  assert.equal(algorithm.length, signatureAlgorithmDer.length);
  inside.set(algorithm, at);
  return parseCertificate(encode(sequence(inside, algorithm, bitString(make(inside)))));
}

test('refuses SHA-1 signatures though they are right', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
  const root = await makeRoot({ publicKey: spki });
  const { certificate: leaf } = await makeLeaf(root);
  // ecdsa-with-SHA256 with its last arcs cut to ecdsa-with-SHA1 would be shorter; ecdsa-with-SHA224 is as long
  const sha224 = resign(leaf, '300a06082a8648ce3d040301', (tbs) => sign('sha224', tbs, privateKey));
  const options = { roots: [root.certificate], at: NOW };
  refuses(
    () => verifyChain({ chain: [sha224], ...options }),
    /signature algorithm 1.2.840.10045.4.3.1 is not allowed/,
  );
  const { certificate: rsaLeaf } = await makeLeaf(await makeRoot({ keyType: 'rsa-2048' }));
  const sha1 = resign(rsaLeaf, '300d06092a864886f70d0101050500', () => new Uint8Array(256));
  const rsaRoot = await makeRoot({ keyType: 'rsa-2048' });
  refuses(
    () => verifyChain({ chain: [sha1], roots: [rsaRoot.certificate], at: NOW }),
    /1.2.840.113549.1.1.5 is not allowed/,
  );
  const md5 = resign(rsaLeaf, '300d06092a864886f70d0101040500', () => new Uint8Array(256));
  refuses(
    () => verifyChain({ chain: [md5], roots: [rsaRoot.certificate], at: NOW }),
    /1.2.840.113549.1.1.4 is not allowed/,
  );
});

test('refuses a signature algorithm that is not of the issuer’s key', async () => {
  const rsaRoot = await makeRoot({ keyType: 'rsa-2048' });
  const { certificate } = await makeLeaf(await makeRoot());
  refuses(
    () => verifyChain({ chain: [certificate], roots: [rsaRoot.certificate], at: NOW }),
    /ecdsa-sha256 does not fit a key of kind rsa/,
  );
});

test('refuses RSA keys that are too short', async () => {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1_024 });
  const short = new Uint8Array(publicKey.export({ type: 'spki', format: 'der' }));
  const root = await makeRoot();
  const { certificate } = await makeLeaf(root, { publicKey: short });
  refuses(
    () => verifyChain({ chain: [certificate], roots: [root.certificate], at: NOW }),
    /RSA key has 1024 bits/,
  );
});
