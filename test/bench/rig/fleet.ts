/** A server with thousands of agents that follow it, each with workloads of its own. Used by the benches agents and restart-storm. */
import type { System } from '../../interop/system.ts';
import { Agents } from './agents.ts';
import type { AtEnd } from './with-system.ts';

export const AGENTS = Number(process.env['WRIT_BENCH_AGENTS'] ?? 5_000);
export const ENTRIES_EACH = 2;
const CALLERS = 16;
const BATCH = 500;

export interface Workload {
  /** Of its agent. */
  readonly at: number;
  readonly entryId: string;
  readonly entry: {
    readonly spiffeId: string;
    readonly parentId: string;
    readonly selectors: readonly string[];
  };
}

export interface Fleet {
  readonly agents: Agents;
  readonly workloads: readonly Workload[];
}

/** Resolves when every agent has its entries and their SVIDs. */
export async function startFleet(system: System, atEnd: AtEnd): Promise<Fleet> {
  await system.agent.stop();
  const agents = new Agents(system);
  atEnd(() => agents.stop());
  const tokens = await agents.tokens(AGENTS);
  await agents.attest(tokens, CALLERS);
  const workloads = await register(system, tokens);
  await agents.follow(CALLERS);
  await agents.figures();
  return { agents, workloads };
}

async function register(system: System, tokens: readonly string[]): Promise<readonly Workload[]> {
  const entries = tokens.flatMap((token, at) =>
    Array.from({ length: ENTRIES_EACH }, (_, nth) => ({
      at,
      entry: {
        spiffeId: system.idOf(`/ns/team-${at % 97}/sa/service-${at}-${nth}`),
        parentId: system.idOf(`/spire/agent/join_token/${token}`),
        selectors: [`k8s:ns:team-${at % 97}`, `k8s:sa:service-${at}-${nth}`],
      },
    })),
  );
  const ids: string[] = [];
  for (let from = 0; from < entries.length; from += BATCH) {
    const batch = entries.slice(from, from + BATCH).map(({ entry }) => entry);
    ids.push(...(await system.admin.createEntries(batch)));
  }
  return entries.map((made, at) => ({ ...made, entryId: ids[at] ?? '' }));
}
