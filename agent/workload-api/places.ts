/**
 * The places that there are for connections. Where too few are left, those on which no call is under way make room, longest
 * idle first: whoever has no identity has no lasting call, so he keeps out nobody by holding connections. Used by accept.
 */
import type { Socket } from 'node:net';
import type { CallerConnection } from './caller.ts';
import type { Shares } from './shares.ts';

interface Place {
  readonly socket: Socket;
  readonly uid: number;
  readonly release: () => void;
}

export class Places {
  readonly #shares: Shares;
  /** Longest idle first. */
  readonly #idle = new Set<Place>();

  constructor(shares: Shares) {
    this.#shares = shares;
  }

  /** A place until the socket closes; undefined when there is none for this user. */
  take(socket: Socket, uid: number): CallerConnection | undefined {
    const release = this.#shares.take(uid) ?? this.#takeOver(uid);
    if (release === undefined) return undefined;
    const place = { socket, uid, release };
    this.#idle.add(place);
    socket.once('close', () => this.#leave(place));
    return this.#connection(place);
  }

  /** One of this user's own, or anybody's for a user that has none. */
  #takeOver(uid: number): (() => void) | undefined {
    const isAny = this.#shares.heldBy(uid) === 0;
    for (const place of this.#idle) {
      if (!isAny && place.uid !== uid) continue;
      place.socket.destroy();
      this.#leave(place); // it closes in a later turn
      return this.#shares.take(uid);
    }
    return undefined;
  }

  #leave(place: Place): void {
    this.#idle.delete(place);
    place.release();
  }

  #connection(place: Place): CallerConnection {
    let calls = 0;
    return {
      isBounded: true,
      begin: () => {
        calls += 1;
        this.#idle.delete(place);
      },
      end: () => {
        calls -= 1;
        if (calls === 0 && !place.socket.destroyed) this.#idle.add(place);
      },
      cut: () => void place.socket.destroy(),
    };
  }
}
