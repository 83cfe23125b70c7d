/**
 * The proof that a node holds a certificate's key, as SPIRE's x509pop has it on the wire: the server's nonce, then a nonce
 * of the node's own, hashed together and signed. The node's own nonce keeps its key from signing what a server chose.
 * Called by both halves of attest-node/x509pop.
 */
import { constants, type KeyObject, sign, verify } from 'node:crypto';
import { concat, fromBase64, toBase64, utf8 } from '../bytes.ts';
import { invalidArgument, permissionDenied } from '../errors.ts';

export const NONCE_BYTES = 32; // SPIRE's
const MESSAGE_MAX_BYTES = 16_384; // a signature by RSA-8192 takes 1,400 in base64

/** The two kinds of challenge; each is a key of both messages, the other one null. */
type Kind = 'rsa_signature' | 'ecdsa_signature';
const NAMES: Readonly<Record<Kind, string>> = { rsa_signature: 'RSA', ecdsa_signature: 'ECDSA' };

/** The server's message. Throws InvalidArgument on a key of another kind. */
export const challengeFor = (key: KeyObject, nonce: Uint8Array): Uint8Array =>
  messageOfKind(kindOf(key), { nonce: toBase64(nonce) });

/** The node's answer. Throws InvalidArgument on a challenge that is malformed, or not for a key of this kind. */
export function answerChallenge(key: KeyObject, challenge: Uint8Array, nonce: Uint8Array): Uint8Array {
  const kind = kindOf(key);
  const asked = partOf(challenge, kind, 'challenge');
  if (asked === undefined) throw invalidArgument(`expecting ${NAMES[kind]} challenge`);
  const signed = concat([nonceIn(asked, 'challenge'), nonce]);
  return messageOfKind(kind, { nonce: toBase64(nonce), ...signatureBy(key, kind, signed) });
}

/** Throws InvalidArgument on an answer that cannot be read, PermissionDenied on one that proves nothing. */
export function checkAnswer(key: KeyObject, asked: Uint8Array, answer: Uint8Array): void {
  const kind = kindOf(key);
  const given = partOf(answer, kind, 'challenge response');
  if (given === undefined) throw permissionDenied(`expecting ${NAMES[kind]} response`);
  const signed = concat([asked, nonceIn(given, 'response')]);
  if (!isSigned(key, kind, { signed, given }))
    throw permissionDenied(`${NAMES[kind]} signature verify failed`);
}

function kindOf({ asymmetricKeyType }: KeyObject): Kind {
  if (asymmetricKeyType === 'rsa') return 'rsa_signature';
  if (asymmetricKeyType === 'ec') return 'ecdsa_signature';
  throw invalidArgument(`unsupported public key type ${asymmetricKeyType ?? 'none'}`);
}

type Fields = Readonly<Record<string, unknown>>;

const messageOfKind = (kind: Kind, fields: Fields): Uint8Array =>
  utf8(JSON.stringify({ rsa_signature: null, ecdsa_signature: null, [kind]: fields }));

function partOf(message: Uint8Array, kind: Kind, what: string): Fields | undefined {
  const read = message.length > MESSAGE_MAX_BYTES ? undefined : parseJson(message);
  if (!isFields(read)) throw invalidArgument(`unable to unmarshal ${what}`);
  const part = read[kind] ?? undefined;
  if (part !== undefined && !isFields(part)) throw invalidArgument(`unable to unmarshal ${what}`);
  return part;
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined; // no JSON is null, which is no message either
  }
}

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const bytesIn = (fields: Fields, key: string): Uint8Array => {
  const text = fields[key];
  return (typeof text === 'string' ? fromBase64(text) : undefined) ?? new Uint8Array();
};

function nonceIn(fields: Fields, what: string): Uint8Array {
  const nonce = bytesIn(fields, 'nonce');
  if (nonce.length !== NONCE_BYTES) throw invalidArgument(`invalid ${what} nonce`);
  return nonce;
}

const PSS = constants.RSA_PKCS1_PSS_PADDING;

function signatureBy(key: KeyObject, kind: Kind, signed: Uint8Array): Fields {
  if (kind === 'rsa_signature') {
    const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
    return { signature: toBase64(sign('sha256', signed, { key, padding: PSS, saltLength })) };
  }
  const both = sign('sha256', signed, { key, dsaEncoding: 'ieee-p1363' });
  const half = both.length / 2;
  return { r: toBase64(both.subarray(0, half)), s: toBase64(both.subarray(half)) };
}

interface Given {
  readonly signed: Uint8Array;
  readonly given: Fields;
}

function isSigned(key: KeyObject, kind: Kind, { signed, given }: Given): boolean {
  try {
    if (kind === 'rsa_signature') {
      // Go's signers take the longest salt that fits, so any length is right
      const options = { key, padding: PSS, saltLength: constants.RSA_PSS_SALTLEN_AUTO };
      return verify('sha256', signed, options, bytesIn(given, 'signature'));
    }
    const size = fieldBytesOf(key);
    const both = concat([padded(bytesIn(given, 'r'), size), padded(bytesIn(given, 's'), size)]);
    return verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, both);
  } catch {
    return false; // OpenSSL could not even try
  }
}

const FIELD_BYTES: Readonly<Record<string, number>> = { prime256v1: 32, secp384r1: 48, secp521r1: 66 };

const fieldBytesOf = (key: KeyObject): number => FIELD_BYTES[key.asymmetricKeyDetails?.namedCurve ?? ''] ?? 0;

/** A number as long as the curve's field; Go leaves leading zeros out. Throws when it is longer. */
function padded(number: Uint8Array, size: number): Uint8Array {
  if (number.length > size) throw invalidArgument('number is longer than the field of the curve');
  return concat([new Uint8Array(size - number.length), number]);
}
