import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultsOf } from '../../shared/config/faults-of.ts';
import { load } from './load-sketch.ts';

test('metrics are asked for as in SPIRE, and traces as it has none', () => {
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
      OTLP { endpoint = "https://collector.example.org/v1/traces" sample_percent = 5 }
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
    otlp: { endpoint: 'https://collector.example.org/v1/traces', samplePercent: 5 },
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
  ['beside traces to no URL', 'telemetry { OTLP { endpoint = "collector" } }', /"collector" is no URL/],
  [
    'beside traces to another protocol',
    'telemetry { OTLP { endpoint = "grpc://c:4317" } }',
    /must begin with http/,
  ],
  [
    'beside a password in an address',
    'telemetry { OTLP { endpoint = "http://u:p@c/v1/traces" } }',
    /must not hold a password/,
  ],
  ['beside a share of no traces', 'telemetry { OTLP { sample_percent = 5 } }', /needs an endpoint/],
  ['with a key that nobody knows', 'telemetry { Prometheus { porrt = 1 } }', /porrt/],
] as const)
  test(`refuses metrics ${what}`, () => assert.match(faultsOf(() => load({ rest })).join(), fault));
