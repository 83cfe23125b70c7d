/** What a process of one user waits for its first SVID while processes of another connect in a loop, beside what it waits otherwise. */
import { measureFlood } from '../slow/flood.ts';
import { addTimes, percentile } from './percentiles.ts';
import type { Report } from './report.ts';

const BENCH = 'flood';

/** Needs root, for processes of two users. */
export async function run(report: Report): Promise<void> {
  const { idle, flooded } = await measureFlood();
  const limit = percentile(idle.ms, 0.5);
  const value = percentile(flooded.ms, 0.5);
  report.add({ bench: BENCH, metric: 'p50 beside idle', value, unit: 'ms', limit, ratio: value / limit });
  addTimes(report, BENCH, flooded);
  report.add({ bench: BENCH, metric: 'attempts that failed', value: flooded.failures, unit: '1' });
}
