/** Takes SVIDs back at the moment they expire, whatever the server does meanwhile. Run by start/engine. */
import { type Clock, every } from '../../shared/clock.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { SvidCache } from '../cache/svid-cache.ts';

export interface WithdrawalParts {
  readonly cache: Pick<SvidCache, 'withdrawExpired' | 'nextExpiry'>;
  /** What expired should be replaced, if the server can be asked. */
  readonly onWithdrawn: () => void;
  readonly clock: Clock;
  readonly log: Logger;
}

const CHECK_MS = 5_000; // SVIDs that come meanwhile live longer than that

/** Until aborted; never rejects. */
export function withdrawExpired(
  { cache, onWithdrawn, clock, log }: WithdrawalParts,
  signal: AbortSignal,
): Promise<void> {
  const untilNextMs = (): number =>
    (cache.nextExpiry?.getTime() ?? Number.POSITIVE_INFINITY) - clock.now().getTime();
  return every({ clock, ms: () => Math.min(CHECK_MS, untilNextMs()), signal }, async () => {
    const entryIds = cache.withdrawExpired();
    if (entryIds.length === 0) return;
    log.warn('SVIDs expired and were withdrawn', {
      count: entryIds.length,
      entryIds: entryIds.slice(0, 10),
    });
    onWithdrawn();
  });
}
