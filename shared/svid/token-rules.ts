/**
 * What JWT-SVIDs and WIT-SVIDs have in common: header, subject, times, and the key in the bundle of the subject's own trust
 * domain that must have signed. Called by jwt-svid and wit-svid.
 */
import type { TokenAuthority } from '../bundle/bundle.ts';
import { fromUnixSeconds } from '../clock.ts';
import {
  checkJwsKeyFits,
  isJwsAlgorithm,
  isJwsSignatureValid,
  type JwsAlgorithm,
} from '../crypto/jws-algorithms.ts';
import { importPublicKey, readPublicKey } from '../crypto/public-key.ts';
import { invalidArgument, messageOf } from '../errors.ts';
import { SpiffeId } from '../spiffe/spiffe-id.ts';
import type { TrustDomain } from '../spiffe/trust-domain.ts';
import type { CompactJws, Json } from './compact-jws.ts';

/** How far the clocks of issuer and verifier may be apart (JWT-SVID, appendix A; WIT-SVID 3.4): as much as go-spiffe grants. */
export const LEEWAY_SECONDS = 60;

const KEY_ID_MAX_CHARS = 1_024; // as in bundles
/** The last second that a Date can hold (ECMA-262 21.4.1.1). */
const TIME_MAX_SECONDS = 8.64e12;

export interface TokenHeader {
  readonly algorithm: JwsAlgorithm;
  readonly keyId: string;
}

/** J-3, W-3: the algorithm first. Throws InvalidArgument. */
export function readHeader({ alg, kid }: Json): TokenHeader {
  if (!isJwsAlgorithm(alg)) throw invalidArgument('algorithm is not one that SVIDs are signed with');
  if (typeof kid !== 'string' || kid === '' || kid.length > KEY_ID_MAX_CHARS)
    throw invalidArgument('key id is missing, or no text of a sensible length');
  return { algorithm: alg, keyId: kid };
}

/** J-5, W-5. Throws InvalidArgument. */
export function readSubject({ sub }: Json): SpiffeId {
  if (typeof sub !== 'string') throw invalidArgument('subject is missing');
  try {
    return SpiffeId.parse(sub);
  } catch (cause) {
    throw invalidArgument(`subject is not a SPIFFE ID: ${messageOf(cause)}`, { cause });
  }
}

export interface TokenTimes {
  readonly expiresAt: Date;
  readonly issuedAt: Date | undefined;
  readonly notBefore: Date | undefined;
}

/** J-7, W-8, W-9: an end is required. Throws InvalidArgument. */
export function readTimes(claims: Json): TokenTimes {
  const expiresAt = readTime(claims, 'exp');
  if (expiresAt === undefined) throw invalidArgument('expiration is missing');
  return { expiresAt, issuedAt: readTime(claims, 'iat'), notBefore: readTime(claims, 'nbf') };
}

/** NumericDate (RFC 7519 2): seconds, fractions allowed. */
function readTime(claims: Json, name: 'exp' | 'iat' | 'nbf'): Date | undefined {
  const value = claims[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !(Math.abs(value) <= TIME_MAX_SECONDS))
    throw invalidArgument(`"${name}" is not a time`);
  return fromUnixSeconds(value);
}

/** Throws InvalidArgument unless the token counts at that time, give or take the leeway. */
export function checkTimes({ expiresAt, issuedAt, notBefore }: TokenTimes, at: Date): void {
  const leewayMs = LEEWAY_SECONDS * 1_000;
  if (at.getTime() - leewayMs >= expiresAt.getTime()) throw invalidArgument('token has expired');
  for (const start of [issuedAt, notBefore])
    if (start !== undefined && at.getTime() + leewayMs < start.getTime())
      throw invalidArgument('token is not valid yet');
}

/** The keys of a trust domain's bundle for this kind of token; undefined when there is no bundle of it. */
export type TokenAuthorities = (trustDomain: TrustDomain) => readonly TokenAuthority[] | undefined;

export interface SignedToken extends TokenHeader {
  readonly id: SpiffeId;
  readonly jws: CompactJws;
}

/** Throws InvalidArgument unless a key of the subject's own trust domain, named by the token, has signed it. */
export function checkSigned({ id, jws, algorithm, keyId }: SignedToken, authorities: TokenAuthorities): void {
  const bundle = authorities(id.trustDomain);
  if (bundle === undefined) throw invalidArgument(`there is no bundle for trust domain "${id.trustDomain}"`);
  const authority = bundle.find((each) => each.keyId === keyId);
  if (authority === undefined)
    throw invalidArgument(`its key is not in the bundle of trust domain "${id.trustDomain}"`);
  checkJwsKeyFits(algorithm, readPublicKey(authority.publicKey).kind);
  const publicKey = importPublicKey(authority.publicKey);
  const message = Buffer.from(jws.signed, 'latin1');
  if (!isJwsSignatureValid({ algorithm, publicKey, message, signature: jws.signature }))
    throw invalidArgument('its signature is not valid');
}

/** What `deed` says; its refusal begins with the kind of token. */
export function refusing<T>(kind: 'JWT-SVID' | 'WIT-SVID', deed: () => T): T {
  try {
    return deed();
  } catch (cause) {
    throw invalidArgument(`${kind} is invalid: ${messageOf(cause)}`, { cause });
  }
}
