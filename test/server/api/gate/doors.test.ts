import assert from 'node:assert/strict';
import type { ClientHttp2Session } from 'node:http2';
import { after, before, describe, it } from 'node:test';
import type { ServerReflectionResponseOutput } from '../../../../proto/gen/grpc/reflection/v1/ServerReflectionResponse.ts';
import { rules } from '../../../../server/api/gate/rules.ts';
import { buildCsr } from '../../../../shared/crypto/csr.ts';
import { Code } from '../../../../shared/errors.ts';
import { SpiffeId } from '../../../../shared/spiffe/spiffe-id.ts';
import type { TlsIdentity } from '../../../../shared/tls/listen.ts';
import { FakeClock } from '../../../fakes/clock.ts';
import { FakeDatastore } from '../../../fakes/datastore.ts';
import { Endings } from '../../../fakes/endings.ts';
import {
  identityOf,
  joinAgent,
  type RunningServer,
  startServer,
  testKey,
  WIT_ENABLED,
} from '../../../fakes/server-under-test.ts';
import { type Rpc, rpcsOf } from '../../../fuzz/random-messages.ts';
import { framed, openTls, openUnix, rawCall } from '../../../fuzz/raw-call.ts';

const RPCS: readonly Rpc[] = Object.keys(rules).flatMap(rpcsOf);
const named = (rpc: Rpc): string => `${rpc.service.split('.').at(-1)}/${rpc.name}`;

/** By SPIRE's default policy, in words of its own; what stands nowhere is for administrators. */
const ANYBODY = ['Bundle/GetBundle', 'Agent/AttestAgent'];
const AGENTS = [
  'Agent/RenewAgent',
  'Agent/PostStatus',
  'Entry/GetAuthorizedEntries',
  'Entry/SyncAuthorizedEntries',
  'SVID/BatchNewX509SVID',
  'SVID/NewJWTSVID',
  'SVID/BatchNewWITSVID',
  'Sync/Watch',
];
/** Not on the network at all. */
const LOCAL = [
  'Health/Check',
  'Health/Watch',
  'ExplainEntry/ExplainEntry',
  'Health/List',
  'Debug/GetInfo',
  'Logger/GetLogger',
  'Logger/SetLogLevel',
  'Logger/ResetLogLevel',
  'LocalAuthorityImport/ImportX509Authority',
];
/** Of agents and administrators alike. */
const SHARED = ['Bundle/GetFederatedBundle'];
const DOWNSTREAM = ['SVID/NewDownstreamX509CA', 'Bundle/PublishJWTAuthority', 'Bundle/PublishWITAuthority'];
const DEEDS = ['Prepare', 'Activate', 'Taint', 'Revoke'];
const ADMINISTRATORS = [
  ...['CountAgents', 'ListAgents', 'GetAgent', 'DeleteAgent', 'BanAgent', 'CreateJoinToken'].map(
    (rpc) => `Agent/${rpc}`,
  ),
  ...[
    'CountEntries',
    'ListEntries',
    'GetEntry',
    'BatchCreateEntry',
    'BatchUpdateEntry',
    'BatchDeleteEntry',
  ].map((rpc) => `Entry/${rpc}`),
  'SVID/MintX509SVID',
  ...['X509', 'JWT', 'WIT'].flatMap((kind) =>
    [`Get${kind}AuthorityState`, ...DEEDS.map((deed) => `${deed}${kind}Authority`)].map(
      (rpc) => `LocalAuthority/${rpc}`,
    ),
  ),
  ...['CountBundles', 'AppendBundle', 'ListFederatedBundles'].map((rpc) => `Bundle/${rpc}`),
  ...['Create', 'Update', 'Set', 'Delete'].map((deed) => `Bundle/Batch${deed}FederatedBundle`),
  ...['ListFederationRelationships', 'GetFederationRelationship', 'RefreshBundle'].map(
    (rpc) => `TrustDomain/${rpc}`,
  ),
  ...['Create', 'Update', 'Delete'].map((deed) => `TrustDomain/Batch${deed}FederationRelationship`),
  'LocalAuthority/TaintX509UpstreamAuthority',
  'LocalAuthority/RevokeX509UpstreamAuthority',
  'ServerReflection/ServerReflectionInfo',
  'EntryChanges/ApplyEntries',
  'EntryChanges/WatchEntries',
  'SVID/MintJWTSVID',
  'SVID/MintWITSVID',
];

/** Who may call what; the rest is denied, or not there. */
const callers: Readonly<Record<string, readonly string[]>> = {
  'the admin socket': [...ANYBODY, ...ADMINISTRATORS, ...SHARED, ...LOCAL],
  'an administrator of admin_ids': [...ANYBODY, ...ADMINISTRATORS, ...SHARED],
  'an administrator by entry': [...ANYBODY, ...ADMINISTRATORS, ...SHARED],
  'a downstream server': [...ANYBODY, ...DOWNSTREAM],
  'a workload': ANYBODY,
  'an agent': [...ANYBODY, ...AGENTS, ...SHARED],
  'a banned agent': ANYBODY,
  'an evicted agent': ANYBODY,
  nobody: ANYBODY,
};

