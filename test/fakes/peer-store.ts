/** Live servers in memory, dated by a clock as datastore/peers dates them by the database's. */
import { LIVE_SECONDS, type Peer, type PeerStore } from '../../server/cluster/peer-store.ts';
import type { Clock } from '../../shared/clock.ts';

export class FakePeerStore implements PeerStore {
  readonly #clock: Clock;
  readonly #peers = new Map<string, { readonly peer: Peer; readonly seenMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async beat(peer: Peer): Promise<void> {
    this.#peers.set(peer.id, { peer, seenMs: this.#clock.now().getTime() });
  }

  async live(): Promise<readonly Peer[]> {
    const sinceMs = this.#clock.now().getTime() - LIVE_SECONDS * 1_000;
    const live = [...this.#peers.values()].filter(({ seenMs }) => seenMs > sinceMs);
    return live.map(({ peer }) => peer).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async leave(id: string): Promise<void> {
    this.#peers.delete(id);
  }
}
