/**
 * SPIFFE bundles as JWK Sets (SPIFFE_Trust_Domain_and_Bundle 4). Read strictly: one key that is wrong refuses the whole
 * document, one of a kind or for a use that is not known is passed over (4.2.1, 4.2.2). Called by the agent's
 * bootstrap and server/oidc; format-bundle writes them.
 */
import { bytesEqual, fromBase64 } from '../bytes.ts';
import { parseCertificate } from '../crypto/certificate.ts';
import { publicKeyFromJwk } from '../crypto/jwk.ts';
import { invalidArgument, messageOf } from '../errors.ts';
import type { TrustDomain } from '../spiffe/trust-domain.ts';
import type { Bundle, TokenAuthority, X509Authority } from './bundle.ts';

const MAX_CHARS = 8 * 1_024 * 1_024;
const MAX_KEYS = 10_000;
const KEY_ID_MAX_CHARS = 1_024;
/** Sequence numbers are 64-bit; beyond 2^53 the last digits are lost, the order is kept. */
const MAX_SEQUENCE = 2 ** 64 - 1;

type Json = Readonly<Record<string, unknown>>;

/** Throws InvalidArgument that says which key, and what is wrong with it. */
export function parseBundleJson(text: string, trustDomain: TrustDomain): Bundle {
  const { document, keys } = parseKeySet(text);
  const read = keys.map((key, at) => readNumbered(at, () => readKey(key)));
  return {
    trustDomain,
    x509Authorities: read.flatMap(({ x509 }) => x509 ?? []),
    jwtAuthorities: uniqueByKeyId(read.flatMap(({ jwt }) => jwt ?? [])),
    witAuthorities: uniqueByKeyId(read.flatMap(({ wit }) => wit ?? [])),
    refreshHintSeconds: readCount(document, 'spiffe_refresh_hint', Number.MAX_SAFE_INTEGER),
    sequenceNumber: readCount(document, 'spiffe_sequence', MAX_SEQUENCE),
  };
}

/**
 * The keys for JWTs of a JWK Set: a SPIFFE bundle, whose other keys are passed over, or a plain set whose keys have no
 * use, as the Workload API sends it. Throws as parseBundleJson does.
 */
export function parseJwtKeys(text: string): readonly TokenAuthority[] {
  const { keys } = parseKeySet(text);
  return uniqueByKeyId(keys.flatMap((key, at) => readNumbered(at, () => readJwtKey(key))));
}

interface KeySet {
  readonly document: Json;
  readonly keys: readonly unknown[];
}

function parseKeySet(text: string): KeySet {
  if (text.length > MAX_CHARS) throw invalidArgument(`bundle is longer than ${MAX_CHARS} characters`);
  const document = parseObject(text);
  const keys = document['keys'];
  if (!Array.isArray(keys)) throw invalidArgument('bundle has no list "keys"'); // 4.1.3
  if (keys.length > MAX_KEYS) throw invalidArgument(`bundle has more than ${MAX_KEYS} keys`);
  return { document, keys };
}

function parseObject(text: string): Json {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (cause) {
    throw invalidArgument('bundle is not JSON', { cause });
  }
  if (!isRecord(document)) throw invalidArgument('bundle is not a JSON object');
  return document;
}

const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function readCount(document: Json, member: string, max: number): number {
  const value = document[member];
  if (value === undefined) return 0;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > max)
    throw invalidArgument(`"${member}" is not a whole number`);
  return value;
}

interface ReadKey {
  readonly x509?: X509Authority;
  readonly jwt?: TokenAuthority;
  readonly wit?: TokenAuthority;
}

function readNumbered<T>(at: number, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw invalidArgument(`key ${at + 1} of the bundle: ${messageOf(cause)}`, { cause });
  }
}

function readKey(key: unknown): ReadKey {
  if (!isRecord(key)) throw invalidArgument('not an object');
  const { kty, use } = key;
  if (typeof kty !== 'string') throw invalidArgument('"kty" is missing');
  if (kty !== 'EC' && kty !== 'RSA') return {};
  if (use === 'x509-svid') return { x509: readX509(key) };
  if (use === 'jwt-svid') return { jwt: readToken(key) };
  if (use === 'wit-svid') return { wit: readToken(key) };
  return {};
}

/** A plain JWK Set's keys need no use, or are for signatures (RFC 7517 4.2). */
function readJwtKey(key: unknown): readonly TokenAuthority[] {
  if (!isRecord(key)) throw invalidArgument('not an object');
  const { kty, use } = key;
  const isForJwts = use === undefined || use === 'jwt-svid' || use === 'sig';
  return isForJwts && (kty === 'EC' || kty === 'RSA') ? [readToken(key)] : [];
}

function readX509(key: Json): X509Authority {
  const x5c = key['x5c'];
  const list: readonly unknown[] = Array.isArray(x5c) ? x5c : [];
  const [text, ...more] = list;
  if (typeof text !== 'string' || more.length > 0)
    throw invalidArgument('"x5c" must hold exactly one certificate');
  const certificate = fromBase64(text);
  if (certificate === undefined) throw invalidArgument('"x5c" is not base64');
  const { publicKey } = parseCertificate(certificate);
  // as go-jose, which refuses the document when the two differ
  if (!bytesEqual(publicKey, publicKeyFromJwk(key)))
    throw invalidArgument('the certificate in "x5c" is for another key');
  return { certificate, tainted: false };
}

function readToken(key: Json): TokenAuthority {
  const keyId = key['kid'];
  if (typeof keyId !== 'string' || keyId === '' || keyId.length > KEY_ID_MAX_CHARS)
    throw invalidArgument('"kid" is missing or too long');
  return { keyId, publicKey: publicKeyFromJwk(key), expiresAt: undefined, tainted: false };
}

function uniqueByKeyId(authorities: readonly TokenAuthority[]): readonly TokenAuthority[] {
  const seen = new Set<string>();
  for (const { keyId } of authorities) {
    if (seen.has(keyId)) throw invalidArgument(`key id ${JSON.stringify(keyId)} occurs twice in the bundle`);
    seen.add(keyId);
  }
  return authorities;
}
