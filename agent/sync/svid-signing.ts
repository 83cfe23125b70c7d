/** How SVIDs of one kind are had from the server: keys, requests, and the last look at what comes. Used by renew-svids. */
import type { AgentEntry } from '../cache/agent-entry.ts';

export interface SvidSigning<S> {
  /** So many in a request at most. */
  readonly batchMax: number;
  /** A fresh key for each entry, and what the server is to be asked. */
  prepare(batch: readonly AgentEntry[]): Promise<SvidRequests<S>>;
}

export interface SvidRequests<S> {
  /**
   * For each entry, in order, what gives its SVID, or throws why there is none. Rejects when the server could not be asked,
   * or its answer is not one to what was asked.
   */
  send(signal: AbortSignal): Promise<readonly (() => S)[]>;
}

/** As many as libuv has threads. */
export const KEYS_AT_ONCE = 4;
