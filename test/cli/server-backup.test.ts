/** `backup` and `restore` as typed: on a Postgres of one's own, and on the managed one beside a server that runs. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { serverCommands } from '../../server/cli/commands.ts';
import { checkBackup } from '../../server/datastore/backup/read-backup.ts';
import { openDatastore } from '../../server/datastore/open.ts';
import { systemClock } from '../../shared/clock.ts';
import { silentLogger } from '../../shared/log/logger.ts';
import { systemRandom } from '../../shared/random.ts';
import { createOne, newEntry } from '../contracts/samples.ts';
import { type TestDatabase, testDatabase } from '../fakes/database.ts';
import { Endings } from '../fakes/endings.ts';
import { configText, contentOf, direct, populate } from '../server/datastore/backup/backup-testbed.ts';
import { runScript } from './script.ts';

const program = { name: 'spire-server', commands: serverCommands };
const MAIN = join(import.meta.dirname, '../../server/main.ts');

describe('backup and restore', () => {
  const endings = new Endings();
  const directory = mkdtempSync(join(tmpdir(), 'writ-backup-'));
  const script = (text: string): Promise<void> => runScript({ program, directory }, text);
  let from: TestDatabase;
  let to: TestDatabase;

  before(async () => {
    from = await testDatabase(endings);
    to = await testDatabase(endings);
    await populate(from, 3);
    writeFileSync(join(directory, 'from.conf'), configText(from));
    writeFileSync(join(directory, 'to.conf'), configText(direct(to)));
  });
  after(async () => {
    await endings.end();
    rmSync(directory, { recursive: true, force: true });
  });

  it('say what they moved, and what not', async () => {
    await script(`
$ backup -config DIR/from.conf
! Error: -write is needed: the path of the file
? 1
$ backup -config DIR/from.conf -write DIR/b
Backup written to DIR/b: 2 bundles, 1 federation relationships, 4 entries, 2 agents, 1 join tokens, 1 CA journals.
The CA's keys are not in it: they are kept by the key manager.
Join tokens that were not used yet are: whoever reads it can use them.
$ restore -config DIR/to.conf
! Error: -from is needed: the path of the file
? 1
$ restore -config DIR/to.conf -from DIR/from.conf
! Error: the file cannot be restored: it is not a backup of writ server
? 1
$ restore -config DIR/to.conf -from DIR/b
Restored from DIR/b: 2 bundles, 1 federation relationships, 4 entries, 2 agents, 1 join tokens, 1 CA journals.
The CA's keys were not in it: without those that it speaks of, the server makes new ones.
$ restore -config DIR/to.conf -from DIR/b
! Error: the database is not empty (table bundles): with -force everything in it is deleted first
? 1
$ restore -config DIR/to.conf -from DIR/b -force
Restored from DIR/b: 2 bundles, 1 federation relationships, 4 entries, 2 agents, 1 join tokens, 1 CA journals.
The CA's keys were not in it: without those that it speaks of, the server makes new ones.`);
    assert.deepEqual(await contentOf(to), await contentOf(from));
  });

  it('that are killed leave no half of a file', async () => {
    const folder = join(directory, 'killed');
    const path = join(folder, 'b');
    mkdirSync(folder);
    const args = [MAIN, 'backup', '-config', join(directory, 'from.conf'), '-write', path];
    const child = spawn(process.execPath, args, { stdio: 'ignore' });
    await killWhen(child, () => readdirSync(folder).length > 0);
    for (const name of readdirSync(folder)) {
      if (name === 'b') await checkBackup(path);
      else assert.match(name, /^b\.\d+\.tmp$/);
    }
  });

  it('use the managed database: a backup also while a server does, a restore only when none does', async () => {
    const managed = `server { trust_domain = "example.org" data_dir = "${directory}" }
      plugins { KeyManager "memory" { plugin_data {} } NodeAttestor "join_token" { plugin_data {} } }`;
    writeFileSync(join(directory, 'managed.conf'), managed);
    await script(`
$ backup -config DIR/managed.conf -write DIR/m
! Error: there is no database in DIR/postgres yet
? 1`);
    assert.equal(existsSync(join(directory, 'm')), false);
    chmodSync(directory, 0o711); // for the user that runs Postgres
    const store = await openDatastore({
      config: { kind: 'managed', directory: join(directory, 'postgres') },
      log: silentLogger,
      clock: systemClock,
      random: systemRandom,
      signal: new AbortController().signal,
    });
    await createOne(store.entries, newEntry('one'));
    await script(`
$ backup -config DIR/managed.conf -write DIR/m
Backup written to DIR/m: 0 bundles, 0 federation relationships, 1 entries, 0 agents, 0 join tokens, 0 CA journals.
The CA's keys are not in it: they are kept by the key manager.
Join tokens that were not used yet are: whoever reads it can use them.
$ restore -config DIR/managed.conf -from DIR/m -force
! Error: database directory DIR/postgres is in use by process ${process.pid}: stop it first
? 1`);
    await store.close();
    await script(`
$ restore -config DIR/managed.conf -from DIR/b -force
Restored from DIR/b: 2 bundles, 1 federation relationships, 4 entries, 2 agents, 1 join tokens, 1 CA journals.
The CA's keys were not in it: without those that it speaks of, the server makes new ones.`);
  });
});

async function killWhen(child: ChildProcess, holds: () => boolean): Promise<void> {
  const ended = once(child, 'exit');
  while (!holds() && child.exitCode === null) await systemClock.sleep(1);
  child.kill('SIGKILL');
  await ended;
}
