/** The `federation` commands against a real server, as operators type them, and mistakes made with them and with `bundle`. */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import { serverCommands } from '../../server/cli/commands.ts';
import { FakeClock } from '../fakes/clock.ts';
import { FakeDatastore } from '../fakes/datastore.ts';
import { Endings } from '../fakes/endings.ts';
import { type RunningServer, startServer } from '../fakes/server-under-test.ts';
import { type } from '../fakes/terminal.ts';
import { writeBundleFiles } from './bundle-files.ts';
import { runScript, type ScriptRun } from './script.ts';

const program = { name: 'spire-server', commands: serverCommands };

describe('the federation commands', () => {
  const endings = new Endings();
  const clock = new FakeClock();
  let server: RunningServer;
  let run: ScriptRun;
  let pem: string;

  before(async () => {
    server = await startServer(endings, { datastore: new FakeDatastore(clock), clock });
    run = {
      program,
      directory: server.config.dataDir,
      environment: { SPIRE_SERVER_PRIVATE_SOCKET: server.socketPath },
    };
    ({ pem } = await writeBundleFiles(run.directory));
  });
  after(() => endings.end());
  beforeEach(async () => {
    const { bundle, trustDomain } = server.admin;
    const trust_domains = ['other.org', 'a.org', 'b.org'];
    await bundle.unary('BatchDeleteFederatedBundle', { trust_domains, mode: 'DELETE' });
    await trustDomain.unary('BatchDeleteFederationRelationship', { trust_domains });
  });

  const script = (text: string): Promise<void> => runScript(run, text);
  const typed = (line: string) => type(program, line.split(' '), run);

  it('say what is wrong with what was typed', () =>
    script(`
$ bundle set -path DIR/b.pem
! Error: id flag is required
? 1
$ bundle set -id Other.org -path DIR/b.pem
! Error: -id: trust domain characters are limited to lowercase letters, numbers, dots, dashes, and underscores
? 1
$ bundle set -id other.org -path DIR/none
! Error: unable to load bundle data: -path DIR/none cannot be read: ENOENT: no such file or directory, open 'DIR/none'
? 1
$ bundle set -id other.org -path DIR/b.json
! Error: unable to parse bundle data: no PEM blocks; this looks like the format "spiffe"
? 1
$ bundle set -id other.org -path DIR/b.pem -format spiffe
! Error: unable to parse bundle data: bundle is not JSON; this looks like the format "pem"
? 1
$ bundle set -id other.org < -----BEGIN PRIVATE KEY-----
! Error: unable to parse bundle data: PEM block "PRIVATE KEY" has no end
? 1
$ bundle set -id other.org -format der
! Error: -format is pem or spiffe, not "der"
? 1
$ bundle delete
! Error: id is required
? 1
$ bundle delete -id other.org -mode all
! Error: unsupported mode "all"
? 1
$ federation create
! Error: trust domain is required
? 1
$ federation create -trustDomain td.org
! Error: bundle endpoint URL is required
? 1
$ federation create -trustDomain td.org -bundleEndpointURL https://td.org/bundle -bundleEndpointProfile bad-type
! Error: unknown bundle endpoint profile type: "bad-type"
? 1
$ federation update -trustDomain td.org -bundleEndpointURL https://td.org/bundle -bundleEndpointProfile https_spiffe
! Error: endpoint SPIFFE ID is required if 'https_spiffe' endpoint profile is set
? 1
$ federation create -trustDomain td.org -bundleEndpointURL https://td.org/bundle -bundleEndpointProfile https_spiffe -endpointSpiffeID invalid-id
! Error: cannot parse bundle endpoint SPIFFE ID: scheme is missing or invalid
? 1
$ federation create -trustDomain td.org -bundleEndpointURL https://td.org/ -bundleEndpointProfile https_web -trustDomainBundlePath DIR/empty
! Error: cannot parse bundle file: unable to parse bundle data: no PEM blocks
? 1
$ federation create -data DIR/two.json -trustDomain td.org
! Error: cannot use other flags to specify relationship fields when 'data' flag is set
? 1
$ federation create -data - < {"federationRelationships":[{"trustDomain":"","bundleEndpointURL":"https://td-1.org/bundle","bundleEndpointProfile":"https_web"}]}
! Error: could not parse item 0: trust domain is required
? 1
$ federation create -data - < {"federationRelationships":[{"trustDomian":"a.org"}]}
! Error: could not parse item 0: it has an unknown field "trustDomian"; did you mean "trustDomain"?
? 1
$ federation show
! Error: a trust domain name is required
? 1
$ federation delete
! Error: id is required
? 1
$ federation refresh
! Error: id is required
? 1`));

  it('create, show, list, update and delete relationships', () =>
    script(`
$ federation list
Found 0 federation relationships
$ federation create -trustDomain a.org -bundleEndpointURL https://a.org/bundle -bundleEndpointProfile https_web

Trust domain              : a.org
Bundle endpoint URL       : https://a.org/bundle
Bundle endpoint profile   : https_web
$ federation create -trustDomain a.org -bundleEndpointURL https://a.org/bundle -bundleEndpointProfile https_web
! Failed to create the following federation relationship (code: AlreadyExists, msg: "failed to create federation relationship: federation relationship already exists"):
! Trust domain              : a.org
! Bundle endpoint URL       : https://a.org/bundle
! Bundle endpoint profile   : https_web
! Error: failed to create one or more federation relationships
? 1
$ federation create -trustDomain a.org -bundleEndpointURL https://a.org/bundle -bundleEndpointProfile https_web -output json
{"results":[{"status":{"code":6,"message":"failed to create federation relationship: federation relationship already exists"}}]}
! Error: failed to create one or more federation relationships
? 1
$ federation list -output json
{"federation_relationships":[{"bundle_endpoint_url":"https://a.org/bundle","https_web":{},"trust_domain":"a.org"}],"next_page_token":""}
$ federation update --trust-domain a.org --bundle-endpoint-url https://b.org/ --bundle-endpoint-profile https_spiffe --endpoint-spiffe-id spiffe://b.org/e --trust-domain-bundle-path DIR/b.pem

Trust domain              : a.org
Bundle endpoint URL       : https://b.org/
Bundle endpoint profile   : https_spiffe
Endpoint SPIFFE ID        : spiffe://b.org/e
$ bundle count
2 bundles
$ federation show -trustDomain a.org
Found a federation relationship with trust domain a.org:

Trust domain              : a.org
Bundle endpoint URL       : https://b.org/
Bundle endpoint profile   : https_spiffe
Endpoint SPIFFE ID        : spiffe://b.org/e
$ federation list
Found 1 federation relationship

Trust domain              : a.org
Bundle endpoint URL       : https://b.org/
Bundle endpoint profile   : https_spiffe
Endpoint SPIFFE ID        : spiffe://b.org/e
$ federation refresh -id a.org
! Error: there is no federation relationship with trust domain "a.org"
? 1
$ federation refresh -id A.org
! Error: failed to refresh bundle: failed to parse trust domain: trust domain characters are limited to lowercase letters, numbers, dots, dashes, and underscores
? 1
$ federation delete -id spiffe://a.org
federation relationship deleted.
$ federation delete -id a.org
! Error: failed to delete federation relationship "a.org": federation relationship not found
? 1
$ federation show -trustDomain a.org -output json
{"error":"error showing federation relationship: federation relationship does not exist"}
! Error: error showing federation relationship: federation relationship does not exist
? 1`));

  it('read files in the shape of SPIRE', async () => {
    await script(`
$ federation create -data DIR/two.json

Trust domain              : a.org
Bundle endpoint URL       : https://a.org/bundle
Bundle endpoint profile   : https_spiffe
Endpoint SPIFFE ID        : spiffe://a.org/e

Trust domain              : b.org
Bundle endpoint URL       : https://b.org/bundle
Bundle endpoint profile   : https_web
$ federation update -data DIR/two.json -output json
${await updated()}`);
    for (const name of ['a.org', 'b.org'])
      assert.equal((await typed(`bundle list -id ${name}`)).out, pem, name);
  });

  /** As protojson has it. */
  async function updated(): Promise<string> {
    const bundle = (name: string, tokens: boolean) => ({
      jwt_authorities: tokens ? [token('jwt')] : [],
      refresh_hint: tokens ? '60' : '0',
      sequence_number: tokens ? '7' : '0',
      trust_domain: name,
      wit_authorities: tokens ? [token('wit')] : [],
      x509_authorities: [{ asn1: 'BASE64', tainted: false }],
    });
    const token = (key_id: string) => ({ expires_at: '0', key_id, public_key: 'BASE64', tainted: false });
    const status = { code: 0, message: 'OK' };
    return JSON.stringify({
      results: [
        {
          federation_relationship: {
            bundle_endpoint_url: 'https://a.org/bundle',
            https_spiffe: { endpoint_spiffe_id: 'spiffe://a.org/e' },
            trust_domain: 'a.org',
            trust_domain_bundle: bundle('a.org', false),
          },
          status,
        },
        {
          federation_relationship: {
            bundle_endpoint_url: 'https://b.org/bundle',
            https_web: {},
            trust_domain: 'b.org',
            trust_domain_bundle: bundle('b.org', true),
          },
          status,
        },
      ],
    });
  }
});
