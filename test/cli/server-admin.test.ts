/** `token generate`, the `agent` commands, `bundle show` and `healthcheck` against a real server. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { serverCommands } from '../../server/cli/commands.ts';
import { parseCertificate } from '../../shared/crypto/certificate.ts';
import { parsePem } from '../../shared/crypto/pem.ts';
import { testDatabase } from '../fakes/database.ts';
import { Endings } from '../fakes/endings.ts';
import { type Joined, joinAgent, type RunningServer, startServer } from '../fakes/server-under-test.ts';
import { type } from '../fakes/terminal.ts';
import { runScript, type ScriptRun } from './script.ts';

const program = { name: 'spire-server', commands: serverCommands };

describe('the commands that administer a server', () => {
  const endings = new Endings();
  let server: RunningServer;
  let run: ScriptRun;

  before(async () => {
    server = await startServer(endings, { datastore: await (await testDatabase(endings)).open() });
    const environment = { SPIRE_SERVER_PRIVATE_SOCKET_TEMPLATE: server.socketPath.replace('api', '%i') };
    run = { program, directory: server.config.dataDir, environment };
  });
  after(() => endings.end());

  const script = (text: string): Promise<void> => runScript(run, text);
  const typed = (...args: readonly string[]) => type(program, [...args, '-instance', 'api'], run);

  it('say whether it is healthy', () =>
    script(`
$ healthcheck -instance api
Server is healthy.
$ healthcheck -instance api -verbose -shallow
Checking server health...
Server is healthy.
$ healthcheck -instance other
! Error: server is unhealthy: nothing listens on DIR/private/other.sock: start 'spire-server run', or name its socket with -socketPath
? 1
$ healthcheck -instance other -socketPath DIR/private/api.sock
Server is healthy.`));

  it('make join tokens', async () => {
    await script(`
$ token generate -instance api
Token: UUID
Warning: Missing SPIFFE ID.
$ token generate -instance api -ttl 60 -spiffeID spiffe://example.org/node
Token: UUID
$ token generate -instance api -output json
{"expires_at":"SECONDS","value":"UUID"}
$ token generate -instance api -ttl 2147483648
! Error: -ttl is at most 2147483647, not 2147483648
? 1
$ token generate -instance api -spiffeID spiffe://other.org/node
! Error: invalid agent ID: "spiffe://other.org/node" is not a member of trust domain "example.org"
? 1`);
  });

  describe('with agents', () => {
    let agents: readonly Joined[];

    before(async () => {
      agents = [await joinAgent(server, 'agent-a'), await joinAgent(server, 'agent-b')];
    });

    it('list, count and show them', async () => {
      await script(`
$ agent count -instance api
2 attested agents
$ agent list -instance api
Found 2 attested agents:

SPIFFE ID         : spiffe://example.org/spire/agent/join_token/agent-a
Attestation type  : join_token
Expiration time   : TIME
Serial number     : SERIAL
Can re-attest     : false

SPIFFE ID         : spiffe://example.org/spire/agent/join_token/agent-b
Attestation type  : join_token
Expiration time   : TIME
Serial number     : SERIAL
Can re-attest     : false

$ agent list -instance api -attestationType x509pop
No attested agents found
$ agent list -instance api -banned false -canReattest true
No attested agents found
$ agent list -instance api -expiresBefore '2026-01-01 00:00:00 +0000 UTC'
No attested agents found
$ agent count -instance api -expiresBefore '2099-01-01 00:00:00 +0100 +01'
2 attested agents
$ agent list -instance api -selector a:b
No attested agents found
$ agent count -instance api -canReattest false -output json
{"count":2}
$ agent show -instance api -spiffeID spiffe://example.org/spire/agent/join_token/agent-a
Found an attested agent given its SPIFFE ID

SPIFFE ID         : spiffe://example.org/spire/agent/join_token/agent-a
Attestation type  : join_token
Expiration time   : TIME
Serial number     : SERIAL
Can re-attest     : false

$ agent show -instance api -output json -spiffeID spiffe://example.org/spire/agent/join_token/agent-a
{"agent_version":"","attestation_type":"join_token","banned":false,"can_reattest":false,"id":{"path":"/spire/agent/join_token/agent-a","trust_domain":"example.org"},"selectors":[],"x509svid_expires_at":"SECONDS","x509svid_serial_number":"SERIAL"}
$ agent show -instance api -spiffeID spiffe://example.org/spire/agent/join_token/none
! Error: agent not found
? 1`);
      assert.equal(agents.length, 2);
    });

    it('ban and evict them', () =>
      script(`
$ agent ban -instance api -spiffeID spiffe://example.org/spire/agent/join_token/agent-a
Agent banned successfully
$ agent evict -instance api -spiffeID spiffe://example.org/spire/agent/join_token/agent-b
Agent evicted successfully
$ agent evict -instance api -output json -spiffeID spiffe://example.org/spire/agent/join_token/agent-b
{"error":"agent not found"}
! Error: agent not found
? 1
$ agent ban -instance api -output json -spiffeID spiffe://example.org/spire/agent/join_token/agent-a
{}
$ agent list -instance api -banned true
Found 1 attested agent:

SPIFFE ID         : spiffe://example.org/spire/agent/join_token/agent-a
Attestation type  : join_token
Expiration time   : TIME
Banned            : true
Can re-attest     : false
`));
  });

  it('show the bundle as PEM, as a SPIFFE bundle and as the API answers', async () => {
    const pem = await typed('bundle', 'show');
    const [der = new Uint8Array(), ...others] = parsePem(pem.out, 'CERTIFICATE');
    assert.deepEqual(others, []);
    assert.equal(parseCertificate(der).isCa, true);

    const spiffe = await typed('bundle', 'show', '-format', 'SPIFFE');
    const document = JSON.parse(spiffe.out) as { keys: { use: string }[]; spiffe_sequence: number };
    assert.deepEqual(
      document.keys.map(({ use }) => use),
      ['x509-svid', 'jwt-svid'],
    );
    assert.equal(spiffe.out, `${JSON.stringify(document, undefined, 4)}\n`);

    const json = await typed('bundle', 'show', '-output', 'json');
    const { x509_authorities, ...rest } = JSON.parse(json.out) as { x509_authorities: { asn1: string }[] };
    assert.equal(x509_authorities[0]?.asn1, Buffer.from(der).toString('base64'));
    assert.deepEqual(Object.keys(rest), [
      'jwt_authorities',
      'refresh_hint',
      'sequence_number',
      'trust_domain',
      'wit_authorities',
    ]);
  });
});
