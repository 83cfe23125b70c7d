/** The mistakes of deploy/when-it-does-not-work.md that are told when a program starts: real servers and agents, wrongly begun. */
import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { formatPem } from '../../../shared/crypto/pem.ts';
import { systemClock } from '../../../shared/clock.ts';
import { mistakes } from '../../cli/mistakes-page.ts';
import { makeRoot } from '../../shared/crypto/pki.ts';
import { freePort } from '../free-port.ts';
import { Program } from '../program.ts';
import { System } from '../system.ts';

const WRIT = join(import.meta.dirname, '..', '..', '..', 'writ');
const SAID_WITHIN_MS = 60_000;

interface Begun {
  readonly part: 'server' | 'agent';
  readonly conf: string;
  readonly args?: readonly string[];
}

describe('a server or agent that is wrongly begun', () => {
  let system: System;
  let starts = 0;
  const at = (name: string): string => join(system.files.directory, name);

  before(async () => {
    system = await System.start();
  });
  after(() => system.stop());

  /** The configuration of the system's own, with a state of its own, changed. */
  function conf(part: 'server' | 'agent', change: (text: string) => string): string {
    const { files } = system;
    const own = at(`own-${(starts += 1)}`);
    mkdirSync(own, { mode: 0o711 });
    const text = readFileSync(part === 'server' ? files.serverConf : files.agentConf, 'utf8')
      .replaceAll(`${files.directory}/${part}`, own)
      .replaceAll(/"[^"]*(public|admin)\/api\.sock"/g, `"${own}/$1/api.sock"`);
    writeFileSync(`${own}.conf`, change(text));
    return `${own}.conf`;
  }
  const agent = (args: readonly string[] = [], change = (text: string): string => text): Begun => ({
    part: 'agent',
    conf: conf('agent', change),
    args,
  });
  const file = (name: string, text: string): string => {
    writeFileSync(at(name), text, { mode: 0o600 });
    chmodSync(at(name), 0o600);
    return at(name);
  };
  const without =
    (key: string) =>
    (text: string): string =>
      text.replace(new RegExp(`^\\s*${key} = .*$`, 'm'), '');

  /** By what the page says that was done. */
  const made: Readonly<Record<string, () => Promise<Begun> | Begun>> = {
    'A second server is started on the same data': () => ({ part: 'server', conf: system.files.serverConf }),
    "Another program has the server's port": () => ({ part: 'server', conf: conf('server', (text) => text) }),
    'The database is not reachable': async () => {
      const plugin = `plugins {\n DataStore "sql" { plugin_data { database_type = "postgres" connection_string = "postgresql://u@127.0.0.1:${await freePort()}/writ" } }\n`;
      return { part: 'server', conf: conf('server', (text) => text.replace('plugins {\n', plugin)) };
    },
    'A join token is used twice, or was never made': () => agent(),
    'A join token is used too late': async () => {
      const said = await system.serverCli(
        'token',
        'generate',
        '-ttl',
        '1',
        '-spiffeID',
        system.idOf('/late'),
      );
      await systemClock.sleep(2_500);
      return agent(['-joinTokenFile', file('late', said.replace('Token: ', ''))]);
    },
    'The agent has no join token': () => agent([], without('join_token_file')),
    'There is no trust bundle where the agent looks': () => agent(['-trustBundle', at('none.pem')]),
    'The trust bundle is empty': () => agent(['-trustBundle', file('empty.pem', '')]),
    'The trust bundle is that of another server': async () => {
      const validity = {
        notBefore: new Date('2026-01-01T00:00:00Z'),
        notAfter: new Date('2126-01-01T00:00:00Z'),
      };
      const other = formatPem('CERTIFICATE', (await makeRoot(validity)).certificate.raw);
      return agent(['-trustBundle', file('other.pem', other)]);
    },
    "The agent's trust domain is not the server's": () => agent(['-trustDomain', 'other.org']),
    'No server listens where the agent looks': () => agent(['-serverPort', '1']),
    "The server's name does not exist": () => agent(['-serverAddress', 'nosuch.invalid']),
    'A second agent is started on the same sockets': () => ({ part: 'agent', conf: system.files.agentConf }),
    '`data_dir` is a file': () => agent(['-dataDir', file('file', '')]),
  };

  const page = mistakes('Told when a program starts');

  it('is on the page, and what is on the page is begun', () => {
    assert.deepEqual(
      page.map(({ what }) => what),
      Object.keys(made),
    );
  });

  for (const { what, said } of page) {
    it(`is told: ${what}`, async () => {
      const { part, conf: path, args = [] } = await (made[what] ?? assert.fail('nobody makes it'))();
      const program = Program.start({
        name: what,
        command: 'sh',
        args: [WRIT, part, 'run', '-config', path, ...args],
        logPath: `${path}.${(starts += 1)}.log`,
        environment: { RUNTIME_DIRECTORY: at('runtime') },
      });
      try {
        await program.until(String(said), () => said.test(program.output()), SAID_WITHIN_MS);
      } finally {
        await program.stop();
      }
    });
  }
});
