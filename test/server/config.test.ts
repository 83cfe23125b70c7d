/** The server's configuration: defaults, every fault at once, warnings, flags, plugins. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { loadServerConfig, serverFlags, type ServerFlags } from '../../server/config.ts';
import { ConfigFaults } from '../../shared/config/faults.ts';

interface Parts {
  readonly server?: string;
  readonly plugins?: string;
  readonly rest?: string;
  readonly flags?: ServerFlags;
}

const MEMORY = 'KeyManager "memory" {}';

/** A small valid file with something added to its parts. */
const load = ({ server = '', plugins = MEMORY, rest = '', flags = {} }: Parts) =>
  loadServerConfig({
    path: 'server.conf',
    text: `server { trust_domain = "example.org" data_dir = "/data"\n${server}\n}\nplugins {\n${plugins}\n}\n${rest}`,
    flags,
  });

function faultsOf(deed: () => unknown): readonly string[] {
  try {
    deed();
  } catch (error) {
    assert.ok(error instanceof ConfigFaults, String(error));
    return error.message.split('\n');
  }
  return [];
}

const sql = (data: string): string => `${MEMORY}\nDataStore "sql" { plugin_data {\n${data}\n} }`;

describe('server configuration', () => {
  test('fills in the defaults of SPIRE', () => {
    const { config, warnings } = load({});
    const { trustDomain, ...rest } = config;
    assert.equal(trustDomain.name, 'example.org');
    assert.deepEqual(warnings, []);
    assert.deepEqual(rest, {
      bindAddress: '0.0.0.0',
      bindPort: 8_081,
      socketPath: '/tmp/spire-server/private/api.sock',
      dataDir: '/data',
      adminIds: [],
      auditLogEnabled: false,
      maxAttestedNodeInfoStalenessSeconds: 0,
      rateLimit: { attestation: true, signing: true },
      ca: {
        keyType: 'ec-p256',
        ttlSeconds: 86_400,
        subject: undefined,
        defaultX509SvidTtlSeconds: 3_600,
        agentTtlSeconds: 3_600,
      },
      logLevel: 'info',
      logFormat: 'text',
      logFile: undefined,
      logSourceLocation: false,
      requirePqKem: false,
      datastore: { kind: 'managed', directory: '/data/postgres' },
      keyManager: { kind: 'memory' },
      nodeAttestors: { joinToken: true },
      healthChecks: {
        listenerEnabled: false,
        bindAddress: 'localhost',
        bindPort: 80,
        livePath: '/live',
        readyPath: '/ready',
      },
    });
  });

  test('is frozen through and through', () => {
    const { config } = load({ server: 'admin_ids = ["spiffe://example.org/a"]' });
    for (const part of [config, config.ca, config.adminIds, config.keyManager])
      assert.ok(Object.isFrozen(part));
  });

  test('reads the CA, its subject and its lifetimes', () => {
    const server = `ca_key_type = "rsa-4096" ca_ttl = "168h" default_x509_svid_ttl = "2h" agent_ttl = "12h"
      ca_subject { country = ["DE"] organization = ["A", "B"] common_name = "root" }`;
    assert.deepEqual(load({ server }).config.ca, {
      keyType: 'rsa-4096',
      ttlSeconds: 604_800,
      subject: { country: ['DE'], organization: ['A', 'B'], commonName: 'root' },
      defaultX509SvidTtlSeconds: 7_200,
      agentTtlSeconds: 43_200,
    });
  });

  test("gives agents the default lifetime of SVIDs when agent_ttl isn't set", () => {
    assert.equal(load({ server: 'default_x509_svid_ttl = "90m"' }).config.ca.agentTtlSeconds, 5_400);
  });

  test('warns when an SVID can be cut short by the end of its CA', () => {
    const { warnings } = load({ server: 'ca_ttl = "12h"\ndefault_x509_svid_ttl = "3h"' });
    assert.deepEqual(warnings, [
      'server.conf:3:1: "default_x509_svid_ttl" (3h) can be cut short by the end of the CA: at ca_ttl 12h only 2h are sure',
    ]);
  });

  test('takes every spelling of log levels', () => {
    for (const [written, level] of [
      ['DEBUG', 'debug'],
      ['Warn', 'warn'],
      ['warning', 'warn'],
      ['error', 'error'],
      ['TRACE', 'debug'],
    ] as const) {
      assert.equal(load({ server: `log_level = "${written}"` }).config.logLevel, level);
    }
  });

  test('tells all faults at once, in the order of the file', () => {
    const text = `server {
  bind_adress = "127.0.0.1"
  bind_port = "eighty"
  trust_domain = "Example.org"
  ca_ttl = "1 day"
  ca_key_type = "dsa"
  admin_ids = ["spiffe://example.org/ok", "example.org", 7]
  ratelimit { signing = "maybe" }
  audit_log_enabled { }
  ca_subject = "CN=x"
}
plugins {
  NodeResolver "noop" {}
  KeyManager "dsk" {}
}
sever {}
`;
    assert.deepEqual(
      faultsOf(() => loadServerConfig({ path: 's', text })),
      [
        's:1:8: "data_dir" in server is missing',
        's:2:3: unknown key "bind_adress" in server; did you mean "bind_address"?',
        's:3:15: "bind_port" in server must be a whole number from 1 to 65535, not text',
        's:4:18: "trust_domain" in server must be a trust domain name: trust domain characters are limited to lowercase letters, numbers, dots, dashes, and underscores',
        's:5:12: "ca_ttl" in server must be a duration of at least 1s such as "1h30m", "10s" or "500ms"',
        's:6:17: "ca_key_type" in server must be "ec-p256" or "ec-p384" or "rsa-2048" or "rsa-4096"',
        's:7:43: "admin_ids" in server must be a SPIFFE ID: scheme is missing or invalid',
        's:7:58: "admin_ids" in server must be a SPIFFE ID: scheme is missing or invalid',
        's:8:25: "signing" in server.ratelimit must be true or false, not text',
        's:9:21: "audit_log_enabled" in server must be true or false, not a block',
        's:10:16: "ca_subject" in server must be a block, not text',
        's:13:3: unknown key "NodeResolver" in plugins',
        's:14:3: unknown plugin KeyManager "dsk"; did you mean "disk"?',
        's:16:1: unknown key "sever" at the top level; did you mean "server"?',
      ],
    );
  });

  test('says what an empty file lacks', () => {
    assert.deepEqual(
      faultsOf(() => loadServerConfig({ path: 's', text: '' })),
      [
        's:1:1: "trust_domain" in server is missing',
        's:1:1: "data_dir" in server is missing',
        's:1:1: no KeyManager is enabled in plugins: add KeyManager "memory" or KeyManager "disk"',
      ],
    );
  });

  test('refuses a socket path that is too long to bind', () => {
    assert.match(
      faultsOf(() => load({ server: `socket_path = "/${'x'.repeat(107)}"` })).join(),
      /at most 107 bytes/,
    );
  });

  test('takes empty text as no text', () => {
    assert.equal(
      load({ server: 'log_file = "" socket_path = ""' }).config.socketPath,
      '/tmp/spire-server/private/api.sock',
    );
    assert.match(
      faultsOf(() =>
        load({ flags: {}, server: '', plugins: 'KeyManager "disk" { plugin_data { keys_path = "" } }' }),
      ).join(),
      /"keys_path" .* is missing/,
    );
  });
});

