/** `x509 mint` and `agent purge` against a real server. */
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { serverCommands } from '../../server/cli/commands.ts';
import type { Datastore } from '../../server/datastore/open.ts';
import { parsePrivateKey } from '../../shared/crypto/keys.ts';
import { parsePem } from '../../shared/crypto/pem.ts';
import { newNode } from '../contracts/samples.ts';
import { testDatabase } from '../fakes/database.ts';
import { Endings } from '../fakes/endings.ts';
import { type RunningServer, startServer } from '../fakes/server-under-test.ts';
import { type } from '../fakes/terminal.ts';
import { runScript } from './script.ts';

const program = { name: 'spire-server', commands: serverCommands };
const ID = 'spiffe://example.org/minted';

describe('the commands that mint and purge', () => {
  const endings = new Endings();
  let store: Datastore;
  let server: RunningServer;
  let environment: Record<string, string>;

  before(async () => {
    store = await (await testDatabase(endings)).open();
    server = await startServer(endings, { datastore: store });
    environment = { SPIRE_SERVER_PRIVATE_SOCKET_TEMPLATE: server.socketPath.replace('api', '%i') };
  });
  after(() => endings.end());

  const script = (text: string): Promise<void> =>
    runScript({ program, directory: server.config.dataDir, environment }, text);
  const typed = (...args: readonly string[]) => type(program, [...args, '-instance', 'api'], { environment });

  /** The key fits the certificate, which the roots have signed. */
  const checkMinted = (svid: Uint8Array, key: Uint8Array, root: Uint8Array): X509Certificate => {
    const certificate = new X509Certificate(svid);
    assert.ok(certificate.checkPrivateKey(parsePrivateKey(key)));
    assert.ok(certificate.verify(new X509Certificate(root).publicKey));
    return certificate;
  };

  it('print a new SVID, its key and the roots', async () => {
    const { code, out, err } = await typed('x509', 'mint', '-spiffeID', ID, '-dns', 'a.org', '-dns', 'b.org');
    assert.deepEqual([code, err], [0, '']);
    assert.match(
      out,
      /^X509-SVID:\n-----BEGIN CERTIFICATE-----\n[^:]*-----\n\nPrivate key:\n-----BEGIN PRIVATE KEY-----\n[^:]*-----\n\nRoot CAs:\n-----BEGIN CERTIFICATE-----\n[^:]*-----\n\n$/,
    );
    const [svid, root] = parsePem(out, 'CERTIFICATE');
    const [key] = parsePem(out, 'PRIVATE KEY');
    assert.ok(svid && root && key);
    const { subjectAltName, subject } = checkMinted(svid, key, root);
    assert.equal(subjectAltName, `URI:${ID}, DNS:a.org, DNS:b.org`);
    assert.equal(subject, 'C=US\nO=SPIRE\nCN=a.org');
  });

  it('print it as JSON', async () => {
    const { out } = await typed('x509', 'mint', '-spiffeID', ID, '-output', 'json', '-ttl', '5m');
    const [json] = JSON.parse(out) as [{ x509_svid: [string]; private_key: string; root_cas: [string] }];
    assert.deepEqual(Object.keys(json), ['x509_svid', 'private_key', 'root_cas']);
    const bytes = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));
    checkMinted(bytes(json.x509_svid[0]), bytes(json.private_key), bytes(json.root_cas[0]));
  });

  it('write it into files, the key for its owner alone', async () => {
    const directory = join(server.config.dataDir, 'minted');
    mkdirSync(directory);
    await script(`
$ x509 mint -instance api -spiffeID ${ID} -write DIR/minted
X509-SVID written to DIR/minted/svid.pem
Private key written to DIR/minted/key.pem
Root CAs written to DIR/minted/bundle.pem`);
    const read = (name: string, label: string): Uint8Array =>
      parsePem(readFileSync(join(directory, name), 'utf8'), label)[0] ?? assert.fail(name);
    checkMinted(
      read('svid.pem', 'CERTIFICATE'),
      read('key.pem', 'PRIVATE KEY'),
      read('bundle.pem', 'CERTIFICATE'),
    );
    assert.equal(statSync(join(directory, 'key.pem')).mode & 0o777, 0o600);
  });

  it('say when an SVID ends before it should, and what is wrong', async () => {
    const long = await typed('x509', 'mint', '-spiffeID', ID, '-ttl', '9000h');
    assert.match(
      long.err,
      /^X509-SVID lifetime was capped shorter than specified ttl; expires "\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"\n$/,
    );
    assert.equal(long.code, 0);
    await script(`
$ x509 mint -instance api
! Error: spiffeID must be specified
? 1
$ x509 mint -instance api -spiffeID web
! Error: -spiffeID "web" is not a SPIFFE ID: scheme is missing or invalid
? 1
$ x509 mint -instance api -spiffeID spiffe://other.org/web
! Error: CSR URI SAN is invalid: "spiffe://other.org/web" is not a member of trust domain "example.org"
? 1
$ x509 mint -instance api -spiffeID ${ID} -ttl soon
! Error: -ttl "soon": not a duration such as "1h30m", "10s" or "500ms"
? 1
$ x509 mint -instance api -spiffeID ${ID} -ttl -1s
! Error: -ttl must not be negative, as "-1s" is
? 1`);
  });

  it('purge what expired long ago and could come back, and nothing else', async () => {
    const current = { serialNumber: '1', expiresAt: new Date('2020-01-01T00:00:00Z') };
    await store.nodes.attest(newNode('old', { canReattest: true, current }), undefined);
    await store.nodes.attest(newNode('older', { canReattest: true, current }), undefined);
    await store.nodes.attest(newNode('once', { canReattest: false, current }), undefined);
    await store.nodes.attest(newNode('banned', { canReattest: true, current }), undefined);
    await store.nodes.remove(newNode('banned').id, 'ban');
    const future = { ...current, expiresAt: new Date('2199-01-01T00:00:00Z') };
    await store.nodes.attest(newNode('young', { canReattest: true, current: future }), undefined);
    await script(`
$ agent purge -instance api -expiredFor 800000h
No agents to purge.
$ agent purge -instance api -dryRun
Found 2 expired agents


Agents that can be purged:
SPIFFE ID         : spiffe://example.org/spire/agent/test/old
SPIFFE ID         : spiffe://example.org/spire/agent/test/older
$ agent evict -instance api -spiffeID spiffe://example.org/spire/agent/test/older
Agent evicted successfully
$ agent purge -instance api -dryRun -output json
[{"expired_agents":[{"agent_id":"spiffe://example.org/spire/agent/test/old","deleted":false}]}]
$ agent purge -instance api
Found 1 expired agent

Agents purged:
SPIFFE ID         : spiffe://example.org/spire/agent/test/old
$ agent purge -instance api -output json
[{"expired_agents":[]}]
$ agent count -instance api
3 attested agents`);
  });
});
