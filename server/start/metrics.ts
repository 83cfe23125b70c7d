/** The server's metrics, and where they are read (`telemetry {}`). Called by server.ts. */
import type { Clock } from '../../shared/clock.ts';
import { permissionDenied } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Part } from '../../shared/tasks.ts';
import type { Metrics } from '../../shared/telemetry/metrics.ts';
import { PrometheusListener } from '../../shared/telemetry/prometheus-listener.ts';
import type { PrometheusMetrics } from '../../shared/telemetry/prometheus-metrics.ts';
import { VERSION } from '../../shared/version.ts';
import type { Callers } from '../api/gate/caller.ts';
import type { Authority } from '../ca/authorities.ts';
import type { RotatingAuthorities } from '../ca/rotating-authorities.ts';
import type { ServerConfig } from '../config.ts';
import type { OwnSvid } from '../listen/own-svid.ts';

type MetricsConfig = Pick<ServerConfig, 'telemetry' | 'trustDomain' | 'requirePqKem'>;

export interface MetricsParts {
  readonly config: MetricsConfig;
  readonly prometheus: PrometheusMetrics | undefined;
  readonly ownSvid: Pick<OwnSvid, 'identity' | 'onChange'>;
  readonly callers: Pick<Callers, 'identify'>;
  readonly log: Logger;
}

/** Nothing where no port is configured. */
export function metricsParts({ config, prometheus, ownSvid, callers, log }: MetricsParts): readonly Part[] {
  const { host, port, useSpireSvid, authorizedSpiffeIds } = config.telemetry.prometheus;
  if (prometheus === undefined || port === undefined) return [];
  const allowed = new Set(authorizedSpiffeIds.map(String));
  const checkReader = async (chain: readonly Uint8Array[]): Promise<void> => {
    const caller = await callers.identify({ kind: 'remote', address: '', chain });
    if (caller.kind !== 'identified') throw permissionDenied('it has no certificate');
    const { id } = caller.svid;
    if (!allowed.has(id.toString())) throw permissionDenied(`${id} is none of authorized_spiffe_ids`);
  };
  const tls = {
    requirePqKem: config.requirePqKem,
    identity: () => ownSvid.identity(),
    onChange: ownSvid.onChange.bind(ownSvid),
    checkReader: allowed.size === 0 ? undefined : checkReader,
  };
  return [new PrometheusListener({ host, port, metrics: prometheus, log, ...(useSpireSvid ? { tls } : {}) })];
}

export interface Watched {
  readonly trustDomain: ServerConfig['trustDomain'];
  readonly clock: Clock;
  readonly index: { readonly size: number };
  readonly nodeCache: { readonly size: number };
  readonly hub: { readonly size: number };
  readonly authorities: {
    readonly x509: RotatingAuthorities<Authority>;
    readonly jwt: RotatingAuthorities<Authority> | undefined;
  };
}

/** What is read when somebody looks, under SPIRE's names; `agent.streams` is ours. */
export function watch(metrics: Metrics, watched: Watched): void {
  const { clock, trustDomain, index, nodeCache, hub, authorities } = watched;
  const startedMs = clock.monotonicMs();
  const ofDomain = { trust_domain_id: trustDomain.id };
  metrics.gauge('started', () => 1, { version: VERSION, ...ofDomain });
  metrics.gauge('uptime_in_ms', () => Math.round(clock.monotonicMs() - startedMs));
  metrics.gauge('entry.entries_by_entryid_cache.count', () => index.size);
  metrics.gauge('node.agents_by_id_cache.count', () => nodeCache.size);
  metrics.gauge('agent.streams', () => hub.size);
  const endsAtMs = (): number => authorities.x509.current.active?.expiresAt.getTime() ?? 0;
  metrics.gauge('manager.x509_ca.rotate.expiration', () => Math.floor(endsAtMs() / 1_000), ofDomain);
  metrics.gauge(
    'manager.x509_ca.rotate.ttl',
    () => Math.max(0, Math.floor((endsAtMs() - clock.now().getTime()) / 1_000)),
    ofDomain,
  );
  countSteps(metrics, authorities.x509, {
    prepare: 'ca.manager.x509_ca.prepare',
    activate: 'ca.manager.x509_ca.activate',
  });
  if (authorities.jwt !== undefined)
    countSteps(metrics, authorities.jwt, {
      prepare: 'ca.manager.jwt_key.prepare',
      activate: 'manager.jwt_key.activate',
    });
}

/** A new authority in a slot is a preparation, another one that signs an activation. */
function countSteps(
  metrics: Metrics,
  authorities: RotatingAuthorities<Authority>,
  keys: { readonly prepare: string; readonly activate: string },
): void {
  let before = authorities.current;
  authorities.onChange(() => {
    const now = authorities.current;
    const { prepared, active } = now;
    if (prepared !== undefined && prepared.authorityId !== before.prepared?.authorityId)
      metrics.count(keys.prepare);
    if (active !== undefined && active.authorityId !== before.active?.authorityId)
      metrics.count(keys.activate);
    before = now;
  });
}
