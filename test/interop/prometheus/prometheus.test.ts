/**
 * Debian's Prometheus reads a real server: the rules load and are evaluated, and every query of the dashboard has an
 * answer. The same server sends its traces to a listener here.
 */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { freePort } from '../free-port.ts';
import { provide } from '../install.ts';
import { eventually, Program } from '../program.ts';
import { System } from '../system.ts';

const DEPLOY = join(import.meta.dirname, '..', '..', '..', 'deploy');
const RULES = join(DEPLOY, 'prometheus', 'writ-rules.yml');
const READY_MS = 60_000;

interface Answer<Data> {
  readonly status: string;
  readonly data: Data;
  readonly error?: string;
}

interface Rule {
  readonly name: string;
  readonly query: string;
  readonly health: string;
  readonly lastError?: string;
}

let system: System;
let prometheus: Program;
let port = 0;

const collected: string[] = [];
const collector = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk: Buffer) => (body += chunk.toString()));
  request.on('end', () => {
    collected.push(body);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
});

async function ask<Data>(path: string): Promise<Answer<Data>> {
  const response = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`);
  return (await response.json()) as Answer<Data>;
}

before(async () => {
  const metricsPort = await freePort();
  const tracesPort = await freePort();
  await new Promise<void>((resolve) => collector.listen(tracesPort, '127.0.0.1', resolve));
  system = await System.start({
    telemetry: `telemetry {
  Prometheus { host = "127.0.0.1" port = ${metricsPort} }
  OTLP { endpoint = "http://127.0.0.1:${tracesPort}/v1/traces" }
}`,
  });
  await system.register({ spiffeId: system.idOf('/web'), selectors: [`unix:path:${process.execPath}`] });
  await system.identities();
  await system.serverCli('jwt', 'mint', '-spiffeID', system.idOf('/web'), '-audience', 'x');
  port = await freePort();
  const folder = join(system.files.directory, 'prometheus');
  mkdirSync(folder);
  // Ours, oftener and of another port.
  const config = readFileSync(join(DEPLOY, 'prometheus', 'prometheus.yml'), 'utf8')
    .replace('localhost:9988', `127.0.0.1:${metricsPort}`)
    .replaceAll('15s', '1s')
    .replace('writ-rules.yml', RULES);
  writeFileSync(join(folder, 'prometheus.yml'), config);
  prometheus = Program.start({
    name: 'prometheus',
    command: provide({ command: 'prometheus', debianPackage: 'prometheus' }),
    args: [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    logPath: join(folder, 'log'),
  });
  const isRead = async (): Promise<true | undefined> => {
    const { data } = await ask<{ readonly result: readonly { readonly value: readonly [number, string] }[] }>(
      'query?query=count_over_time(up[1m])',
    );
    return Number(data.result[0]?.value[1] ?? 0) > 5 || undefined;
  };
  await eventually('metrics in Prometheus', () => isRead().catch(() => undefined), READY_MS);
});

after(async () => {
  await prometheus?.stop();
  const folder = system?.files.directory;
  await system?.stop();
  collector.closeAllConnections();
  collector.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

test('promtool takes the rules, the configuration, and the tests of the rules', () => {
  const promtool = provide({ command: 'promtool', debianPackage: 'prometheus' });
  const cwd = join(DEPLOY, 'prometheus');
  for (const args of [
    ['check', 'rules', 'writ-rules.yml'],
    ['check', 'config', 'prometheus.yml'],
    ['test', 'rules', 'writ-rules.test.yml'],
  ])
    assert.match(execFileSync(promtool, args, { cwd, encoding: 'utf8' }), /SUCCESS/);
});

test('every rule is evaluated, and none goes off for a server that is well', async () => {
  const rules = await eventually('an evaluation of every rule', async () => {
    const { data } = await ask<{ readonly groups: readonly { readonly rules: readonly Rule[] }[] }>('rules');
    const found = data.groups.flatMap((group) => group.rules);
    return found.some(({ health }) => health === 'unknown') ? undefined : found;
  });
  assert.deepEqual(
    rules.filter(({ health }) => health !== 'ok').map(({ name, lastError }) => `${name}: ${lastError}`),
    [],
  );
  assert.equal(rules.length, readFileSync(RULES, 'utf8').match(/^ +- (?:record|alert):/gm)?.length);
  const { data } = await ask<{ readonly alerts: readonly { readonly state: string }[] }>('alerts');
  assert.deepEqual(
    data.alerts.filter(({ state }) => state === 'firing'),
    [],
  );
});

const queriesOfDashboard = (): readonly string[] => {
  const dashboard = JSON.parse(readFileSync(join(DEPLOY, 'grafana', 'writ-servers.json'), 'utf8')) as {
    readonly panels: readonly { readonly targets: readonly { readonly expr: string }[] }[];
  };
  return dashboard.panels.flatMap(({ targets }) => targets.map(({ expr }) => expr));
};

for (const query of queriesOfDashboard())
  test(`the dashboard's query has an answer: ${query}`, async () => {
    // What Grafana puts in.
    const filled = query.replaceAll('$instance', '.+').replaceAll('$__rate_interval', '1m');
    await eventually('an answer', async () => {
      const answer = await ask<{ readonly result: readonly unknown[] }>(
        `query?query=${encodeURIComponent(filled)}`,
      );
      assert.deepEqual([answer.status, answer.error], ['success', undefined]);
      return answer.data.result.length > 0 || undefined;
    });
  });

test('every metric that a rule or the dashboard names is one that the server has', async () => {
  const { data: names } = await ask<readonly string[]>('label/__name__/values');
  const text = [readFileSync(RULES, 'utf8'), ...queriesOfDashboard()].join('\n');
  const named = new Set(Array.from(text.matchAll(/\bspire_server_\w+/g), (match) => match[0]));
  const optional = new Set(['spire_server_server_ca_sign_wit_svid']); // behind a feature flag
  assert.ok(named.size > 8);
  assert.deepEqual(
    [...named].filter((name) => !names.includes(name) && !optional.has(name)),
    [],
  );
});

test('traces of calls and of what they ask the database arrive, and name no argument of the command line', async () => {
  const wanted = ['rpc.svid.v1.svid.mint_jwtsvid', 'rpc.entry.v1.entry.batch_create_entry', 'datastore.'];
  await eventually(
    'spans at the collector',
    () => wanted.every((name) => collected.some((body) => body.includes(`"name":"${name}`))) || undefined,
  );
  assert.doesNotMatch(collected.join(), /process\.|server\.conf/);
});
