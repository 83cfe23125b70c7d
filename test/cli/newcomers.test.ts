/** The mistakes of deploy/when-it-does-not-work.md that commands are told at once: each is made, and answered as the page has it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { agentCommands } from '../../agent/cli/commands.ts';
import { serverCommands } from '../../server/cli/commands.ts';
import { permissionDenied } from '../../shared/errors.ts';
import { testDatabase } from '../fakes/database.ts';
import { Endings } from '../fakes/endings.ts';
import { type RunningServer, startServer } from '../fakes/server-under-test.ts';
import { type Printed, type } from '../fakes/terminal.ts';
import { FakeWorkloadApi } from '../fakes/workload-api-server.ts';
import { mistakes } from './mistakes-page.ts';

describe('a mistake of a newcomer', () => {
  const endings = new Endings();
  const api = new FakeWorkloadApi();
  const directory = mkdtempSync(join(tmpdir(), 'writ-mistakes-'));
  const at = (name: string): string => join(directory, name);
  const foreign = createServer((socket) => socket.end('220 mail.example.org ESMTP\r\n'));
  let running: RunningServer;

  const config = (name: string, text: string): string => {
    writeFileSync(at(name), text);
    return at(name);
  };
  const server = (line: string, environment: Readonly<Record<string, string>> = {}): Promise<Printed> =>
    type({ name: 'writ server', commands: serverCommands }, line.split(' '), { environment });
  const agent = (line: string, environment: Readonly<Record<string, string>> = {}): Promise<Printed> =>
    type({ name: 'writ agent', commands: agentCommands }, line.split(' '), { environment });
  const admin = (line: string): Promise<Printed> =>
    server(line, { SPIRE_SERVER_PRIVATE_SOCKET: running.socketPath });
  const create = (flags: string): Promise<Printed> => admin(`entry create ${flags}`);
  const node = '-parentID spiffe://example.org/node';
  const explained = async (flags: string): Promise<Printed> => {
    const created = await create(`${flags} -output json`);
    const { results } = JSON.parse(created.out) as { results: { entry: { id: string } }[] };
    return admin(`entry explain -entryID ${results[0]?.entry.id}`);
  };

  before(async () => {
    await api.start();
    api.set({ error: permissionDenied('no identity issued') });
    running = await startServer(endings, { datastore: await (await testDatabase(endings)).open() });
    await new Promise<void>((resolve) => foreign.listen(at('mail.sock'), resolve));
  });
  after(async () => {
    foreign.close();
    await api.stop();
    await endings.end();
    rmSync(directory, { recursive: true });
  });

  /** By what the page says that was done; exit code 1 unless another is given. */
  const made: Readonly<Record<string, { readonly make: () => Promise<Printed>; readonly code?: number }>> = {
    'The server does not run, or its socket is elsewhere': {
      make: () => server(`entry show -socketPath ${at('none.sock')}`),
    },
    'The agent does not run, or its socket is elsewhere': {
      make: () => agent(`api fetch -socketPath ${at('none.sock')}`),
    },
    "A command of the server is given the agent's socket": {
      make: () => server(`entry show -socketPath ${api.address.slice('unix://'.length)}`),
    },
    "A command of the agent is given the server's socket": {
      make: () => agent(`api fetch -socketPath ${running.socketPath}`),
    },
    'Another program listens on the socket': {
      make: () => server(`entry show -socketPath ${at('mail.sock')}`),
    },
    'The path is that of a file': { make: () => server(`entry show -socketPath ${config('file', '')}`) },
    'A command is misspelled': { make: () => server('entry craete') },
    'A command is not whole': { make: () => server('entry') },
    'A flag is misspelled': { make: () => server('entry create -spifeID x') },
    'A SPIFFE ID has no scheme': {
      make: () => create(`${node} -spiffeID example.org/web -selector unix:uid:0`),
    },
    'A trust domain has capitals': {
      make: () => create(`${node} -spiffeID spiffe://Example.org/web -selector unix:uid:0`),
    },
    'A SPIFFE ID ends with a slash': {
      make: () => create(`${node} -spiffeID spiffe://example.org/web/ -selector unix:uid:0`),
    },
    'An entry has no parent': {
      make: () => create('-spiffeID spiffe://example.org/web -selector unix:uid:0'),
    },
    'An entry has no selector': { make: () => create(`${node} -spiffeID spiffe://example.org/web`) },
    'A selector has no type': {
      make: () => create(`${node} -spiffeID spiffe://example.org/web -selector uid`),
    },
    "An entry's parent is of another trust domain": {
      make: () =>
        create('-parentID spiffe://other.org/n -spiffeID spiffe://example.org/w -selector unix:uid:0'),
    },
    'An entry is of another trust domain': {
      make: () => create(`${node} -spiffeID spiffe://other.org/w -selector unix:uid:0`),
    },
    "A selector's type is misspelled": {
      make: () => create(`${node} -spiffeID spiffe://example.org/typo -selector unxi:uid:0`),
      code: 0,
    },
    "An entry's parent is no agent": {
      make: () =>
        explained(
          '-parentID spiffe://example.org/nobody -spiffeID spiffe://example.org/o -selector unix:uid:0',
        ),
      code: 0,
    },
    'An entry federates with a trust domain whose bundle is not there': {
      make: () =>
        create(`${node} -spiffeID spiffe://example.org/f -selector unix:uid:0 -federatesWith other.org`),
    },
    'A bundle is in the other format': {
      make: () => admin(`bundle set -id other.org -path ${config('bundle.json', '{"keys":[]}')}`),
    },
    'A federation relationship has no profile': {
      make: () => admin('federation create -trustDomain other.org -bundleEndpointURL https://other.org/'),
    },
    'There is no such agent': { make: () => admin('agent show -spiffeID spiffe://example.org/nobody') },
    'There is no configuration file': { make: () => server(`validate -config ${at('none.conf')}`) },
    'A key of the configuration is misspelled': {
      make: () => server(`validate -config ${config('key.conf', 'server {\n  bind_adress = "x"\n}\n')}`),
    },
    'The configuration has no trust domain': {
      make: () => server(`validate -config ${config('td.conf', 'server {\n  bind_port = 1\n}\n')}`),
    },
    'The configuration is not HCL': {
      make: () => server(`validate -config ${config('hcl.conf', 'server {\n  bind_port: 1\n}\n')}`),
    },
    'No entry fits the process': { make: () => agent('api fetch', { SPIFFE_ENDPOINT_SOCKET: api.address }) },
    '`agent explain` is not told where the agent is': { make: () => agent('explain -pid 1') },
    '`SPIFFE_ENDPOINT_SOCKET` is only a path': {
      make: () => agent('api fetch', { SPIFFE_ENDPOINT_SOCKET: '/run/agent.sock' }),
    },
    '`SPIFFE_ENDPOINT_SOCKET` is elsewhere': {
      make: () => agent('api fetch', { SPIFFE_ENDPOINT_SOCKET: 'tcp://127.0.0.1:8000' }),
    },
  };

  const page = mistakes('Told by a command');

  it('is on the page, and what is on the page is made', () => {
    assert.deepEqual(
      page.map(({ what }) => what),
      Object.keys(made),
    );
    assert.ok(page.length >= 20);
  });

  for (const { what, said } of page) {
    it(`is answered: ${what}`, async () => {
      const { make, code = 1 } = made[what] ?? assert.fail('nobody makes it');
      const printed = await make();
      const all = printed.err + printed.out;
      assert.ok(said.test(all), `${said} is not in:\n${all}`);
      assert.equal(printed.code, code);
    });
  }
});
