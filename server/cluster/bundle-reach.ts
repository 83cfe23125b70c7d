/**
 * What the agents of this server know of the trust domain's bundle: each one's last answer to GetBundle, which agents of
 * every make ask for. Told by api/bundle/get-bundle, asked by cluster/presence.
 */
import type { Clock } from '../../shared/clock.ts';
import { isAgentId } from '../../shared/spiffe/reserved.ts';
import type { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';

const POLLS_WITHIN_MS = 15_000; // an agent that polls does so every five seconds, give or take

interface Fetched {
  readonly sequence: number;
  readonly atMs: number;
  readonly isAgent: boolean;
}

export interface BundleReachNeeds {
  readonly clock: Clock;
  /** SPIFFE IDs of the agents that hold a stream for hints. */
  readonly streaming: () => readonly string[];
}

export class BundleReach {
  readonly #needs: BundleReachNeeds;
  readonly #fetched = new Map<string, Fetched>();

  constructor(needs: BundleReachNeeds) {
    this.#needs = needs;
  }

  /** The bundle of this sequence number went to this caller. */
  fetched(id: SpiffeId, sequence: number): void {
    const atMs = this.#needs.clock.monotonicMs();
    this.#fetched.set(id.toString(), { sequence, atMs, isAgent: isAgentId(id) });
  }

  /** The lowest sequence number that any connected agent has; `current` where there is none. */
  known(current: number): number {
    const streaming = new Set(this.#needs.streaming());
    this.#forget(streaming);
    let lowest = current;
    for (const id of streaming) lowest = Math.min(lowest, this.#fetched.get(id)?.sequence ?? 0);
    for (const { sequence, isAgent } of this.#fetched.values())
      if (isAgent) lowest = Math.min(lowest, sequence);
    return lowest;
  }

  #forget(streaming: ReadonlySet<string>): void {
    const sinceMs = this.#needs.clock.monotonicMs() - POLLS_WITHIN_MS;
    for (const [id, { atMs }] of this.#fetched)
      if (atMs < sinceMs && !streaming.has(id)) this.#fetched.delete(id);
  }
}
