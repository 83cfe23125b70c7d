import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultsOf } from '../../shared/config/faults-of.ts';
import { load } from './load-sketch.ts';

test('metrics are asked for as in SPIRE', () => {
  const { telemetry } = load({
    rest: `telemetry {
      Prometheus {
        host = "0.0.0.0"
        port = 9988
        tls { use_spire_svid = true authorized_spiffe_ids = ["spiffe://example.org/prometheus"] }
      }
      MetricPrefix = "writ"
      EnableTrustDomainLabel = true
      EnableHostnameLabel = false
      AllowedPrefixes = ["writ.rpc"]
      BlockedPrefixes = ["writ.datastore"]
    }`,
  }).config;
  const { prometheus, ...rest } = telemetry;
  assert.deepEqual(
    { ...prometheus, authorizedSpiffeIds: prometheus.authorizedSpiffeIds.map(String) },
    {
      host: '0.0.0.0',
      port: 9_988,
      useSpireSvid: true,
      authorizedSpiffeIds: ['spiffe://example.org/prometheus'],
    },
  );
  assert.deepEqual(rest, {
    metricPrefix: 'writ',
    hasTrustDomainLabel: true,
    hasHostnameLabel: false,
    allowedPrefixes: ['writ.rpc'],
    blockedPrefixes: ['writ.datastore'],
  });
});

for (const [what, rest, fault] of [
  ['without a port', 'telemetry { Prometheus { host = "x" } }', /Prometheus needs a port/],
  [
    'whose readers are named but cannot be known',
    'telemetry { Prometheus { port = 1 tls { authorized_spiffe_ids = ["spiffe://a/b"] } } }',
    /authorized_spiffe_ids needs use_spire_svid/,
  ],
  [
    'by a certificate from a file',
    'telemetry { Prometheus { port = 1 tls { cert_file = "x" } } }',
    /"cert_file" in telemetry\.Prometheus\.tls is not supported yet/,
  ],
  ['with a key that nobody knows', 'telemetry { Prometheus { porrt = 1 } }', /porrt/],
] as const)
  test(`refuses metrics ${what}`, () => assert.match(faultsOf(() => load({ rest })).join(), fault));
