/** A delegate of a real agent: it gets the identities of workloads that it describes, as they change, for as long as it is one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DebugDefinition } from '../../proto/gen/spire/agent/debug/v1/Debug.ts';
import type { DelegatedIdentityDefinition } from '../../proto/gen/spire/api/agent/delegatedidentity/v1/DelegatedIdentity.ts';
import type { SubscribeToX509SVIDsResponseOutput } from '../../proto/gen/spire/api/agent/delegatedidentity/v1/SubscribeToX509SVIDsResponse.ts';
import type { X509SVIDWithKeyOutput } from '../../proto/gen/spire/api/agent/delegatedidentity/v1/X509SVIDWithKey.ts';
import { Code, CodedError } from '../../shared/errors.ts';
import type { ServiceClient } from '../../shared/rpc/client.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import { idOf, Testbed } from '../fakes/testbed.ts';

const USER = `unix:uid:${process.getuid?.()}`;
const SERVICE = 'spire.api.agent.delegatedidentity.v1.DelegatedIdentity';
const POD = { selectors: [{ type: 'k8s', value: 'ns:web' }] };

/** What a stream about the pod told, and what ended it. */
function follow(client: ServiceClient<DelegatedIdentityDefinition>) {
  const told: SubscribeToX509SVIDsResponseOutput[] = [];
  let ended: CodedError | undefined;
  const read = async (): Promise<void> => {
    for await (const response of client.serverStream('SubscribeToX509SVIDs', POD)) told.push(response);
  };
  read().catch((error: unknown) => {
    if (error instanceof CodedError) ended = error;
  });
  const paths = (): readonly (string | undefined)[] | undefined => {
    const svids: readonly X509SVIDWithKeyOutput[] | undefined = told.at(-1)?.x509_svids;
    return svids?.map(({ x509_svid }) => x509_svid?.id?.path);
  };
  return { told, paths, ended: () => ended };
}

test('a delegate follows a workload that it describes, until it is a delegate no more', async (t) => {
  const bed = await Testbed.open(t);
  const server = await bed.startServer('a');
  const config = { authorizedDelegates: [SpiffeId.parse(idOf('/delegate'))] };
  const agent = await bed.startAgent('agent', { server, opensDoor: true, config });
  const parent = agent.path;
  const delegate = await bed.createEntry(server, { path: '/delegate', parent, selectors: [USER] });
  const pod = { parent, selectors: ['k8s:ns:web'] };
  const web = await bed.createEntry(server, { ...pod, path: '/web', x509_svid_ttl: 60 });
  await bed.createEntry(server, { ...pod, path: '/admin', admin: true });
  await bed.pass(1);

  const client = agent.adminApi<DelegatedIdentityDefinition>(SERVICE);
  const { told, paths, ended } = follow(client);
  await bed.passUntil(() => paths()?.length === 1, 10);
  assert.deepEqual(paths(), ['/web']);

  const fetching = client.unary('FetchJWTSVIDs', { ...POD, audience: ['db'] });
  await bed.rest();
  const { svids } = await fetching;
  assert.deepEqual(
    svids.map(({ id }) => id?.path),
    ['/web'],
  );

  const [first] = told;
  await bed.passUntil(() => told.length > 1, 40); // past the half of its life
  assert.deepEqual(paths(), ['/web']);
  assert.notDeepEqual(told.at(-1)?.x509_svids, first?.x509_svids);

  const debug = agent.adminApi<DebugDefinition>('spire.agent.debug.v1.Debug');
  const info = await debug.unary('GetInfo', {});
  assert.deepEqual([info.cached_x509_svids_count, info.cached_jwt_svids_count], [3, 1]);
  assert.equal(info.svid_chain[0]?.id?.path, agent.path);

  await server.admin.entry.unary('BatchDeleteEntry', { ids: [delegate] });
  await bed.pass(1);
  await server.admin.entry.unary('BatchDeleteEntry', { ids: [web] });
  await bed.passUntil(() => ended() !== undefined, 10);
  assert.deepEqual([ended()?.code, ended()?.message], [Code.permissionDenied, 'no identity issued']);
});
