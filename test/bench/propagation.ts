/**
 * From `entry create` acknowledged until the workload's open stream has the new SVID: a real server, agent and Postgres,
 * creations one after another. First with nobody else attached; then with two hundred more agents, entries of one agent;
 * then entries that concern all of them, each of which synchronises and has an SVID signed. The limit is the goal for
 * p99.
 */
import { EventEmitter, once } from 'node:events';
import { WorkloadApiClient, type X509Context } from '../../shared/client/index.ts';
import { monotonicMs } from '../../shared/clock.ts';
import type { System } from '../interop/system.ts';
import { addTimes, percentile } from './percentiles.ts';
import type { Report } from './report.ts';
import { Agents } from './rig/agents.ts';
import { cpuMsOf } from './rig/process-usage.ts';
import { withSystem } from './rig/with-system.ts';

const CREATIONS = 200;
const CREATIONS_FOR_ALL = 50; // each is a deed of every agent
const WARM_UP = 10;
const AGENTS = 200;
const CALLERS = 4;
const GOAL_MS = 250;
const LOST_MS = 30_000;
const SELECTORS = [`unix:path:${process.execPath}`];

export function run(report: Report): Promise<void> {
  return withSystem({ logLevel: 'WARN' }, async (system, atEnd) => {
    const stream = new SvidStream(system.workloadApi);
    atEnd(async () => stream.close());
    // One that stays: a workload without any identity would be refused, and wait before it asks again.
    await system.register({ spiffeId: system.idOf('/steady'), selectors: SELECTORS });
    await stream.seen(system.idOf('/steady'));
    const alone = { system, stream, parentId: system.nodeId };
    await measure(report, 'propagation', { ...alone, count: CREATIONS });

    const everyNode = system.idOf('/node/every');
    const agents = new Agents(system);
    atEnd(() => agents.stop());
    await agents.attest(await agents.tokens(AGENTS, everyNode), CALLERS);
    await agents.follow();
    await system.register({ spiffeId: everyNode, selectors: ['unix:uid:4242424'] });
    await measure(report, `propagation-${AGENTS}`, { ...alone, count: CREATIONS });
    await measure(report, 'propagation-all', {
      ...alone,
      parentId: everyNode,
      count: CREATIONS_FOR_ALL,
      agents,
    });
  });
}

interface Measuring {
  readonly system: System;
  readonly stream: SvidStream;
  /** Of the new entries. */
  readonly parentId: string;
  readonly count: number;
  /** Those that the entries concern, besides the workload's. */
  readonly agents?: Agents;
}

interface Took {
  readonly acknowledgedMs: number;
  /** From there on. */
  readonly propagatedMs: number;
  readonly everywhereMs: number;
}

async function measure(report: Report, bench: string, measuring: Measuring): Promise<void> {
  const { system, count, agents } = measuring;
  for (let at = 0; at < WARM_UP; at += 1) await createAndDelete(measuring, `/${bench}/warm-up-${at}`);
  const cpuBeforeMs = cpuMsOf(system.server.pid);
  const took: Took[] = [];
  for (let at = 0; at < count; at += 1) took.push(await createAndDelete(measuring, `/${bench}/${at}`));
  const cpuMs = cpuMsOf(system.server.pid) - cpuBeforeMs;
  addTimes(report, bench, { ms: took.map(({ propagatedMs }) => propagatedMs), limitMs: GOAL_MS });
  const p99 = (metric: string, ms: readonly number[]): void =>
    report.add({ bench, metric, value: percentile(ms, 0.99), unit: 'ms' });
  p99(
    'acknowledged p99',
    took.map(({ acknowledgedMs }) => acknowledgedMs),
  );
  if (agents !== undefined)
    p99(
      'last agent p99',
      took.map(({ everywhereMs }) => everywhereMs),
    );
  report.add({ bench, metric: 'server cpu per change', value: cpuMs / count / 2, unit: 'ms' });
}

/** Creates an entry and deletes it again: each answer then holds two SVIDs, and not two hundred. */
async function createAndDelete(measuring: Measuring, path: string): Promise<Took> {
  const { system, stream, parentId, agents } = measuring;
  const spiffeId = system.idOf(path);
  const seen = stream.seen(spiffeId);
  const everywhere = (agents?.all(spiffeId, true) ?? seen).then(() => monotonicMs());
  const startedMs = monotonicMs();
  const entry = await system.admin.createEntry({ spiffeId, parentId, selectors: SELECTORS });
  const acknowledgedAtMs = monotonicMs();
  const [seenAtMs, everywhereAtMs] = await Promise.all([seen, everywhere]);
  const goneHere = stream.gone(spiffeId);
  const goneEverywhere = agents?.all(spiffeId, false) ?? goneHere;
  await system.admin.deleteEntry(entry);
  await Promise.all([goneHere, goneEverywhere]);
  // The stream may be faster than the acknowledgement.
  return {
    acknowledgedMs: acknowledgedAtMs - startedMs,
    propagatedMs: Math.max(0, seenAtMs - acknowledgedAtMs),
    everywhereMs: Math.max(0, everywhereAtMs - acknowledgedAtMs),
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
