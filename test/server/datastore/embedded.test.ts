import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { Database } from '../../../server/datastore/database.ts';
import type { ManagedOptions, ManagedPostgres } from '../../../server/datastore/embedded.ts';
import { startManagedPostgres } from '../../../server/datastore/embedded.ts';
import { processesIn } from '../../../server/datastore/managed/processes.ts';
import { systemClock } from '../../../shared/clock.ts';
import { Code } from '../../../shared/errors.ts';
import { silentLogger } from '../../../shared/log/logger.ts';
import { systemRandom } from '../../../shared/random.ts';
import type { Ending } from '../../fakes/database.ts';

const options = { log: silentLogger, clock: systemClock, random: systemRandom };
const NOBODY = 65_534;
const POLL_MS = 5;
const isRoot = userInfo().uid === 0;

/** What runs in each folder: stopped before the folder goes (node:test runs the first `after` first). */
const running = new Map<string, ManagedPostgres[]>();

function temporary(t: Ending, prefix = 'writ-managed-'): string {
  const parent = mkdtempSync(join(tmpdir(), prefix));
  chmodSync(parent, 0o711);
  const directory = join(parent, 'pg');
  running.set(directory, []);
  t.after(async () => {
    for (const managed of running.get(directory) ?? []) await managed.stop();
    running.delete(directory);
    rmSync(parent, { recursive: true, force: true, maxRetries: 5 });
  });
  return directory;
}

async function start(directory: string, more: Partial<ManagedOptions> = {}): Promise<ManagedPostgres> {
  const managed = await startManagedPostgres({ ...options, directory, unsafeNoFsync: true, ...more });
  running.get(directory)?.push(managed);
  return managed;
}

async function query(managed: ManagedPostgres, sql: string): Promise<readonly Record<string, unknown>[]> {
  const database = new Database({ client: managed.connection, maxOpenConnections: 1 }, silentLogger);
  try {
    return await database.transaction('read committed', (tx) => tx.query(sql));
  } finally {
    await database.close();
  }
}

const refusal = (message: RegExp) => ({ name: 'CodedError', code: Code.failedPrecondition, message });

const hasSystemPostgres = globSync('/usr/lib/postgresql/*/bin/initdb').length > 0;

for (const prefer of ['system', 'npm'] as const) {
  const skip =
    prefer === 'system' &&
    !hasSystemPostgres &&
    process.env['CI'] === undefined &&
    'no Postgres is installed here; CI has one';
  test(`a database on the ${prefer} programs keeps its data over a restart, durable and closed to others`, {
    skip,
  }, async (t) => {
    const directory = temporary(t, 'writ, managed-');
    const first = await start(directory, { preferBinaries: prefer, unsafeNoFsync: false });
    assert.equal(first.version.origin, prefer, 'programs of this origin must be installed for the tests');
    await query(first, 'create table kept (v text)');
    await query(first, "insert into kept values ('still here')");
    const settings = await query(
      first,
      "select name || '=' || setting as s from pg_settings where name in ('fsync', 'synchronous_commit', 'full_page_writes', 'listen_addresses') order by name",
    );
    assert.deepEqual(
      settings.map(({ s }) => s),
      ['fsync=on', 'full_page_writes=on', 'listen_addresses=', 'synchronous_commit=on'],
    );
    assert.equal(statSync(join(directory, 'run')).mode & 0o777, 0o700);
    assert.equal(statSync(join(directory, 'data')).mode & 0o777, 0o700);
    assert.notEqual(statSync(join(directory, 'data')).uid, 0);
    assert.equal(statSync(join(directory, 'postgres.log')).mode & 0o777, 0o600);
    await assert.rejects(
      startManagedPostgres({ ...options, directory }),
      refusal(/in use by process \d+: stop it first/),
    );
    await first.stop();
    assert.deepEqual(processesIn(join(directory, 'data')), []);
    const second = await start(directory);
    assert.equal(second.version.major, first.version.major, 'the programs that fit the data are chosen');
    assert.deepEqual(await query(second, 'select v from kept'), [{ v: 'still here' }]);
  });
}

test('after a kill of ours its Postgres is adopted; what was half made is made again; no umask matters', async (t) => {
  const directory = temporary(t);
  await killWhen(directory, () => isHalfMade(directory));
  assert.equal(existsSync(join(directory, 'data')), false);
  const pid = await killWhen(directory, (line) => /^\d+$/.test(line), 'npm');
  assert.notDeepEqual(processesIn(join(directory, 'data')), []);
  const managed = await start(directory);
  assert.equal(managed.pid(), Number(pid));
  await query(managed, 'select 1');
  await managed.stop();
  assert.deepEqual(processesIn(join(directory, 'data')), []);
});

const isHalfMade = (directory: string): boolean =>
  existsSync(directory) &&
  readdirSync(directory).some(
    (name) => name.startsWith('data.new.') && existsSync(join(directory, name, 'base')),
  );

