/** What holds for every RPC of the Workload API (facts/spiffe 4), each of them asked. */
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { WitIdentity } from '../../../agent/cache/wit-kind.ts';
import type { WorkloadUpdate } from '../../../agent/cache/workload-identities.ts';
import { Code, CodedError, unavailable } from '../../../shared/errors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { Door, HEADER, identity, SELECTORS, update } from './door.ts';

const STREAMS = [
  'FetchX509SVID',
  'FetchX509Bundles',
  'FetchJWTBundles',
  'FetchWITSVID',
  'FetchWITBundles',
] as const;
const CALLS = {
  FetchJWTSVID: { audience: ['a'] },
  ValidateJWTSVID: { audience: 'a', svid: 'x' },
} as const;
const UNARY = ['FetchJWTSVID', 'ValidateJWTSVID'] as const;
const ALL = [...STREAMS, ...UNARY] as const;
const DENIED = { code: Code.permissionDenied, message: 'no identity issued' };

describe('every RPC of the Workload API', () => {
  let door: Door;
  let wits: ((update: WorkloadUpdate<WitIdentity>) => void)[];
  let isStopped: boolean;
  const witUpdate = (...paths: readonly string[]): WorkloadUpdate<WitIdentity> => ({
    ...update([]),
    isEntitled: paths.length > 0,
    identities: paths.map((path) => ({
      entryId: path,
      spiffeId: SpiffeId.parse(`spiffe://example.org${path}`),
      hint: '',
      token: 'token',
      privateKey: KEY,
    })),
  });

  beforeEach(async () => {
    wits = [];
    isStopped = false;
    const subscribe = (_: unknown, onUpdate: (update: WorkloadUpdate<WitIdentity>) => void) => {
      wits.push(onUpdate);
      onUpdate(hasIdentity ? witUpdate('/web') : witUpdate());
      return { close: () => {} };
    };
    door = new Door({
      wit: { identities: { subscribe }, support: { signal: new AbortController().signal } },
    });
    door.jwtSvids = { fetchAll: async () => [] };
    await door.start();
    give();
  });
  afterEach(async () => {
    if (!isStopped) await door.stop();
  });

  let hasIdentity = true;
  const give = (): void => {
    hasIdentity = true;
    door.identities.entries = [
      {
        entryId: 'web',
        spiffeId: SpiffeId.parse('spiffe://example.org/web'),
        selectors: SELECTORS,
        hasSvid: true,
      },
    ];
    door.identities.push(update([identity('/web')]));
    for (const tell of wits) tell(witUpdate('/web'));
  };
  const take = (): void => {
    hasIdentity = false;
    door.identities.entries = [];
    door.identities.push(update([]));
    for (const tell of wits) tell(witUpdate());
  };
  const open = (rpc: (typeof STREAMS)[number], options: object = HEADER) =>
    door.client().serverStream(rpc, {}, options) as AsyncIterator<object>;
  const call = async (rpc: (typeof ALL)[number], options: object = HEADER): Promise<unknown> => {
    if (rpc === 'FetchJWTSVID') return door.client().unary(rpc, { audience: ['a'] }, options);
    if (rpc === 'ValidateJWTSVID') return door.client().unary(rpc, CALLS.ValidateJWTSVID, options);
    return open(rpc, options).next();
  };

  for (const rpc of ALL) {
    it(`${rpc} wants the header`, async () => {
      await assert.rejects(call(rpc, {}), {
        code: Code.invalidArgument,
        message: 'security header missing from request',
      });
    });

    it(`${rpc} is Unavailable where nobody can tell who calls`, async () => {
      door.attestation = { attest: async () => Promise.reject(unavailable('workload attestation failed')) };
      await assert.rejects(call(rpc), { code: Code.unavailable, message: 'workload attestation failed' });
    });
  }

  for (const rpc of ALL.filter((one) => one !== 'ValidateJWTSVID'))
    it(`${rpc} is for processes with an identity`, async () => {
      take();
      await assert.rejects(call(rpc), DENIED);
    });

  for (const rpc of STREAMS) {
    it(`${rpc} ends when the identity is taken, and begins anew when it is back`, async () => {
      const stream = open(rpc);
      await stream.next();
      const next = stream.next();
      take();
      await assert.rejects(next, DENIED);
      give();
      assert.notEqual((await open(rpc).next()).done, true);
    });

    it(`${rpc} ends with Unavailable when the agent stops, never with OK`, async () => {
      const stream = open(rpc);
      await stream.next();
      const next = stream.next();
      const over = assert.rejects(
        next,
        (error) => error instanceof CodedError && error.code === Code.unavailable,
      );
      isStopped = true;
      await door.api.stop();
      await over;
      await door.stop();
    });
  }
});

/** PKCS#8 of a P-256 key that nobody uses. */
const KEY = Buffer.from(
  'MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G',
  'base64',
);
