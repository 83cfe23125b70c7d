/**
 * The places that there are for connections. Where too few are left, those on which no call is under way make room, longest
 * idle first: whoever has no identity has no lasting call, so he keeps out nobody by holding connections. Used by accept.
 */
import type { Socket } from 'node:net';
import type { CallerConnection } from './caller.ts';
import type { Shares } from './shares.ts';

export class Places {
  readonly #shares: Shares;
  /** Longest idle first. */
  readonly #idle = new Set<Place>();

  constructor(shares: Shares) {
    this.#shares = shares;
  }

  /** A place until the socket closes; undefined when there is none for this user. */
  take(socket: Socket, uid: number): CallerConnection | undefined {
    const release = this.takeFurther(uid);
    if (release === undefined) return undefined;
    const place = new Place({ socket, uid, release }, this.#idle);
    socket.on('close', () => place.leave());
    return place;
  }

  /** For a connection that takes the room of two: what gives it back; undefined when there is none for this user. */
  takeFurther(uid: number): (() => void) | undefined {
    return this.#shares.take(uid) ?? this.#takeOver(uid);
  }

  /** One of this user's own, or anybody's for a user that has none. */
  #takeOver(uid: number): (() => void) | undefined {
    const isAny = this.#shares.heldBy(uid) === 0;
    for (const place of this.#idle) {
      if (!isAny && place.uid !== uid) continue;
      place.cut();
      place.leave(); // it closes in a later turn
      return this.#shares.take(uid);
    }
    return undefined;
  }
}

interface Held {
  readonly socket: Socket;
  readonly uid: number;
  readonly release: () => void;
}

class Place implements CallerConnection {
  readonly isBounded = true;
  readonly #held: Held;
  readonly #idle: Set<Place>;
  #calls = 0;

  constructor(held: Held, idle: Set<Place>) {
    this.#held = held;
    this.#idle = idle;
    idle.add(this);
  }

  get uid(): number {
    return this.#held.uid;
  }

  begin(): void {
    this.#calls += 1;
    this.#idle.delete(this);
  }

  end(): void {
    this.#calls -= 1;
    if (this.#calls === 0 && !this.#held.socket.destroyed) this.#idle.add(this);
  }

  cut(): void {
    this.#held.socket.destroy();
  }

  leave(): void {
    this.#idle.delete(this);
    this.#held.release();
  }
}
