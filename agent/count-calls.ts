/** Counts the calls on the agent's sockets, under SPIRE's names. Put before the gates of workload-api and admin-api. */
import type { Gate } from '../shared/rpc/handler.ts';
import { measured, type Metrics } from '../shared/telemetry/metrics.ts';
import { methodKey } from '../shared/telemetry/method-key.ts';

/** SPIRE calls each call a connection. */
const SERVICES: Readonly<Record<string, string>> = {
  SpiffeWorkloadAPI: 'workload_api',
  'envoy.service.secret.v3.SecretDiscoveryService': 'sds_api',
  'spire.api.agent.delegatedidentity.v1.DelegatedIdentity': 'delegated_identity_api',
};

/** The same gate where nobody reads what is counted. */
export function countCalls<Peer, Context>(
  metrics: Metrics | undefined,
  services: readonly string[],
  gate: Gate<Peer, Context>,
): Gate<Peer, Context> {
  if (metrics === undefined) return gate;
  const open = new Map<string, number>();
  for (const service of services) {
    const key = SERVICES[service];
    if (key !== undefined) metrics.gauge(`${key}.connections`, () => open.get(service) ?? 0);
  }
  const step = (service: string, by: number): void => void open.set(service, (open.get(service) ?? 0) + by);
  /** Of methods that there are: a listener knows no others. */
  const keys = new Map<string, string>();
  return async (call, read, run) => {
    const { method } = call;
    const service = method.split('/')[1] ?? '';
    const key = keys.get(method) ?? methodKey(method);
    keys.set(method, key);
    const name = SERVICES[service];
    if (name !== undefined) metrics.count(`${name}.connection`);
    step(service, 1);
    try {
      await measured(metrics, key, () => gate(call, read, run));
    } finally {
      step(service, -1);
    }
  };
}
