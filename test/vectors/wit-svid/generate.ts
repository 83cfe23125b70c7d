/**
 * Writes the WIT-SVID vectors beside it, one file per wrong thing: a header, the token, the bundle. Run by hand when a
 * vector is added (`node test/vectors/wit-svid/generate.ts`); keys are new each time. What is wrong with any JWS is among
 * the JWT-SVID vectors: both have one reader.
 */
import { writeFileSync } from 'node:fs';
import { base64url, jwkOf, makeKey, signatureOf, vectorText } from '../jwt-svid/make-token.ts';

type Json = Readonly<Record<string, unknown>>;

interface Vector {
  readonly name: string;
  /** `valid`, or words of the message that refuses it. */
  readonly expect: string;
  readonly comment: string;
  readonly source: string;
  readonly header?: Json;
  readonly claims?: Json;
  /** Changes of `cnf.jwk`. */
  readonly jwk?: Json;
  /** Its algorithm. */
  readonly proof?: string;
  readonly use?: string;
}

const W = 'WIT-SVID';
const NOW = 1_767_268_800; // 2026-01-01T12:00:00Z

const vectors: readonly Vector[] = [
  ...['RS256', 'PS512', 'ES256', 'ES384', 'ES512'].map((proof) => ({
    name: `valid-proof-${proof.toLowerCase()}`,
    expect: 'valid',
    comment: `its key is for ${proof}`,
    source: `${W} 3.2`,
    proof,
  })),
  { name: 'valid-more-headers', expect: 'valid', comment: 'others are ignored', source: `${W} 2.4`, header: { x: 1 } },
  { name: 'valid-more-claims', expect: 'valid', comment: 'others are ignored', source: `${W} 3`, claims: { x: 1 } },
  { name: 'wrong-type-jwt', expect: 'type is not', comment: 'a JWT-SVID', source: `${W} 2.2`, header: { typ: 'JWT' } },
  { name: 'wrong-no-type', expect: 'type is not', comment: 'typ is required', source: `${W} 2.2`, header: { typ: undefined } },
  { name: 'wrong-no-key-id', expect: 'key id is missing', comment: 'kid is required', source: `${W} 2.1`, header: { kid: undefined } },
  {
    name: 'wrong-critical-header',
    expect: 'header asks for an extension',
    comment: 'crit names what must be understood',
    source: `${W} 2.4`,
    header: { crit: ['x'], x: 1 },
  },
  { name: 'wrong-audience', expect: 'it has an audience', comment: 'aud must not be there', source: `${W} 3.8`, claims: { aud: 'service' } },
  { name: 'wrong-no-subject', expect: 'subject is missing', comment: 'sub is required', source: `${W} 3.1`, claims: { sub: undefined } },
  { name: 'wrong-no-expiration', expect: 'expiration is missing', comment: 'exp is required', source: `${W} 3.4`, claims: { exp: undefined } },
  { name: 'wrong-expired', expect: 'token has expired', comment: 'ended a minute ago', source: `${W} 3.4`, claims: { exp: NOW - 60 } },
  { name: 'wrong-not-yet', expect: 'token is not valid yet', comment: 'begins later', source: `${W} 3.5`, claims: { nbf: NOW + 61 } },
  { name: 'wrong-no-confirmation', expect: 'it names no key', comment: 'cnf is required', source: `${W} 3.2`, claims: { cnf: undefined } },
  { name: 'wrong-thumbprint', expect: 'it names no key', comment: 'the key itself, not its hash', source: `${W} 3.2`, claims: { cnf: { jkt: 'x' } } },
  { name: 'wrong-confirmation-is-list', expect: 'it names no key', comment: 'cnf is an object', source: 'RFC 7800 3', claims: { cnf: [] } },
  { name: 'wrong-no-algorithm', expect: 'algorithm of its key', comment: 'cnf.jwk.alg is required', source: `${W} 3.2`, jwk: { alg: undefined } },
  { name: 'wrong-algorithm-eddsa', expect: 'algorithm of its key', comment: 'not one of the nine', source: `${W} 3.2`, jwk: { alg: 'EdDSA' } },
  {
    name: 'wrong-algorithm-of-other-key',
    expect: 'algorithm RS256 does not fit a key of kind ec-p256',
    comment: 'the key is for another',
    source: `${W} 3.2`,
    jwk: { alg: 'RS256' },
  },
  { name: 'wrong-private-key', expect: 'its key is not a public one', comment: 'the private part with it', source: 'RFC 7800 3.2', jwk: { d: 'AA' } },
  {
    name: 'wrong-symmetric-key',
    expect: 'its key is not a public one',
    comment: 'a secret',
    source: `${W} 3.2`,
    jwk: { kty: 'oct', k: 'AAAA' },
  },
  { name: 'wrong-point', expect: 'the key itself is malformed', comment: 'a point off the curve', source: 'RFC 7518 6.2', jwk: { x: 'A'.repeat(43) } },
  { name: 'wrong-key-use', expect: 'its key is not in the bundle', comment: 'keys for JWT-SVIDs sign none', source: `${W} 6`, use: 'jwt-svid' },
];

function write({ name, expect, comment, source, header, claims, jwk, proof = 'ES256', use = 'wit-svid' }: Vector): void {
  const key = makeKey('ES256', 'key-1');
  const confirmed = { ...makeKey(proof, '').publicKey.export({ format: 'jwk' }), alg: proof, ...jwk };
  const all = { sub: 'spiffe://example.org/web', exp: NOW + 300, iat: NOW, cnf: { jwk: confirmed }, ...claims };
  const signed = `${base64url({ alg: 'ES256', kid: 'key-1', typ: 'wit+jwt', ...header })}.${base64url(all)}`;
  const token = `${signed}.${signatureOf('ES256', signed, key)}`;
  const about = { expect, comment, source, at: '2026-01-01T12:00:00Z', bundle: 'example.org' };
  writeFileSync(new URL(`${name}.txt`, import.meta.url), vectorText(about, token, [jwkOf(use, key)]));
}

vectors.forEach(write);
