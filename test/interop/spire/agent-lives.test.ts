/** The genuine spire-agent over several lives of its SVIDs and a new authority: each is renewed in time, none without need. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '../../../shared/clock.ts';
import { complaints, Rig, signed } from './rig.ts';

const TTL_SECONDS = 40; // renewed every 15 to 20 s: at half of its life, which began 10 s before, looked for every 5 s
const CA_TTL_SECONDS = 90;
const LIVES_MS = 100_000; // so that the first authority has ended
const FEWEST = 4;
const MOST = 8;

let rig: Rig;

before(async () => {
  rig = await Rig.start({ agentTtl: `${TTL_SECONDS}s`, caTtl: `${CA_TTL_SECONDS}s` });
});
after(() => rig?.stop());

test('it renews its own SVID and those of its workloads, also under a new authority, and none twice', async () => {
  const agent = await rig.startedAgent('lives');
  await rig.register('lives', { x509SvidTtlSeconds: TTL_SECONDS });
  await rig.fetched(agent);
  const first = await rig.system.admin.bundlePem();
  const watcher = rig.peer(agent, 'watch');
  await systemClock.sleep(LIVES_MS);
  const serials = new Set(watcher.events().map(({ serial }) => serial));
  const isInBounds = (count: number): boolean => count >= FEWEST && count <= MOST;
  const { created, renewed } = signed(agent);
  const own = agent.saidOf('Successfully rotated agent SVID').length;
  assert.equal(created, 1);
  assert.ok(isInBounds(renewed), `${renewed} renewals for the workload`);
  assert.ok(isInBounds(own), `${own} renewals of its own`);
  assert.ok(serials.size >= renewed, `${serials.size} SVIDs reached the workload`);
  assert.deepEqual(
    watcher.events().filter(({ event }) => event !== 'update'),
    [],
  );
  assert.deepEqual(complaints(agent), []);
  assert.notEqual(await rig.system.admin.bundlePem(), first, 'there is another authority');
  await rig.fetched(agent);
});
