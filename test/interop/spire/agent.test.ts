/** The genuine spire-agent under our server: it may not notice, and may not work more than under its own. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { systemClock } from '../../../shared/clock.ts';
import { eventually } from '../program.ts';
import type { GenuineAgent } from './genuine-agent.ts';
import { attestedAs, complaints, idOf, Rig, signed } from './rig.ts';

const MANY = 700; // more than fit a message of SyncAuthorizedEntries: revisions come first (spire.md 12.3)
const QUIET_MS = 12_000; // two rounds of synchronisation and more
const END_MS = 30_000;

let rig: Rig;

before(async () => {
  rig = await Rig.start({ hasAuditLog: true });
});
after(() => rig?.stop());

test('a genuine agent attests by join token and serves the Go SDK', async () => {
  const agent = await rig.startedAgent('plain');
  await rig.register('plain');
  const { id, chain } = await rig.fetched(agent);
  assert.deepEqual([id, chain], [idOf('plain/go'), 1]);
  assert.deepEqual(complaints(agent), []);
  const shown = await rig.system.serverCli('agent', 'show', '-spiffeID', attestedAs(agent));
  assert.match(shown, /^Attestation type {2}: join_token$/m);
});

test('it attests without a bundle, and asks for its entries by the older RPC', async () => {
  const agent = await rig.startedAgent('insecure', {
    hasOwnBootstrap: true,
    settings: ['insecure_bootstrap = true', 'experimental { use_sync_authorized_entries = false }'],
  });
  await rig.register('insecure');
  assert.equal((await rig.fetched(agent)).id, idOf('insecure/go'));
  assert.deepEqual(complaints(agent), [
    'Insecure bootstrap enabled; skipping server certificate verification',
  ]);
});

test('it follows an entry that is created, changed, deleted and created again', async () => {
  const agent = await rig.startedAgent('entries');
  const watcher = rig.peer(agent, 'watch');
  const denied = await watcher.next('a denial', ({ event }) => event === 'error');
  assert.equal(denied.code, 'PermissionDenied');
  const entryId = await rig.register('entries', { spiffeId: idOf('entries/first') });
  await watcher.next('the first ID', ({ id }) => id === idOf('entries/first'));
  await rig.system.admin.updateEntry(entryId, rig.entryOf('entries', { spiffeId: idOf('entries/second') }));
  await watcher.next('the second ID', ({ id }) => id === idOf('entries/second'));
  const seen = watcher.events().length;
  await rig.system.admin.deleteEntry(entryId);
  await watcher.next('the loss', ({ event }) => event === 'error', { skip: seen });
  await rig.register('entries', { spiffeId: idOf('entries/third') });
  await watcher.next('the third ID', ({ id }) => id === idOf('entries/third'));
});

test('it has more entries than fit a message, and has signed again what was changed alone', async () => {
  const agent = await rig.startedAgent('many');
  const wanted = Array.from({ length: MANY }, (_, at) =>
    rig.entryOf('many', { spiffeId: idOf(`many/${at}`), selectors: [`unix:uid:${at + 1}`] }),
  );
  const [first = ''] = await rig.system.admin.createEntries(wanted);
  await eventually('all SVIDs', () => signed(agent).created === MANY || undefined, 60_000);
  await rig.system.admin.updateEntry(first, rig.entryOf('many', { spiffeId: idOf('many/changed') }));
  await eventually('the changed one', () => signed(agent).renewed > 0 || undefined);
  await systemClock.sleep(QUIET_MS);
  assert.deepEqual(signed(agent), { created: MANY, renewed: 1 });
  assert.deepEqual(complaints(agent), []);
});

test('it serves on while the server is away, and goes on with it afterwards', async () => {
  const agent = await rig.startedAgent('away');
  await rig.register('away');
  await rig.fetched(agent);
  await rig.system.server.stop();
  assert.equal((await rig.fetched(agent)).id, idOf('away/go'));
  await eventually('failure', () => agent.saidOf('Synchronize failed').length > 0 || undefined);
  await rig.system.startServer();
  await rig.register('away', { spiffeId: idOf('away/later'), selectors: ['unix:uid:1'] });
  await eventually('later entry', () => signed(agent).created === 2 || undefined);
  assert.equal(signed(agent).renewed, 0);
});

test('it is told that it is banned, says so, removes its SVID and ends', async () => {
  const agent = await rig.startedAgent('banned');
  await rig.system.serverCli('agent', 'ban', '-spiffeID', attestedAs(agent));
  await eventually('end', () => !agent.program.isRunning || undefined, END_MS);
  assert.equal(agent.saidOf('Agent is banned: removing SVID and shutting down').length, 1);
  assert.equal(agent.storedSvid(), undefined);
  agent.launch();
  await eventually('refusal', () => refusals(agent).length > 0 || undefined);
  assert.match(refusals(agent)[0] ?? '', /join token does not exist or has already been used/);
});

test('it is told that it is evicted, and attests again with a new token alone', async () => {
  const agent = await rig.startedAgent('evicted');
  await rig.system.serverCli('agent', 'evict', '-spiffeID', attestedAs(agent));
  await eventually('end', () => !agent.program.isRunning || undefined, END_MS);
  const said = 'Agent failed re-attestation; removing SVID and shutting down';
  assert.equal(agent.saidOf(said).length, 1);
  assert.equal(agent.storedSvid(), undefined);
  await rig.newToken('evicted');
  const evicted = attestedAs(agent);
  await agent.start();
  assert.notEqual(attestedAs(agent), evicted);
  await rig.register('evicted');
  assert.equal((await rig.fetched(agent)).id, idOf('evicted/go'));
});

/** Why it could not attest. */
const refusals = (agent: GenuineAgent): readonly string[] =>
  agent.saidOf('Failed to retrieve attestation result').map(({ error = '' }) => error);
