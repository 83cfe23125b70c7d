/**
 * The last look: a token about to leave is read back, by the reader of those who get it, and must say what was asked, all
 * of it and nothing else. Called by jwt-ca and wit-ca on every token.
 */
import { bytesEqual } from '../../shared/bytes.ts';
import { jwsAlgorithmOf } from '../../shared/crypto/jws-algorithms.ts';
import { type CodedError, internal, messageOf } from '../../shared/errors.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import { type JwtSvid, type JwtSvidFields, parseJwtSvid } from '../../shared/svid/jwt-svid.ts';
import { parseWitSvid, type WitSvid, type WitSvidFields } from '../../shared/svid/wit-svid.ts';
import type { TokenKey } from './token-keys.ts';

type Key = Pick<TokenKey, 'keyId' | 'signer' | 'expiresAt'>;

/** Throws Internal, naming the field, unless the token is exactly the JWT-SVID that was asked for. */
export function checkIssuedJwtSvid(token: string, expected: JwtSvidFields, key: Key): void {
  const found = readBack(() => parseJwtSvid(token));
  const { audience, issuer, tokenId } = expected;
  checkAll({
    ...inBoth(found, expected, key),
    audience: isSameList(found.audience, audience) && Array.isArray(found.claims['aud']),
    'token id': found.claims['jti'] === tokenId,
    claims: hasOnly(found, ['sub', 'exp', 'iat', 'aud', ...named('iss', issuer), ...named('jti', tokenId)]),
  });
}

/** Throws Internal, naming the field, unless the token is exactly the WIT-SVID that was asked for. */
export function checkIssuedWitSvid(token: string, expected: WitSvidFields, key: Key): void {
  const found = readBack(() => parseWitSvid(token));
  const { proofKey, issuer } = expected;
  checkAll({
    ...inBoth(found, expected, key),
    key: bytesEqual(found.proofKey.publicKey, proofKey.publicKey),
    'algorithm of its key': found.proofKey.algorithm === proofKey.algorithm,
    claims: hasOnly(found, ['sub', 'exp', 'iat', 'cnf', ...named('iss', issuer)]),
  });
}

interface Expected {
  readonly spiffeId: SpiffeId;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly issuer: string | undefined;
}

/** What must hold, by the name of the field. */
const inBoth = (
  found: JwtSvid | WitSvid,
  expected: Expected,
  key: Key,
): Readonly<Record<string, boolean>> => ({
  algorithm: found.algorithm === jwsAlgorithmOf(key.signer.keyType),
  'key id': found.keyId === key.keyId,
  subject: found.id.equals(expected.spiffeId),
  'time of issue': found.issuedAt?.getTime() === expected.issuedAt.getTime(),
  expiration: found.expiresAt.getTime() === expected.expiresAt.getTime(),
  'expiration, past that of its key,': found.expiresAt <= key.expiresAt,
  issuer: found.claims['iss'] === expected.issuer,
});

function checkAll(fields: Readonly<Record<string, boolean>>): void {
  for (const [field, holds] of Object.entries(fields))
    if (!holds) throw refused(`its ${field} is not what was asked for`);
}

function readBack<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw refused(messageOf(cause), cause);
  }
}

const refused = (why: string, cause?: unknown): CodedError =>
  internal(`issued token is withheld: ${why}`, cause === undefined ? {} : { cause });

const named = (claim: string, value: string | undefined): readonly string[] =>
  value === undefined ? [] : [claim];

const hasOnly = ({ claims }: JwtSvid | WitSvid, names: readonly string[]): boolean =>
  isSameList(Object.keys(claims).sort(), [...names].sort());

const isSameList = (found: readonly string[], wanted: readonly string[]): boolean =>
  found.length === wanted.length && found.every((each, at) => each === wanted[at]);
