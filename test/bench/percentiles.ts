/** Percentiles of measured times. */
import type { Report } from './report.ts';

/** The smallest value that `share` of all do not exceed. Throws without values. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const found = sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)];
  if (found === undefined) throw new Error('nothing was measured');
  return found;
}

/** p50, p99 and max in milliseconds; the limit, where there is one, is that of p99. */
export function addTimes(
  report: Report,
  bench: string,
  times: { readonly ms: readonly number[]; readonly limitMs?: number },
): void {
  const { ms, limitMs } = times;
  const p99 = percentile(ms, 0.99);
  report.add({ bench, metric: 'p50', value: percentile(ms, 0.5), unit: 'ms' });
  report.add({
    bench,
    metric: 'p99',
    value: p99,
    unit: 'ms',
    ...(limitMs === undefined ? {} : { limit: limitMs, ratio: p99 / limitMs }),
  });
  report.add({ bench, metric: 'max', value: percentile(ms, 1), unit: 'ms' });
}
