/** The datastore's tests and the flows on the system's Postgres, given by connection string: directly, and behind PgBouncer. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { programEnvironment } from '../../../server/datastore/managed/run-program.ts';
import type { Servers } from './servers.ts';
import { installPgBouncer, startServers } from './servers.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** Not embedded.test.ts, which brings up databases of its own. */
const SUITE = [
  'test/contracts/{entry,node,bundle,join-token,journal}-store.test.ts',
  'test/contracts/change-feed.test.ts',
  'test/properties/change-feed.test.ts',
  'test/flows/*.test.ts',
  'test/server/datastore/{changes,database,list-query,migrate,open}.test.ts',
];

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
  runSuite({ WRIT_TEST_POSTGRES: servers.pooled, WRIT_TEST_POOLER: '1' }));

async function runSuite(settings: Record<string, string>): Promise<void> {
  const files = globSync(SUITE, { cwd: ROOT });
  assert.ok(files.length >= 12, `found ${files.length} files`);
  const child = spawn(
    process.execPath,
    ['--test', '--test-isolation=none', '--test-reporter=tap', ...files],
    {
      cwd: ROOT,
      env: { ...programEnvironment(undefined), ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const [code] = await once(child, 'close');
  const count = Number(/^# pass (\d+)$/m.exec(output)?.[1] ?? 0);
  assert.equal(
    code,
    0,
    output
      .split('\n')
      .filter((line) => !/^\s*ok /.test(line))
      .slice(-200)
      .join('\n'),
  );
  assert.ok(count > 100, `only ${count} tests ran`);
}
