import assert from 'node:assert/strict';
import { afterEach, before, beforeEach, describe, it } from 'node:test';
import type { Bundle } from '../../../shared/bundle/bundle.ts';
import { addSeconds, unixSeconds } from '../../../shared/clock.ts';
import { generateKeyPair, keySigner } from '../../../shared/crypto/keys.ts';
import type { Signer } from '../../../shared/crypto/signer.ts';
import { Code, unavailable } from '../../../shared/errors.ts';
import { fromStruct } from '../../../shared/rpc/struct.ts';
import { TokenWriter } from '../../../shared/svid/token-writer.ts';
import { bundleOf, Door, HEADER, update } from './door.ts';

type Claims = Readonly<Record<string, unknown>>;

describe('ValidateJWTSVID', () => {
  let signer: Signer;
  let other: Signer;
  let door: Door;
  before(async () => {
    signer = keySigner((await generateKeyPair('ec-p256')).privateKey);
    other = keySigner((await generateKeyPair('ec-p256')).privateKey);
  });
  const withKey = (name: string, keyId: string): Bundle => ({
    ...bundleOf(name, 'root'),
    jwtAuthorities: [{ keyId, publicKey: signer.publicKey, expiresAt: undefined, tainted: false }],
  });
  beforeEach(async () => {
    door = new Door({
      config: {
        workloadApi: { isDisabled: false, allowedForeignJwtClaims: ['team'], firstIdentityWaitSeconds: 0 },
      },
    });
    await door.start();
    door.identities.push(
      update([], { bundle: withKey('example.org', 'k1'), federatedBundles: [withKey('b.test', 'k2')] }),
    );
  });
  afterEach(() => door.stop());

  const token = (claims: Claims = {}, { keyId = 'k1', by = signer, type = 'JWT' } = {}) =>
    new TokenWriter({ keyId, signer: by, type }).write({
      sub: 'spiffe://example.org/web',
      aud: ['a', 'b'],
      exp: unixSeconds(addSeconds(door.clock.now(), 60)),
      ...claims,
    });
  const validate = async (svid: string, audience = 'a') => {
    const answer = await door.client().unary('ValidateJWTSVID', { svid, audience }, HEADER);
    return { id: answer.spiffe_id, claims: fromStruct(answer.claims ?? assert.fail()) };
  };
  const exp = () => unixSeconds(door.clock.now()) + 60;

  it('tells whose it is, and all its claims', async () => {
    const claims = {
      iss: 'x',
      n: 1.5,
      yes: true,
      none: null,
      list: [1, ['a'], { b: {} }],
      object: { c: 'd' },
    };
    assert.deepEqual(await validate(await token(claims)), {
      id: 'spiffe://example.org/web',
      claims: { sub: 'spiffe://example.org/web', aud: ['a', 'b'], exp: exp(), ...claims },
    });
  });

  it('tells of those of other trust domains what every token has, and what the operator allows', async () => {
    const claims = { sub: 'spiffe://b.test/x', iss: 'x', team: 'red', jti: '1' };
    assert.deepEqual(await validate(await token(claims, { keyId: 'k2' })), {
      id: 'spiffe://b.test/x',
      claims: { sub: 'spiffe://b.test/x', aud: ['a', 'b'], exp: exp(), team: 'red' },
    });
  });

  it('tells the audience as a list, also where the token has a text', async () => {
    assert.deepEqual((await validate(await token({ aud: 'a' }))).claims['aud'], ['a']);
  });

  for (const [what, claims, key, message] of [
    ['for another audience', { aud: ['c'] }, {}, /it is for another audience/],
    ['that has expired', { exp: 1 }, {}, /token has expired/],
    ['that is not valid yet', { nbf: 4e9 }, {}, /token is not valid yet/],
    ['of a key that the bundle has not', {}, { keyId: 'k9' }, /its key is not in the bundle/],
    ['of a key of another trust domain', {}, { keyId: 'k2' }, /its key is not in the bundle/],
    [
      'of a trust domain that nobody knows',
      { sub: 'spiffe://c.test/x' },
      {},
      /no bundle for trust domain "c.test"/,
    ],
    ['without a subject', { sub: undefined }, {}, /subject is missing/],
    ['without an end', { exp: undefined }, {}, /expiration is missing/],
    ['that is a WIT-SVID', {}, { type: 'wit+jwt' }, /type is neither/],
  ] as const)
    it(`refuses a token ${what}`, async () => {
      await assert.rejects(validate(await token(claims, key)), { code: Code.invalidArgument, message });
    });

  it('refuses a token that somebody else signed, and text that is none', async () => {
    const invalid = { code: Code.invalidArgument, message: /^JWT-SVID is invalid: / };
    await assert.rejects(validate(await token({}, { by: other })), invalid);
    await assert.rejects(validate('a.b'), invalid);
  });

  it('refuses claims that are nested too deep to be read', async () => {
    const nested = JSON.parse(`${'['.repeat(40)}${']'.repeat(40)}`) as unknown;
    await assert.rejects(validate(await token({ nested })), {
      code: Code.invalidArgument,
      message: 'JSON is nested deeper than 32 levels',
    });
  });

  it('asks for an audience and a token before it finds out who calls', async () => {
    door.attestation = { attest: async () => Promise.reject(unavailable('not to be asked')) };
    await assert.rejects(validate('', 'a'), {
      code: Code.invalidArgument,
      message: 'svid must be specified',
    });
    await assert.rejects(validate('x', ''), {
      code: Code.invalidArgument,
      message: 'audience must be specified',
    });
    await assert.rejects(validate('x'), { code: Code.unavailable, message: 'not to be asked' });
  });

  it('needs a synchronised agent', async () => {
    const early = new Door();
    await early.start();
    const call = early.client().unary('ValidateJWTSVID', { svid: 'x', audience: 'a' }, HEADER);
    await assert.rejects(call, { code: Code.unavailable });
    await early.stop();
  });
});
