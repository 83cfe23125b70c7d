/** SVIDs through the whole RPC, from agents with connections of their own to a real server, by the CPU time of that server. */
import type { System } from '../../interop/system.ts';
import { Agents, type Issue } from './agents.ts';
import { cpuMsOf } from './process-usage.ts';
import { withSystem } from './with-system.ts';

const AGENTS = 8;
const ROUNDS = 4;
/** Enough that a tick of /proc (10 ms) does not show. */
const ROUND_CPU_MS = 1_500;
const WARM_UP_CPU_MS = 4_000;

export interface Asked {
  readonly kind: Issue['kind'];
  readonly batch: number;
}

export interface IssueRate extends Asked {
  /** SVIDs in a second of one core. */
  readonly perCore: number;
  /** SVIDs in a second, callers on the same machine. */
  readonly perSecond: number;
}

/** The best of several rounds of each. */
export async function issueRates(wanted: readonly Asked[]): Promise<readonly IssueRate[]> {
  const rates: IssueRate[] = [];
  await withSystem({ logLevel: 'WARN', isSigningLimited: false }, async (system, atEnd) => {
    const agents = new Agents(system);
    atEnd(() => agents.stop());
    const alias = system.idOf('/node/every');
    await agents.attest(await agents.tokens(AGENTS, alias), 2);
    const entryId = await system.admin.createEntry({
      spiffeId: system.idOf('/ns/prod/sa/checkout'),
      parentId: alias,
      selectors: ['unix:uid:4000000'],
    });
    for (const { kind, batch } of wanted) {
      const round = (calls: number) =>
        measure(system, agents, { kind, batch, entryId, calls, callers: 2 * AGENTS });
      rates.push({ kind, batch, ...(await bestOf(round)) });
    }
  });
  return rates;
}

interface Round {
  readonly perCore: number;
  readonly perSecond: number;
  readonly cpuMsPerCall: number;
}

async function bestOf(
  round: (calls: number) => Promise<Round>,
): Promise<Pick<IssueRate, 'perCore' | 'perSecond'>> {
  let { cpuMsPerCall } = await round(16);
  ({ cpuMsPerCall } = await round(Math.ceil(WARM_UP_CPU_MS / cpuMsPerCall)));
  const rounds: Round[] = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push(await round(Math.ceil(ROUND_CPU_MS / cpuMsPerCall)));
  return {
    perCore: Math.max(...rounds.map(({ perCore }) => perCore)),
    perSecond: Math.max(...rounds.map(({ perSecond }) => perSecond)),
  };
}

async function measure(system: System, agents: Agents, asked: Issue): Promise<Round> {
  const beforeMs = cpuMsOf(system.server.pid);
  const callsPerSecond = await agents.issue(asked);
  const cpuMs = Math.max(1, cpuMsOf(system.server.pid) - beforeMs);
  return {
    perCore: (asked.calls * asked.batch * 1_000) / cpuMs,
    perSecond: callsPerSecond * asked.batch,
    cpuMsPerCall: cpuMs / asked.calls,
  };
}
