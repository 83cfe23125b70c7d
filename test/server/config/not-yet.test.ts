/** Settings of SPIRE's server that do not exist yet: refused, or warned of where ignoring them is safe. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { faultsOf } from '../../shared/config/faults-of.ts';
import { load } from './load-sketch.ts';

describe('settings of SPIRE that do not exist yet', () => {
  test('those that may be ignored warn when they are set', () => {
    const { warnings } = load({
      server: 'profiling_port = 1\nexperimental { cache_reload_interval = "1s" }\nprofiling_enabled = false',
      rest: 'telemetry { Statsd = [{ address = "localhost:1337" }] }',
    });
    assert.deepEqual(warnings, [
      'server.conf:3:16: "cache_reload_interval" in server.experimental has no effect yet',
      'server.conf:2:1: "profiling_port" in server has no effect yet',
      'server.conf:9:13: "Statsd" in telemetry has no effect yet',
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
