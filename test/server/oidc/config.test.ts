/** The OIDC discovery provider's file: SPIRE's keys and defaults, and every fault with its place. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { loadOidcConfig, type OidcConfig } from '../../../server/oidc/config.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import { faultsOf } from '../../shared/config/faults-of.ts';

const load = (text: string) => loadOidcConfig({ path: 'o', text });

const DOMAINS = 'domains = ["oidc.example.org"]';
const SOURCE = 'file { path = "bundle.json" }';
const LISTEN = 'insecure_addr = ":8080"';
const HTTPS = 'serving_cert_file { cert_file_path = "c.pem" key_file_path = "k.pem" }';
/** A small valid file on one line, with something in place of a part of it. */
const file = ({ domains = DOMAINS, source = SOURCE, listen = LISTEN, more = '' }): string =>
  `${domains} ${source} ${listen} ${more}`.replace(/\s+/g, ' ');

describe('configuration of the OIDC discovery provider', () => {
  test('has the defaults of SPIRE', () => {
    const { config, warnings } = load(file({ listen: HTTPS }));
    assert.deepEqual(warnings, []);
    assert.deepEqual(config, {
      document: {
        domains: ['oidc.example.org'],
        issuer: undefined,
        jwksUri: undefined,
        pathPrefix: '',
        setKeyUse: false,
      },
      listen: {
        kind: 'https',
        certificatePath: 'c.pem',
        keyPath: 'k.pem',
        syncIntervalSeconds: 60,
        address: { host: undefined, port: 443 },
      },
      allowInsecureScheme: false,
      source: { kind: 'file', path: 'bundle.json', pollIntervalSeconds: 10 },
      logLevel: 'info',
      logFormat: 'text',
      logFile: undefined,
      logRequests: false,
      probes: undefined,
    });
  });

  const sources: readonly (readonly [string, OidcConfig['source']])[] = [
    [
      'server_api { address = "unix:///tmp/spire-server/private/api.sock" poll_interval = "1m" }',
      { kind: 'server-api', socketPath: '/tmp/spire-server/private/api.sock', pollIntervalSeconds: 60 },
    ],
    [
      'server_api { address = "unix:run/api.sock" }',
      { kind: 'server-api', socketPath: 'run/api.sock', pollIntervalSeconds: 10 },
    ],
    [
      'workload_api { socket_path = "/run/agent.sock" trust_domain = "example.org" poll_interval = "500ms" }',
      {
        kind: 'workload-api',
        socketPath: '/run/agent.sock',
        trustDomain: TrustDomain.parse('example.org'),
        pollIntervalSeconds: 0.5,
      },
    ],
  ];
  for (const [source, expected] of sources)
    test(`takes its keys from ${source}`, () =>
      assert.deepEqual(load(file({ source })).config.source, expected));

  const ways: readonly (readonly [string, OidcConfig['listen']])[] = [
    ['listen_socket_path = "/run/oidc.sock"', { kind: 'socket', path: '/run/oidc.sock' }],
    ['insecure_addr = "127.0.0.1:80"', { kind: 'http', address: { host: '127.0.0.1', port: 80 } }],
    ['insecure_addr = "[::1]:0"', { kind: 'http', address: { host: '::1', port: 0 } }],
    ['insecure_addr = "localhost:65535"', { kind: 'http', address: { host: 'localhost', port: 65_535 } }],
  ];
  for (const [listen, expected] of ways)
    test(`listens where ${listen} says`, () =>
      assert.deepEqual(load(file({ listen })).config.listen, expected));

  test('takes what says how the document looks', () => {
    const more =
      'jwt_issuer = "https://Issuer.example.org/a/" jwks_uri = "https://cdn.example.org/keys?v=1" server_path_prefix = "/instance/1/" set_key_use = true';
    assert.deepEqual(load(file({ more })).config.document, {
      domains: ['oidc.example.org'],
      issuer: 'https://Issuer.example.org/a/',
      jwksUri: 'https://cdn.example.org/keys?v=1',
      pathPrefix: '/instance/1',
      setKeyUse: true,
    });
    assert.equal(load(file({ more: 'server_path_prefix = "/"' })).config.document.pathPrefix, '');
  });

  test('opens the probes where the block is, empty or not', () => {
    const probes = (more: string) => load(file({ more })).config.probes;
    assert.deepEqual(probes('health_checks {}'), { bindPort: 8_008, readyPath: '/ready', livePath: '/live' });
    assert.deepEqual(probes('health_checks { bind_port = "81" ready_path = "/r" live_path = "/l/l" }'), {
      bindPort: 81,
      readyPath: '/r',
      livePath: '/l/l',
    });
  });

  test('is JSON too, and has the environment put in where that is asked for', () => {
    const text = JSON.stringify({
      domains: ['$DOMAIN', 'b.example.org'],
      listen_socket_path: '/s',
      file: { path: 'f' },
      health_checks: {},
    });
    const { config } = loadOidcConfig({
      path: 'o',
      text,
      expandEnv: true,
      environment: { DOMAIN: 'a.example.org' },
    });
    assert.deepEqual(config.document.domains, ['a.example.org', 'b.example.org']);
    assert.notEqual(config.probes, undefined);
  });

  test('warns of what has no effect', () => {
    const more = 'allow_insecure_scheme = true experimental { listen_named_pipe_name = "p" }';
    assert.deepEqual(
      load(file({ listen: HTTPS, more })).warnings.map((line) => line.replace(/^o:1:\d+: /, '')),
      [
        '"allow_insecure_scheme" has no effect with serving_cert_file',
        '"listen_named_pipe_name" in experimental has no effect yet',
      ],
    );
  });

  test('tells all faults at once, each with its place', () => {
    const text =
      'domain = ["a"]\nserver_api {\n  adress = "unix:///a"\n}\nset_key_use = 1\nlog_level = "loud"\n';
    assert.deepEqual(
      faultsOf(() => load(text)),
      [
        'o:1:1: "domains" is missing',
        'o:1:1: one of serving_cert_file, listen_socket_path and insecure_addr must be given',
        'o:1:1: unknown key "domain" at the top level; did you mean "domains"?',
        'o:2:12: "address" in server_api is missing',
        'o:3:3: unknown key "adress" in server_api; did you mean "address"?',
        'o:5:15: "set_key_use" must be true or false, not 1',
        'o:6:13: "log_level" must be "panic" or "fatal" or "error" or "warn" or "info" or "debug" or "trace"',
      ],
    );
  });

  const SOCKETS = { listen: 'listen_socket_path = "/s"' };
  const faults: readonly (readonly [what: string, parts: Parameters<typeof file>[0], told: string])[] = [
    ['no domains', { domains: '' }, '"domains" is missing'],
    ['an empty list of domains', { domains: 'domains = []' }, '"domains" is empty: name at least one'],
    [
      'a URL as a domain',
      { domains: 'domains = ["https://a.org"]' },
      '"domains" must be a domain name, without scheme, port or path',
    ],
    ['a port', { domains: 'domains = ["a.org:443"]' }, '"domains" must be a domain name, without'],
    ['a wildcard', { domains: 'domains = ["*"]' }, '"domains" must be a domain name, without'],
    ['capitals', { domains: 'domains = ["A.org"]' }, '"domains" must be written as "a.org": in lower case'],
    [
      'another alphabet',
      { domains: 'domains = ["bücher.example"]' },
      '"domains" must be written as "xn--bcher-kva.example": in lower case',
    ],
    ['no source', { source: '' }, 'one of server_api, workload_api and file must be given'],
    [
      'two sources',
      { source: `${SOURCE} server_api { address = "unix:///a" }` },
      'server_api and file are mutually exclusive',
    ],
    [
      'a server over TCP',
      { source: 'server_api { address = "localhost:8081" }' },
      '"address" in server_api must name a Unix socket, as "unix:///path/api.sock" does',
    ],
    [
      'a socket path that is too long',
      { source: `server_api { address = "unix:///${'a'.repeat(110)}" }` },
      '"address" in server_api must be at most 107 bytes long to be bound as a Unix socket',
    ],
    [
      'a workload API of no trust domain',
      { source: 'workload_api { socket_path = "/a" }' },
      '"trust_domain" in workload_api is missing',
    ],
    [
      'no pause between polls',
      { source: 'file { path = "f" poll_interval = "0s" }' },
      '"poll_interval" in file must be a duration of at least 100ms such as "1h30m", "10s" or "500ms"',
    ],
    [
      'no way in',
      { listen: '' },
      'one of serving_cert_file, listen_socket_path and insecure_addr must be given',
    ],
    [
      'two ways in',
      { listen: `${LISTEN} ${SOCKETS.listen}` },
      'listen_socket_path and insecure_addr are mutually exclusive',
    ],
    [
      'HTTPS and another way in',
      { listen: `${HTTPS} ${LISTEN}` },
      'serving_cert_file and insecure_addr are mutually exclusive',
    ],
    [
      'half of a certificate',
      { listen: 'serving_cert_file { cert_file_path = "c" }' },
      '"key_file_path" in serving_cert_file is missing',
    ],
    [
      'ACME',
      { listen: 'acme { email = "a@example.org" tos_accepted = true }' },
      '"acme" is not supported yet: let an ACME client keep the certificate, and name its files in serving_cert_file',
    ],
    [
      'an address without a port',
      { listen: 'insecure_addr = "localhost"' },
      '"insecure_addr" must be an address such as ":443", "127.0.0.1:8080" or "[::1]:8080"',
    ],
    ['a port beyond the last', { listen: 'insecure_addr = ":65536"' }, '"insecure_addr" must be an address'],
    ['a bare IPv6 address', { listen: 'insecure_addr = "::1:80"' }, '"insecure_addr" must be an address'],
    [
      'an issuer that is no URL',
      { more: 'jwt_issuer = "oidc.example.org"' },
      '"jwt_issuer" must be a URL with scheme and host such as "https://oidc.example.org"',
    ],
    ['an issuer of another scheme', { more: 'jwt_issuer = "spiffe://a.org"' }, '"jwt_issuer" must be a URL'],
    [
      'an issuer with a query',
      { more: 'jwt_issuer = "https://a.org/?b"' },
      '"jwt_issuer" must have no query and no fragment',
    ],
    [
      'an issuer with a password',
      { more: 'jwt_issuer = "https://a:b@a.org"' },
      '"jwt_issuer" must have no user and no password',
    ],
    ['keys at a fragment', { more: 'jwks_uri = "https://a.org/#b"' }, '"jwks_uri" must have no fragment'],
    ...['instance/1', '/a//b', '/a/../b', '/a?b', '/a%2fb', '/a b'].map(
      (prefix) =>
        [
          `the prefix ${prefix}`,
          { more: `server_path_prefix = "${prefix}"` },
          '"server_path_prefix" must be a path such as "/instance/1", of letters',
        ] as const,
    ),
    [
      'a probe without a path',
      { more: 'health_checks { ready_path = "ready" }' },
      '"ready_path" in health_checks must be a path such as "/ready"',
    ],
    ['a key of server.conf', { more: 'log_file = "l"' }, 'unknown key "log_file" at the top level'],
  ];
  for (const [what, parts, expected] of faults)
    test(`refuses ${what}`, () => {
      const found = faultsOf(() => load(file(parts)));
      assert.equal(found.length, 1, found.join('\n'));
      assert.ok((found[0] ?? '').replace(/^o:1:\d+: /, '').startsWith(expected), found.join());
    });
});
