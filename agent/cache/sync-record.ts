/** How far the agent knows the world: since when, from whom, and what went wrong last. Used by svid-cache. */
import { unavailable } from '../../shared/errors.ts';
import type { SyncState } from './workload-identities.ts';

export class SyncRecord {
  #state: SyncState = { entriesKnown: 0, lastSyncAt: undefined, lastSyncError: undefined };

  get state(): SyncState {
    return this.#state;
  }

  /** Whether that was the first time. */
  succeeded(at: Date, entriesKnown: number): boolean {
    const isFirst = this.#state.lastSyncAt === undefined;
    this.#state = { entriesKnown, lastSyncAt: at, lastSyncError: undefined };
    return isFirst;
  }

  failed(message: string): void {
    this.#state = { ...this.#state, lastSyncError: message };
  }

  /** Until it succeeds, what an earlier run knew then counts. */
  restored(keptAt: Date, entriesKnown: number): void {
    this.#state = { ...this.#state, entriesKnown, keptAt };
  }

  /** That counts no more. */
  forgotten(): void {
    const { keptAt: _, ...state } = this.#state;
    this.#state = { ...state, entriesKnown: 0 };
  }

  /** Throws Unavailable while nothing is known. */
  check(): void {
    const { lastSyncAt, lastSyncError, keptAt } = this.#state;
    if (lastSyncAt !== undefined || keptAt !== undefined) return;
    const why = lastSyncError === undefined ? '' : `: ${lastSyncError}`;
    throw unavailable(`agent has not synchronised with its server yet${why}`);
  }
}
