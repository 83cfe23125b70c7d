import assert from 'node:assert/strict';
import { afterEach, before, beforeEach, describe, it } from 'node:test';
import type { AgentEntry } from '../../../agent/cache/agent-entry.ts';
import type { HeldJwtSvid } from '../../../agent/cache/jwt-cache.ts';
import type { JWTSVIDRequest } from '../../../proto/gen/JWTSVIDRequest.ts';
import { Code, unavailable } from '../../../shared/errors.ts';
import { SpiffeId } from '../../../shared/spiffe/spiffe-id.ts';
import { Door, HEADER, SELECTORS, update } from './door.ts';

const held = (entry: AgentEntry, audience: readonly string[]): HeldJwtSvid => ({
  entry,
  spiffeId: entry.spiffeId,
  token: `${entry.id} for ${audience.join()}`,
  keyId: 'k1',
  issuedAt: new Date(0),
  expiresAt: new Date(1),
});

const entry = (entryId: string, hint = '', seconds = 0) => ({
  entryId,
  spiffeId: SpiffeId.parse(`spiffe://example.org/${entryId}`),
  selectors: SELECTORS,
  hasSvid: false,
  hint,
  createdAt: new Date(seconds * 1_000),
});

describe('FetchJWTSVID', () => {
  let door: Door;
  beforeEach(async () => {
    door = new Door();
    door.jwtSvids = { fetchAll: async (entries, audience) => entries.map((one) => held(one, audience)) };
    door.identities.push(update([]));
    door.identities.entries = [entry('a', 'x'), entry('b', 'x', 1), entry('c', 'z', 2), entry('d', '', 3)];
    await door.start();
  });
  afterEach(() => door.stop());

  const fetch = async (request: JWTSVIDRequest) =>
    (await door.client().unary('FetchJWTSVID', request, HEADER)).svids;

  it('gives one for each identity, oldest first, no hint twice', async () => {
    assert.deepEqual(await fetch({ audience: ['one', 'two'] }), [
      { spiffe_id: 'spiffe://example.org/a', svid: 'a for one,two', hint: 'x' },
      { spiffe_id: 'spiffe://example.org/c', svid: 'c for one,two', hint: 'z' },
      { spiffe_id: 'spiffe://example.org/d', svid: 'd for one,two', hint: '' },
    ]);
  });

  it('gives that of one ID alone where the workload names it', async () => {
    assert.deepEqual(await fetch({ audience: ['one'], spiffe_id: 'spiffe://example.org/c' }), [
      { spiffe_id: 'spiffe://example.org/c', svid: 'c for one', hint: 'z' },
    ]);
  });

  it('leaves out empty audiences', async () => {
    assert.equal(
      (await fetch({ audience: ['', 'one'], spiffe_id: 'spiffe://example.org/a' }))[0]?.svid,
      'a for one',
    );
  });

  for (const [what, request, code, message] of [
    ['without an audience', {}, Code.invalidArgument, 'audience must be specified'],
    [
      'with empty audiences alone',
      { audience: ['', ''] },
      Code.invalidArgument,
      'audience must be specified',
    ],
    [
      'with more audiences than a token has room for',
      { audience: Array(33).fill('a') },
      Code.invalidArgument,
      '33 audiences are more than 32',
    ],
    [
      'with audiences that are too long',
      { audience: ['a'.repeat(8_193)] },
      Code.invalidArgument,
      'audiences have more than 8192 characters together',
    ],
    [
      'for what is no SPIFFE ID',
      { audience: ['a'], spiffe_id: 'web' },
      Code.invalidArgument,
      'invalid requested SPIFFE ID: scheme is missing or invalid',
    ],
    [
      'for an ID in upper case',
      { audience: ['a'], spiffe_id: 'spiffe://EXAMPLE.org/a' },
      Code.invalidArgument,
      /^invalid requested SPIFFE ID: /,
    ],
    [
      'for the ID of somebody else',
      { audience: ['a'], spiffe_id: 'spiffe://example.org/other' },
      Code.permissionDenied,
      'no identity issued',
    ],
    [
      'for one that another has the hint of',
      { audience: ['a'], spiffe_id: 'spiffe://example.org/b' },
      Code.permissionDenied,
      'no identity issued',
    ],
  ] as const)
    it(`refuses a call ${what}`, async () => {
      await assert.rejects(fetch(request as JWTSVIDRequest), { code, message });
    });

  it('refuses what is wrong with a call before it finds out who calls', async () => {
    door.attestation = { attest: async () => Promise.reject(unavailable('not to be asked')) };
    await assert.rejects(fetch({}), { code: Code.invalidArgument });
  });

  it('says that there is no identity, that it failed, or that the agent knows nothing yet', async () => {
    door.jwtSvids = {
      fetchAll: async () => Promise.reject(unavailable('could not fetch JWT-SVID: no connection')),
    };
    await assert.rejects(fetch({ audience: ['a'] }), {
      code: Code.unavailable,
      message: 'could not fetch JWT-SVID: no connection',
    });
    door.identities.entries = [];
    await assert.rejects(fetch({ audience: ['a'] }), {
      code: Code.permissionDenied,
      message: 'no identity issued',
    });
    door.attestation = { attest: async () => Promise.reject(unavailable('workload attestation failed')) };
    await assert.rejects(fetch({ audience: ['a'] }), {
      code: Code.unavailable,
      message: 'workload attestation failed',
    });
  });

  it('gives nothing to a process that ended meanwhile', async () => {
    door.jwtSvids = {
      fetchAll: async () => {
        for (const peer of door.peers.captured) peer.isAlive = false;
        return [];
      },
    };
    await assert.rejects(fetch({ audience: ['a'] }), { code: Code.unavailable });
  });
});

describe('FetchJWTSVID before the first synchronisation', () => {
  let door: Door;
  before(() => {
    door = new Door();
    return door.start();
  });
  it('is Unavailable', async () => {
    const call = door.client().unary('FetchJWTSVID', { audience: ['a'] }, HEADER);
    await assert.rejects(call, { code: Code.unavailable });
    await door.stop();
  });
});
