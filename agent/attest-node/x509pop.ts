/**
 * A certificate that the node had before, and a signature that shows that it has the key (SPIRE: x509pop). The files are
 * read at each attempt, so that renewed ones count. Listed in registry.ts.
 *
 * DIVERGES: SPIRE reads the key whatever the mode of its file; here not one that everybody may read.
 */
import { createPublicKey, type KeyObject } from 'node:crypto';
import { bytesEqual, toBase64, utf8 } from '../../shared/bytes.ts';
import { parseCertificate } from '../../shared/crypto/certificate.ts';
import { parsePem } from '../../shared/crypto/pem.ts';
import { answerChallenge, NONCE_BYTES } from '../../shared/crypto/possession.ts';
import { parseAnyPrivateKeyPem } from '../../shared/crypto/private-key-pem.ts';
import { Code, CodedError, invalidArgument, messageOf } from '../../shared/errors.ts';
import type { Random } from '../../shared/random.ts';
import { readBounded } from '../../shared/read-bounded.ts';
import type { X509PopConfig } from '../config/node-attestor-plugin.ts';
import type { NodeAttestor, Proof } from './node-attestor.ts';

export const x509pop = (config: X509PopConfig, needs: { readonly random: Random }): NodeAttestor => ({
  type: 'x509pop',
  begin: async () => {
    const certificates = [config.certificatePath, config.intermediatesPath].flatMap(readCertificates);
    const key = named(config.privateKeyPath, () => readKey(config.privateKeyPath, certificates));
    return proofOf(certificates, key, needs.random);
  },
});

function proofOf(certificates: readonly Uint8Array[], key: KeyObject, random: Random): Proof {
  let isAnswered = false;
  return {
    payload: utf8(JSON.stringify({ certificates: certificates.map(toBase64) })),
    answer: async (challenge) => {
      if (isAnswered) throw refused('server sent a second challenge, where x509pop has one');
      isAnswered = true;
      return answerChallenge(key, challenge, random.bytes(NONCE_BYTES));
    },
    end: async () => {},
  };
}

function readCertificates(path: string | undefined): readonly Uint8Array[] {
  if (path === undefined) return [];
  return named(path, () => {
    const found = parsePem(readBounded(path).bytes.toString('latin1'), 'CERTIFICATE');
    if (found.length === 0) throw invalidArgument('there is no certificate in it');
    return found;
  });
}

function readKey(path: string, [leaf]: readonly Uint8Array[]): KeyObject {
  const { bytes, isOpenToOthers } = readBounded(path);
  try {
    if (isOpenToOthers) throw invalidArgument('everybody on this machine can read it: chmod 600 it');
    const key = parseAnyPrivateKeyPem(bytes);
    if (leaf === undefined || !bytesEqual(publicKeyOf(key), parseCertificate(leaf).publicKey))
      throw invalidArgument('it is not the key of the certificate in certificate_path');
    return key;
  } finally {
    bytes.fill(0);
  }
}

const publicKeyOf = (key: KeyObject): Uint8Array =>
  createPublicKey(key).export({ type: 'spki', format: 'der' });

/** What is wrong with a file, with its name. */
function named<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw refused(`x509pop: ${path}: ${messageOf(cause)}`, cause);
  }
}

const refused = (message: string, cause?: unknown): CodedError =>
  new CodedError(Code.failedPrecondition, message, { cause });
