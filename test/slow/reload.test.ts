/** SIGHUP: a running server reads its configuration again. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { test } from 'node:test';
import { eventually } from '../interop/program.ts';
import { System, WRIT } from '../interop/system.ts';

test('a server that is sent SIGHUP takes what it can, roles among it, names the rest, and lives on with a bad file', async () => {
  const system = await System.start({ logLevel: 'INFO' });
  const { serverConf, serverSocket } = system.files;
  const original = readFileSync(serverConf, 'utf8');
  const logger = (): string =>
    execFileSync(WRIT, ['server', 'logger', 'get', '-socketPath', serverSocket], { encoding: 'utf8' });
  const reload = async (text: string, said: RegExp): Promise<void> => {
    writeFileSync(serverConf, text);
    process.kill(system.server.pid, 'SIGHUP');
    await eventually(String(said), () => said.test(system.server.output()) || undefined, 30_000);
  };
  try {
    const more = original.replace('log_level = "INFO"', 'log_level = "DEBUG"\n  ca_ttl = "48h"');
    await reload(more, /configuration reloaded.*server\.log_level[^]*only a restart helps.*server\.ca_ttl/);
    assert.equal(logger(), 'Logger Level : debug\nLaunch Level : debug\n\n');
    await reload(`${original}\nserver {`, /configuration not reloaded: what was in force stays so/);
    assert.equal(logger(), 'Logger Level : debug\nLaunch Level : debug\n\n');
    await reload(original, /(?:configuration reloaded.*server\.log_level[^]*){2}/);
    assert.equal(logger(), 'Logger Level : info\nLaunch Level : info\n\n');
    const deed = (...words: readonly string[]): string =>
      execFileSync(WRIT, ['server', ...words, '-socketPath', serverSocket], {
        encoding: 'utf8',
        stdio: 'pipe',
      });
    const viewer = `roles { viewer "me" { unix_users = ["${userInfo().uid}"] } }`;
    await reload(original.replace('log_level', `${viewer}\n  log_level`), /reloaded.*server\.roles/);
    deed('entry', 'count');
    assert.throws(() => deed('token', 'generate'), /viewer "me" does not allow it, operator or admin does/);
    await reload(original, /(?:configuration reloaded.*server\.roles[^]*){2}/);
    deed('token', 'generate');
    assert.ok(system.server.isRunning);
  } finally {
    await system.stop();
  }
});
