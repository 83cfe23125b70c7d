import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toHex } from '../../shared/bytes.ts';
import { joinAgent } from '../fakes/server-under-test.ts';
import { type FlowServer, Testbed } from '../fakes/testbed.ts';
import { Witness } from './witness.ts';

const WORKLOAD = 'unix:uid:7';
const WAITS = { config: { newAuthorityWaitSeconds: 30 } };

/** Starts a second server while time passes; how many seconds that took, more than it waits on a machine with other work. */
async function join(bed: Testbed): Promise<{ readonly server: FlowServer; readonly seconds: number }> {
  let server: FlowServer | undefined;
  const starting = bed.startServer('b', WAITS).then((started) => (server = started));
  let seconds = 0;
  for (; server === undefined && seconds < 120; seconds++) {
    await bed.rest();
    await bed.pass(1);
  }
  return { server: await starting, seconds };
}

test('a server that joins another opens when the agents there have its authority, and is believed from its first word on', async (t) => {
  const bed = await Testbed.open(t);
  const a = await bed.startServer('a');
  const agent = await bed.startAgent('agent', { server: a });
  await bed.createEntry(a, { path: '/web', parent: agent.path, selectors: [WORKLOAD] });
  const watch = agent.watch(WORKLOAD);
  await bed.passUntil(() => watch.paths()?.length === 1, 2);
  const witness = new Witness(bed, watch);

  const { server: b } = await join(bed);
  const [, its] = (await b.admin.bundle.unary('GetBundle', {})).x509_authorities;
  const known = watch.latest().bundle.x509Authorities.map(({ certificate }) => toHex(certificate));
  assert.ok(
    known.includes(toHex(its?.asn1 ?? new Uint8Array())),
    'the workload knew before the doors opened',
  );
  assert.deepEqual(
    b.log.messages('info').filter((message) => /waiting until|knows the new|listening for/.test(message)),
    [
      'waiting until the agents of the other servers know the new authorities',
      'every agent of the other servers knows the new authorities',
      'listening for administrators',
      'listening for agents',
    ],
  );

  await bed.reconnect(agent, b);
  await bed.pass(120); // everything is signed by the newcomer now
  assert.ok((witness.renewals[0]?.length ?? 0) > 1);
  for (const { log } of [a, b, agent]) assert.deepEqual(log.messages('error'), []);
});

test('it waits half a minute at most for an agent that does not fetch the bundle', async (t) => {
  const bed = await Testbed.open(t);
  const a = await bed.startServer('a');
  const { identity } = await joinAgent(a);
  const stream = a.connect(identity).sync.serverStream('Watch', {});
  await stream.next();
  const { server: b, seconds } = await join(bed);
  assert.ok(seconds >= 29, `${seconds} s`);
  assert.match(b.log.messages('warn').join(), /not every agent knows the new authorities yet/);
});
