/** Private keys as openssl and others write them. */
import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { test } from 'node:test';
import { utf8 } from '../../../shared/bytes.ts';
import { parsePrivateKeyPem } from '../../../shared/crypto/private-key-pem.ts';
import { Code } from '../../../shared/errors.ts';
import { isRefusal } from '../../refusal.ts';

const { privateKey: ec } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const { privateKey: rsa } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const pem = (key: KeyObject, type: 'pkcs8' | 'pkcs1' | 'sec1'): string =>
  key.export({ type: type as 'pkcs8', format: 'pem' }).toString();
/** What `openssl ecparam -genkey` writes before the key: the curve. */
const PARAMETERS = '-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n';

const good: readonly (readonly [string, string, KeyObject])[] = [
  ['PKCS #8', pem(ec, 'pkcs8'), ec],
  ['PKCS #8 of RSA', pem(rsa, 'pkcs8'), rsa],
  ['PKCS #1', pem(rsa, 'pkcs1'), rsa],
  ['SEC 1', pem(ec, 'sec1'), ec],
  ['SEC 1 after its curve', PARAMETERS + pem(ec, 'sec1'), ec],
  [
    'a key among words, with the line ends of Windows',
    `Bag\r\n${pem(ec, 'pkcs8').replaceAll('\n', '\r\n')}`,
    ec,
  ],
];
for (const [what, text, key] of good)
  test(`reads ${what}, and leaves the bytes to whoever wipes them`, () => {
    const bytes = utf8(text);
    const read = parsePrivateKeyPem(bytes);
    bytes.fill(0);
    assert.ok(read.equals(key));
  });

const ED25519 = pem(generateKeyPairSync('ed25519').privateKey, 'pkcs8');
const locked = ec.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' }).toString();
const lockedByHeader = rsa
  .export({ type: 'pkcs1', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'x' })
  .toString();
const bad: readonly (readonly [string, string, RegExp])[] = [
  ['nothing', '', /^there is no private key in PEM$/],
  ['the curve alone', PARAMETERS, /^there is no private key in PEM$/],
  ['two keys', pem(ec, 'pkcs8') + pem(ec, 'sec1'), /^there is more than one private key$/],
  ['an encrypted key', locked, /^private key is encrypted: decrypt it first$/],
  ['a key encrypted in the old way', lockedByHeader, /^private key is encrypted: decrypt it first$/],
  ['half of a key', pem(ec, 'pkcs8').slice(0, 90), /^private key is malformed$/],
  ['another key under the label', pem(ec, 'sec1').replaceAll('EC ', 'RSA '), /^private key is malformed$/],
  ['a key of another type', ED25519, /^private key is not one of ec-p256, ec-p384, rsa-2048, rsa-4096$/],
];
for (const [what, text, words] of bad)
  test(`refuses ${what}, and tells nothing of it`, () => {
    assert.throws(
      () => parsePrivateKeyPem(utf8(text)),
      (error: unknown) => isRefusal(Code.invalidArgument, words)(error) && !('cause' in (error as Error)),
    );
  });
