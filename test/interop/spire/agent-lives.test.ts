/** The genuine spire-agent over several lives of its SVIDs and a new authority: each is renewed in time, none without need. Beside it, other stories. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { systemClock } from '../../../shared/clock.ts';
import { eventually } from '../program.ts';
import { makeForeignFiles } from './foreign-files.ts';
import { attestedAs, complaints, idOf, Rig, signed } from './rig.ts';

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

describe('a genuine agent of short lives', { concurrency: true }, () => {
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

  test('it is started again with the SVID and the key that it kept, and needs no token', async () => {
    const agent = await rig.startedAgent('again');
    await rig.register('again');
    await rig.fetched(agent);
    const first = attestedAs(agent);
    await agent.stop();
    await agent.start();
    assert.equal((await rig.fetched(agent)).id, idOf('again/go'));
    await eventually(
      'a renewal',
      () => agent.saidOf('Successfully rotated agent SVID').length > 0 || undefined,
      TTL_SECONDS * 1_000,
    );
    await agent.stop();
    await agent.start();
    assert.equal((await rig.fetched(agent)).id, idOf('again/go'));
    assert.equal(agent.saidOf('Node attestation was successful').length, 1);
    assert.equal(attestedAs(agent), first);
    assert.deepEqual(complaints(agent), []);
  });

  test('its workload has the bundles that its entry federates with, and hears when one is taken from it', async () => {
    const agent = await rig.startedAgent('federated');
    const path = join(rig.system.files.directory, 'foreign.pem');
    writeFileSync(path, (await makeForeignFiles()).pem);
    const bundle = (...words: readonly string[]): Promise<string> => rig.system.serverCli('bundle', ...words);
    for (const id of ['one.test', 'two.test']) await bundle('set', '-id', id, '-path', path);
    const { spiffeId, parentId, selectors } = rig.entryOf('federated');
    const federating = ['one.test', 'two.test'].flatMap((name) => ['-federatesWith', name]);
    const entry = `-spiffeID ${spiffeId} -parentID ${parentId} -selector ${selectors.join()}`;
    await rig.system.serverCli(...`entry create ${entry}`.split(' '), ...federating);
    const watcher = rig.peer(agent, 'watch');
    const has = (...names: readonly string[]): Promise<unknown> =>
      watcher.next(
        `the bundles ${names.join()}`,
        ({ bundles }) => bundles?.join() === ['example.org', ...names].join(),
      );
    await has('one.test', 'two.test');
    await bundle('delete', '-id', 'one.test', '-mode', 'dissociate');
    await has('two.test');
    await bundle('delete', '-id', 'two.test', '-mode', 'dissociate');
    await has();
    assert.deepEqual(complaints(agent), []);
  });
});
