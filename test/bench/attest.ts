/**
 * Attestations by join token and renewals, end to end, of three hundred agents in one process, eight at a time: what a
 * server takes when its agents come all at once. An attestation has a connection of its own; a renewal is a RenewAgent on
 * the agent's connection, a new connection with the new SVID and a first call on that. How many there are in a second is
 * also the agents' own doing; the limit is that of the server's CPU time: what the runtime takes for the handshake, one
 * verify and one sign (rig/bare-tls), measured in the same run.
 */
import type { System } from '../interop/system.ts';
import type { Report } from './report.ts';
import { Agents } from './rig/agents.ts';
import { type Bare, startBareTls } from './rig/bare-tls.ts';
import { rateOf } from './rig/callers.ts';
import { cpuMsOf } from './rig/process-usage.ts';
import { withSystem } from './rig/with-system.ts';

const BENCH = 'attest';
const WARM_UP = 50;
const AGENTS = 300;
const CALLERS = 8;
const LIMIT_DEEDS = 500;

export function run(report: Report): Promise<void> {
  return withSystem({ logLevel: 'WARN' }, async (system, atEnd) => {
    const bare = await startBareTls();
    atEnd(() => bare.stop());
    const alias = system.idOf('/node/every');
    const agents = new Agents(system);
    atEnd(() => agents.stop());
    await rateOf(WARM_UP, CALLERS, () => bare.deed(true));
    await agents.attest(await agents.tokens(WARM_UP, alias), CALLERS);
    const tokens = await agents.tokens(AGENTS, alias);
    await agents.count();
    await agents.renew(CALLERS);

    const oneSidedMs = await bareCpuMs(bare, false);
    const attested = await measure(system, AGENTS, () => agents.attest(tokens, CALLERS));
    addRows(report, { what: 'attestation', took: attested, limitMs: oneSidedMs });
    await agents.count();
    const mutualMs = await bareCpuMs(bare, true);
    const renewed = await measure(system, WARM_UP + AGENTS, () => agents.renew(CALLERS));
    addRows(report, { what: 'renewal', took: renewed, limitMs: mutualMs });
  });
}

interface Took {
  readonly perSecond: number;
  readonly cpuMs: number;
  readonly databaseCpuMs: number;
}

/** CPU time of the bare server for one. */
async function bareCpuMs(bare: Bare, isMutual: boolean): Promise<number> {
  const beforeMs = await bare.cpuMs();
  await rateOf(LIMIT_DEEDS, CALLERS, () => bare.deed(isMutual));
  return ((await bare.cpuMs()) - beforeMs) / LIMIT_DEEDS;
}

/** CPU time of one deed: the server's, and that of its Postgres. */
async function measure(system: System, count: number, deed: () => Promise<number>): Promise<Took> {
  const databaseMs = (): number => system.postgresPids().reduce((sum, pid) => sum + cpuMsOf(pid), 0);
  const before = { server: cpuMsOf(system.server.pid), database: databaseMs() };
  const perSecond = await deed();
  return {
    perSecond,
    cpuMs: (cpuMsOf(system.server.pid) - before.server) / count,
    databaseCpuMs: (databaseMs() - before.database) / count,
  };
}

interface Rows {
  readonly what: string;
  readonly took: Took;
  readonly limitMs: number;
}

function addRows(report: Report, { what, took, limitMs }: Rows): void {
  const { perSecond, cpuMs, databaseCpuMs } = took;
  report.add({ bench: BENCH, metric: `${what}s`, value: perSecond, unit: '1/s' });
  const cpu = { value: cpuMs, unit: 'ms', limit: limitMs, ratio: limitMs / cpuMs };
  report.add({ bench: BENCH, metric: `cpu per ${what}`, ...cpu });
  report.add({ bench: BENCH, metric: `database cpu per ${what}`, value: databaseCpuMs, unit: 'ms' });
}
