/** `debug getinfo`, and `logger get`, `set` and `reset`, of a server that runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverCommands } from '../../server/cli/commands.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeDatastore } from '../fakes/datastore.ts';
import { startServer } from '../fakes/server-under-test.ts';
import { type } from '../fakes/terminal.ts';
import { runScript } from './script.ts';

const program = { name: 'spire-server', commands: serverCommands };

test('debug getinfo prints what SPIRE prints', async (t) => {
  const clock = new FakeClock();
  const server = await startServer(t, { datastore: new FakeDatastore(clock), clock });
  const expires = (hours: number): string =>
    new Date(clock.now().getTime() + hours * 3_600_000).toISOString().replace('.000Z', 'Z');
  await clock.advance(65_000);
  const environment = { SPIRE_SERVER_PRIVATE_SOCKET: server.socketPath };
  const { out, code } = await type(program, ['debug', 'getinfo'], { environment });
  assert.equal(code, 0);
  assert.equal(
    out.replace(/SERIALNUMBER=\d+/, 'SERIALNUMBER=N').replace(/(?<=Expires At: )\S+/g, (at) => {
      assert.ok(at > expires(0) && at < expires(25) && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(at), at);
      return 'TIME';
    }),
    `Server Debug Info:
  Uptime:                  1m5s
  Registered Agents:       0
  Registration Entries:    0
  Federated Bundles:       0
  SVID Chain:
    [0] SPIFFE ID:  spiffe://example.org/spire/server
        Subject:    O=SPIRE,C=US
        Expires At: TIME
    [1] SPIFFE ID:  spiffe://example.org
        Subject:    SERIALNUMBER=N,O=SPIFFE,C=US
        Expires At: TIME
`,
  );
  const json = await type(program, ['debug', 'getinfo', '-output', 'json'], { environment });
  assert.equal((JSON.parse(json.out) as { uptime: number }).uptime, 65);
});

test('the logger commands print what SPIRE prints', async (t) => {
  const clock = new FakeClock();
  const server = await startServer(t, { datastore: new FakeDatastore(clock), clock });
  const environment = { SPIRE_SERVER_PRIVATE_SOCKET: server.socketPath };
  await runScript(
    { program, directory: server.config.dataDir, environment },
    `
$ logger get
Logger Level : info
Launch Level : info

$ logger set -level warn
Logger Level : warning
Launch Level : info

$ logger set -level Warning
Logger Level : warning
Launch Level : info

$ logger set -level TRACE -output json
{"current_level":"TRACE","launch_level":"INFO"}
$ logger set
! Error: a value (-level) must be set
? 1
$ logger set -level loud
! Error: the value "loud" is not a valid setting
? 1
$ logger get -output json
{"current_level":"TRACE","launch_level":"INFO"}
$ logger reset
Logger Level : info
Launch Level : info
`,
  );
});
