/** `telemetry {}`, the same in server.conf and agent.conf: SPIRE's keys, of which Prometheus' have an effect, and OTLP of ours. */
import type { SpiffeId } from '../spiffe/spiffe-id.ts';
import { because, boolean, integer, listOf, parsed, port, spiffeId, text } from './kinds.ts';
import { type Block, defaulting, type Kind, type Shape } from './shape.ts';

export interface PrometheusConfig {
  readonly host: string;
  /** Undefined: no metrics are served. */
  readonly port: number | undefined;
  /** TLS by the program's own SVID. */
  readonly useSpireSvid: boolean;
  /** Who may read; none named: everybody. */
  readonly authorizedSpiffeIds: readonly SpiffeId[];
}

export interface OtlpConfig {
  /** An http or https URL. Empty: nothing is traced. */
  readonly endpoint: string;
  readonly samplePercent: number;
}

export interface TelemetryConfig {
  readonly prometheus: PrometheusConfig;
  readonly otlp: OtlpConfig;
  /** Empty: the program's. */
  readonly metricPrefix: string;
  readonly hasTrustDomainLabel: boolean;
  readonly hasHostnameLabel: boolean;
  readonly allowedPrefixes: readonly string[];
  readonly blockedPrefixes: readonly string[];
}

export const NO_TELEMETRY: TelemetryConfig = {
  prometheus: { host: 'localhost', port: undefined, useSpireSvid: false, authorizedSpiffeIds: [] },
  otlp: { endpoint: '', samplePercent: 100 },
  metricPrefix: '',
  hasTrustDomainLabel: false,
  hasHostnameLabel: true,
  allowedPrefixes: [],
  blockedPrefixes: [],
};

export const telemetryShape: Shape<TelemetryConfig> = (block) => {
  const prometheus = block.block('Prometheus', 'metrics for Prometheus to read', prometheusShape);
  if (block.isGiven('Prometheus') && prometheus.port === undefined)
    block.fault('Prometheus needs a port: nothing would be served', 'Prometheus');
  for (const sink of ['DogStatsd', 'Statsd', 'M3', 'InMem'])
    block.withoutEffect(sink, 'metrics are served for Prometheus alone');
  for (const key of ['AllowedLabels', 'BlockedLabels'])
    block.withoutEffect(key, 'labels are few; leave some out where Prometheus reads them');
  const prefixes = (key: string, doc: string): readonly string[] =>
    block.field(key, defaulting(listOf(text), [], { doc, shown: '' }));
  return {
    prometheus,
    otlp: block.block('OTLP', 'traces for an OpenTelemetry collector; not in SPIRE', otlpShape),
    metricPrefix: block.field(
      'MetricPrefix',
      defaulting(text, '', { doc: 'what names begin with; spire_server or spire_agent without it' }),
    ),
    hasTrustDomainLabel: flag(block, 'EnableTrustDomainLabel', false),
    hasHostnameLabel: flag(block, 'EnableHostnameLabel', true),
    allowedPrefixes: prefixes(
      'AllowedPrefixes',
      'names that are kept, their parts joined by dots; all without it',
    ),
    blockedPrefixes: prefixes('BlockedPrefixes', 'names that are left out'),
  };
};

const flag = (block: Block, key: string, isSet: boolean): boolean =>
  block.field(key, defaulting(boolean, isSet, { doc: 'a label on every metric' }));

const prometheusShape: Shape<PrometheusConfig> = (block) => {
  const chosen = block.field(
    'port',
    defaulting(port, 0, { doc: 'port to listen on; without it none is', shown: '' }),
  );
  return {
    host: block.field('host', defaulting(text, 'localhost', { doc: 'address to listen on' })),
    port: chosen === 0 ? undefined : chosen,
    ...block.block('tls', 'TLS for whoever reads', tlsShape),
  };
};

const otlpShape: Shape<OtlpConfig> = (block) => {
  const endpoint = block.field(
    'endpoint',
    defaulting(webAddress, '', { doc: 'URL that takes OTLP over HTTP, with its path (/v1/traces)' }),
  );
  const samplePercent = block.field(
    'sample_percent',
    defaulting(integer(0, 100), 100, { doc: 'how many of a hundred calls are traced' }),
  );
  if (block.isGiven('sample_percent') && endpoint === '')
    block.fault('sample_percent needs an endpoint: nothing would be traced', 'sample_percent');
  return { endpoint, samplePercent };
};

const webAddress: Kind<string> = parsed('URL', '', (value) => {
  const { protocol, username, password } = because(`"${value}" is no URL`, () => new URL(value));
  if (!['http:', 'https:'].includes(protocol)) throw new Error('must begin with http:// or https://');
  if (username !== '' || password !== '')
    throw new Error('must not hold a password: OTEL_EXPORTER_OTLP_HEADERS, in the environment, is for that');
  return value;
});

const tlsShape: Shape<Pick<PrometheusConfig, 'useSpireSvid' | 'authorizedSpiffeIds'>> = (block) => {
  for (const key of ['cert_file', 'key_file', 'client_ca_file'])
    block.notSupported(key, 'a certificate from files: use_spire_svid has one that renews itself');
  const useSpireSvid = block.field(
    'use_spire_svid',
    defaulting(boolean, false, { doc: 'TLS by the SVID of this program' }),
  );
  const authorizedSpiffeIds = block.field(
    'authorized_spiffe_ids',
    defaulting(listOf(spiffeId), [], { doc: 'who may read; everybody without it', shown: '' }),
  );
  if (authorizedSpiffeIds.length > 0 && !useSpireSvid)
    block.fault(
      'authorized_spiffe_ids needs use_spire_svid: without TLS nobody is known',
      'authorized_spiffe_ids',
    );
  return { useSpireSvid, authorizedSpiffeIds };
};
