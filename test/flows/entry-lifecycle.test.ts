import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import type { DoorStream } from '../fakes/flow-agent.ts';
import { hearsNotifications } from '../fakes/database.ts';
import { Testbed } from '../fakes/testbed.ts';

const SKIP_WITHOUT_HINTS = hearsNotifications() ? false : 'a transaction pooler passes on no NOTIFY';
const USER = `unix:uid:${process.getuid?.()}`;

/** The only SVID of the latest response. */
function svidOf({ responses }: DoorStream) {
  const [svid, ...more] = responses.at(-1)?.svids ?? [];
  assert.ok(svid);
  assert.deepEqual(more, []);
  const leaf = new X509Certificate(svid.x509_svid);
  return { id: svid.spiffe_id, hint: svid.hint, leaf, raw: svid.x509_svid };
}

test('an open stream follows its entry through creation, changes, deletion and return', async (t) => {
  const bed = await Testbed.open(t);
  const server = await bed.startServer('a');
  const agent = await bed.startAgent('agent', { server, opensDoor: true });
  const other = { path: '/other', parent: agent.path, selectors: [USER, 'unix:gid:4000000'] };
  await bed.createEntry(server, other); // never matches this process
  const id = await bed.createEntry(server, { path: '/web', parent: agent.path, selectors: [USER] });
  await bed.pass(1);
  const stream = agent.fetchX509Svid();
  const told = async (count: number): Promise<void> => {
    await bed.pass(1);
    await bed.clock.until(() => stream.responses.length >= count, `${count} responses`);
    assert.equal(stream.responses.length, count);
  };
  await told(1);
  const first = svidOf(stream);
  assert.equal(first.id, 'spiffe://example.org/web');
  assert.equal(first.hint, '');

  await bed.updateEntry(server, { id, x509_svid_ttl: 600 });
  await told(2);
  const longer = svidOf(stream);
  assert.equal(longer.leaf.validToDate.getTime() - longer.leaf.validFromDate.getTime(), 610_000);

  await bed.updateEntry(server, { id, hint: 'internal', dns_names: ['web.test', 'www.test'] });
  await told(4); // the hint at once, the names with the next SVID
  const named = svidOf(stream);
  assert.equal(named.hint, 'internal');
  assert.equal(named.leaf.subjectAltName, 'URI:spiffe://example.org/web, DNS:web.test, DNS:www.test');
  assert.match(named.leaf.subject, /CN=web\.test/);

  await bed.updateEntry(server, { id, selectors: [USER, 'unix:gid:4000000'] });
  await bed.pass(1);
  await bed.clock.until(() => stream.error() !== undefined);
  assert.equal(stream.error()?.message, 'no identity issued');
  await bed.updateEntry(server, { id, selectors: [USER] });
  await bed.pass(1);

  const second = agent.fetchX509Svid();
  await bed.clock.until(() => second.responses.length === 1);
  await bed.deleteEntry(server, id);
  await bed.pass(1);
  await bed.clock.until(() => second.error() !== undefined);
  assert.equal(second.error()?.code, 7);
  const third = agent.fetchX509Svid();
  await bed.clock.until(() => third.error() !== undefined);
  assert.equal(third.error()?.message, 'no identity issued');

  const again = await bed.createEntry(server, { path: '/web', parent: agent.path, selectors: [USER] });
  assert.notEqual(again, id);
  await bed.pass(1);
  const fourth = agent.fetchX509Svid();
  await bed.clock.until(() => fourth.responses.length === 1);
  assert.equal(svidOf(fourth).hint, '');
  assert.notDeepEqual(svidOf(fourth).raw, named.raw);
});

test('with NOTIFY an entry reaches the workload without any time passing', {
  skip: SKIP_WITHOUT_HINTS,
}, async (t) => {
  const bed = await Testbed.open(t);
  const server = await bed.startServer('a', { hearsHints: true });
  const agent = await bed.startAgent('agent', { server });
  const watch = agent.watch('unix:uid:7');
  await bed.clock.until(() => watch.paths()?.length === 0);
  const began = bed.clock.now();
  const id = await bed.createEntry(server, { path: '/web', parent: agent.path, selectors: ['unix:uid:7'] });
  await bed.clock.until(() => watch.paths()?.length === 1);
  await bed.deleteEntry(server, id);
  await bed.clock.until(() => watch.paths()?.length === 0);
  assert.deepEqual(bed.clock.now(), began);
});
