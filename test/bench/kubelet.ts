/**
 * What the k8s attestor takes for a list of 110 pods, of 1 MB and of 5 MB, from a kubelet over TLS in the same process: its
 * share of the CPU time, some of the handshake, is in the figures. The limit of the CPU time is reading the JSON alone.
 */
import { k8s } from '../../agent/attest-workload/k8s/k8s.ts';
import { kubeletClient } from '../../agent/attest-workload/k8s/kubelet-client.ts';
import type { WorkloadAttestor } from '../../agent/attest-workload/workload-attestor.ts';
import { ownProcess } from '../../agent/attest-workload/container-id.ts';
import { monotonicMs, systemClock } from '../../shared/clock.ts';
import { silentLogger } from '../../shared/log/logger.ts';
import { CONFIG, CONTAINER, inContainer, POD, PODS } from '../agent/attest-workload/k8s/attesting.ts';
import { FakeKubelet } from '../fakes/kubelet.ts';
import { percentile } from './percentiles.ts';
import type { Report } from './report.ts';

const PODS_OF_A_NODE = 110; // what Kubernetes recommends at most
const ROUNDS = 40;
const CALLERS = 50;
const MB = 1_000_000;

export async function run(report: Report): Promise<void> {
  await using ending = new AsyncDisposableStack();
  const kubelet = await FakeKubelet.start({ after: (end) => ending.defer(async () => end()) });
  for (const megabytes of [1, 5]) {
    kubelet.pods = listOf(megabytes * MB);
    await measure(report, `kubelet-${megabytes}mb`, kubelet);
  }
}

async function measure(report: Report, bench: string, kubelet: FakeKubelet): Promise<void> {
  const add = (metric: string, unit: string, value: number): void =>
    report.add({ bench, metric, unit, value });
  const attest = attesting(kubelet, 2); // good for 1 ms: each asks anew
  for (let i = 0; i < 5; i += 1) await attest();
  const times: number[] = [];
  const before = process.cpuUsage();
  for (let i = 0; i < ROUNDS; i += 1) {
    const startedMs = monotonicMs();
    await attest();
    times.push(monotonicMs() - startedMs);
    await systemClock.sleep(2);
  }
  const { user, system } = process.cpuUsage(before);
  const cpuMs = (user + system) / 1_000 / ROUNDS;
  add('p50', 'ms', percentile(times, 0.5));
  add('p99', 'ms', percentile(times, 0.99));
  const limit = readingMs(kubelet.pods);
  report.add({ bench, metric: 'cpu per list', unit: 'ms', value: cpuMs, limit, ratio: limit / cpuMs });
  add('rss', 'MB', process.memoryUsage.rss() / MB);

  const together = attesting(kubelet, CONFIG.pollRetryIntervalMs);
  const requests = kubelet.requests;
  const startedMs = monotonicMs();
  await Promise.all(Array.from({ length: CALLERS }, together));
  add(`${CALLERS} at once`, 'ms', monotonicMs() - startedMs);
  add(`lists for ${CALLERS} at once`, '1', kubelet.requests - requests);
}

function attesting(kubelet: FakeKubelet, pollRetryIntervalMs: number): () => Promise<unknown> {
  const { port, caPath, tokenPath } = kubelet;
  const login = { kind: 'token', path: tokenPath } as const;
  const secure = { kind: 'secure', port, caPath, login, reloadIntervalMs: 60_000 } as const;
  const parts = { clock: systemClock, log: silentLogger };
  const attestor: WorkloadAttestor = k8s({
    config: { ...CONFIG, pollRetryIntervalMs },
    kubelet: kubeletClient({ kubelet: secure, nodeName: undefined, ...parts }),
    own: ownProcess(),
    ...parts,
  });
  return () => attestor.attest(inContainer(), new AbortController().signal);
}

/** The pod that is looked for, and others, as long as that: variables of their environment make the length. */
function listOf(bytes: number): string {
  const list = JSON.parse(PODS) as { items: readonly object[] };
  const [wanted = {}] = list.items;
  const env = environmentOf(bytes / PODS_OF_A_NODE - JSON.stringify(wanted).length);
  const long = JSON.stringify({ ...wanted, spec: { nodeName: 'node1', containers: [{ env }] } });
  const items = Array.from({ length: PODS_OF_A_NODE }, (_, at) => {
    if (at === 0) return JSON.parse(long) as object;
    const other = long.replaceAll(POD, `${POD.slice(0, -3)}${100 + at}`);
    return withoutOthers(
      JSON.parse(other.replaceAll(CONTAINER, `${CONTAINER.slice(0, -3)}${100 + at}`)) as object,
    );
  });
  return JSON.stringify({ ...list, items });
}

function environmentOf(bytes: number): readonly object[] {
  const one = { name: 'SERVICE_HOST_000', value: 'service-000.shop.svc.cluster.local' };
  const count = Math.max(0, Math.round(bytes / (JSON.stringify(one).length + 1)));
  return Array.from({ length: count }, (_, at) => ({ ...one, name: `SERVICE_HOST_${100 + at}` }));
}

/** One container each: those beside it would be listed in every pod. */
function withoutOthers(item: object): object {
  const { status, ...rest } = item as { readonly status: { readonly containerStatuses: readonly unknown[] } };
  return { ...rest, status: { ...status, containerStatuses: status.containerStatuses.slice(0, 1) } };
}

/** The best of several. */
function readingMs(text: string): number {
  const bytes = Buffer.from(text);
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 20; i += 1) {
    const before = process.cpuUsage();
    JSON.parse(new TextDecoder().decode(bytes));
    const { user, system } = process.cpuUsage(before);
    best = Math.min(best, (user + system) / 1_000);
  }
  return best;
}
