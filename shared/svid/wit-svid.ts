/**
 * WIT-SVIDs (WIT-SVID 2 to 6): tokens that are good only together with a proof by the key that they name. Written, read, and
 * verified against the bundle of their own trust domain. Called by server/ca, the agent and the client library.
 */
import { unixSeconds } from '../clock.ts';
import { type JwsAlgorithm, checkJwsKeyFits, isJwsAlgorithm } from '../crypto/jws-algorithms.ts';
import { publicKeyFromJwk, publicKeyToJwk } from '../crypto/jwk.ts';
import { readPublicKey } from '../crypto/public-key.ts';
import { invalidArgument } from '../errors.ts';
import type { SpiffeId } from '../spiffe/spiffe-id.ts';
import { type CompactJws, isObject, type Json, parseCompactJws } from './compact-jws.ts';
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

/** What a workload proves itself with. */
export interface ProofKey {
  /** SubjectPublicKeyInfo, DER. */
  readonly publicKey: Uint8Array;
  readonly algorithm: JwsAlgorithm;
}

export interface WitSvid extends TokenHeader, TokenTimes {
  readonly id: SpiffeId;
  readonly proofKey: ProofKey;
  /** All of them, as they were written. */
  readonly claims: Json;
}

/** WIT-SVID 2.2 */
export const WIT_SVID_TYPE = 'wit+jwt';

export interface WitSvidFields {
  readonly spiffeId: SpiffeId;
  readonly proofKey: ProofKey;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly issuer: string | undefined;
}

/** W-14 (WIT-SVID 4). Throws InvalidArgument on a key that is none. */
export const witSvidClaims = ({ spiffeId, proofKey, issuedAt, expiresAt, issuer }: WitSvidFields): Json => ({
  cnf: { jwk: { ...publicKeyToJwk(proofKey.publicKey), alg: proofKey.algorithm } },
  exp: unixSeconds(expiresAt),
  iat: unixSeconds(issuedAt),
  ...(issuer === undefined ? {} : { iss: issuer }),
  sub: spiffeId.toString(),
});

/** The token; rejects with InvalidArgument on a key that is none, or the signer's error. */
export const buildWitSvid = async (writer: TokenWriter, fields: WitSvidFields): Promise<string> =>
  writer.write(witSvidClaims(fields));

/**
 * Reads a token and checks what can be checked without a bundle. Throws InvalidArgument that names the rule. Says nothing
 * of who signed it, of time, nor whether its bearer holds the key.
 */
export function parseWitSvid(token: string): WitSvid {
  return refusing('WIT-SVID', () => read(parseCompactJws(token)));
}

export interface VerifyWitSvid {
  readonly token: string;
  /** Keys for WIT-SVIDs. */
  readonly authorities: TokenAuthorities;
  readonly at: Date;
}

/**
 * Reads and verifies; throws InvalidArgument unless it is signed by its own trust domain and counts at that time. It is
 * nobody's proof of anything yet: the caller must see one by its key (W-15).
 */
export function verifyWitSvid({ token, authorities, at }: VerifyWitSvid): WitSvid {
  return refusing('WIT-SVID', () => {
    const jws = parseCompactJws(token);
    const svid = read(jws);
    checkSigned({ ...svid, jws }, authorities);
    checkTimes(svid, at);
    return svid;
  });
}

function read({ header, claims }: CompactJws): WitSvid {
  const known = readHeader(header);
  // W-2 (WIT-SVID 2.2): so that no JWT-SVID passes for one, nor the other way round
  if (header['typ'] !== WIT_SVID_TYPE) throw invalidArgument(`type is not "${WIT_SVID_TYPE}"`);
  // W-4 (WIT-SVID 2.4): others are ignored, but what must be understood is not understood here
  if (header['crit'] !== undefined) throw invalidArgument('header asks for an extension');
  // W-12 (WIT-SVID 3.8)
  if (claims['aud'] !== undefined) throw invalidArgument('it has an audience');
  return { ...known, id: readSubject(claims), proofKey: readProofKey(claims), ...readTimes(claims), claims };
}

/** Members of private and symmetric keys (RFC 7518 6). */
const PRIVATE: readonly string[] = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k'];

/** W-6 (WIT-SVID 3.2) */
function readProofKey({ cnf }: Json): ProofKey {
  const jwk = isObject(cnf) ? cnf['jwk'] : undefined;
  if (!isObject(jwk)) throw invalidArgument('it names no key ("cnf.jwk")');
  const { alg } = jwk;
  if (!isJwsAlgorithm(alg)) throw invalidArgument('algorithm of its key is missing or not allowed');
  if (PRIVATE.some((name) => Object.hasOwn(jwk, name))) throw invalidArgument('its key is not a public one');
  const publicKey = publicKeyFromJwk(jwk);
  checkJwsKeyFits(alg, readPublicKey(publicKey).kind);
  return { publicKey, algorithm: alg };
}
