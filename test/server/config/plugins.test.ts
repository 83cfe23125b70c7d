/** The plugins of the server's configuration: those that exist, those that warn, those that are refused. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { loadServerConfig } from '../../../server/config.ts';
import { faultsOf } from '../../shared/config/faults-of.ts';
import { load, MEMORY } from './load-sketch.ts';

const sql = (data: string): string => `${MEMORY}\nDataStore "sql" { plugin_data {\n${data}\n} }`;

describe('server plugins', () => {
  test('reads a Postgres connection and keeps it from sight', () => {
    const { config, warnings } = load({
      plugins:
        sql(`database_type = "postgres" connection_string = "postgres://writ:hunter2@db/writ" ro_connection_string = "host=ro user=writ password='hunter2'"
        max_open_conns = 7 conn_max_lifetime = "1h" root_ca_path = "ca.pem" disable_migration = true`),
    });
    assert.ok(config.datastore.kind === 'postgres');
    const { connectionString, ...rest } = config.datastore;
    assert.equal(connectionString.reveal(), 'postgres://writ:hunter2@db/writ');
    assert.deepEqual(rest, {
      kind: 'postgres',
      rootCaPath: 'ca.pem',
      clientCertPath: undefined,
      clientKeyPath: undefined,
      maxOpenConnections: 7,
      connectionMaxLifetimeSeconds: 3_600,
      migrate: false,
    });
    assert.doesNotMatch(JSON.stringify(config) + inspect(config, { depth: 9 }), /hunter2/);
    assert.match(warnings.join('\n'), /"ro_connection_string".*no effect yet/);
    assert.doesNotMatch(warnings.join('\n'), /hunter2/);
  });

  test('refuses a connection string without repeating it', () => {
    const [fault = ''] = faultsOf(() =>
      load({ plugins: sql('database_type = "postgres" connection_string = "hunter2 hunter2"') }),
    );
    assert.match(
      fault,
      /"connection_string" in DataStore "sql"\.plugin_data cannot be used: connection string/,
    );
    assert.doesNotMatch(fault, /hunter2/);
  });

  test('asks for the connection string that postgres needs', () => {
    assert.match(
      faultsOf(() => load({ plugins: sql('database_type = "postgres"') })).join(),
      /"connection_string" is missing/,
    );
  });

  test('serves sqlite3 by the managed Postgres, with a warning', () => {
    const { config, warnings } = load({
      plugins: sql('database_type = "sqlite3" connection_string = "./datastore.sqlite3"'),
    });
    assert.deepEqual(config.datastore, { kind: 'managed', directory: '/data/postgres' });
    assert.match(warnings.join(), /sqlite3.* managed local Postgres/);
  });

  test('refuses the other databases by name', () => {
    for (const [data, name] of [
      ['database_type = "mysql"', 'mysql'],
      ['database_type "aws_postgres" { region = "x" }', 'aws_postgres'],
    ] as const) {
      assert.match(
        faultsOf(() => load({ plugins: sql(data) })).join(),
        new RegExp(`"${name}" is not supported`),
      );
    }
  });

  test('warns of notifiers and publishers, and refuses what else is not there', () => {
    const { warnings } = load({
      plugins: `${MEMORY}\nNotifier "gcs_bundle" {}\nBundlePublisher "aws_s3" { plugin_data { bucket = "b" } }`,
    });
    assert.deepEqual(warnings, [
      'server.conf:7:1: BundlePublisher "aws_s3" has no effect yet',
      'server.conf:6:1: Notifier "gcs_bundle" has no effect yet',
    ]);
    const plugins = `${MEMORY}\nNodeAttestor "k8s_psat" {}\nUpstreamAuthority "vault" {}\nKeyManager "aws_kms" { enabled = false }`;
    assert.deepEqual(
      faultsOf(() => load({ plugins })),
      [
        'server.conf:6:1: NodeAttestor "k8s_psat" is not supported yet',
        'server.conf:7:1: UpstreamAuthority "vault" is not supported yet',
      ],
    );
  });

  test('reads the credential composers, and refuses one that nobody knows', () => {
    assert.deepEqual(load({ plugins: MEMORY }).config.credentialComposers, []);
    const { config } = load({ plugins: `${MEMORY}\nCredentialComposer "uniqueid" {}` });
    assert.deepEqual(config.credentialComposers, ['uniqueid']);
    assert.match(
      faultsOf(() => load({ plugins: `${MEMORY}\nCredentialComposer "unique_id" {}` })).join(),
      /unknown CredentialComposer "unique_id"|"unique_id"/,
    );
  });

  test('reads an upstream authority, of which there is one at most', () => {
    assert.equal(load({ plugins: MEMORY }).config.upstreamAuthority, undefined);
    const disk = (data: string): string => `${MEMORY}\nUpstreamAuthority "disk" { plugin_data { ${data} } }`;
    const files = 'cert_file_path = "ca.pem" key_file_path = "ca.key"';
    const { config } = load({ plugins: disk(`${files} bundle_file_path = "roots.pem"`) });
    assert.deepEqual(config.upstreamAuthority, {
      kind: 'disk',
      certFilePath: 'ca.pem',
      keyFilePath: 'ca.key',
      bundleFilePath: 'roots.pem',
    });
    assert.equal(load({ plugins: disk(files) }).config.upstreamAuthority?.bundleFilePath, undefined);
    assert.match(
      faultsOf(() => load({ plugins: disk('cert_file_path = "c"') })).join(),
      /"key_file_path" in .* is missing/,
    );
    const two = `${disk(files)}\nUpstreamAuthority "spire" {}`;
    assert.match(
      faultsOf(() => load({ plugins: two })).join(),
      /UpstreamAuthority "spire" is not supported yet/,
    );
  });

  test('refuses two key managers, and one plugin given twice', () => {
    const two = `${MEMORY}\nKeyManager "disk" { plugin_data { keys_path = "k" } }`;
    assert.deepEqual(
      faultsOf(() => load({ plugins: two })),
      ['server.conf:6:1: more than one KeyManager is enabled: keep one'],
    );
    const twice = `${MEMORY}\nNodeAttestor "join_token" {}\nNodeAttestor "join_token" {}`;
    assert.deepEqual(
      faultsOf(() => load({ plugins: twice })),
      ['server.conf:7:1: NodeAttestor "join_token" is given twice, first at server.conf:6:1'],
    );
  });

  test('refuses unknown keys of plugin_data and around it', () => {
    const plugins = 'KeyManager "disk" { plugin_dta {} plugin_data { keys_path = "k" key_path = "k" } }';
    assert.deepEqual(
      faultsOf(() => load({ plugins })),
      [
        'server.conf:5:21: unknown key "plugin_dta" in KeyManager "disk"; did you mean "plugin_data"?',
        'server.conf:5:65: unknown key "key_path" in KeyManager "disk".plugin_data; did you mean "keys_path"?',
      ],
    );
  });

  test('reads plugin_data_file, with faults placed in that file', () => {
    const text =
      'server { trust_domain = "a" data_dir = "d" }\nplugins { KeyManager "disk" { plugin_data_file = "km.conf" } }';
    const loadWith = (data: string) =>
      loadServerConfig({ path: 's', text, readFile: (path) => `# ${path}\n${data}` });
    assert.deepEqual(loadWith('keys_path = "k"').config.keyManager, { kind: 'disk', keysPath: 'k' });
    assert.deepEqual(
      faultsOf(() => loadWith('keys = "k"')),
      [
        'km.conf:1:1: "keys_path" in KeyManager "disk" is missing',
        'km.conf:2:1: unknown key "keys" in KeyManager "disk"',
      ],
    );
    assert.deepEqual(
      faultsOf(() => loadWith('keys_path = ')),
      ['km.conf:2:13: expected a value, found the end of the file'],
    );
  });

  test('refuses plugin_data beside plugin_data_file, and a data file that cannot be read', () => {
    const both = 'KeyManager "memory" { plugin_data { a = 1 } plugin_data_file = "/nonexistent/km.conf" }';
    assert.deepEqual(
      faultsOf(() => load({ plugins: both })),
      [
        'server.conf:5:45: KeyManager "memory" has both plugin_data and plugin_data_file',
        'server.conf:5:45: configuration file "/nonexistent/km.conf" does not exist: create it or name another',
      ],
    );
  });
});
