/** Bounds the calls of one user's processes, on each of the agent's sockets. Called by the gates. */
import { unavailable } from '../../shared/errors.ts';
import type { Rates } from '../rates.ts';
import type { CallerConnection } from './caller.ts';
import type { Shares } from './shares.ts';

export interface CallBounds {
  readonly calls: Shares;
  readonly rates: Rates;
}

/**
 * The call's share, to be given back at its end. Throws Unavailable where there is none. Attesting costs more than asking
 * for it: a client that calls and hangs up without end must not keep others waiting.
 */
export function admit({ calls, rates }: CallBounds, uid: number, connection: CallerConnection): Disposable {
  if (rates.take(uid) === undefined) {
    connection.cut(); // even to refuse costs too much: the next connection has to wait for its turn
    throw unavailable(`user ${uid} calls too often`);
  }
  const release = calls.take(uid);
  if (release === undefined) throw unavailable(`too many calls are open, or too many of user ${uid}`);
  return { [Symbol.dispose]: release };
}
