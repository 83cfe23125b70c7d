/** `healthcheck`, `api fetch` and `explain` of a real agent that a real server gave its entries. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { createAgent } from '../../agent/agent.ts';
import { agentCommands } from '../../agent/cli/commands.ts';
import { loadAgentConfig } from '../../agent/config.ts';
import { serverCommands } from '../../server/cli/commands.ts';
import { systemClock } from '../../shared/clock.ts';
import { silentLogger } from '../../shared/log/logger.ts';
import { systemRandom } from '../../shared/random.ts';
import { FakeDatastore } from '../fakes/datastore.ts';
import { Endings } from '../fakes/endings.ts';
import { startServer } from '../fakes/server-under-test.ts';
import { type } from '../fakes/terminal.ts';
import { runScript } from './script.ts';

const program = { name: 'spire-agent', commands: agentCommands };
const uid = process.geteuid?.() ?? 0;

describe('the commands of an agent', () => {
  const endings = new Endings();
  const directory = mkdtempSync(join(tmpdir(), 'writ-cli-'));
  const environment = { SPIRE_AGENT_PUBLIC_SOCKET: join(directory, 'public', 'api.sock') };

  before(async () => {
    endings.after(() => rmSync(directory, { recursive: true }));
    const server = await startServer(endings, { datastore: new FakeDatastore(systemClock) });
    const typed = (...args: readonly string[]) =>
      type(
        { name: 'spire-server', commands: serverCommands },
        [...args, '-socketPath', server.socketPath],
        {},
      );
    const token = (await typed('token', 'generate', '-output', 'json')).out;
    const { value } = JSON.parse(token) as { value: string };
    const parent = `spiffe://example.org/spire/agent/join_token/${value}`;
    const entry = (id: string, ...selectors: readonly string[]) => ({
      entry_id: id,
      spiffe_id: `spiffe://example.org/${id}`,
      parent_id: parent,
      selectors: selectors.map((text) => ({ type: text.split(':')[0], value: text.replace(/^\w+:/, '') })),
    });
    const entries = [
      entry('own', `unix:uid:${uid}`),
      ...[1, 2, 3, 4, 5, 6].map((at) => entry(`near${at}`, `unix:uid:${uid}`, `unix:path:/bin/${at}`)),
      entry('nodes', 'spiffe_id:spiffe://example.org/x'),
    ];
    writeFileSync(join(directory, 'entries.json'), JSON.stringify({ entries }));
    await typed('entry', 'create', '-data', join(directory, 'entries.json'));
    writeFileSync(join(directory, 'bundle.pem'), (await typed('bundle', 'show')).out);
    writeFileSync(
      join(directory, 'agent.conf'),
      `agent {
        trust_domain = "example.org"
        server_address = "127.0.0.1"
        server_port = ${server.port}
        data_dir = "${directory}/data"
        socket_path = "${environment.SPIRE_AGENT_PUBLIC_SOCKET}"
        trust_bundle_path = "${directory}/bundle.pem"
        join_token = "${value}"
      }
      plugins {
        KeyManager "memory" { plugin_data {} }
        NodeAttestor "join_token" { plugin_data {} }
        WorkloadAttestor "unix" { plugin_data { discover_workload_path = false } }
      }`,
    );
    await startAgent();
  });
  after(() => endings.end());

  async function startAgent(): Promise<void> {
    const path = join(directory, 'agent.conf');
    const text = readFileSync(path, 'utf8');
    const { config } = loadAgentConfig({ path, text, expandEnv: false, environment: {} });
    const agent = createAgent({ config, log: silentLogger, clock: systemClock, random: systemRandom });
    endings.after(() => agent.stop());
    await agent.start();
  }

  const script = (text: string): Promise<void> =>
    runScript({ program, directory, environment }, text.replaceAll('PID', String(process.pid)));

  it('ask whether it is healthy', () =>
    script(`
$ healthcheck
Agent is healthy.
$ healthcheck -shallow -verbose
Checking agent health...
Agent is healthy.
$ healthcheck -socketPath DIR/agent.conf
! Agent is unhealthy: DIR/agent.conf is not a socket: name the one of 'spire-agent' with -socketPath
? 1`));

  it('fetch what this process is entitled to', async () => {
    const { out } = await type(program, ['api', 'fetch'], { environment });
    assert.match(out, /^Received 1 svid after [\d.]+m?s\n\nSPIFFE ID:\t\tspiffe:\/\/example\.org\/own\n/);
  });

  it('explain what a process gets, what was found, and the five closest entries', async () => {
    const { username } = userInfo();
    const { out } = await type(
      program,
      ['explain', '-pid', String(process.pid), '-config', join(directory, 'agent.conf')],
      {},
    );
    const [verdict, identity, , heading, ...rest] = out.split('\n');
    assert.deepEqual(
      [verdict, identity, heading],
      [
        `Process ${process.pid} gets 1 identity:`,
        '  spiffe://example.org/own (entry own)',
        'What the attestors found:',
      ],
    );
    assert(rest.includes(`  unix:uid:${uid}`));
    assert(rest.includes(`  unix:user:${username}`));
    const near = rest.slice(rest.indexOf('Entries that come closest:'));
    assert.deepEqual(near.slice(0, -3), [
      'Entries that come closest:',
      ...[1, 2, 3, 4, 5].flatMap((at) => [
        `  spiffe://example.org/near${at} (entry near${at})`,
        `    lacks unix:path:/bin/${at}`,
      ]),
      '2 more entries ask for what was not found.',
    ]);
    assert.match(near.at(-2) ?? '', /^The agent knows 8 entries; last synchronised \d{4}-.* UTC$/);
  });

  it('explain what this very command gets, to whoever may call the Workload API', async () => {
    const { out } = await type(program, ['explain'], { environment });
    const [verdict, , heading, ...rest] = out.split('\n');
    assert.deepEqual([verdict, heading], ['This process gets 1 identity.', 'What was found out about it:']);
    assert.ok(rest.includes(`  unix:uid:${uid}`));
    assert.match(out, /\nThe agent last synchronised \d{4}-.* UTC\.\n$/);
    assert.doesNotMatch(out, /near\d|entries|example\.org/);
  });

  it('explain this very command in JSON, and say nothing of what is not its own', async () => {
    const { out } = await type(program, ['explain', '-output', 'json'], { environment });
    const { last_sync_at, selectors, ...rest } = JSON.parse(out) as Record<string, unknown>;
    assert.ok(Number(last_sync_at) > 0);
    assert.ok((selectors as unknown[]).length > 1);
    assert.deepEqual(rest, {
      failed_attestors: [],
      is_server_away: false,
      kept_at: '0',
      matching: 1,
      without_svid: 0,
    });
  });

  it('explain in JSON', async () => {
    const socket = join(directory, 'data', 'admin.sock');
    const args = ['explain', '-pid', String(process.pid), '-adminSocketPath', socket, '-output', 'json'];
    const { out } = await type(program, args, {});
    const { candidates, entries_known } = JSON.parse(out) as {
      candidates: { entry_id: string; missing: unknown[] }[];
      entries_known: number;
    };
    assert.equal(entries_known, 8);
    assert.deepEqual(
      candidates.map(({ entry_id, missing }) => [entry_id, missing.length]),
      [['own', 0], ...[1, 2, 3, 4, 5, 6].map((at) => [`near${at}`, 1])],
    );
  });

  it('say what is wrong with the question', () =>
    script(`
$ explain -adminSocketPath DIR/data/admin.sock -pid 4194305
! Error: process 4194305 cannot be looked at: the process is gone
? 1
$ explain -config DIR/agent.conf
! Error: -config is for explaining another process: give its -pid
? 1
$ explain -pid 0
! Error: a -pid is above 0
? 1
$ explain -config DIR/bundle.pem -pid PID
! Error: DIR/bundle.pem:1:1: expected a key, found "-"
? 1
$ explain -config DIR/agent.conf -adminSocketPath DIR/none.sock -pid PID
! Error: nothing listens on DIR/none.sock: start 'spire-agent run', or name its socket with -adminSocketPath
? 1`));
});
