/**
 * A server is killed under five thousand agents and comes back: all of them reconnect and synchronise, while a thousand
 * new ones attest. How long until all are current, what memory that takes at most, and what was turned away meanwhile (it
 * is tried again, as real agents do). The agents' own work is on the same two cores.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs } from '../../shared/clock.ts';
import type { Report } from './report.ts';
import { AGENTS, startFleet } from './rig/fleet.ts';
import { cpuMsOf, peakRssMbOf } from './rig/process-usage.ts';
import { withSystem } from './rig/with-system.ts';

const BENCH = 'restart-storm';
const NEW_AGENTS = AGENTS / 5;
const AWAY_MS = 3_000;
const CALLERS = 64;

export function run(report: Report): Promise<void> {
  return withSystem({ logLevel: 'WARN' }, async (system, atEnd) => {
    const { agents } = await startFleet(system, atEnd);
    const tokens = await agents.tokens(NEW_AGENTS);
    await agents.expectLoss(true);
    await system.server.kill();
    await pause(AWAY_MS);
    await agents.figures();

    const startedMs = monotonicMs();
    const seconds = (): number => (monotonicMs() - startedMs) / 1_000;
    const current = agents.current().then(seconds);
    await system.startServer();
    const upAfter = seconds();
    const attested = agents.attest(tokens, CALLERS).then(seconds);
    const [currentAfter, attestedAfter] = await Promise.all([current, attested]);
    const { failures } = await agents.figures();

    const add = (metric: string, value: number, unit: string): void =>
      report.add({ bench: BENCH, metric, value, unit });
    add('agents', AGENTS, '1');
    add('server up', upAfter, 's');
    add('all current', currentAfter, 's');
    add(`${NEW_AGENTS} more attested`, attestedAfter, 's');
    add('server cpu', cpuMsOf(system.server.pid) / 1_000, 's');
    add('peak rss', peakRssMbOf(system.server.pid), 'MB');
    for (const [code, count] of Object.entries(failures)) add(`told ${code}`, count, '1');
  });
}
