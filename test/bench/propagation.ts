/**
 * From `entry create` acknowledged until the workload's open stream has the new SVID: a real server, agent and Postgres,
 * two hundred creations one after another. The limit is the goal for p99.
 */
import { EventEmitter, once } from 'node:events';
import { WorkloadApiClient, type X509Context } from '../../shared/client/index.ts';
import { monotonicMs } from '../../shared/clock.ts';
import { System } from '../interop/system.ts';
import { addTimes } from './percentiles.ts';
import type { Report } from './report.ts';

const BENCH = 'propagation';
const CREATIONS = 200;
const WARM_UP = 10;
const GOAL_MS = 250;
const LOST_MS = 30_000;

export async function run(report: Report): Promise<void> {
  const system = await System.start({ logLevel: 'WARN' });
  try {
    const stream = new SvidStream(system.workloadApi);
    const acknowledgedMs: number[] = [];
    const propagatedMs: number[] = [];
    await create(system, stream, 0);
    for (let at = 1; at <= WARM_UP + CREATIONS; at += 1) {
      const took = await create(system, stream, at);
      if (at <= WARM_UP) continue;
      acknowledgedMs.push(took.acknowledgedMs);
      propagatedMs.push(took.propagatedMs);
    }
    stream.close();
    addTimes(report, BENCH, { ms: propagatedMs, limitMs: GOAL_MS });
    addTimes(report, `${BENCH}-ack`, { ms: acknowledgedMs });
  } finally {
    await system.stop();
  }
}

/** Creates an entry and deletes it again: each answer then holds two SVIDs, and not two hundred. */
async function create(
  system: System,
  stream: SvidStream,
  at: number,
): Promise<{ acknowledgedMs: number; propagatedMs: number }> {
  const spiffeId = system.idOf(`/service-${at}`);
  const seen = stream.seen(spiffeId);
  const startedMs = monotonicMs();
  const entry = await system.register({ spiffeId, selectors: [`unix:path:${process.execPath}`] });
  const acknowledgedAtMs = monotonicMs();
  const seenAtMs = await seen;
  if (at > 0) {
    const gone = stream.gone(spiffeId);
    await system.admin.deleteEntry(entry);
    await gone;
  }
  // The stream may be faster than the acknowledgement.
  return {
    acknowledgedMs: acknowledgedAtMs - startedMs,
    propagatedMs: Math.max(0, seenAtMs - acknowledgedAtMs),
  };
}

/** One open FetchX509SVID stream, as an SDK holds it. */
class SvidStream {
  readonly #client: WorkloadApiClient;
  readonly #stop = new AbortController();
  readonly #updates = new EventEmitter();
  #ids: readonly string[] = [];

  constructor(address: string) {
    this.#client = new WorkloadApiClient({ address });
    const watcher = {
      onUpdate: (context: X509Context) => this.#set(context.identities.map(({ svid }) => svid.id.toString())),
      onError: () => this.#set([]),
    };
    void this.#client.watchX509Context(watcher, this.#stop.signal);
  }

  #set(ids: readonly string[]): void {
    this.#ids = ids;
    this.#updates.emit('update');
  }

  /** Resolves with the time at which it came. */
  seen(spiffeId: string): Promise<number> {
    return this.#until(() => this.#ids.includes(spiffeId));
  }

  gone(spiffeId: string): Promise<number> {
    return this.#until(() => !this.#ids.includes(spiffeId));
  }

  async #until(isTrue: () => boolean): Promise<number> {
    const signal = AbortSignal.timeout(LOST_MS);
    while (!isTrue()) await once(this.#updates, 'update', { signal });
    return monotonicMs();
  }

  close(): void {
    this.#stop.abort(new Error('the bench is over'));
    this.#client.close();
  }
}
