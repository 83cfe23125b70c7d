/** An operator replaces authorities by hand: everything that the old one signed is replaced before it is revoked, once. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import type { BundleOutput } from '../../proto/gen/spire/api/types/Bundle.ts';
import { toHex } from '../../shared/bytes.ts';
import { buildCsr } from '../../shared/crypto/csr.ts';
import { parseCertificate } from '../../shared/crypto/certificate.ts';
import { Code } from '../../shared/errors.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import type { FlowAgent } from '../fakes/flow-agent.ts';
import { memoryDirectory } from '../fakes/memory-directory.ts';
import { identityOf, testKey } from '../fakes/server-under-test.ts';
import { type FlowServer, Testbed } from '../fakes/testbed.ts';
import { Witness } from './witness.ts';

/** Long lives: nothing is renewed by itself while a story lasts. */
const CA = { defaultX509SvidTtlSeconds: 7_200, agentTtlSeconds: 7_200 };
const WIT = { isEnabled: true, keyType: 'ec-p256', issuer: undefined, defaultTtlSeconds: 300 } as const;

const signerOf = ([leaf]: readonly Uint8Array[]): string =>
  toHex(parseCertificate(leaf ?? assert.fail()).authorityKeyId ?? assert.fail());

type Kind = 'X509' | 'JWT' | 'WIT';

async function activeOf({ admin }: FlowServer, kind: Kind): Promise<string> {
  const { active } = await admin.localAuthority.unary(`Get${kind}AuthorityState`, {});
  return active?.authority_id ?? assert.fail();
}

async function prepare({ admin }: FlowServer, kind: Kind): Promise<string> {
  const { prepared_authority } = await admin.localAuthority.unary(`Prepare${kind}Authority`, {});
  return prepared_authority?.authority_id ?? assert.fail();
}

/** How often the log of an agent or a server says that its own SVID is new. */
const ownRenewals = ({ log }: Pick<FlowAgent | FlowServer, 'log'>): number =>
  log.lines.filter(({ message }) => message === 'agent SVID renewed' || message === 'server SVID rotated')
    .length;

async function startAgent(bed: Testbed, server: FlowServer, uids: readonly number[]) {
  const agent = await bed.startAgent(`agent ${uids.join()} of ${server.name}`, { server });
  for (const uid of uids)
    await bed.createEntry(server, {
      path: `/web-${uid}`,
      parent: agent.path,
      selectors: [`unix:uid:${uid}`],
    });
  const watches = uids.map((uid) => agent.watch(`unix:uid:${uid}`));
  await bed.passUntil(() => watches.every((watch) => watch.paths()?.length === 1), 5);
  return { agent, watches };
}

/** An administrator over TLS, by an SVID that the server's active authority signs. */
async function mintAdmin(server: FlowServer) {
  const key = await testKey();
  const csr = await buildCsr(key.signer, { spiffeId: SpiffeId.parse('spiffe://example.org/boss') });
  const { svid } = await server.admin.svid.unary('MintX509SVID', { csr, ttl: 7_200 });
  const { agent } = server.connect(identityOf(key, svid?.cert_chain ?? []));
  return () => agent.unary('CountAgents', {});
}

test('an X.509 authority: every SVID of it is replaced before it is revoked, none twice, and no other', async (t) => {
  const bed = await Testbed.open(t);
  const adminIds = [SpiffeId.parse('spiffe://example.org/boss')];
  const server = await bed.startServer('a', { ca: CA, config: { adminIds } });
  const neighbour = await bed.startServer('b', { ca: CA });
  const ours = [await startAgent(bed, server, [1, 2, 3]), await startAgent(bed, server, [4])];
  const theirs = await startAgent(bed, neighbour, [5, 6]);
  const callAsAdmin = await mintAdmin(server);
  await bed.pass(2);
  const workloads = [...ours, theirs].flatMap(({ watches }) => watches);
  const witness = new Witness(bed, ...workloads);
  const renewals = (): readonly number[] => witness.renewals.map(({ length }) => length);
  await bed.pass(0);
  const own = [server, neighbour, ...ours.map(({ agent }) => agent), theirs.agent];
  const ownBefore = own.map(ownRenewals);
  const ownSince = (): readonly number[] => own.map((one, at) => ownRenewals(one) - (ownBefore[at] ?? 0));

  const old = await activeOf(server, 'X509');
  const next = await prepare(server, 'X509');
  await bed.pass(2);
  for (const watch of workloads) assert.equal(watch.latest().bundle.x509Authorities.length, 3);
  await server.admin.localAuthority.unary('ActivateX509Authority', { authority_id: next });
  await bed.pass(10);
  assert.deepEqual(renewals(), [1, 1, 1, 1, 1, 1], 'that another one signs is no reason to replace anything');
  assert.deepEqual(ownSince(), [0, 0, 0, 0, 0]);

  await server.admin.localAuthority.unary('TaintX509Authority', { authority_id: old });
  await bed.pass(10);
  assert.deepEqual(renewals(), [2, 2, 2, 2, 1, 1]);
  assert.deepEqual(ownSince(), [1, 0, 1, 1, 0], 'of the server and its agents, not of the neighbours');
  const signers = workloads.map((watch) => signerOf(watch.latest().identities[0]?.chain ?? []));
  const other = await activeOf(neighbour, 'X509');
  assert.deepEqual(signers, [next, next, next, next, other, other]);
  await callAsAdmin(); // what it signed is good until it is revoked

  await server.admin.localAuthority.unary('RevokeX509Authority', { authority_id: old });
  await assert.rejects(callAsAdmin(), { code: Code.unauthenticated });
  await bed.pass(15);
  assert.deepEqual(renewals(), [2, 2, 2, 2, 1, 1]);
  assert.deepEqual(ownSince(), [1, 0, 1, 1, 0]);
  for (const watch of workloads)
    assert.deepEqual(
      watch
        .latest()
        .bundle.x509Authorities.map(({ certificate }) => certificateId(certificate))
        .sort(),
      [next, other].sort(),
    );
  for (const { log } of own) assert.deepEqual([...log.messages('error')], []);
});

