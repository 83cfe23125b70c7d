/** The agent's metrics, under SPIRE's names, and where they are read (`telemetry {}`). Called by agent.ts and the other files here. */
import type { Clock } from '../../shared/clock.ts';
import { permissionDenied } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import { verifyX509Svid } from '../../shared/svid/x509-svid.ts';
import type { Part } from '../../shared/tasks.ts';
import { measured, type Metrics } from '../../shared/telemetry/metrics.ts';
import { PrometheusListener } from '../../shared/telemetry/prometheus-listener.ts';
import type { PrometheusMetrics } from '../../shared/telemetry/prometheus-metrics.ts';
import type { TlsIdentity } from '../../shared/tls/listen.ts';
import { VERSION } from '../../shared/version.ts';
import type { OwnSvid } from '../agent-svid/own-svid.ts';
import type { WorkloadAttestation } from '../attest-workload/attest.ts';
import type { WorkloadAttestor } from '../attest-workload/workload-attestor.ts';
import type { AgentConfig } from '../config.ts';
import { tlsIdentityOf } from '../server-link/tls-identity.ts';
import type { Engine } from './engine.ts';

export interface MetricsNeeds {
  readonly config: Pick<AgentConfig, 'telemetry' | 'trustDomain' | 'requirePqKem'>;
  readonly prometheus: PrometheusMetrics | undefined;
  readonly own: Pick<OwnSvid, 'current' | 'onChange'>;
  readonly bundles: Pick<Engine['bundles'], 'authorities'>;
  readonly clock: Clock;
  readonly log: Logger;
}

/** Nothing where no port is configured. */
export function metricsParts({
  config,
  prometheus,
  own,
  bundles,
  clock,
  log,
}: MetricsNeeds): readonly Part[] {
  const { host, port, useSpireSvid, authorizedSpiffeIds } = config.telemetry.prometheus;
  if (prometheus === undefined || port === undefined) return [];
  const allowed = new Set(authorizedSpiffeIds.map(String));
  const checkReader = async (chain: readonly Uint8Array[]): Promise<void> => {
    if (chain.length === 0) throw permissionDenied('it has no certificate');
    const { id } = verifyX509Svid({
      chain,
      authorities: (trustDomain) => bundles.authorities(trustDomain),
      at: clock.now(),
    });
    if (!allowed.has(id.toString())) throw permissionDenied(`${id} is none of authorized_spiffe_ids`);
  };
  const tls = {
    requirePqKem: config.requirePqKem,
    identity: () => identityOf(own),
    onChange: (listener: (identity: TlsIdentity) => void) => own.onChange(() => listener(identityOf(own))),
    checkReader: allowed.size === 0 ? undefined : checkReader,
  };
  return [new PrometheusListener({ host, port, metrics: prometheus, log, ...(useSpireSvid ? { tls } : {}) })];
}

function identityOf({ current }: Pick<OwnSvid, 'current'>): TlsIdentity {
  if (current === undefined) throw permissionDenied('the agent has no SVID');
  return tlsIdentityOf(current);
}

export interface Watched {
  readonly config: Pick<AgentConfig, 'trustDomain'>;
  readonly clock: Clock;
  /** By the steady clock. */
  readonly startedMs: number;
  readonly engine: Pick<Engine, 'cache' | 'bundles' | 'jwtSvids'>;
  readonly peers: { readonly withoutPeerPidfd: number };
}

/** What is read when somebody looks; `workload_api.without_peer_pidfd` is ours. */
export function watch(metrics: Metrics, { config, clock, startedMs, engine, peers }: Watched): void {
  const { cache, bundles, jwtSvids } = engine;
  metrics.gauge('started', () => 1, { version: VERSION, trust_domain_id: config.trustDomain.name });
  metrics.gauge('uptime_in_ms', () => Math.round(clock.monotonicMs() - startedMs));
  metrics.gauge('lru_cache_record_map_size', () => cache.syncState().entriesKnown);
  metrics.gauge('lru_cache_svid_map_size', () => cache.svidCount, { svid_type: 'x509' });
  metrics.gauge('jwt_svid_cache_size', () => jwtSvids.count);
  metrics.gauge('sync_bundles_total', () => bundles.federated.length + 1);
  metrics.gauge('sync_entries_total', () => cache.syncState().entriesKnown);
  metrics.gauge('workload_api.without_peer_pidfd', () => peers.withoutPeerPidfd);
}

/** The same attestor, whose calls are counted. */
export const countingAttestor = (
  attestor: WorkloadAttestor,
  metrics: Metrics | undefined,
): WorkloadAttestor =>
  metrics === undefined
    ? attestor
    : {
        ...attestor,
        attest: (peer, signal, note) => {
          const counted = { key: 'workload_api.workload_attestor', labels: { attestor: attestor.name } };
          return measured(metrics, counted, () => attestor.attest(peer, signal, note));
        },
      };

/** The same attestation, whose calls and selectors are counted. */
export const countingAttestation = (
  attestation: WorkloadAttestation,
  metrics: Metrics | undefined,
): WorkloadAttestation =>
  metrics === undefined
    ? attestation
    : {
        report: (peer, signal) => attestation.report(peer, signal),
        attest: async (peer, signal) => {
          const deed = () => attestation.attest(peer, signal);
          const selectors = await measured(metrics, 'workload_api.workload_attestation', deed);
          metrics.sample('workload_api.discovered_selectors', selectors.length);
          return selectors;
        },
      };