describe('settings of SPIRE that do not exist yet', () => {
  test('those that may be ignored warn when they are set', () => {
    const { warnings } = load({
      server:
        'jwt_issuer = "https://x"\nexperimental { cache_reload_interval = "1s" }\nprofiling_enabled = false',
      rest: 'telemetry { Prometheus { port = 9988 } }',
    });
    assert.deepEqual(warnings, [
      'server.conf:3:16: "cache_reload_interval" in server.experimental has no effect yet',
      'server.conf:2:1: "jwt_issuer" in server has no effect yet',
      'server.conf:9:1: "telemetry" has no effect yet',
    ]);
  });

  for (const server of [
    'federation { bundle_endpoint { port = 1 } }',
    'proxy_protocol_trusted_cidrs = ["10.0.0.0/8"]',
    'tls_config { min_tls_version = "VersionTLS12" }',
    'experimental { agent_spiffe_id_as_selector = true }',
    'experimental { auth_opa_policy_engine { local { rego_path = "x" } } }',
  ]) {
    test(`refuses ${server}`, () =>
      assert.match(faultsOf(() => load({ server })).join(), /^server\.conf:2:.* is not supported yet$/));
  }

  test('accepts them with values that ask for nothing', () => {
    const server =
      'federation {} proxy_protocol_trusted_cidrs = [] experimental { agent_spiffe_id_as_selector = false }';
    assert.deepEqual(load({ server }).warnings, []);
  });
});

