/** The server's configuration: defaults, every fault at once, flags and environment. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { NO_TELEMETRY } from '../../shared/config/telemetry.ts';
import { serverFlags } from '../../server/config/server-flags.ts';
import { loadServerConfig } from '../../server/config.ts';
import { faultsOf } from '../shared/config/faults-of.ts';
import { load, MEMORY } from './config/load-sketch.ts';

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
      roles: [],
      maxAttestedNodeInfoStalenessSeconds: 0,
      rateLimit: { attestation: true, signing: true },
      ca: {
        keyType: 'ec-p256',
        ttlSeconds: 86_400,
        subject: { country: ['US'], organization: ['SPIFFE'], commonName: '' },
        defaultX509SvidTtlSeconds: 3_600,
        agentTtlSeconds: 3_600,
      },
      jwt: { isEnabled: true, keyType: 'ec-p256', issuer: undefined, defaultTtlSeconds: 300 },
      wit: { isEnabled: false, keyType: 'ec-p256', issuer: undefined, defaultTtlSeconds: 3_600 },
      logLevel: 'info',
      logFormat: 'text',
      logFile: undefined,
      logSourceLocation: false,
      requirePqKem: false,
      newAuthorityWaitSeconds: 30,
      pruneNodes: undefined,
      datastore: { kind: 'managed', directory: '/data/postgres' },
      keyManager: { kind: 'memory' },
      credentialComposers: [],
      upstreamAuthority: undefined,
      nodeAttestors: [],
      telemetry: NO_TELEMETRY, // itself in config/telemetry.test
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
      ['TRACE', 'trace'],
      ['fatal', 'fatal'],
      ['Panic', 'panic'],
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
