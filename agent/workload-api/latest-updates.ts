/** What a workload is entitled to, as it changes: a slow reader skips what is no longer true. Used by workload-stream. */
import type { Selector } from '../../shared/selectors.ts';
import type { WorkloadIdentities, WorkloadUpdate } from '../cache/workload-identities.ts';

/** Never ends by itself: throws the signal's reason when aborted, and what `subscribe` throws. */
export async function* latestUpdates(
  identities: Pick<WorkloadIdentities, 'subscribe'>,
  selectors: readonly Selector[],
  signal: AbortSignal,
): AsyncGenerator<WorkloadUpdate, never> {
  signal.throwIfAborted();
  let latest: WorkloadUpdate | undefined;
  let news = Promise.withResolvers<void>();
  const subscription = identities.subscribe(selectors, (update) => {
    latest = update;
    news.resolve();
  });
  const end = (): void => {
    subscription.close();
    news.resolve();
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    for (;;) {
      await news.promise;
      signal.throwIfAborted();
      const update = latest;
      [latest, news] = [undefined, Promise.withResolvers<void>()];
      if (update !== undefined) yield update;
    }
  } finally {
    signal.removeEventListener('abort', end);
    subscription.close();
  }
}