describe('server plugins', () => {
  test('reads a Postgres connection and keeps it from sight', () => {
    const { config } = load({
      plugins:
        sql(`database_type = "postgres" connection_string = "postgres://writ:hunter2@db/writ" ro_connection_string = "host=ro user=writ password='hunter2'"
        max_open_conns = 7 conn_max_lifetime = "1h" root_ca_path = "ca.pem" disable_migration = true`),
    });
    assert.ok(config.datastore.kind === 'postgres');
    const { connectionString, readOnlyConnectionString, ...rest } = config.datastore;
    assert.equal(connectionString.reveal(), 'postgres://writ:hunter2@db/writ');
    assert.equal(readOnlyConnectionString?.reveal(), "host=ro user=writ password='hunter2'");
    assert.deepEqual(rest, {
      kind: 'postgres',
      rootCaPath: 'ca.pem',
      clientCertPath: undefined,
      clientKeyPath: undefined,
      maxOpenConnections: 7,
      maxIdleConnections: 100,
      connectionMaxLifetimeSeconds: 3_600,
      migrate: false,
    });
    assert.doesNotMatch(JSON.stringify(config) + inspect(config, { depth: 9 }), /hunter2/);
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
    const plugins = `${MEMORY}\nNodeAttestor "k8s_psat" {}\nUpstreamAuthority "vault" {}\nCredentialComposer "uniqueid" {}\nKeyManager "aws_kms" { enabled = false }`;
    assert.deepEqual(
      faultsOf(() => load({ plugins })),
      [
        'server.conf:6:1: NodeAttestor "k8s_psat" is not supported yet',
        'server.conf:7:1: UpstreamAuthority "vault" is not supported yet',
        'server.conf:8:1: CredentialComposer "uniqueid" is not supported yet',
      ],
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

describe('server flags and environment', () => {
  test('flags stand above the file, and their faults name them', () => {
    const flags = {
      bindAddress: '127.0.0.1',
      serverPort: '9000',
      dataDir: '/other',
      logLevel: 'DEBUG',
      logSourceLocation: true,
      logFile: '',
    };
    const { config } = load({ server: 'bind_port = 8082 bind_address = "::" log_file = "f"', flags });
    assert.deepEqual(
      [
        config.bindAddress,
        config.bindPort,
        config.dataDir,
        config.logLevel,
        config.logSourceLocation,
        config.logFile,
      ],
      ['127.0.0.1', 9_000, '/other', 'debug', true, 'f'],
    );
    assert.deepEqual(config.datastore, { kind: 'managed', directory: '/other/postgres' });
    assert.deepEqual(
      faultsOf(() => load({ flags: { serverPort: '0' } })),
      ['-serverPort: "bind_port" in server must be a whole number from 1 to 65535, not 0'],
    );
  });

  test('flags do without a server block', () => {
    const flags = { trustDomain: 'example.org', dataDir: '/d' };
    assert.equal(loadServerConfig({ path: 's', text: `plugins { ${MEMORY} }`, flags }).config.dataDir, '/d');
  });

  test('every flag stands for a key that the file knows', () => {
    for (const { name, takesValue } of serverFlags) {
      const faults = faultsOf(() => load({ flags: { [name]: takesValue ? '\u0001' : true } }));
      assert.ok(!faults.some((fault) => fault.includes('unknown key')), name);
    }
  });

  test('variables are replaced before reading, on demand', () => {
    const text = `server { trust_domain = "\${TD}" data_dir = "$DIR/x" log_file = "$NONE" } plugins { ${MEMORY} }`;
    const environment = { TD: 'example.org', DIR: '/var' };
    const { config, warnings } = loadServerConfig({ path: 's', text, expandEnv: true, environment });
    assert.equal(config.dataDir, '/var/x');
    assert.deepEqual(warnings, ['s: environment variable "NONE" is not set and reads as empty']);
    assert.match(
      faultsOf(() => loadServerConfig({ path: 's', text, environment })).join(),
      /must be a trust domain name/,
    );
  });
});
