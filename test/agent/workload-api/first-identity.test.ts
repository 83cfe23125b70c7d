/** A process without an identity: how long it waits, how often it may ask, and what is not there at all. */
import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { Code, CodedError } from '../../../shared/errors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { Door, HEADER, identity, SELECTORS, until, update } from './door.ts';

const DENIED = { code: Code.permissionDenied, message: 'no identity issued' };
const WEB = {
  entryId: 'web',
  spiffeId: SpiffeId.parse('spiffe://example.org/web'),
  selectors: SELECTORS,
  hasSvid: true,
};

describe('with first_identity_wait', () => {
  let door: Door;
  /** Sleepers of the door itself. */
  let others = 0;
  afterEach(() => door.stop());

  const start = async (
    config: NonNullable<ConstructorParameters<typeof Door>[0]>['config'] = {},
    limits = {},
  ) => {
    const workloadApi = { isDisabled: false, allowedForeignJwtClaims: [], firstIdentityWaitSeconds: 30 };
    door = new Door({ config: { workloadApi, ...config }, ...limits });
    door.jwtSvids = { fetchAll: async () => [] };
    await door.start();
    door.identities.push(update([]));
    others = door.clock.sleeping;
  };
  const isWaiting = (): boolean => door.identities.subscribed.length > 0 && door.clock.sleeping > others;
  const appear = (): void => {
    door.identities.entries = [WEB];
    door.identities.push(update([identity('/web')]));
  };
  const calls = {
    FetchX509SVID: () => door.client().serverStream('FetchX509SVID', {}, HEADER).next(),
    FetchX509Bundles: () => door.client().serverStream('FetchX509Bundles', {}, HEADER).next(),
    FetchJWTBundles: () => door.client().serverStream('FetchJWTBundles', {}, HEADER).next(),
    FetchJWTSVID: () => door.client().unary('FetchJWTSVID', { audience: ['a'] }, HEADER),
  };

  for (const [rpc, call] of Object.entries(calls)) {
    it(`${rpc} is answered as soon as there is an identity`, async () => {
      await start();
      const answer = call();
      await until(isWaiting);
      appear();
      assert.notEqual(await answer, undefined);
      assert.equal(door.clock.sleeping, others);
    });

    it(`${rpc} is refused when the time is over`, async () => {
      await start();
      const refused = assert.rejects(call(), DENIED);
      await until(isWaiting);
      await door.clock.advance(30_000);
      await refused;
      assert.deepEqual(door.identities.subscribed, []);
    });
  }

  it('who has an identity waits for nothing, and who loses it is told at once', async () => {
    await start();
    appear();
    const stream = door.client().serverStream('FetchX509SVID', {}, HEADER);
    await stream.next();
    door.identities.entries = [];
    door.identities.push(update([]));
    await assert.rejects(stream.next(), DENIED);
  });

  it('nobody waits for bundles that he needs no identity for', async () => {
    await start({ allowUnauthenticatedVerifiers: true });
    await calls.FetchX509Bundles();
    await calls.FetchJWTBundles();
  });

  it('a caller that leaves is waited for no longer', async () => {
    await start();
    const leaving = new AbortController();
    const call = door
      .client()
      .serverStream('FetchX509SVID', {}, { ...HEADER, signal: leaving.signal })
      .next();
    await until(isWaiting);
    leaving.abort();
    await assert.rejects(call, { code: Code.cancelled });
    await until(() => door.clock.sleeping === others);
    assert.deepEqual(door.identities.subscribed, []);
  });

  it('who waits makes room for others', async () => {
    await start({}, { limits: { total: 2, perUid: 1 } });
    const first = calls.FetchX509SVID().catch((error: unknown) => error);
    await until(isWaiting);
    const second = calls.FetchX509SVID().catch((error: unknown) => error);
    const cut = await first;
    assert.ok(cut instanceof CodedError && cut.code === Code.unavailable, 'the connection was cut');
    await until(isWaiting);
    await door.clock.advance(30_000);
    assert.ok((await second) instanceof CodedError);
  });
});

describe('limits of the operator', () => {
  it('are for one method and the processes with the same selectors', async () => {
    const door = new Door({ config: { callLimits: new Map([['/SpiffeWorkloadAPI/FetchJWTSVID', 2]]) } });
    await door.start();
    door.identities.push(update([]));
    door.identities.entries = [WEB];
    const fetch = () => door.client().unary('FetchJWTSVID', { audience: ['a'] }, HEADER);
    await fetch();
    await fetch();
    const tooOften = {
      code: Code.unavailable,
      message: 'rate limit exceeded for /SpiffeWorkloadAPI/FetchJWTSVID',
    };
    await assert.rejects(fetch(), tooOften);
    door.identities.push(update([identity('/web')]));
    await door.client().serverStream('FetchJWTBundles', {}, HEADER).next();
    door.attestation = { attest: async () => [{ type: 'unix', value: 'uid:7' }] };
    await assert.rejects(fetch(), DENIED);
    door.attestation = { attest: async () => SELECTORS };
    await door.clock.advance(500);
    await fetch();
    await assert.rejects(fetch(), tooOften);
    await door.stop();
  });
});

describe('with disable_workload_api', () => {
  it('its calls are Unimplemented, and health is told', async () => {
    const workloadApi = { isDisabled: true, allowedForeignJwtClaims: [], firstIdentityWaitSeconds: 0 };
    const door = new Door({ config: { workloadApi } });
    await door.start();
    const call = door.client().serverStream('FetchX509SVID', {}, HEADER).next();
    await assert.rejects(call, { code: Code.unimplemented });
    await door.stop();
  });
});