const certificateId = (der: Uint8Array): string => toHex(parseCertificate(der).subjectKeyId ?? assert.fail());

test('an agent that was away while an authority was tainted replaces what it signed when it comes back', async (t) => {
  const bed = await Testbed.open(t);
  const server = await bed.startServer('a', { ca: CA });
  const keepsIn = memoryDirectory(t);
  const agent = await bed.startAgent('agent', { server, keepsIn });
  await bed.createEntry(server, { path: '/web', parent: agent.path, selectors: ['unix:uid:7'] });
  const before = agent.watch('unix:uid:7');
  await bed.passUntil(() => before.paths()?.length === 1, 5);
  const old = await activeOf(server, 'X509');
  const next = await prepare(server, 'X509');
  await bed.pass(5); // it knows the next one, and has kept everything
  await agent.stop();

  await server.admin.localAuthority.unary('ActivateX509Authority', { authority_id: next });
  await server.admin.localAuthority.unary('TaintX509Authority', { authority_id: old });
  await bed.pass(5);
  await agent.start();
  const after = agent.watch('unix:uid:7');
  await bed.rest();
  await bed.passUntil(() => signerOf(after.latest().identities[0]?.chain ?? []) === next, 10);
  await bed.pass(10);
  await server.admin.localAuthority.unary('RevokeX509Authority', { authority_id: old });
  await bed.pass(60);
  const chains = [before.latest(), ...after.updates].map(({ identities }) =>
    toHex(identities[0]?.chain[0] ?? assert.fail()),
  );
  assert.equal(new Set(chains).size, 2, 'replaced once');
  assert.equal(ownRenewals(agent), 1);
  const leaf = new X509Certificate(after.latest().identities[0]?.chain[0] ?? assert.fail());
  assert.ok(leaf.validToDate > bed.clock.now());
});

test('an agent leaves the connection to a server whose authority was revoked, and comes back on a new one', async (t) => {
  const bed = await Testbed.open(t);
  const [server, neighbour] = [
    await bed.startServer('a', { ca: CA }),
    await bed.startServer('b', { ca: CA }),
  ];
  const { agent } = await startAgent(bed, neighbour, [1]);
  await bed.reconnect(agent, server);
  await bed.pass(5);
  const old = await activeOf(server, 'X509');
  const next = await prepare(server, 'X509');
  await bed.pass(5);
  const { reached } = agent.link;
  await server.admin.localAuthority.unary('ActivateX509Authority', { authority_id: next });
  await server.admin.localAuthority.unary('TaintX509Authority', { authority_id: old });
  await bed.pass(10);
  assert.equal(agent.link.reached, reached, 'a tainted one still counts');
  await server.admin.localAuthority.unary('RevokeX509Authority', { authority_id: old });
  await bed.pass(10);
  assert.equal(agent.link.reached, reached + 1);
  assert.equal(ownRenewals(agent), 0);
  assert.deepEqual(agent.log.messages('error'), []);
  await bed.createEntry(server, { path: '/late', parent: agent.path, selectors: ['unix:uid:9'] });
  const late = agent.watch('unix:uid:9');
  await bed.passUntil(() => late.paths()?.length === 1, 5);
});

for (const [kind, field] of [
  ['JWT', 'jwtAuthorities'],
  ['WIT', 'witAuthorities'],
] as const)
  test(`a ${kind} key: the old one is in every bundle until it is revoked, the new one before it signs`, async (t) => {
    const bed = await Testbed.open(t);
    const server = await bed.startServer('a', { ca: CA, config: { wit: WIT } });
    const { agent, watches } = await startAgent(bed, server, [1]);
    const [watch = assert.fail()] = watches;
    const [identity] = watch.latest().identities;
    const held = () =>
      watch.latest().bundle[field].map(({ keyId, tainted }) => `${keyId} ${tainted ? 'tainted' : 'good'}`);
    const old = await activeOf(server, kind);
    assert.deepEqual(held(), [`${old} good`]);
    const next = await prepare(server, kind);
    await bed.pass(2);
    assert.deepEqual(held(), [`${old} good`, `${next} good`]);
    await server.admin.localAuthority.unary(`Activate${kind}Authority`, { authority_id: next });
    await bed.pass(2);
    assert.equal(await activeOf(server, kind), next);
    assert.deepEqual(held(), [`${old} good`, `${next} good`]);
    await server.admin.localAuthority.unary(`Taint${kind}Authority`, { authority_id: old });
    await bed.pass(2);
    assert.deepEqual(held(), [`${old} tainted`, `${next} good`]);
    assert.deepEqual(keysOf(await server.admin.bundle.unary('GetBundle', {}), kind), [
      [old, true],
      [next, false],
    ]);
    await server.admin.localAuthority.unary(`Revoke${kind}Authority`, { authority_id: old });
    await bed.pass(60);
    assert.deepEqual(held(), [`${next} good`]);
    assert.ok(watch.latest().identities[0] === identity, 'X.509-SVIDs are left alone');
    assert.equal(ownRenewals(agent), 0);
  });

const keysOf = (bundle: BundleOutput, kind: 'JWT' | 'WIT'): readonly (readonly [string, boolean])[] =>
  (kind === 'JWT' ? bundle.jwt_authorities : bundle.wit_authorities).map(({ key_id, tainted }) => [
    key_id,
    tainted,
  ]);
