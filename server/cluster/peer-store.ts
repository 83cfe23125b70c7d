/** Which servers live and can sign, seen by all servers on one database. Implemented by datastore/peers. */

/** How long ago, by the database's clock, a server may have said so. */
export const LIVE_SECONDS = 5;

export interface Peer {
  /** Of a server's run. */
  readonly id: string;
  /** Every agent that is connected to it has the trust domain's bundle of this sequence number, or a later one. */
  readonly knownSequence: number;
}

export interface PeerStore {
  /** This server lives, and can sign. */
  beat(peer: Peer): Promise<void>;
  /** Those that said so within LIVE_SECONDS. */
  live(): Promise<readonly Peer[]>;
  /** It ends; nothing when it never said anything. */
  leave(id: string): Promise<void>;
}
