/** What becomes of a new connection to the Workload API: its process is held, or it is told why not. Called by listen. */
import type { Socket } from 'node:net';
import { CodedError, messageOf, unavailable } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { InputMeter } from '../../shared/rpc/input-meter.ts';
import type { PeerSource } from '../attest-workload/peer-info.ts';
import type { Caller, CallerConnection } from './caller.ts';
import type { Places } from './places.ts';
import type { Rates } from '../rates.ts';
import { Refusals } from './refusals.ts';
import type { ShutOut } from './shut-out.ts';

export interface AcceptDeps {
  readonly peers: PeerSource;
  readonly places: Places;
  readonly rates: Rates;
  readonly shutOut: Pick<ShutOut, 'dropped'>;
  readonly meter: Pick<InputMeter<number>, 'watch'>;
  /** The agent's own pid: what others hold must not make its health check fail, and have it restarted. */
  readonly ownPid: number;
  /** RpcServer.inject. */
  readonly inject: (socket: Socket, caller: Caller) => void;
  readonly log: Logger;
}

export function accept({
  peers,
  places,
  rates,
  shutOut,
  meter,
  ownPid,
  inject,
  log,
}: AcceptDeps): (socket: Socket) => void {
  const refusals = new Refusals({
    answer: (socket, error) => inject(socket, { kind: 'refused', error }),
    log,
  });

  /** Whoever connects without pause must not keep others waiting for their turn. */
  const drop = (socket: Socket, uid: number): void => {
    refusals.drop(socket, `user ${uid} connects too often`);
    shutOut.dropped(uid);
  };

  return (socket) => {
    socket.on('error', () => socket.destroy());
    try {
      const { pid, uid } = peers.credentials(socket);
      const isOwn = pid === ownPid;
      if (!isOwn && rates.take(uid) === undefined) return drop(socket, uid);
      if (!isOwn) meter.watch(socket, uid);
      const peer = peers.capture(socket);
      socket.on('close', () => peer.close());
      const connection = isOwn ? OWN : places.take(socket, uid);
      if (connection === undefined) return refusals.refuse(socket, tooMany(uid));
      inject(socket, { kind: 'process', peer, connection });
    } catch (error) {
      refusals.refuse(socket, whyUnknown(error));
    }
  };
}

const OWN: CallerConnection = { isBounded: false, begin: () => {}, end: () => {}, cut: () => {} };

export const tooMany = (uid: number): CodedError =>
  unavailable(
    `too many connections are open, or too many of user ${uid}: close some or raise the limit of open files`,
  );

export const whyUnknown = (error: unknown): CodedError =>
  error instanceof CodedError ? error : unavailable(`the caller cannot be identified: ${messageOf(error)}`);
