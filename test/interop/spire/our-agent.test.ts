/**
 * Our agent's whole life under SPIRE's own server, which pushes nothing: entries, renewals, an authority that is replaced, a
 * server that is away, bans and evictions. Three servers, and an agent for each story: they are told side by side.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { Code } from '../../../shared/errors.ts';
import { eventually } from '../program.ts';
import { WRIT } from '../system.ts';
import { GenuineServer, type GenuineServerWishes } from './genuine-server.ts';
import { OurAgent, pause, signerOf } from './our-agent.ts';
import { provideSpire } from './programs.ts';

const ROUND_MS = 6_000; // of synchronisation, and a little more
const QUIET_MS = 2 * ROUND_MS;
const PATIENCE_MS = 45_000;
const TTL_SECONDS = 40; // renewed every 13 to 23 s: at half of its life, which began 10 s before, looked for every 5 s
const LIVES_MS = 50_000;
const run = promisify(execFile);

/** A server with agents, all of which go with the suite that asks for it. */
function underServer(wishes: GenuineServerWishes) {
  const agents: OurAgent[] = [];
  let genuine: GenuineServer | undefined;
  const running = (): GenuineServer => genuine ?? assert.fail('not started');
  before(async () => {
    genuine = await GenuineServer.start(provideSpire().server, wishes);
  });
  after(async () => {
    for (const agent of agents) await agent.stop();
    await genuine?.stop();
  });
  const startAgent = async (name: string): Promise<OurAgent> => {
    const agent = await OurAgent.start(name, running());
    agents.push(agent);
    return agent;
  };
  return { running, startAgent };
}

describe("our agent under SPIRE's server", { concurrency: true }, () => {
  describe('while operators are at work', { concurrency: true }, () => {
    const { running, startAgent } = underServer({});

    test('it follows an entry that is created, changed, deleted and created again', async () => {
      const agent = await startAgent('entries');
      const watched = agent.watch();
      const { spiffeId: first } = agent.entry('first');
      const { spiffeId: second } = agent.entry('second');
      await eventually('a denial', () => watched.errors.length > 0 || undefined);
      const id = await agent.admin.createEntry(agent.entry('first'));
      await watched.untilIds(first);
      await agent.admin.updateEntry(id, agent.entry('second'));
      await watched.untilIds(second);
      const denials = watched.errors.length;
      await agent.admin.deleteEntry(id);
      await eventually('the loss', () => watched.errors.length > denials || undefined, PATIENCE_MS);
      await agent.admin.createEntries([agent.entry('first'), agent.entry('second')]);
      await watched.untilIds(first, second);
      assert.ok(watched.errors.every(({ code }) => code === Code.permissionDenied));
      assert.ok(agent.said('server does not push changes, polling it') > 0);
      assert.deepEqual(agent.complaints(), []);
    });

    test('a tainted authority has its SVID and those of its workloads replaced, once', async () => {
      const agent = await startAgent('taint');
      const x509 = async (...words: readonly string[]): Promise<readonly string[]> => {
        const all = ['server', 'localauthority', 'x509', ...words, '-socketPath', running().socket];
        const { stdout } = await run('sh', [WRIT, ...all]);
        return [...stdout.matchAll(/Authority ID: (\w+)/g)].map(([, id = '']) => id);
      };
      await agent.admin.createEntry(agent.entry('taint'));
      const [old = ''] = await x509('show');
      assert.equal(signerOf(await agent.fetched()), old);
      const [next = ''] = await x509('prepare');
      await pause(ROUND_MS);
      await x509('activate', '-authorityID', next);
      await pause(ROUND_MS);
      assert.equal(signerOf(await agent.fetched()), old, 'that another one signs is no reason');
      await x509('taint', '-authorityID', old);
      await eventually(
        'the other authority',
        async () => signerOf(await agent.fetched()) === next || undefined,
        PATIENCE_MS,
      );
      await pause(QUIET_MS);
      await x509('revoke', '-authorityID', old);
      await pause(QUIET_MS);
      assert.equal(signerOf(await agent.fetched()), next);
      assert.equal(agent.said('agent SVID renewed'), 1);
      assert.equal(agent.said('SVIDs are signed anew'), 1);
      assert.deepEqual(agent.complaints(), []);
    });

    test('it is told that it is banned, says so, forgets all and ends, and its token is spent', async () => {
      const agent = await startAgent('banned');
      await agent.admin.createEntry(agent.entry('banned'));
      await agent.fetched();
      await running().cli('agent', 'ban', '-spiffeID', agent.attestedAs());
      await eventually('end', () => !agent.program.isRunning || undefined, PATIENCE_MS);
      assert.equal(agent.said('Agent is banned: removing SVID and shutting down'), 1);
      assert.equal(agent.isKept(), false);
      agent.launch();
      await eventually('refusal', () => agent.said('join token does not exist or has already been used'));
    });

    test('it is told that it is evicted, and attests again with a new token alone', async () => {
      const agent = await startAgent('evicted');
      await agent.admin.createEntry(agent.entry('evicted'));
      const evicted = agent.attestedAs();
      await running().cli('agent', 'evict', '-spiffeID', evicted);
      await eventually('end', () => !agent.program.isRunning || undefined, PATIENCE_MS);
      assert.equal(agent.isKept(), false);
      await agent.newToken();
      await agent.resume();
      assert.notEqual(agent.attestedAs(), evicted);
      const { identities } = await agent.fetched();
      assert.deepEqual(
        identities.map(({ svid }) => svid.id.toString()),
        [agent.entry('evicted').spiffeId],
      );
    });
  });

  describe('while its server is away', () => {
    const { running, startAgent } = underServer({});

    test('it is started again while the server is away, serves what it kept, and goes on with it', async () => {
      const agent = await startAgent('kept');
      await agent.admin.createEntry(agent.entry('kept'));
      const serials = async (): Promise<readonly string[]> =>
        (await agent.fetched()).identities.map(({ svid }) => svid.serialNumber.toString());
      const [kept] = await serials();
      await eventually('the kept SVID', () => agent.isKept() || undefined);
      await running().halt();
      await agent.program.stop();
      await agent.resume();
      assert.deepEqual(await serials(), [kept]);
      assert.equal(agent.said('serving what the last run kept until a server answers'), 1);
      await running().resume();
      const watched = agent.watch();
      await agent.admin.createEntry(agent.entry('later'));
      await watched.untilIds(...['kept', 'later'].map((path) => agent.entry(path).spiffeId));
      assert.ok((await serials()).includes(kept ?? ''), 'what is good is not signed again');
      assert.equal(agent.said('Node attestation was successful'), 1);
    });
  });

  describe('over several lives', () => {
    const { startAgent } = underServer({
      settings: [`agent_ttl = "${TTL_SECONDS}s"`, `default_x509_svid_ttl = "${TTL_SECONDS}s"`],
    });

    test('it renews its own SVID and those of its workloads, and none twice', async () => {
      const agent = await startAgent('lives');
      await agent.admin.createEntry(agent.entry('lives'));
      await agent.fetched();
      const watched = agent.watch();
      await pause(LIVES_MS);
      const serials = watched.serialsOf(agent.entry('lives').spiffeId);
      const own = agent.said('agent SVID renewed');
      assert.ok(own >= 2 && own <= 4, `${own} renewals of its own`);
      assert.ok(serials >= 3 && serials <= 5, `${serials} SVIDs for the workload`);
      assert.deepEqual(watched.errors, []);
      assert.deepEqual(agent.complaints(), []);
      assert.equal(agent.said('SVIDs expired'), 0);
    });
  });
});
