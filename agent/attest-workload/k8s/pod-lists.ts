/** The kubelet's list of pods, fetched and read once for all who ask meanwhile. Used by k8s. */
import { type Clock, inTime } from '../../../shared/clock.ts';
import { internal, unavailable } from '../../../shared/errors.ts';
import { orAborted } from '../or-aborted.ts';
import type { KubeletClient } from './kubelet-client.ts';
import { PodIndex } from './pod-index.ts';
import { parsePodList } from './pod-list.ts';

export interface PodListsDeps {
  readonly kubelet: KubeletClient;
  /** How long a list is good for others; a process that was started since asks again anyway. */
  readonly maxAgeMs: number;
  readonly clock: Clock;
}

interface Fetch {
  readonly done: Promise<PodIndex>;
  readonly abort: AbortController;
  waiting: number;
}

const FETCH_TIMEOUT_MS = 10_000; // SPIRE's

export class PodLists {
  readonly #deps: PodListsDeps;
  #kept: { readonly index: PodIndex; readonly atMs: number } | undefined;
  #fetch: Fetch | undefined;

  constructor(deps: PodListsDeps) {
    this.#deps = deps;
  }

  /** Throws Internal when it cannot be had or read; rejects with the signal's reason. */
  async current(signal: AbortSignal): Promise<PodIndex> {
    signal.throwIfAborted();
    const { clock, maxAgeMs } = this.#deps;
    if (this.#kept !== undefined && clock.monotonicMs() - this.#kept.atMs < maxAgeMs) return this.#kept.index;
    const fetch = this.#fetch ?? this.#begin();
    fetch.waiting += 1;
    try {
      return await orAborted(fetch.done, signal);
    } finally {
      fetch.waiting -= 1;
      if (fetch.waiting === 0) this.#end(fetch);
    }
  }

  #begin(): Fetch {
    const abort = new AbortController();
    const fetch = { abort, waiting: 0, done: this.#read(abort.signal) };
    this.#fetch = fetch;
    return fetch;
  }

  /** Nobody waits for it any more. */
  #end(fetch: Fetch): void {
    if (this.#fetch === fetch) this.#fetch = undefined;
    fetch.abort.abort(unavailable('nobody waits for the list of pods'));
  }

  async #read(signal: AbortSignal): Promise<PodIndex> {
    const { kubelet, clock } = this.#deps;
    const over = new AbortController();
    try {
      const bytes = await inTime(
        clock,
        FETCH_TIMEOUT_MS,
        kubelet.listPods(AbortSignal.any([signal, over.signal])),
      );
      const index = new PodIndex(parsePodList(bytes));
      this.#kept = { index, atMs: clock.monotonicMs() };
      return index;
    } finally {
      over.abort(internal('the list of pods took too long'));
    }
  }
}