/** Runs a managed Postgres in another process and kills that process when the condition holds; its last line. */
async function killWhen(
  directory: string,
  holds: (line: string) => boolean,
  prefer = 'system',
): Promise<string> {
  const script = join(import.meta.dirname, 'managed', 'managed-process.ts');
  const command = ['umask 077; exec "$0" "$@"', process.execPath, script, directory, prefer];
  const child = spawn('/bin/sh', ['-c', ...command], { stdio: ['ignore', 'pipe', 'inherit'] });
  let line = '';
  createInterface(child.stdout).on('line', (next) => {
    line = next;
  });
  while (!holds(line)) {
    assert.equal(child.exitCode, null, 'the process ended before it could be killed');
    await systemClock.sleep(POLL_MS);
  }
  child.kill('SIGKILL');
  await once(child, 'exit');
  return line;
}

test('a file in the way is named', async (t) => {
  const directory = temporary(t);
  writeFileSync(directory, '');
  await assert.rejects(
    startManagedPostgres({ ...options, directory }),
    refusal(/cannot bring up the database in .*: EEXIST/),
  );
});

test('a Postgres that is killed is restarted without losing what it acknowledged; its pid file and lock may then name anybody', async (t) => {
  const directory = temporary(t, `writ-managed-${'x'.repeat(80)}-`);
  const managed = await start(directory, { unsafeNoFsync: false });
  t.after(() => rmSync(String(managed.connection.host), { recursive: true, force: true }));
  assert.match(String(managed.connection.host), /\/writ-[0-9a-f]{16}$/, 'the path is too long for a socket');
  assert.equal(statSync(String(managed.connection.host)).mode & 0o777, 0o700);
  await query(managed, 'create table t (n integer primary key)');
  await loseNothing(managed);
  await managed.stop();

  const other = spawn('sleep', ['60']);
  t.after(() => void other.kill());
  await once(other, 'spawn');
  writeFileSync(join(directory, 'data', 'postmaster.pid'), `${other.pid}\n${directory}/data\n0\n5432\n`);
  writeFileSync(join(String(managed.connection.host), '.s.PGSQL.5432.lock'), `${other.pid}\n`);
  await query(await start(directory), 'select 1');
  assert.deepEqual([other.exitCode, other.signalCode], [null, null], 'the other program was left alone');
});

/** Four writers, the postmaster killed among them: what was acknowledged before and after is there. */
async function loseNothing(managed: ManagedPostgres): Promise<void> {
  const database = new Database({ client: managed.connection, maxOpenConnections: 4 }, silentLogger);
  const acknowledged: number[] = [];
  const victim = managed.pid();
  let isKilled = false;
  const write = async (from: number): Promise<void> => {
    for (let n = from; managed.pid() === victim || acknowledged.length < 150; n += 4) {
      await database
        .transaction('read committed', (tx) => tx.query('insert into t values ($1)', [n]))
        .then(() => acknowledged.push(n))
        .catch(() => systemClock.sleep(POLL_MS));
      if (acknowledged.length < 50 || isKilled) continue;
      isKilled = true;
      process.kill(victim, 'SIGKILL');
    }
  };
  await Promise.all([write(0), write(1), write(2), write(3)]);
  const rows = await database.query<{ n: number }>('select n from t');
  await database.close();
  const found = new Set(rows.map(({ n }) => n));
  assert.deepEqual(
    acknowledged.filter((n) => !found.has(n)),
    [],
  );
}

test('data of a version that is not installed is refused with the command to run', async (t) => {
  const directory = temporary(t);
  mkdirSync(join(directory, 'data'), { recursive: true });
  writeFileSync(join(directory, 'data', 'PG_VERSION'), '12\n');
  if (isRoot) chownSync(join(directory, 'data'), NOBODY, NOBODY);
  await assert.rejects(
    startManagedPostgres({ ...options, directory }),
    refusal(/was written by Postgres 12, and version .* is installed: run "apt-get install postgresql-12"/),
  );
  assert.deepEqual(readdirSync(directory), ['data'], 'the claim is given back');
});

test('a data folder that holds something else is refused', async (t) => {
  const directory = temporary(t);
  mkdirSync(join(directory, 'data'), { recursive: true });
  writeFileSync(join(directory, 'data', 'photo.jpg'), '');
  await assert.rejects(startManagedPostgres({ ...options, directory }), refusal(/holds no Postgres data/));
});

test('a parent that the dropped-to user cannot enter is named', {
  skip: isRoot ? false : 'only root drops to another user',
}, async (t) => {
  const parent = mkdtempSync(join(tmpdir(), 'writ-managed-'));
  t.after(() => rmSync(parent, { recursive: true, force: true }));
  await assert.rejects(
    startManagedPostgres({ ...options, directory: join(parent, 'pg') }),
    refusal(
      new RegExp(
        `user "\\w+", which runs Postgres, cannot enter ${parent}: choose a directory such as /var/lib/writ`,
      ),
    ),
  );
});
