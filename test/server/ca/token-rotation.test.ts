/** Tokens across rotations of their keys, as a verifier sees them who knows the bundle of the moment. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { activeTokenKeys } from '../../../server/ca/active-token-key.ts';
import { JwtCa } from '../../../server/ca/jwt-ca.ts';
import type { IssuedToken } from '../../../server/ca/token-signing.ts';
import { WitCa } from '../../../server/ca/wit-ca.ts';
import { verifyJwtSvid } from '../../../shared/svid/jwt-svid.ts';
import { verifyWitSvid } from '../../../shared/svid/wit-svid.ts';
import { signerOf } from '../../shared/crypto/pki.ts';
import { CaTestbed, HOUR_MS, trustDomain, workloadId as spiffeId } from './ca-testbed.ts';

const DAYS = 7;
/** Brief, half a day, and longer than a key lives. */
const TTLS_SECONDS = [300, 43_200, 30 * 86_400];

test('over a week every token is good until its end by the bundle of then, and ends with its key', async () => {
  const bed = new CaTestbed();
  const on = { isEnabled: true };
  const { authorities, stop } = await bed.start({ checkMs: HOUR_MS / 2, jwt: on, wit: on });
  const { clock, random } = bed;
  const keysOf = (kind: 'jwt' | 'wit') =>
    activeTokenKeys(authorities[kind] ?? assert.fail(`no ${kind} keys`), clock);
  const config = { issuer: undefined, defaultTtlSeconds: 300 };
  const jwtCa = new JwtCa({ trustDomain, keys: keysOf('jwt'), clock, random, config });
  const witCa = new WitCa({ trustDomain, keys: keysOf('wit'), clock, config });
  const proofKey = { publicKey: (await signerOf('ec-p256')).publicKey, algorithm: 'ES256' as const };

  const verify = async (kind: 'jwt' | 'wit', { token, expiresAt }: IssuedToken): Promise<string> => {
    const bundle = await bed.bundles.find(trustDomain);
    const held = (kind === 'jwt' ? bundle?.jwtAuthorities : bundle?.witAuthorities) ?? [];
    const { keyId } =
      kind === 'jwt'
        ? verifyJwtSvid({ token, audience: ['a'], at: clock.now(), authorities: () => held })
        : verifyWitSvid({ token, at: clock.now(), authorities: () => held });
    const keyEnd = held.find((key) => key.keyId === keyId)?.expiresAt;
    assert.ok(keyEnd !== undefined && expiresAt <= keyEnd);
    return keyId;
  };

  const seen = { jwt: new Set<string>(), wit: new Set<string>() };
  let living: (readonly ['jwt' | 'wit', IssuedToken])[] = [];
  for (let hour = 0; hour < DAYS * 24; hour += 4) {
    for (const ttlSeconds of TTLS_SECONDS) {
      living.push([
        'jwt',
        await jwtCa.signJwtSvid({ spiffeId, audience: ['a'], ttlSeconds, withTokenId: true }),
      ]);
      living.push(['wit', await witCa.signWitSvid({ spiffeId, proofKey, ttlSeconds })]);
    }
    for (const [kind, issued] of living) seen[kind].add(await verify(kind, issued));
    await clock.advance(4 * HOUR_MS);
    living = living.filter(([, { expiresAt }]) => expiresAt > clock.now());
  }
  await stop();
  for (const { size } of Object.values(seen)) assert.ok(size >= DAYS, `${size} keys`);
});
