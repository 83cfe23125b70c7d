import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import type { AgentEntry } from '../../../../agent/cache/agent-entry.ts';
import type { HeldJwtSvid } from '../../../../agent/cache/jwt-cache.ts';
import type { DelegatedIdentityDefinition } from '../../../../proto/gen/spire/api/agent/delegatedidentity/v1/DelegatedIdentity.ts';
import type { FetchJWTSVIDsRequest } from '../../../../proto/gen/spire/api/agent/delegatedidentity/v1/FetchJWTSVIDsRequest.ts';
import { Code, unavailable } from '../../../../shared/errors.ts';
import type { ServiceClient } from '../../../../shared/rpc/client.ts';
import { parseSelector } from '../../../../shared/selectors.ts';
import { SpiffeId } from '../../../../shared/spiffe/spiffe-id.ts';
import { update } from '../../workload-api/door.ts';
import { AdminDoor } from '../admin-door.ts';

const WEB = [parseSelector('k8s:ns:web')];

const known = (path: string, changes: Partial<AgentEntry> = {}) => ({
  entryId: `entry${path}`,
  spiffeId: SpiffeId.parse(`spiffe://example.org${path}`),
  selectors: WEB,
  hasSvid: false,
  ...changes,
});

const held = (entry: AgentEntry, audience: readonly string[]): HeldJwtSvid => ({
  entry,
  spiffeId: entry.spiffeId,
  token: `${entry.id} for ${audience.join()}`,
  keyId: 'k1',
  issuedAt: new Date(1_000),
  expiresAt: new Date(9_000),
});

describe('FetchJWTSVIDs', () => {
  let door: AdminDoor;
  let client: ServiceClient<DelegatedIdentityDefinition>;

  beforeEach(async () => {
    door = new AdminDoor();
    await door.start();
    client = door.client('spire.api.agent.delegatedidentity.v1.DelegatedIdentity');
    door.fetchJwtSvids = async (entries, audience) => entries.map((entry) => held(entry, audience));
    door.identities.entries = [door.delegateEntry, known('/web', { hint: 'main' }), known('/db')];
    door.identities.push(update([]));
  });
  afterEach(() => door.stop());

  const fetch = async (request: FetchJWTSVIDsRequest) => (await client.unary('FetchJWTSVIDs', request)).svids;

  it('gives one for each identity of a workload that is described by its selectors', async () => {
    const svid = (path: string, hint: string) => ({
      token: `entry${path} for one,two`,
      id: { trust_domain: 'example.org', path },
      expires_at: '9',
      issued_at: '1',
      hint,
    });
    assert.deepEqual(await fetch({ audience: ['one', 'two'], selectors: WEB }), [
      svid('/web', 'main'),
      svid('/db', ''),
    ]);
  });

  it('attests a process that is named by its pid, and lets go of it', async () => {
    door.selectorsOf.set(4_000_001, WEB); // the caller is held first
    assert.equal((await fetch({ audience: ['one'], pid: 77 })).length, 2);
    assert.equal(door.peers.captured[1]?.closes, 1);
  });

  it('gives nothing for a process that ended meanwhile', async () => {
    door.selectorsOf.set(4_000_001, WEB);
    door.fetchJwtSvids = async (entries, audience) => {
      const [, subject] = door.peers.captured;
      if (subject !== undefined) subject.isAlive = false;
      return entries.map((entry) => held(entry, audience));
    };
    await assert.rejects(fetch({ audience: ['one'], pid: 77 }), {
      code: Code.unavailable,
      message: 'the process is gone',
    });
    assert.equal(door.peers.captured[1]?.closes, 1);
  });

  it('keeps identities that have rights on the server from delegates', async () => {
    door.identities.entries = [
      door.delegateEntry,
      known('/admin', { admin: true }),
      known('/web'),
      known('/down', { downstream: true }),
    ];
    const svids = await fetch({ audience: ['one'], selectors: WEB });
    assert.deepEqual(
      svids.map(({ id }) => id?.path),
      ['/web'],
    );
  });

  const EITHER = 'must provide either selectors or non-zero PID, but not both';
  const ours = { audience: ['one'], selectors: WEB };
  for (const { says, request, prepare = () => {}, code, message } of [
    {
      says: 'no audience, whoever asks',
      request: { selectors: WEB },
      prepare: (at: AdminDoor) => void (at.identities.entries = []),
      code: Code.invalidArgument,
      message: 'audience must be specified',
    },
    {
      says: 'a caller who is no delegate',
      request: ours,
      prepare: (at: AdminDoor) => void (at.identities.entries = [known('/web')]),
      code: Code.permissionDenied,
      message: 'no identity issued',
    },
    {
      says: 'a delegate that ceased to be one while it waited',
      request: ours,
      prepare: (at: AdminDoor) => {
        at.fetchJwtSvids = async (entries, audience) => {
          at.identities.entries = [
            { ...at.delegateEntry, spiffeId: SpiffeId.parse('spiffe://example.org/x') },
          ];
          return entries.map((entry) => held(entry, audience));
        };
      },
      code: Code.permissionDenied,
      message: 'caller not configured as an authorized delegate',
    },
    {
      says: 'neither selectors nor a pid',
      request: { audience: ['one'] },
      code: Code.invalidArgument,
      message: EITHER,
    },
    { says: 'both', request: { ...ours, pid: 7 }, code: Code.invalidArgument, message: EITHER },
    {
      says: 'selectors that are none',
      request: { audience: ['one'], selectors: [{ type: 'a:b', value: 'c' }] },
      code: Code.invalidArgument,
      message: 'could not parse provided selectors',
    },
    {
      says: 'a workload that nothing matches',
      request: { audience: ['one'], selectors: [{ type: 'k8s', value: 'ns:none' }] },
      code: Code.permissionDenied,
      message: 'no identity issued',
    },
    {
      says: 'what the server does not sign',
      request: ours,
      prepare: (at: AdminDoor) => {
        at.fetchJwtSvids = async () => {
          throw unavailable('could not fetch JWT-SVID: server is away');
        };
      },
      code: Code.unavailable,
      message: 'could not fetch JWT-SVID: server is away',
    },
  ])
    it(`refuses ${says}`, async () => {
      prepare(door);
      await assert.rejects(fetch(request), { code, message });
    });
});
