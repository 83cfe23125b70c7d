/** What becomes of a new connection to the admin socket: its process is held, as on the Workload API's. Called by listen. */
import type { Socket } from 'node:net';
import type { CodedError } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Peer, PeerSource } from '../attest-workload/peer-info.ts';
import { tooMany, whyUnknown } from '../workload-api/accept.ts';
import type { Places } from '../workload-api/places.ts';
import { Refusals } from '../workload-api/refusals.ts';
import type { AdminCaller } from './caller.ts';

export interface AcceptDeps {
  readonly peers: Pick<PeerSource, 'credentials' | 'capture'>;
  readonly places: Places;
  /** RpcServer.inject. */
  readonly inject: (socket: Socket, caller: AdminCaller) => void;
  readonly log: Logger;
}

export function accept({ peers, places, inject, log }: AcceptDeps): (socket: Socket) => void {
  const refusals = new Refusals({
    answer: (socket, error) => inject(socket, { kind: 'refused', error }),
    log,
  });
  return (socket) => {
    socket.on('error', () => socket.destroy());
    try {
      const { pid, uid } = peers.credentials(socket);
      const connection = places.take(socket, uid);
      if (connection === undefined) return refusals.refuse(socket, tooMany(uid));
      inject(socket, { kind: 'process', pid, uid, connection, held: hold(peers, socket) });
    } catch (error) {
      refusals.refuse(socket, whyUnknown(error));
    }
  };
}

function hold(peers: Pick<PeerSource, 'capture'>, socket: Socket): Peer | CodedError {
  try {
    const peer = peers.capture(socket);
    socket.on('close', () => peer.close());
    return peer;
  } catch (error) {
    return whyUnknown(error); // the file's mode let it in; only delegates must be attested
  }
}
