/** The agent's configuration: defaults, bootstrap and join token rules, plugins, flags. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { agentFlags } from '../../agent/config/agent-flags.ts';
import { loadAgentConfig } from '../../agent/config.ts';
import { NO_TELEMETRY } from '../../shared/config/telemetry.ts';
import { faultsOf } from '../shared/config/faults-of.ts';
import { load, type Parts, PLUGINS } from './load-config.ts';

describe('agent configuration', () => {
  test('fills in the defaults of SPIRE, and ours', () => {
    const { config, warnings } = load({});
    const { trustDomain, isWitEnabled, telemetry, nodeAttestor: _attestor, ...rest } = config;
    assert.deepEqual([trustDomain.name, isWitEnabled], ['example.org', false]);
    assert.deepEqual([telemetry, warnings], [NO_TELEMETRY, []]);
    assert.deepEqual(rest, {
      serverAddress: 'localhost',
      serverPort: 8_081,
      dataDir: '.',
      socketPath: '/tmp/spire-agent/public/api.sock',
      adminSocketPath: 'admin.sock',
      isAdminSocketShared: false,
      authorizedDelegates: [],
      joinToken: undefined,
      joinTokenFile: undefined,
      bootstrap: { kind: 'insecure' },
      workloadKeyType: 'ec-p256',
      availabilityTargetSeconds: undefined,
      x509SvidCacheMaxSize: 1_000,
      jwtSvidCacheMaxSize: 1_000,
      jwtSvidCacheHitTimeoutSeconds: 30,
      allowUnauthenticatedVerifiers: false,
      workloadApi: { isDisabled: false, allowedForeignJwtClaims: [], firstIdentityWaitSeconds: 0 },
      callLimits: new Map(),
      logSelectors: false,
      requirePeerPidfd: false,
      svidCache: 'memory',
      sds: {
        isDisabled: false,
        names: { svid: 'default', bundle: 'ROOTCA', allBundles: 'ALL' },
        isSpiffeValidationDisabled: false,
      },
      logLevel: 'info',
      logFormat: 'text',
      logFile: undefined,
      logSourceLocation: false,
      syncIntervalSeconds: 5,
      useSyncAuthorizedEntries: true,
      requirePqKem: false,
      keyManager: { kind: 'memory' },
      workloadAttestors: { unix: { discoverWorkloadPath: false, workloadSizeLimit: 0 } },
      healthChecks: {
        listenerEnabled: false,
        bindAddress: 'localhost',
        bindPort: 80,
        livePath: '/live',
        readyPath: '/ready',
      },
    });
  });

  test('tells all faults at once', () => {
    assert.deepEqual(
      faultsOf(() =>
        loadAgentConfig({
          path: 'a',
          text: 'agent {\n  server_port = 0\n  sokcet_path = "x"\n  availability_target = "1h"\n}',
        }),
      ),
      [
        'a:1:1: no KeyManager is enabled in plugins: add KeyManager "memory" or KeyManager "disk"',
        'a:1:1: no WorkloadAttestor is enabled in plugins: add WorkloadAttestor "unix" or WorkloadAttestor "k8s"',
        'a:1:7: "trust_domain" in agent is missing',
        'a:1:7: "server_address" in agent is missing',
        'a:2:17: "server_port" in agent must be a whole number from 1 to 65535, not 0',
        'a:3:3: unknown key "sokcet_path" in agent; did you mean "socket_path"?',
        'a:4:25: "availability_target" in agent must be a duration of at least 24h such as "1h30m", "10s" or "500ms"',
      ],
    );
  });
});

describe('bootstrap', () => {
  test('reads a bundle file and its format', () => {
    const agent = 'trust_bundle_path = "b.json" trust_bundle_format = "spiffe"';
    assert.deepEqual(load({ agent }).config.bootstrap, {
      kind: 'bundle-file',
      path: 'b.json',
      format: 'spiffe',
    });
  });

  test('warns when there is no source', () => {
    const { config, warnings } = load({ agent: '' });
    assert.deepEqual(config.bootstrap, { kind: 'stored-only' });
    assert.match(warnings.join(), /no trust bundle source/);
  });

  for (const agent of [
    'trust_bundle_url = "https://x"',
    'trust_bundle_unix_socket = "/s"',
    'trust_bundle_spiffe_workload_api = "/s"',
    'rebootstrap_mode = "auto"',
  ]) {
    test(`refuses ${agent}`, () =>
      assert.match(faultsOf(() => load({ agent })).join(), /is not supported yet/));
  }
});

describe('join token', () => {
  test('a token stays out of sight', () => {
    for (const loaded of [
      load({ agent: 'insecure_bootstrap = true join_token = "hunter2"' }),
      load({ flags: { joinToken: 'hunter2' } }),
    ]) {
      assert.equal(loaded.config.joinToken?.reveal(), 'hunter2');
      assert.doesNotMatch(JSON.stringify(loaded) + inspect(loaded, { depth: 9 }), /hunter2/);
    }
  });

  test('a flag stands above the file, but not beside the other source', () => {
    const flags = { joinToken: 'hunter2' };
    assert.equal(
      load({ agent: 'insecure_bootstrap = true join_token = "old"', flags }).config.joinToken?.reveal(),
      'hunter2',
    );
    const faults = faultsOf(() =>
      load({ agent: 'insecure_bootstrap = true join_token_file = "f"', flags }),
    ).join();
    assert.match(faults, /exclude each other/);
    assert.doesNotMatch(faults, /hunter2/);
  });
});

describe('settings of our own and of SPIRE', () => {
  test('svid_cache: none and memory are taken, disk is refused', () => {
    const agent = (kind: string): Parts => ({ agent: `insecure_bootstrap = true\nsvid_cache = "${kind}"` });
    for (const kind of ['none', 'memory']) {
      const { config, warnings } = load(agent(kind));
      assert.deepEqual([config.svidCache, warnings], [kind, []]);
    }
    assert.deepEqual(
      faultsOf(() => load(agent('disk'))),
      ['agent.conf:3:1: "svid_cache" "disk" in agent is not supported yet'],
    );
  });

  for (const agent of ['ratelimit { fetch_x509_svid = 1 }', 'experimental { broker { x = 1 } }']) {
    test(`refuses ${agent}`, () => {
      assert.match(
        faultsOf(() => load({ agent: `insecure_bootstrap = true ${agent}` })).join(),
        /is not supported yet/,
      );
    });
  }

  test('warns of what has no effect yet', () => {
    const agent = 'insecure_bootstrap = true rebootstrap_delay = "1m"';
    assert.equal(load({ agent }).warnings.length, 1);
  });

  for (const [text, expected] of [
    ['x509_svid_cache_max_size = 10', 10],
    ['x509_svid_cache_max_size = 0', 1_000],
    ['experimental { x509_svid_cache_max_size = 20 }', 20],
    ['experimental { x509_svid_cache_max_size = 0 }', 1_000],
  ] as const) {
    test(`reads the size of the cache from ${text}`, () => {
      const { config } = load({ agent: `insecure_bootstrap = true ${text}` });
      assert.equal(config.x509SvidCacheMaxSize, expected);
    });
  }

  for (const [text, fault] of [
    ['x509_svid_cache_max_size = -1', /must be a whole number of at least 0, not -1/],
    ['experimental { x509_svid_cache_max_size = -1 }', /must be a whole number of at least 0, not -1/],
    [
      'x509_svid_cache_max_size = 1 experimental { x509_svid_cache_max_size = 1 }',
      /is in agent and in experimental: keep one/,
    ],
  ] as const) {
    test(`refuses ${text}`, () => {
      assert.match(faultsOf(() => load({ agent: `insecure_bootstrap = true ${text}` })).join(), fault);
    });
  }

  test('reads experimental keys', () => {
    const { config } = load({
      agent:
        'insecure_bootstrap = true experimental { sync_interval = "250ms" use_sync_authorized_entries = false require_pq_kem = true }',
    });
    assert.deepEqual(
      [config.syncIntervalSeconds, config.useSyncAuthorizedEntries, config.requirePqKem],
      [0.25, false, true],
    );
  });
});

describe('agent plugins', () => {
  test('reads the disk key manager and the unix attestor', () => {
    const { config } = load({
      plugins:
        'KeyManager "disk" { plugin_data { directory = "/d" } } WorkloadAttestor "unix" { plugin_data { discover_workload_path = true workload_size_limit = -1 } }',
    });
    assert.deepEqual(config.keyManager, { kind: 'disk', directory: '/d' });
    assert.deepEqual(config.workloadAttestors, {
      unix: { discoverWorkloadPath: true, workloadSizeLimit: -1 },
    });
  });

  test('reads the node attestor, and says which of its files is missing', () => {
    assert.deepEqual(load({}).config.nodeAttestor, { kind: 'join_token' });
    const x509pop = (data: string) => `${PLUGINS}\nNodeAttestor "x509pop" { plugin_data { ${data} } }`;
    const files = 'private_key_path = "k" certificate_path = "c"';
    assert.deepEqual(load({ plugins: x509pop(`${files} intermediates_path = "i"`) }).config.nodeAttestor, {
      kind: 'x509pop',
      privateKeyPath: 'k',
      certificatePath: 'c',
      intermediatesPath: 'i',
    });
    assert.deepEqual(
      faultsOf(() => load({ plugins: x509pop('certificate_pat = "c"') })).map((fault) =>
        fault.replace(/^[^ ]* /, ''),
      ),
      [
        '"private_key_path" in NodeAttestor "x509pop".plugin_data is missing',
        '"certificate_path" in NodeAttestor "x509pop".plugin_data is missing',
        'unknown key "certificate_pat" in NodeAttestor "x509pop".plugin_data; did you mean "certificate_path"?',
      ],
    );
  });

  test('refuses by name what does not exist yet', () => {
    const plugins = `${PLUGINS}\nNodeAttestor "k8s_psat" { plugin_data { cluster = "c" } }\nWorkloadAttestor "docker" {}\nSVIDStore "gcp_secretmanager" {}`;
    assert.deepEqual(
      faultsOf(() => load({ plugins })),
      [
        'agent.conf:7:1: NodeAttestor "k8s_psat" is not supported yet',
        'agent.conf:8:1: WorkloadAttestor "docker" is not supported yet',
        'agent.conf:9:1: SVIDStore "gcp_secretmanager" is not supported yet',
      ],
    );
  });
});

describe('agent flags', () => {
  test('stand above the file', () => {
    const { config } = load({
      agent: 'trust_bundle_path = "old.pem"',
      flags: {
        trustBundle: 'new.pem',
        serverAddress: 'other',
        serverPort: '9',
        socketPath: '/s',
        allowUnauthenticatedVerifiers: true,
      },
    });
    assert.deepEqual(config.bootstrap, { kind: 'bundle-file', path: 'new.pem', format: 'pem' });
    assert.deepEqual(
      [config.serverAddress, config.serverPort, config.socketPath, config.allowUnauthenticatedVerifiers],
      ['other', 9, '/s', true],
    );
  });

  test('a boolean flag may turn off what the file turns on', () => {
    assert.deepEqual(
      load({ flags: { insecureBootstrap: false, trustBundle: 'b' } }).config.bootstrap.kind,
      'bundle-file',
    );
  });

  test('every flag stands for a key that the file knows', () => {
    for (const { name, takesValue } of agentFlags) {
      const faults = faultsOf(() => load({ flags: { [name]: takesValue ? '\u0001' : true } }));
      assert.ok(!faults.some((fault) => fault.includes('unknown key')), name);
    }
  });
});
