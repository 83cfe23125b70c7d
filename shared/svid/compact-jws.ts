/**
 * Reads a token in the compact form of a JWS (RFC 7515 7.1), the only one that SVIDs have (JWT-SVID 1, 5.1): its parts,
 * decoded strictly and within bounds, nothing believed. Called by token-rules.
 */
import { invalidArgument } from '../errors.ts';

/** Several times what HTTP servers take as a header. */
export const TOKEN_MAX_CHARS = 65_536;

export type Json = Readonly<Record<string, unknown>>;

export interface CompactJws {
  readonly header: Json;
  readonly claims: Json;
  /** What is signed: header and claims as they are written, ASCII. */
  readonly signed: string;
  readonly signature: Uint8Array;
}

/** Throws InvalidArgument that says which part is wrong; never with a part of the token in it. */
export function parseCompactJws(token: string): CompactJws {
  if (token.length > TOKEN_MAX_CHARS)
    throw invalidArgument(`token is longer than ${TOKEN_MAX_CHARS} characters`);
  const first = token.indexOf('.');
  const second = token.indexOf('.', first + 1);
  if (first < 0 || second < 0 || token.includes('.', second + 1))
    throw invalidArgument('token does not have three parts');
  return {
    header: readObject('header', token.slice(0, first)),
    claims: readObject('payload', token.slice(first + 1, second)),
    signed: token.slice(0, second),
    signature: readBytes('signature', token.slice(second + 1)),
  };
}

/** One text for each value (RFC 7515 2: no padding; no bits left over): a token has no second spelling. */
function readBytes(part: string, text: string): Uint8Array {
  const bytes = Buffer.from(text, 'base64url');
  if (bytes.length === 0 || bytes.toString('base64url') !== text)
    throw invalidArgument(`${part} of the token is not base64url`);
  return bytes;
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Of a name that occurs twice the last one counts, for all that read it here (RFC 7515 4, RFC 7519 4). */
function readObject(part: string, text: string): Json {
  const value = parseJson(part, readBytes(part, text));
  if (!isObject(value)) throw invalidArgument(`${part} of the token is not a JSON object`);
  return value;
}

/** Neither a list nor null. */
export const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function parseJson(part: string, bytes: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(bytes));
  } catch (cause) {
    throw invalidArgument(`${part} of the token is not JSON`, { cause });
  }
}
