/** A CA of one's own comes in, signs, is followed and distrusted, and no workload ever holds an SVID that its peers refuse. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '../../shared/bytes.ts';
import { parseCertificate } from '../../shared/crypto/certificate.ts';
import type { FlowAgent, Watch } from '../fakes/flow-agent.ts';
import { type FlowServer, Testbed } from '../fakes/testbed.ts';
import { brought } from '../server/ca/own-ca.ts';
import { type CorporateCa, corporateRoot, keyIdOf } from '../server/upstream-authority/corporate-ca.ts';
import { Witness } from './witness.ts';

/** Authorities of the servers' own live two and a half minutes, an SVID is renewed each half. */
const LIVES = { ttlSeconds: 150, defaultX509SvidTtlSeconds: 60, agentTtlSeconds: 3_600 };
/** It lives five minutes: the log warns from the half of it on, a successor takes over after 250 s. */
const FIVE_MINUTES = {
  notBefore: new Date('2025-12-31T23:59:50Z'),
  notAfter: new Date('2026-01-01T00:05:00Z'),
};

const signerOf = (watch: Watch): string =>
  toHex(
    parseCertificate(watch.latest().identities[0]?.chain[0] ?? assert.fail()).authorityKeyId ?? assert.fail(),
  );

const holds = (watch: Watch, ca: CorporateCa): boolean =>
  watch
    .latest()
    .bundle.x509Authorities.some(({ certificate }) => toHex(certificate) === toHex(ca.certificate.raw));

const slots = ({ admin }: FlowServer) => admin.localAuthority.unary('GetX509AuthorityState', {});

async function startWorkload(bed: Testbed, server: FlowServer, uid: number) {
  const agent = await bed.startAgent(`agent of ${server.name}`, { server });
  const selector = `unix:uid:${uid}`;
  await bed.createEntry(server, { path: `/web-${uid}`, parent: agent.path, selectors: [selector] });
  const watch = agent.watch(selector);
  await bed.passUntil(() => watch.paths()?.length === 1, 5);
  return { agent, watch };
}

async function importInto({ admin }: FlowServer, ca: CorporateCa): Promise<void> {
  const { certificates, privateKey } = brought(ca);
  const request = { certificates: [...certificates], private_key: Buffer.from(privateKey) };
  await admin.imports.unary('ImportX509Authority', request);
}

async function restartedFrom(
  bed: Testbed,
  { server, agent }: { server: FlowServer; agent: FlowAgent },
  backUp: () => Promise<void>,
): Promise<FlowServer> {
  await bed.kill(server, agent.link);
  await backUp();
  const again = await bed.startServer(server.name, { ca: LIVES });
  await bed.reconnect(agent, again);
  return again;
}

test("a CA of one's own is known before it signs, survives a restore, is followed in its time, and can be distrusted", async (t) => {
  const bed = await Testbed.open(t);
  const first = await bed.startServer('a', { ca: LIVES });
  const neighbour = await bed.startServer('b', { ca: LIVES });
  const { agent, watch } = await startWorkload(bed, first, 1);
  const { agent: other, watch: theirs } = await startWorkload(bed, neighbour, 2);
  const own = await corporateRoot('Own', FIVE_MINUTES);
  const begunMs = bed.clock.now().getTime();
  const until = (seconds: number) => bed.pass(seconds - (bed.clock.now().getTime() - begunMs) / 1_000);
  await importInto(first, own);
  await bed.pass(3);
  assert.ok(holds(watch, own) && holds(theirs, own), 'everybody knows it');
  assert.notEqual(signerOf(watch), keyIdOf(own), 'and it signs nothing');
  await other.stop();
  await neighbour.stop();
  const backUp = await bed.backUp();

  const server = await restartedFrom(bed, { server: first, agent }, backUp);
  const witness = new Witness(bed, watch);
  const { prepared } = await slots(server);
  assert.equal(prepared?.authority_id, keyIdOf(own), 'the database knows it, the key manager has its key');
  await server.admin.localAuthority.unary('ActivateX509Authority', { authority_id: keyIdOf(own) });
  await until(60);
  assert.equal(signerOf(watch), keyIdOf(own));

  const warnings = () =>
    server.log.messages('warn').filter((message) => message.startsWith('the imported authority ends'));
  await until(140);
  assert.equal(warnings().length, 0);
  await until(165);
  assert.equal(warnings().length, 1);
  assert.equal((await slots(server)).prepared, null, 'not yet: it would end before');
  await until(240);
  assert.equal(signerOf(watch), keyIdOf(own));
  await until(265);
  const { active, old } = await slots(server);
  assert.equal(old?.authority_id, keyIdOf(own));
  assert.equal(active?.upstream_authority_subject_key_id, '', 'the server made it, self-signed');

  const renewed = witness.renewals[0]?.length ?? 0;
  await server.admin.localAuthority.unary('TaintX509Authority', { authority_id: keyIdOf(own) });
  await bed.pass(10);
  assert.equal(signerOf(watch), active?.authority_id);
  assert.ok((witness.renewals[0]?.length ?? 0) <= renewed + 1, 'once at most');
  await server.admin.localAuthority.unary('RevokeX509Authority', { authority_id: keyIdOf(own) });
  await bed.pass(20);
  assert.ok(!holds(watch, own));
  for (const { log } of [server, agent]) assert.deepEqual([...log.messages('error')], []);
});
