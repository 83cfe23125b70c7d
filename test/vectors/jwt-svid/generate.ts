/**
 * Writes the JWT-SVID vectors beside it, one file per wrong thing: a header, the token, the bundle. Run by hand when a
 * vector is added (`node test/vectors/jwt-svid/generate.ts`); keys are new each time.
 */
import { writeFileSync } from 'node:fs';
import { base64url, jwkOf, makeKey, signatureOf, vectorText } from './make-token.ts';
import { claimVectors } from './claim-vectors.ts';
import { formVectors } from './form-vectors.ts';
import { headerVectors } from './header-vectors.ts';
import type { Vector } from './vector.ts';

const NOW = 1_767_268_800; // 2026-01-01T12:00:00Z
const HEADER = { alg: 'ES256', kid: 'key-1', typ: 'JWT' };
const CLAIMS = { sub: 'spiffe://example.org/web', aud: ['service', 'other'], exp: NOW + 300, iat: NOW };

function write(vector: Vector): void {
  const header = { ...HEADER, ...vector.header };
  const key = makeKey(vector.keyOf ?? 'ES256', HEADER.kid);
  const signer = vector.signer === 'other' ? makeKey(vector.keyOf ?? 'ES256', HEADER.kid) : key;
  const signed = `${base64url(header)}.${base64url({ ...CLAIMS, ...vector.claims })}`;
  const token = `${signed}.${signatureOf(vector.signAs ?? header.alg, signed, signer)}`;
  const { name, expect, comment, source, bundle = 'example.org' } = vector;
  const about = { expect, comment, source, at: '2026-01-01T12:00:00Z', audience: 'service', bundle };
  const text = vectorText(about, vector.edit?.(token) ?? token, [jwkOf(vector.use ?? 'jwt-svid', key)]);
  writeFileSync(new URL(`${name}.txt`, import.meta.url), text);
}

[...headerVectors, ...claimVectors, ...formVectors].forEach(write);
