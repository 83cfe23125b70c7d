/** `logger get`, `set` and `reset`, and SIGHUP's reload, of a server that runs. */
import { test } from 'node:test';
import { serverCommands } from '../../server/cli/commands.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeDatastore } from '../fakes/datastore.ts';
import { startServer } from '../fakes/server-under-test.ts';
import { runScript } from './script.ts';

test('the logger commands print what SPIRE prints', async (t) => {
  const clock = new FakeClock();
  const server = await startServer(t, { datastore: new FakeDatastore(clock), clock });
  const program = { name: 'spire-server', commands: serverCommands };
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
