/** What becomes of a new connection to the Workload API: its process is held, or it is told why not. Called by listen. */
import type { Socket } from 'node:net';
import { CodedError, messageOf, unavailable } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { PeerSource } from '../attest-workload/peer-info.ts';
import type { Caller } from './caller.ts';
import type { Shares } from './shares.ts';

export interface AcceptDeps {
  readonly peers: PeerSource;
  readonly connections: Shares;
  /** RpcServer.inject. */
  readonly inject: (socket: Socket, caller: Caller) => void;
  readonly log: Logger;
}

/** Refused connections that are told why and kept open for it; the oldest makes room for the next. */
const TOLD_AT_ONCE = 32;

export function accept({ peers, connections, inject, log }: AcceptDeps): (socket: Socket) => void {
  const told = new Set<Socket>();
  const tell = tellSometimes(log);

  const refuse = (socket: Socket, error: CodedError): void => {
    tell(error.message);
    const [oldest] = told;
    if (oldest !== undefined && told.size >= TOLD_AT_ONCE) {
      told.delete(oldest);
      oldest.destroy();
    }
    told.add(socket);
    socket.once('close', () => told.delete(socket));
    inject(socket, { kind: 'refused', error });
  };

  return (socket) => {
    socket.on('error', () => socket.destroy());
    let release: (() => void) | undefined;
    try {
      const { uid } = peers.credentials(socket);
      release = connections.take(uid);
      if (release === undefined) return refuse(socket, tooMany(uid));
      const peer = peers.capture(socket);
      socket.once('close', () => peer.close());
      socket.once('close', release);
      inject(socket, { kind: 'process', peer });
    } catch (error) {
      release?.();
      refuse(
        socket,
        error instanceof CodedError
          ? error
          : unavailable(`the caller cannot be identified: ${messageOf(error)}`),
      );
    }
  };
}

const tooMany = (uid: number): CodedError =>
  unavailable(
    `too many connections are open, or too many of user ${uid}: close some or raise the limit of open files`,
  );

const REASONS_COUNTED = 1_000;

/** A client that is refused comes again every second: the first, second, fourth, eighth … of a kind is logged. */
function tellSometimes(log: Logger): (reason: string) => void {
  const counts = new Map<string, number>();
  return (reason) => {
    const count = (counts.get(reason) ?? 0) + 1;
    if (count > 1 || counts.size < REASONS_COUNTED) counts.set(reason, count);
    if (Number.isInteger(Math.log2(count))) log.warn('refused a connection', { reason, count });
  };
}
