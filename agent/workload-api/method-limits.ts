/** The operator's limits on calls of one method by processes with the same selectors (SPIRE: ratelimit). Used by gate. */
import type { Clock } from '../../shared/clock.ts';
import { unavailable } from '../../shared/errors.ts';
import { type Selector, selectorKey } from '../../shared/selectors.ts';
import type { Metrics } from '../../shared/telemetry/metrics.ts';
import { Rates } from '../rates.ts';

export type CheckLimit = (method: string, selectors: readonly Selector[]) => void;

/** `perSecond` by method. Throws Unavailable, in SPIRE's words, on a call too many. */
export function methodLimits(
  perSecond: ReadonlyMap<string, number>,
  clock: Clock,
  metrics?: Metrics,
): CheckLimit {
  const rates = new Map(
    [...perSecond].map(([method, count]) => [
      method,
      new Rates<string>({ perSecond: count, burst: count }, clock),
    ]),
  );
  return (method, selectors) => {
    if (rates.get(method)?.take(keyOf(selectors)) !== undefined || !rates.has(method)) return;
    metrics?.count('workload_api.rate_limit_exceeded', { method });
    throw unavailable(`rate limit exceeded for ${method}`);
  };
}

/** They are sorted; those who have none share one limit. */
const keyOf = (selectors: readonly Selector[]): string => JSON.stringify(selectors.map(selectorKey));
