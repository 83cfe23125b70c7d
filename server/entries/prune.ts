/** Deletes expired entries (SPIRE: every five minutes). Started by server.ts. */
import type { Clock } from '../../shared/clock.ts';
import { every } from '../../shared/clock.ts';
import { messageOf } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Part } from '../../shared/tasks.ts';
import type { EntryStore } from './entry-store.ts';

const PRUNE_EVERY_MS = 5 * 60_000; // SPIRE: entry pruning

export interface EntryPrunerParts {
  readonly store: Pick<EntryStore, 'prune'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export function entryPruner({ store, clock, log }: EntryPrunerParts): Part {
  const stopping = new AbortController();
  let loop: Promise<void> = Promise.resolve();
  const prune = async (): Promise<void> => {
    try {
      const count = await store.prune(clock.now());
      if (count > 0) log.info('expired entries pruned', { count });
    } catch (error) {
      log.warn('expired entries could not be pruned', { error: messageOf(error) });
    }
  };
  return {
    name: 'entry pruning',
    start: async (signal) => {
      const until = AbortSignal.any([signal, stopping.signal]);
      loop = every({ clock, ms: () => PRUNE_EVERY_MS, signal: until }, prune);
    },
    stop: async () => {
      stopping.abort(new Error('stopping'));
      await loop;
    },
  };
}
