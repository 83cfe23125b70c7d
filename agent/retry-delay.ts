/** How long to wait before a server is asked again that said when. Used by whatever asks one for signatures. */
import { CodedError } from '../shared/errors.ts';
import type { Random } from '../shared/random.ts';

/** A server that says more is not believed: what it is asked for may be needed sooner. */
const HINT_MAX_MS = 60_000;
/** Those who were told the same do not come back together. */
const SPREAD = 0.5;

/** Not before the server said, where it did; 0 where it did not. */
export function hintedDelayMs(error: unknown, random: Random): number {
  const hintMs = error instanceof CodedError ? error.retryAfterMs : undefined;
  if (hintMs === undefined || !(hintMs > 0)) return 0;
  return Math.min(hintMs, HINT_MAX_MS) * (1 + random.fraction() * SPREAD);
}
