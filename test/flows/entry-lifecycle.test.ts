import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import type { DoorStream } from '../fakes/flow-agent.ts';
import { Code } from '../../shared/errors.ts';
import { hearsNotifications } from '../fakes/database.ts';
import { Testbed } from '../fakes/testbed.ts';

const SKIP_WITHOUT_HINTS = hearsNotifications() ? false : 'a transaction pooler passes on no NOTIFY';
const USER = `unix:uid:${process.getuid?.()}`;

/** No process of a test is in that group. */
const NOBODY = ['unix:gid:4000000'];

/** The only SVID of the latest response. */
function svidOf({ responses }: DoorStream) {
  const [svid, ...more] = responses.at(-1)?.svids ?? [];
  assert.ok(svid);
  assert.deepEqual(more, []);
  const leaf = new X509Certificate(svid.x509_svid);
  return { id: svid.spiffe_id, hint: svid.hint, leaf, raw: svid.x509_svid };
}

async function start(t: Parameters<typeof Testbed.open>[0]) {
  const bed = await Testbed.open(t);
  const server = await bed.startServer('a');
  const agent = await bed.startAgent('agent', { server, opensDoor: true });
  const entry = { path: '/web', parent: agent.path, selectors: [USER] };
  await bed.createEntry(server, { ...entry, path: '/other', selectors: NOBODY });
  const id = await bed.createEntry(server, entry);
  await bed.pass(1);
  return { bed, server, agent, entry, id };
}

test('an open stream follows each change of its entry', async (t) => {
  const { bed, server, agent, id } = await start(t);
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
  const { leaf: longer } = svidOf(stream);
  assert.equal(longer.validToDate.getTime() - longer.validFromDate.getTime(), 610_000);

  await bed.updateEntry(server, { id, hint: 'internal', dns_names: ['web.test', 'www.test'] });
  await told(4); // the hint at once, the names with the next SVID
  const named = svidOf(stream);
  assert.equal(named.hint, 'internal');
  assert.equal(named.leaf.subjectAltName, 'URI:spiffe://example.org/web, DNS:web.test, DNS:www.test');
  assert.match(named.leaf.subject, /CN=web\.test/);

  await bed.updateEntry(server, { id, path: '/renamed' });
  await told(5);
  assert.equal(svidOf(stream).id, 'spiffe://example.org/renamed');
});

test('a stream ends with its entry, and another one begins when it is back', async (t) => {
  const { bed, server, agent, entry, id } = await start(t);
  const open = async (): Promise<DoorStream> => {
    const stream = agent.fetchX509Svid();
    await bed.clock.until(() => stream.responses.length === 1);
    return stream;
  };
  const ended = async (stream: DoorStream): Promise<void> => {
    await bed.pass(1);
    await bed.clock.until(() => stream.error() !== undefined);
    assert.equal(stream.error()?.message, 'no identity issued');
    assert.equal(stream.error()?.code, Code.permissionDenied);
  };
  const first = await open();
  await bed.updateEntry(server, { id, selectors: NOBODY.concat(USER) });
  await ended(first);
  await bed.updateEntry(server, { id, selectors: [USER] });
  await bed.pass(1);

  const second = await open();
  await bed.deleteEntry(server, id);
  await ended(second);
  await ended(agent.fetchX509Svid());

  assert.notEqual(await bed.createEntry(server, entry), id);
  await bed.pass(1);
  assert.notDeepEqual(svidOf(await open()).raw, svidOf(second).raw);
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
