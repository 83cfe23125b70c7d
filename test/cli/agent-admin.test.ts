/** `debug getinfo`, and `logger get`, `set` and `reset`, of an agent that runs. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { agentCommands } from '../../agent/cli/commands.ts';
import { AdminDoor } from '../agent/admin-api/admin-door.ts';
import { makeOwnSvid } from '../agent/admin-api/own-svid.ts';
import { FakeClock } from '../fakes/clock.ts';
import { type } from '../fakes/terminal.ts';
import { runScript } from './script.ts';

const program = { name: 'spire-agent', commands: agentCommands };
const ownSvid = await makeOwnSvid(new FakeClock().now());

describe('the commands about an agent itself', () => {
  const door = new AdminDoor(ownSvid);
  const environment = { WRIT_AGENT_ADMIN_SOCKET: door.path };
  before(() => door.start());
  beforeEach(() => door.threshold.reset());
  after(() => door.stop());

  const script = (text: string): Promise<void> =>
    runScript({ program, directory: door.directory, environment }, text);

  it('print the level of the log, and change it', () =>
    script(`
$ logger get
Logger Level : info
Launch Level : info

$ logger set -level warn
Logger Level : warning
Launch Level : info

$ logger set --level TRACE -output json
{"current_level":"TRACE","launch_level":"INFO"}
$ logger set
! Error: a value (-level) must be set
? 1
$ logger set -level loud
! Error: the value "loud" is not a valid setting
? 1
$ logger get -socketPath DIR/data/admin.sock -output json
{"current_level":"TRACE","launch_level":"INFO"}
$ logger reset
Logger Level : info
Launch Level : info
`));

  it('print what the agent is and holds', async () => {
    door.svidCount = 3;
    door.jwtSvids.count = 1;
    await script(`
$ debug getinfo
Agent Debug Info:
  Uptime:                          0s
  Last Sync Success:               (never)
  Cached X.509 SVIDs:              3
  Cached JWT SVIDs:                1
  Cached SVID Store X.509 SVIDs:   0
  SVID Chain:
    [0] SPIFFE ID:  spiffe://example.org/spire/agent/join_token/t
        Subject:    O=SPIRE,C=US
        Expires At: 2026-01-01T01:00:00Z
    [1] SPIFFE ID:  spiffe://example.org
        Subject:    O=SPIRE,C=US
        Expires At: 2026-01-02T00:00:00Z`);
    const lastSyncAt = new Date('2026-01-01T00:00:07Z');
    door.identities.sync = { entriesKnown: 1, lastSyncAt, lastSyncError: undefined };
    await door.clock.advance(75_000);
    const { out } = await type(program, ['debug', 'getinfo'], { environment });
    assert.match(out, /Uptime: +1m15s\n {2}Last Sync Success: +2026-01-01T00:00:07Z\n/);
    const json = await type(program, ['debug', 'getinfo', '-output', 'json'], { environment });
    assert.deepEqual(Object.keys(JSON.parse(json.out) as object), [
      'cached_jwt_svids_count',
      'cached_svidstore_x509_svids_count',
      'cached_x509_svids_count',
      'last_sync_success',
      'svid_chain',
      'svids_count',
      'uptime',
    ]);
  });

  it('find the socket by the flag, the environment, the configuration, or where SPIRE has it', async () => {
    const file = join(door.directory, 'agent.conf');
    writeFileSync(
      file,
      `agent { trust_domain = "example.org" server_address = "a" server_port = 1 data_dir = "${door.directory}/data" }
      plugins { KeyManager "memory" {} WorkloadAttestor "unix" {} }`,
    );
    for (const [args, given] of [
      [['-socketPath', door.path], {}],
      [['-adminSocketPath', door.path], {}],
      [['-config', file], {}],
      [[], environment],
    ] as const) {
      const { code, err } = await type(program, ['logger', 'get', ...args], { environment: given });
      assert.deepEqual([code, err], [0, ''], args.join());
    }
    const { code, err } = await type(program, ['logger', 'get'], { environment: {} });
    assert.equal(code, 1);
    assert.match(err, /^Error: nothing listens on \/tmp\/spire-agent\/private\/admin\.sock: /);
  });
});
