/**
 * A program's metrics and traces, as its `telemetry {}` wants them. Called by the composition roots. The libraries are loaded
 * where they are used alone: they take 25 MB.
 */
import { hostname } from 'node:os';
import type { TelemetryConfig } from '../config/telemetry.ts';
import type { Logger } from '../log/logger.ts';
import type { TrustDomain } from '../spiffe/trust-domain.ts';
import type { Part } from '../tasks.ts';
import { type Metrics, noMetrics } from './metrics.ts';
import type { PrometheusMetrics } from './prometheus-metrics.ts';

export interface Telemetry {
  /** Undefined: nobody reads them. */
  readonly prometheus: PrometheusMetrics | undefined;
  /** What deeds are told to; undefined where it would go nowhere. */
  readonly metrics: Metrics | undefined;
  /** To be started before the doors open. */
  readonly parts: readonly Part[];
}

export const NOT_TOLD: Telemetry = { prometheus: undefined, metrics: undefined, parts: [] };

export interface TelemetryNeeds {
  readonly program: 'server' | 'agent';
  readonly config: { readonly telemetry: TelemetryConfig; readonly trustDomain: TrustDomain };
  readonly log: Logger;
}

export async function makeTelemetry(needs: TelemetryNeeds): Promise<Telemetry> {
  const { program, config, log } = needs;
  const prometheus = await makeMetrics(needs);
  const { otlp } = config.telemetry;
  if (otlp.endpoint === '') return { prometheus, metrics: prometheus, parts: [] };
  const { OtlpTraces } = await import('./otlp-traces.ts');
  const traces = new OtlpTraces({ config: otlp, service: `writ-${program}`, log });
  const told: Metrics = prometheus ?? noMetrics;
  return {
    prometheus,
    metrics: {
      count: (...given) => told.count(...given),
      sample: (...given) => told.sample(...given),
      gauge: (...given) => told.gauge(...given),
      traces,
    },
    parts: [traces],
  };
}

/** Costs nothing where nobody reads them. */
async function makeMetrics({
  program,
  config: { telemetry, trustDomain },
}: TelemetryNeeds): Promise<PrometheusMetrics | undefined> {
  if (telemetry.prometheus.port === undefined) return undefined;
  const { PrometheusMetrics } = await import('./prometheus-metrics.ts');
  return new PrometheusMetrics({
    prefix: telemetry.metricPrefix || `spire_${program}`,
    labels: {
      ...(telemetry.hasHostnameLabel ? { host: hostname() } : {}),
      ...(telemetry.hasTrustDomainLabel ? { trust_domain: trustDomain.name } : {}),
    },
    allowedPrefixes: telemetry.allowedPrefixes,
    blockedPrefixes: telemetry.blockedPrefixes,
  });
}
