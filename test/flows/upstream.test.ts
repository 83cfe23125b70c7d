import assert from 'node:assert/strict';
import { test } from 'node:test';
import { splitCertificates } from '../../shared/crypto/certificate.ts';
import { verifyX509Svid } from '../../shared/svid/x509-svid.ts';
import type { FlowAgent } from '../fakes/flow-agent.ts';
import { Testbed } from '../fakes/testbed.ts';
import {
  corporateIntermediate,
  corporateRoot,
  keyIdOf,
  UpstreamFiles,
} from '../server/upstream-authority/corporate-ca.ts';
import { Witness } from './witness.ts';

const WORKLOAD = 'unix:uid:7';
const USER = `unix:uid:${process.getuid?.()}`;
const LIVES = { ttlSeconds: 600, defaultX509SvidTtlSeconds: 60, agentTtlSeconds: 120 };

test('below a corporate CA all believe each other by its root alone, and move to another root without a gap', async (t) => {
  const bed = await Testbed.open(t);
  const files = new UpstreamFiles(t);
  const first = await corporateRoot();
  const issuing = await corporateIntermediate(first);
  const upstreamAuthority = { kind: 'disk', ...files.writeBelow(issuing, [], [first]) } as const;
  const server = await bed.startServer('a', { ca: LIVES, config: { upstreamAuthority } });
  const agent = await bed.startAgent('agent', { server, opensDoor: true });
  await bed.createEntry(server, { path: '/web', parent: agent.path, selectors: [WORKLOAD] });
  await bed.createEntry(server, { path: '/me', parent: agent.path, selectors: [USER] });
  const watch = agent.watch(WORKLOAD);
  await bed.passUntil(() => watch.paths()?.length === 1, 2);
  const [identity] = watch.latest().identities;
  assert.deepEqual([identity?.chain.length, identity?.chain[2]], [3, issuing.certificate.raw]);
  assert.deepEqual(
    watch.latest().bundle.x509Authorities.map(({ certificate }) => [...certificate]),
    [[...first.certificate.raw]],
  );
  const witness = new Witness(bed, watch);

  await checkAtDoor(bed, agent);
  await bed.pass(60); // the agent's own SVID, and the server's, are renewed

  const second = await corporateRoot('Acme Root 2');
  files.writeBelow(second, [], [second]);
  const { localAuthority } = server.admin;
  const { prepared_authority: prepared } = await localAuthority.unary('PrepareX509Authority', {});
  await bed.pass(2);
  assert.equal(watch.latest().bundle.x509Authorities.length, 2, 'known before it signs');
  await localAuthority.unary('ActivateX509Authority', { authority_id: prepared?.authority_id ?? '' });
  assert.equal(watch.latest().identities[0]?.chain.length, 3, 'good to its end');
  const old = { subject_key_id: keyIdOf(first) };
  await localAuthority.unary('TaintX509UpstreamAuthority', old);
  await bed.pass(2);
  assert.equal(watch.latest().identities[0]?.chain.length, 2, 'signed anew at once');
  await bed.pass(10); // the agent's own too
  await localAuthority.unary('RevokeX509UpstreamAuthority', old);
  await bed.pass(60);
  assert.deepEqual(
    watch.latest().bundle.x509Authorities.map(({ certificate }) => [...certificate]),
    [[...second.certificate.raw]],
  );
  assert.ok((witness.renewals[0]?.length ?? 0) > 2);
  for (const log of [server.log, agent.log]) assert.deepEqual(log.messages('error'), []);
});

/** What the Workload API hands out is believed by the bundle beside it. */
async function checkAtDoor(bed: Testbed, agent: FlowAgent): Promise<void> {
  const stream = agent.fetchX509Svid();
  await bed.clock.until(() => stream.responses.length === 1);
  const [svid] = stream.responses[0]?.svids ?? [];
  assert.ok(svid);
  const { id, certificates } = verifyX509Svid({
    chain: splitCertificates(svid.x509_svid),
    authorities: () => [svid.bundle],
    at: bed.clock.now(),
  });
  assert.deepEqual([id.path, certificates.length], ['/me', 3]);
}
