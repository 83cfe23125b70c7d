import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { verifyX509Svid } from '../../shared/svid/x509-svid.ts';
import { Testbed } from '../fakes/testbed.ts';

const USER = `unix:uid:${process.getuid?.()}`;

test('a join token makes an agent, an entry makes an identity, and the open stream of a workload gets it', async (t) => {
  const bed = await Testbed.open(t);
  const server = await bed.startServer('a');
  const agent = await bed.startAgent('agent', { server, opensDoor: true });
  const before = agent.fetchX509Svid();
  await bed.clock.until(() => before.error() !== undefined);
  assert.equal(before.error()?.message, 'no identity issued');

  const watch = agent.watch('unix:uid:7');
  await bed.createEntry(server, {
    path: '/web',
    parent: agent.path,
    selectors: ['unix:uid:7'],
    dns_names: ['web.test'],
  });
  await bed.createEntry(server, { path: '/me', parent: agent.path, selectors: [USER] });
  await bed.pass(1);
  assert.deepEqual(watch.paths(), ['/web']);

  const stream = agent.fetchX509Svid();
  await bed.clock.until(() => stream.responses.length === 1);
  const [svid] = stream.responses[0]?.svids ?? [];
  assert.equal(svid?.spiffe_id, 'spiffe://example.org/me');
  assert.ok(svid);
  const at = bed.clock.now();
  verifyX509Svid({ chain: [svid.x509_svid], authorities: () => [svid.bundle], at });
  const [leaf, root] = [new X509Certificate(svid.x509_svid), new X509Certificate(svid.bundle)];
  assert.ok(leaf.verify(root.publicKey));
  assert.ok(leaf.validFromDate <= at && at < leaf.validToDate);
});