describe('the doors of the server', () => {
  const endings = new Endings();
  const clock = new FakeClock();
  const sessions = new Map<string, ClientHttp2Session>();
  let server: RunningServer;

  before(async () => {
    const config = { adminIds: [SpiffeId.parse('spiffe://example.org/boss')], wit: WIT_ENABLED };
    server = await startServer(endings, { datastore: new FakeDatastore(clock), clock, config });
    const [agent, banned, evicted] = [
      await joinAgent(server),
      await joinAgent(server),
      await joinAgent(server),
    ];
    const parent_id = { trust_domain: 'example.org', path: agent.path };
    await server.admin.entry.unary('BatchCreateEntry', {
      entries: ['chief', 'nested', 'web'].map((name) => ({
        spiffe_id: { trust_domain: 'example.org', path: `/${name}` },
        parent_id,
        selectors: [{ type: 'a', value: 'b' }],
        admin: name === 'chief',
        downstream: name === 'nested',
      })),
    });
    await server.admin.agent.unary('BanAgent', { id: { trust_domain: 'example.org', path: banned.path } });
    await server.admin.agent.unary('DeleteAgent', {
      id: { trust_domain: 'example.org', path: evicted.path },
    });
    const identities: Readonly<Record<string, TlsIdentity | undefined>> = {
      'an administrator of admin_ids': await minted('boss'),
      'an administrator by entry': await minted('chief'),
      'a downstream server': await minted('nested'),
      'a workload': await minted('web'),
      'an agent': agent.identity,
      'a banned agent': banned.identity,
      'an evicted agent': evicted.identity,
      nobody: undefined,
    };
    sessions.set('the admin socket', openUnix(server.socketPath));
    for (const [name, identity] of Object.entries(identities))
      sessions.set(name, openTls(server.port, identity));
  });
  after(async () => {
    for (const session of sessions.values()) session.destroy();
    await endings.end();
  });

  it('are all known here, and to the random tests: every service that the server has is in the rules', async () => {
    const call = server.admin.reflection.bidi('ServerReflectionInfo');
    call.send({ list_services: '' });
    const answer: ServerReflectionResponseOutput | undefined = (await call.responses.next()).value;
    call.end();
    const served = (answer?.list_services_response?.service ?? []).map(({ name }) => name);
    assert.deepEqual(served.toSorted(), Object.keys(rules).toSorted());
    assert.deepEqual(
      RPCS.filter(({ service, name }) => rules[service]?.[name] === undefined).map(named),
      [],
      'each RPC of these has a rule',
    );
  });

  const minted = async (name: string): Promise<TlsIdentity> => {
    const key = await testKey();
    const csr = await buildCsr(key.signer, { spiffeId: SpiffeId.parse(`spiffe://example.org/${name}`) });
    const { svid } = await server.admin.svid.unary('MintX509SVID', { csr });
    return identityOf(key, svid?.cert_chain ?? []);
  };

  const served = new Set([...ANYBODY, ...AGENTS, ...ADMINISTRATORS, ...SHARED, ...DOWNSTREAM, ...LOCAL]);

  it('have a place in this table for every RPC that is served', () => {
    const all = Object.entries(rules).flatMap(([service, rpcs]) =>
      Object.keys(rpcs).map((rpc) => `${service.split('.').at(-1)}/${rpc}`),
    );
    assert.deepEqual([...served].sort(), [...new Set(all)].sort());
  });

  for (const [name, may] of Object.entries(callers)) {
    it(`open to ${name} what is for such callers, and nothing else`, async () => {
      const session = sessions.get(name) ?? assert.fail(name);
      const isLocal = name === 'the admin socket';
      for (const rpc of RPCS) {
        const isThere = served.has(named(rpc)) && (isLocal || !LOCAL.includes(named(rpc)));
        const { status, end } = await rawCall(session, {
          path: rpc.path,
          body: framed(new Uint8Array()),
          isStream: rpc.isStream,
        });
        if (!isThere) assert.equal(status, Code.unimplemented, rpc.path);
        else if (!may.includes(named(rpc))) assert.equal(status, Code.permissionDenied, rpc.path);
        else {
          assert.ok(end === 'open' || end === 'answered', rpc.path);
          const closed: readonly (number | undefined)[] = [
            Code.permissionDenied,
            Code.unauthenticated,
            Code.unimplemented,
          ];
          assert.ok(!closed.includes(status), `${rpc.path}: ${status}`);
        }
      }
    });
  }
});
