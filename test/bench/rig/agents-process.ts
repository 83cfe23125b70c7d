/**
 * The process of simulated agents, a companion of benches. Each agent connects from a loopback address of its own, since
 * the server's limits are per address.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import net, { type NetConnectOpts } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { codeName } from '../../../shared/cli/code-name.ts';
import { monotonicMs } from '../../../shared/clock.ts';
import { CodedError } from '../../../shared/errors.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { AgentFigures, AttestAll, Holding, Issue, Revised, TargetText } from './agents.ts';
import { rateOf } from './callers.ts';
import { serve } from './companion-process.ts';
import { SimulatedAgent, type Target } from './simulated-agent.ts';

const AT_ONCE = 4;
const PER_NETWORK = 250;

interface Placed {
  readonly agent: SimulatedAgent;
  readonly address: string;
  /** 0 until its first round. */
  syncedAtMs: number;
}

const placed: Placed[] = [];

/** The gRPC library takes no source address: a connection has that of the agent on whose behalf it is made. */
const sourceAddress = new AsyncLocalStorage<string>();
const plainConnect = net.connect;
Object.defineProperty(net, 'connect', {
  value: (options: NetConnectOpts, onConnected: () => void) =>
    plainConnect({ ...options, localAddress: sourceAddress.getStore() ?? '127.0.0.1' }, onConnected),
});

function place(target: Target): Placed {
  const at = placed.length;
  const address = `127.1.${1 + Math.floor(at / PER_NETWORK)}.${1 + (at % PER_NETWORK)}`;
  const made = sourceAddress.run(address, () => ({
    agent: new SimulatedAgent(target),
    address,
    syncedAtMs: 0,
  }));
  placed.push(made);
  return made;
}

/** The deed of each of these, some at a time. */
function each(
  agents: readonly Placed[],
  callers: number,
  deed: (agent: SimulatedAgent, at: number) => Promise<unknown>,
): Promise<number> {
  return rateOf(agents.length, callers, async (at) => {
    const { agent, address } = agents[at] ?? {};
    if (agent !== undefined && address !== undefined) await sourceAddress.run(address, () => deed(agent, at));
  });
}

const targetOf = (text: TargetText): Target => ({
  ...text,
  trustDomain: TrustDomain.parse(text.trustDomain),
  authorities: text.authorities.map((base64) => Buffer.from(base64, 'base64')),
});

/** Of all agents, since they were last asked for. */
let syncMs: number[] = [];
let failures = new Map<string, number>();
let isLossExpected = false;
/** Called after each round of any agent. */
const waiting = new Set<() => void>();

/** Resolves when it is so. */
function until(isSo: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const check = (): void => {
      if (!isSo()) return;
      waiting.delete(check);
      resolve();
    };
    waiting.add(check);
    check();
  });
}

/** An agent that loses its server ends the process, and the bench, unless that is what the bench is about. */
function noteFailure(error: unknown): void {
  if (!isLossExpected) setImmediate(() => void Promise.reject(error));
  const name = error instanceof CodedError ? codeName(error.code) : 'other';
  failures.set(name, (failures.get(name) ?? 0) + 1);
}

function follow(one: Placed): Promise<void> {
  const synced = Promise.withResolvers<void>();
  one.agent.follow({
    onSynced: (ms) => {
      one.syncedAtMs = monotonicMs();
      syncMs.push(ms);
      synced.resolve();
      for (const check of waiting) check();
    },
    onFailed: noteFailure,
  });
  return synced.promise;
}

const followAll = (agents: readonly Placed[], callers: number): Promise<number> =>
  each(agents, callers, (_agent, at) => {
    const one = agents[at];
    return one === undefined || one.syncedAtMs > 0 ? Promise.resolve() : follow(one);
  });

/** One agent after the other renews its SVID and those of its workloads, so that all have within `periodMs`. */
async function renewInTurn(periodMs: number, signal: AbortSignal): Promise<void> {
  const startedMs = monotonicMs();
  for (let turn = 0; !signal.aborted; turn += 1) {
    const { agent, address } = placed[turn % placed.length] ?? {};
    if (agent !== undefined && address !== undefined)
      await sourceAddress.run(address, () => agent.renew().then(() => agent.signAnew()));
    const dueMs = startedMs + ((turn + 1) * periodMs) / placed.length;
    await pause(Math.max(0, dueMs - monotonicMs()), undefined, { signal }).catch(() => {});
  }
}

const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && new Set([...a, ...b]).size === b.length;

let renewing = new AbortController();
let renewals = Promise.resolve();

serve({
  attest: ({ tokens, target, callers }: AttestAll) => {
    const agents = tokens.map(() => place(targetOf(target)));
    return each(agents, callers, (agent, at) => agent.attest(tokens[at] ?? ''));
  },
  count: async () => {
    const counts: number[] = [];
    await each(placed, AT_ONCE, async (agent, at) => (counts[at] = await agent.countEntries()));
    return counts[0];
  },
  renew: (callers: number) => each(placed, callers, (agent) => agent.renew()),
  issue: ({ kind, entryId, batch, calls, callers }: Issue) =>
    rateOf(calls, callers, async (at) => {
      const { agent, address } = placed[at % placed.length] ?? {};
      if (agent === undefined || address === undefined) throw new Error('no agent has attested');
      await sourceAddress.run(address, () =>
        kind === 'jwt' ? agent.newJwtSvid(entryId) : agent.newX509Svids(entryId, batch),
      );
    }),
  follow: (callers: number) => followAll(placed, callers),
  await: ({ spiffeId, isHeld }: Holding) =>
    until(() => placed.every(({ agent }) => agent.holds(spiffeId) === isHeld)),
  revised: ({ at, entryId, revision }: Revised) =>
    until(() => (placed[at]?.agent.revisionOf(entryId) ?? -1) >= revision),
  have: (entryIds: readonly (readonly string[])[]) =>
    until(() => placed.every(({ agent }, at) => sameSet(agent.entryIds, entryIds[at] ?? []))),
  expectLoss: async (isExpected: boolean) => {
    isLossExpected = isExpected;
  },
  /** All agents that follow have had a round since then; the time at which that was so. */
  current: async () => {
    const sinceMs = monotonicMs();
    const followers = placed.filter(({ syncedAtMs }) => syncedAtMs > 0);
    await until(() => followers.every(({ syncedAtMs }) => syncedAtMs > sinceMs));
  },
  startRenewing: async (periodMs: number) => {
    renewing = new AbortController();
    renewals = renewInTurn(periodMs, renewing.signal);
    renewals.catch(noteFailure);
  },
  stopRenewing: async () => {
    renewing.abort();
    await renewals;
  },
  figures: async (): Promise<AgentFigures> => {
    const sum = (of: (agent: SimulatedAgent) => number): number =>
      placed.reduce((so, { agent }) => so + of(agent), 0);
    const figures = {
      syncMs,
      failures: Object.fromEntries(failures),
      signed: sum(({ signed }) => signed),
      lost: sum(({ lost }) => lost),
    };
    [syncMs, failures] = [[], new Map()];
    return figures;
  },
});
