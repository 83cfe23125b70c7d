/** Every unit test that uses a database, on the system's Postgres, given by connection string: directly, and behind PgBouncer. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { programEnvironment } from '../../../server/datastore/managed/run-program.ts';
import type { Servers } from './servers.ts';
import { installPgBouncer, startServers } from './servers.ts';
import { databaseTests } from './suite.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
let servers: Servers;

before(async () => {
  installPgBouncer();
  servers = await startServers();
});
after(() => servers?.stop());

test('the suite passes on a Postgres given by connection string', async (t) => {
  t.diagnostic(`Postgres ${servers.version}`);
  await runSuite({ WRIT_TEST_POSTGRES: servers.direct });
});

test('the suite passes behind a pooler in transaction mode', () =>
  runSuite({ WRIT_TEST_POSTGRES: servers.pooled, WRIT_TEST_POSTGRES_PAST_POOLER: servers.direct }));

async function runSuite(settings: Record<string, string>): Promise<void> {
  const files = databaseTests(ROOT);
  assert.ok(files.length >= 25, `found ${files.length} files`);
  const child = spawn(process.execPath, ['test/run.ts', 'unit', ...files], {
    cwd: ROOT,
    env: { ...programEnvironment(undefined), ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = await once(child, 'close');
  const count = Number(/^ℹ pass (\d+)$/m.exec(output)?.[1] ?? 0);
  assert.equal(code, 0, output);
  assert.ok(count > 200, `only ${count} tests ran`);
}
