/**
 * JWT-SVIDs (JWT-SVID 2 to 6): written for whoever holds a key, read, and verified against the bundle of their own trust
 * domain. Called by server/ca, the agent and the client library.
 */
import { unixSeconds } from '../clock.ts';
import { invalidArgument } from '../errors.ts';
import type { SpiffeId } from '../spiffe/spiffe-id.ts';
import { type CompactJws, type Json, parseCompactJws } from './compact-jws.ts';
import {
  checkSigned,
  checkTimes,
  readHeader,
  readSubject,
  readTimes,
  refusing,
  type TokenAuthorities,
  type TokenHeader,
  type TokenTimes,
} from './token-rules.ts';
import type { TokenWriter } from './token-writer.ts';

export interface JwtSvid extends TokenHeader, TokenTimes {
  readonly id: SpiffeId;
  readonly audience: readonly string[];
  /** All of them, as they were written. */
  readonly claims: Json;
}

/** The header's type that we write (JWT-SVID 2.3). */
export const JWT_SVID_TYPE = 'JWT';
const TYPES: readonly unknown[] = [undefined, 'JWT', 'JOSE'];
const HEADERS: readonly string[] = ['alg', 'kid', 'typ'];

export interface JwtSvidFields {
  readonly spiffeId: SpiffeId;
  readonly audience: readonly string[];
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly issuer: string | undefined;
  readonly tokenId: string | undefined;
}

/** The claims that SPIRE's JWT-SVIDs have; the audience is a list, also of one. */
export const jwtSvidClaims = (fields: JwtSvidFields): Json => ({
  aud: fields.audience,
  exp: unixSeconds(fields.expiresAt),
  iat: unixSeconds(fields.issuedAt),
  ...(fields.issuer === undefined ? {} : { iss: fields.issuer }),
  ...(fields.tokenId === undefined ? {} : { jti: fields.tokenId }),
  sub: fields.spiffeId.toString(),
});

/** The token; rejects with the signer's error. */
export const buildJwtSvid = (writer: TokenWriter, fields: JwtSvidFields): Promise<string> =>
  writer.write(jwtSvidClaims(fields));

/**
 * Reads a token and checks what can be checked without a bundle. Throws InvalidArgument that names the rule. Says nothing
 * of who signed it, for whom it is, nor of time: that is verifyJwtSvid.
 *
 * DIVERGES: the strict reading of JWT-SVID 2, where the SDKs let other headers pass; and a key id is demanded, as they do.
 */
export function parseJwtSvid(token: string): JwtSvid {
  return refusing('JWT-SVID', () => read(parseCompactJws(token)));
}

export interface VerifyJwtSvid {
  readonly token: string;
  /** Keys for JWT-SVIDs. */
  readonly authorities: TokenAuthorities;
  /** One of these must be in the token: what the verifier calls itself. */
  readonly audience: readonly string[];
  readonly at: Date;
}

/** Reads and verifies; throws InvalidArgument unless it is signed by its own trust domain, for this audience, and counts at that time. */
export function verifyJwtSvid({ token, authorities, audience, at }: VerifyJwtSvid): JwtSvid {
  return refusing('JWT-SVID', () => {
    const jws = parseCompactJws(token);
    const svid = read(jws);
    checkSigned({ ...svid, jws }, authorities);
    // J-6 (JWT-SVID 3.2)
    if (!svid.audience.some((each) => audience.includes(each)))
      throw invalidArgument('it is for another audience');
    checkTimes(svid, at);
    return svid;
  });
}

function read({ header, claims }: CompactJws): JwtSvid {
  const known = readHeader(header);
  // J-4 (JWT-SVID 2.3), J-2 (JWT-SVID 2)
  if (!TYPES.includes(header['typ'])) throw invalidArgument('type is neither "JWT" nor "JOSE"');
  if (Object.keys(header).some((name) => !HEADERS.includes(name)))
    throw invalidArgument('header has members other than alg, kid and typ');
  return { ...known, id: readSubject(claims), audience: readAudience(claims), ...readTimes(claims), claims };
}

/** J-6 (JWT-SVID 3.2); a text is a list of one (RFC 7519 4.1.3). */
function readAudience({ aud }: Json): readonly string[] {
  const list: readonly unknown[] = Array.isArray(aud) ? aud : aud === undefined ? [] : [aud];
  const audience = list.filter((each) => typeof each === 'string');
  if (audience.length === 0 || audience.length !== list.length)
    throw invalidArgument('audience is missing, or not a list of texts');
  return audience;
}
