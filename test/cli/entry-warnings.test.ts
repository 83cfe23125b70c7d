/** What `entry create` says of selectors that no attestor finds. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { serverCommands } from '../../server/cli/commands.ts';
import { systemClock } from '../../shared/clock.ts';
import { FakeDatastore } from '../fakes/datastore.ts';
import { Endings } from '../fakes/endings.ts';
import { startServer } from '../fakes/server-under-test.ts';
import { type } from '../fakes/terminal.ts';
import { runScript, type ScriptRun } from './script.ts';

const program = { name: 'spire-server', commands: serverCommands };

describe('the entry commands', () => {
  const endings = new Endings();
  let run: ScriptRun;

  before(async () => {
    const server = await startServer(endings, { datastore: new FakeDatastore(systemClock) });
    const environment = { SPIRE_SERVER_PRIVATE_SOCKET: server.socketPath };
    run = { program, directory: server.config.dataDir, environment };
  });
  after(() => endings.end());

  it('warn of selectors that nothing has, and do what they were told', () =>
    runScript(
      run,
      `
$ entry create -entryID slip -parentID spiffe://example.org/slips -spiffeID spiffe://example.org/slip -selector unx:uid:0 -selector unix:uuid:0 -selector k8s:namespace:x
Entry ID                : slip
SPIFFE ID               : spiffe://example.org/slip
Parent ID               : spiffe://example.org/slips
Revision                : 0
X509-SVID TTL           : default
JWT-SVID TTL            : default
Selector                : k8s:namespace:x
Selector                : unix:uuid:0
Selector                : unx:uid:0

! Warning: selector "unx:uid:0": "unx" is no selector type; did you mean "unix"?
! Warning: selector "unix:uuid:0": "unix:uuid" is never found; did you mean "unix:uid"?
! Warning: selector "k8s:namespace:x": "k8s:namespace" is found on objects that a broker asks for, on no process; did you mean "k8s:ns"?
$ entry delete -entryID slip
Deleted entry with ID: slip


Deleted 1 entries successfully`,
    ));

  it('warn of a file in twenty lines, of nodes by what nodes have, and not of what a store asks for', async () => {
    const { directory, environment = {} } = run;
    const entry = (at: number) => ({
      parent_id: 'spiffe://example.org/spire/server',
      spiffe_id: `spiffe://example.org/n${at}`,
      selectors: [{ type: 'unix', value: `uid:${at}` }],
    });
    const stored = {
      parent_id: 'spiffe://example.org/x',
      spiffe_id: 'spiffe://example.org/y',
      selectors: [{ type: 'aws_secretsmanager', value: 'secretname:a' }],
      store_svid: true,
    };
    const entries = [stored, ...Array.from({ length: 25 }, (_, at) => entry(at))];
    writeFileSync(join(directory, 'nodes.json'), JSON.stringify({ entries }));
    const args = ['entry', 'create', '-data', join(directory, 'nodes.json')];
    const { err, code } = await type(program, args, { environment });
    const lines = err.trimEnd().split('\n');
    assert.equal(code, 0);
    assert.equal(lines.length, 21);
    assert.match(
      lines[0] ?? '',
      /^Warning: selector "unix:uid:0": "unix" is found on workloads, and below the server/,
    );
    assert.equal(lines[20], 'Warning: and 5 more selectors that nothing has');
  });
});
