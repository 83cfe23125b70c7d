/** The genuine spire-agent while an operator replaces our server's authority: it has signed again what it must, once. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '../../../shared/clock.ts';
import { eventually } from '../program.ts';
import { complaints, Rig, signed } from './rig.ts';

const ROUND_MS = 6_000; // of synchronisation, and a little more
const QUIET_MS = 2 * ROUND_MS;
const PATIENCE_MS = 30_000;

let rig: Rig;

before(async () => {
  rig = await Rig.start({});
});
after(() => rig?.stop());

const x509 = (...args: readonly string[]): Promise<string> =>
  rig.system.serverCli('localauthority', 'x509', ...args);

/** The slots, in the order in which they are shown; nothing of an empty one. */
const idsIn = (shown: string): readonly string[] =>
  [...shown.matchAll(/Authority ID: (\w+)/g)].map(([, id = '']) => id);

test('a tainted authority has the SVIDs of the agent and its workloads replaced, once, before it is revoked', async () => {
  const agent = await rig.startedAgent('taint');
  await rig.register('taint');
  await rig.fetched(agent);
  const watcher = rig.peer(agent, 'watch');
  await watcher.next('an SVID', ({ event }) => event === 'update');
  const [old = ''] = idsIn(await x509('show'));
  const [next = ''] = idsIn(await x509('prepare'));
  await systemClock.sleep(ROUND_MS);
  await x509('activate', '-authorityID', next);
  await systemClock.sleep(ROUND_MS);
  assert.deepEqual(signed(agent), { created: 1, renewed: 0 });

  await x509('taint', '-authorityID', old);
  await eventually(
    'SVIDs of another authority',
    () => (signed(agent).created === 2 && ownRotations(agent) > 0) || undefined,
    PATIENCE_MS,
  );
  await systemClock.sleep(QUIET_MS);
  await x509('revoke', '-authorityID', old);
  await systemClock.sleep(QUIET_MS);
  assert.deepEqual(signed(agent), { created: 2, renewed: 0 }); // it drops what is tainted first
  assert.equal(ownRotations(agent), 1);
  const serials = new Set(watcher.events().map(({ serial }) => serial));
  assert.equal(serials.size, 2);
  assert.deepEqual(idsIn(await x509('show')), [next, old]);
  await rig.fetched(agent);
  assert.deepEqual(complaints(agent), []);
});

const ownRotations = (agent: Parameters<typeof complaints>[0]): number =>
  agent.saidOf('Successfully rotated agent SVID').length;
