/** A disk that is full, or cannot be written, under a system that runs: everything that it keeps is on that disk. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Client } from 'pg';
import { findRunningPostgres } from '../../server/datastore/embedded.ts';
import { Code, CodedError, messageOf } from '../../shared/errors.ts';
import { eventually } from '../interop/program.ts';
import { System } from '../interop/system.ts';
import { canMount, makeReadOnly, SmallDisk } from './small-disk.ts';
import { checkWhole, nothingBeside, type StateDirectories } from './state-files.ts';

const skip = canMount ? false : 'only root can mount a small disk';
const DISK_MB = 250;
const ROTATION_MS = 60_000;
const ENTRY_KB = 8;

const directories = ({ files, runtimeDirectory: runtime }: System): StateDirectories => ({
  servers: [files.serverData],
  agent: files.agentData,
  runtime,
});

const isSaid = (log: () => string, words: RegExp): Promise<unknown> =>
  eventually(`${words}`, () => words.test(log()) || undefined, ROTATION_MS);

const idsOf = async (system: System): Promise<readonly string[]> =>
  (await system.identities()).identities.map(({ svid }) => svid.id.toString());

interface Written {
  /** Of the entries that were taken. */
  readonly ids: readonly string[];
  readonly refused: string;
  readonly code: number | undefined;
  readonly why: string;
}

/** Big entries until the database takes none any more. */
async function writeUntilRefused(system: System): Promise<Written> {
  const ids: string[] = [];
  for (let at = 0; at < 20_000; at += 1) {
    const selectors = Array.from(
      { length: ENTRY_KB },
      (_, n) => `unix:path:/${at}/${n}/${'x'.repeat(1_000)}`,
    );
    const spiffeId = system.idOf(`/big/${at}`);
    try {
      ids.push(await system.register({ spiffeId, selectors }));
    } catch (error) {
      const code = error instanceof CodedError ? error.code : undefined;
      return { ids, refused: spiffeId, code, why: messageOf(error) };
    }
  }
  return assert.fail('a full disk took everything');
}

/** All that was taken is there, and nothing that was refused. */
async function checkKept(system: System, { ids, refused, why }: Written): Promise<void> {
  const found = await system.admin.listEntries();
  assert.deepEqual(
    ids.filter((id) => !found.has(id)),
    [],
  );
  if (!/may or may not/.test(why)) assert.ok(![...found.values()].includes(refused));
}

/** As a long run of changes does: the journal begins one file after another, until there is no room for the next. */
async function fillJournal(system: System): Promise<void> {
  const connection = findRunningPostgres(join(system.files.serverData, 'postgres'));
  const client = new Client({ ...connection, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  await client.connect();
  const sql = `select pg_logical_emit_message(true, 'writ', repeat('x', 1000000))`;
  for (let at = 0; at < 100; at += 1)
    if (
      await client.query(sql).then(
        () => false,
        () => true,
      )
    )
      break;
  await client.end().catch(() => {});
}

test('a full disk loses nothing, is told of with what to do, and all goes on when there is room', {
  skip,
}, async (t) => {
  const disk = new SmallDisk(DISK_MB);
  let system: System | undefined;
  try {
    const running = await System.start({ folder: disk.folder, agentTtl: '100s', x509SvidTtl: '300s' });
    system = running;
    const steady = running.idOf('/steady');
    await running.register({ spiffeId: steady, selectors: [`unix:path:${process.execPath}`] });
    assert.deepEqual(await idsOf(running), [steady]);
    disk.fill();

    const written = await writeUntilRefused(running);
    const { ids, code, why } = written;
    t.diagnostic(`${ids.length} entries of ${ENTRY_KB} KB taken, then: ${code} ${why}`);
    assert.equal(code, Code.unavailable);
    assert.match(why, /no disk space|cannot reach|stopping or starting|connection|may or may not/);
    await fillJournal(running);
    await isSaid(() => running.server.output(), /database process ended/);
    await isSaid(() => running.server.output(), /database process cannot be restarted.*make room/);
    assert.equal(await running.admin.isHealthy(), false);
    await isSaid(() => running.agent.output(), /cannot be kept for the next start.*make room/);
    const agentLog = (): string => {
      disk.fill(); // what ended left a little room
      return running.agent.output();
    };
    await isSaid(agentLog, /failed to renew the agent SVID.*make room/);
    assert.deepEqual(await idsOf(running), [steady]);
    assert.ok(running.server.isRunning && running.agent.isRunning);
    checkWhole(directories(running));

    disk.makeRoom();
    await eventually('health', async () => (await running.admin.isHealthy()) || undefined, ROTATION_MS);
    await checkKept(running, written);
    await isSaid(() => running.agent.output(), /agent SVID renewed/);
    await isSaid(() => running.agent.output(), /can be kept for the next start again/);
    await running.register({
      spiffeId: running.idOf('/later'),
      selectors: [`unix:path:${process.execPath}`],
    });
    await eventually('identity', async () => (await idsOf(running)).length === 2 || undefined);
    checkWhole(directories(running));
    await nothingBeside(directories(running));
  } finally {
    disk.makeRoom();
    await system?.stop();
    disk.unmount();
  }
});

test('state that cannot be written: nobody starts on it, and who runs goes on and says so', {
  skip,
}, async () => {
  const system = await System.start({ agentTtl: '60s' });
  const { agentData, serverData } = system.files;
  const undo: (() => void)[] = [];
  try {
    const steady = system.idOf('/steady');
    await system.register({ spiffeId: steady, selectors: [`unix:path:${process.execPath}`] });
    assert.deepEqual(await idsOf(system), [steady]);
    for (const folder of [agentData, serverData]) undo.push(makeReadOnly(folder));
    await isSaid(() => system.agent.output(), /failed to renew the agent SVID.*read-only: mount it writable/);
    assert.deepEqual(await idsOf(system), [steady]);
    assert.equal(await system.admin.isHealthy(), true);

    await Promise.all([system.agent.kill(), system.server.kill()]);
    system.launchAgent();
    system.launchServer();
    await eventually('ends', () => !(system.agent.isRunning || system.server.isRunning) || undefined);
    for (const program of [system.agent, system.server]) {
      const last = program.output().trimEnd().split('\n').at(-1) ?? '';
      assert.match(last, /could not start.*read-only: mount it writable/);
    }
    for (const back of undo.splice(0)) back();
    await system.startServer();
    await system.restartAgent();
    assert.deepEqual(await idsOf(system), [steady]);
  } finally {
    for (const back of undo) back();
    await system.stop();
  }
});
