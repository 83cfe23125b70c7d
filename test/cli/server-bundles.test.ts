/** The `bundle` commands against a real server, as operators type them. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, beforeEach, describe, it } from 'node:test';
import { serverCommands } from '../../server/cli/commands.ts';
import { parseBundleJson } from '../../shared/bundle/bundle-json.ts';
import { formatBundle } from '../../shared/bundle/format-bundle.ts';
import { formatPem } from '../../shared/crypto/pem.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeDatastore } from '../fakes/datastore.ts';
import { Endings } from '../fakes/endings.ts';
import { type RunningServer, startServer } from '../fakes/server-under-test.ts';
import { type } from '../fakes/terminal.ts';
import { writeBundleFiles } from './bundle-files.ts';
import { runScript, type ScriptRun } from './script.ts';

const program = { name: 'spire-server', commands: serverCommands };
const STARS = '*'.repeat(40);

describe('the bundle commands', () => {
  const endings = new Endings();
  const clock = new FakeClock();
  let server: RunningServer;
  let run: ScriptRun;
  let pem: string;
  let jwks: string;

  before(async () => {
    server = await startServer(endings, { datastore: new FakeDatastore(clock), clock });
    run = {
      program,
      directory: server.config.dataDir,
      environment: { SPIRE_SERVER_PRIVATE_SOCKET: server.socketPath },
    };
    ({ pem, jwks } = await writeBundleFiles(run.directory));
  });
  after(() => endings.end());
  beforeEach(async () => {
    const { bundle, trustDomain } = server.admin;
    const trust_domains = ['other.org', 'a.org', 'b.org'];
    await bundle.unary('BatchDeleteFederatedBundle', { trust_domains, mode: 'DELETE' });
    await trustDomain.unary('BatchDeleteFederationRelationship', { trust_domains });
  });

  const script = (text: string): Promise<void> => runScript(run, text);
  const typed = async (line: string, input?: string) =>
    type(program, line.split(' '), { ...run, ...(input === undefined ? {} : { input }) });
  const set = async (name: string): Promise<void> => {
    assert.equal((await typed(`bundle set -id ${name} -path ${join(run.directory, 'b.pem')}`)).code, 0);
  };

  it('set, list, count and delete bundles', async () => {
    await script(`
$ bundle list
$ bundle list -output json
{"bundles":[],"next_page_token":""}
$ bundle count
1 bundle
$ bundle set -id spiffe://other.org -path DIR/b.pem
bundle set.
$ bundle set --id a.org --path DIR/b.json --format spiffe
bundle set.
$ bundle count
3 bundles
$ bundle count -output json
{"count":3}
$ bundle delete -id other.org
bundle deleted.
$ bundle delete -id other.org
! Error: failed to delete federated bundle "other.org": bundle not found
? 1
$ bundle delete -id other.org -output json
{"results":[{"status":{"code":5,"message":"bundle not found"},"trust_domain":"other.org"}]}
! Error: failed to delete federated bundle "other.org": bundle not found
? 1
$ bundle list -id other.org
! Error: bundle not found
? 1
$ bundle set -id example.org -path DIR/b.pem
! Error: failed to set federated bundle: setting a federated bundle for the server's own trust domain is not allowed
? 1`);
  });

  it('print bundles as they were given, in each format', async () => {
    assert.equal((await typed('bundle set -id other.org -format spiffe', jwks)).out, 'bundle set.\n');
    assert.equal((await typed('bundle list -id other.org -format spiffe')).out, `${jwks}\n`);
    assert.equal((await typed('bundle list -id other.org')).out, pem);
    await set('a.org');
    const { out } = await typed('bundle list');
    assert.equal(out, `${STARS}\n* other.org\n${STARS}\n${pem}\n${STARS}\n* a.org\n${STARS}\n${pem}`);
    const spiffe = (await typed('bundle list -format SPIFFE')).out;
    assert.ok(spiffe.startsWith(`${STARS}\n* other.org\n${STARS}\n${jwks}\n\n${STARS}\n* a.org\n`));
    const json = JSON.parse((await typed('bundle list -id a.org -output json')).out) as {
      x509_authorities: { asn1: string }[];
    };
    assert.equal(formatPem('CERTIFICATE', Buffer.from(json.x509_authorities[0]?.asn1 ?? '', 'base64')), pem);
    const own = (await typed('bundle show -format spiffe')).out;
    const read = parseBundleJson(own, TrustDomain.parse('example.org'));
    assert.equal(`${formatBundle(read)}\n`, own);
  });

  it('delete a bundle with the entries that federate with it, or part them from it', async () => {
    const entry = '-parentID spiffe://example.org/n -selector unix:uid:1 -federatesWith spiffe://other.org';
    for (const [mode, left] of [
      ['delete', /entry not found$/m],
      ['dissociate', /^$/],
    ] as const) {
      await set('other.org');
      await typed(`entry create -entryID ${mode} -spiffeID spiffe://example.org/${mode} ${entry}`);
      await script(`
$ bundle delete -id other.org -mode restrict
! Error: failed to delete federated bundle "other.org": failed to delete federated bundle: cannot delete bundle; federated with 1 registration entries
? 1
$ bundle delete -id other.org -mode ${mode}
bundle deleted.`);
      const shown = await typed(`entry show -entryID ${mode}`);
      assert.match(shown.err, left);
      assert.ok(!shown.out.includes('FederatesWith'));
    }
  });
});
