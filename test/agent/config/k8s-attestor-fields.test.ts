import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { K8sAttestorConfig } from '../../../agent/config/k8s-attestor-fields.ts';
import { ConfigFaults } from '../../../shared/config/faults.ts';
import { load } from '../load-config.ts';

const loaded = (keys: string) =>
  load({ plugins: `KeyManager "memory" {}\nWorkloadAttestor "k8s" { plugin_data {\n${keys}\n} }` });
const read = (keys: string): K8sAttestorConfig | undefined => loaded(keys).config.workloadAttestors.k8s;

const SERVICE_ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount';
const SECURE = {
  kind: 'secure',
  port: 10_250,
  caPath: `${SERVICE_ACCOUNT}/ca.crt`,
  login: { kind: 'token', path: `${SERVICE_ACCOUNT}/token` },
  reloadIntervalMs: 60_000,
};
const DEFAULTS = {
  kubelet: SECURE,
  nodeName: undefined,
  nodeNameEnv: 'MY_NODE_NAME',
  maxPollAttempts: 60,
  pollRetryIntervalMs: 500,
  disableContainerSelectors: false,
  useNewContainerLocator: true,
  verboseContainerLocatorLogs: false,
};

describe('the configuration of the k8s attestor', () => {
  for (const [what, keys, expected] of [
    ['has the defaults of SPIRE', '', DEFAULTS],
    [
      'takes nothing and empty for them',
      'kubelet_read_only_port = 0 kubelet_secure_port = 0 kubelet_ca_path = "" token_path = "" node_name = "" node_name_env = "" max_poll_attempts = 0 poll_retry_interval = "0s" reload_interval = "0s"',
      DEFAULTS,
    ],
    [
      "reads SPIRE's example for Kubernetes",
      'skip_kubelet_verification = true',
      { ...DEFAULTS, kubelet: { ...SECURE, caPath: undefined } },
    ],
    [
      'reads every key',
      'kubelet_secure_port = 20250 kubelet_ca_path = "/ca" token_path = "/t" node_name = "node1" node_name_env = "N" max_poll_attempts = 5 poll_retry_interval = "1s" reload_interval = "1h" disable_container_selectors = true use_new_container_locator = false verbose_container_locator_logs = true',
      {
        kubelet: {
          kind: 'secure',
          port: 20_250,
          caPath: '/ca',
          login: { kind: 'token', path: '/t' },
          reloadIntervalMs: 3_600_000,
        },
        nodeName: 'node1',
        nodeNameEnv: 'N',
        maxPollAttempts: 5,
        pollRetryIntervalMs: 1_000,
        disableContainerSelectors: true,
        useNewContainerLocator: false,
        verboseContainerLocatorLogs: true,
      },
    ],
    [
      'reads a client certificate',
      'certificate_path = "/c" private_key_path = "/k"',
      {
        ...DEFAULTS,
        kubelet: { ...SECURE, login: { kind: 'certificate', certificatePath: '/c', keyPath: '/k' } },
      },
    ],
    [
      'reads that nothing is shown',
      'use_anonymous_authentication = true',
      { ...DEFAULTS, kubelet: { ...SECURE, login: { kind: 'anonymous' } } },
    ],
    [
      'reads the read-only port',
      'kubelet_read_only_port = "10255"',
      { ...DEFAULTS, kubelet: { kind: 'read-only', port: 10_255 } },
    ],
  ] as const)
    it(what, () => assert.deepEqual(read(keys), expected));

  for (const [keys, expected] of [
    [
      'kubelet_read_only_port = 10255 kubelet_secure_port = 10250',
      'agent.conf:7:1: cannot use both the read-only and secure port',
    ],
    ['certificate_path = "/c"', 'agent.conf:7:1: the private key path is required with the certificate path'],
    ['private_key_path = "/k"', 'agent.conf:7:1: the certificate path is required with the private key path'],
    [
      'experimental { sigstore { ignore_sct = true } }',
      'agent.conf:7:16: "sigstore" in WorkloadAttestor "k8s".plugin_data.experimental is not supported yet',
    ],
    ['experimental { sigstore {} }', 'agent.conf:7:16: "sigstore" is not supported yet'],
    [
      'enable_namespace_labels = true',
      'agent.conf:7:1: "enable_namespace_labels" in WorkloadAttestor "k8s".plugin_data is not supported yet',
    ],
  ] as const)
    it(`refuses ${keys}`, () => {
      assert.throws(
        () => read(keys),
        (error) => {
          assert.ok(error instanceof ConfigFaults);
          assert.deepEqual(error.message.split('\n'), [expected]);
          return true;
        },
      );
    });

  it('takes what is turned off for what it is', () => {
    assert.deepEqual(read('enable_namespace_labels = false disable_kubelet_client = false'), DEFAULTS);
  });

  it('warns of a login that is not shown', () => {
    assert.deepEqual(loaded('use_anonymous_authentication = true token_path = "/t"').warnings, [
      'agent.conf:7:37: "token_path" has no effect beside "use_anonymous_authentication"',
    ]);
  });
});
