/** What becomes of a new connection to the Workload API: its process is held, or it is told why not. Called by listen. */
import type { Socket } from 'node:net';
import { CodedError, messageOf, unavailable } from '../../shared/errors.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { InputMeter } from '../../shared/rpc/input-meter.ts';
import type { PeerSource } from '../attest-workload/peer-info.ts';
import type { Caller, CallerConnection } from './caller.ts';
import type { Places } from './places.ts';
import type { Rates } from '../rates.ts';
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

/** Refused connections that are told why and kept open for it; the oldest makes room for the next. */
const TOLD_AT_ONCE = 32;

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

  /** Costs next to nothing: whoever connects without pause must not keep others waiting for their turn. */
  const drop = (socket: Socket, uid: number): void => {
    tell(`user ${uid} connects too often`);
    socket.destroy();
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
      if (connection === undefined) return refuse(socket, tooMany(uid));
      inject(socket, { kind: 'process', peer, connection });
    } catch (error) {
      const isOurs = error instanceof CodedError;
      refuse(socket, isOurs ? error : unavailable(`the caller cannot be identified: ${messageOf(error)}`));
    }
  };
}

const OWN: CallerConnection = { isBounded: false, begin: () => {}, end: () => {}, cut: () => {} };

const tooMany = (uid: number): CodedError =>
  unavailable(
    `too many connections are open, or too many of user ${uid}: close some or raise the limit of open files`,
  );

const REASONS_COUNTED = 1_000;
const OTHERS = 'many different ones';

/** A client that is refused comes again every second: the first, second, fourth, eighth … of a kind is logged. */
function tellSometimes(log: Logger): (reason: string) => void {
  const counts = new Map<string, number>();
  return (given) => {
    const reason = counts.has(given) || counts.size < REASONS_COUNTED ? given : OTHERS;
    const count = (counts.get(reason) ?? 0) + 1;
    counts.set(reason, count);
    if (Number.isInteger(Math.log2(count))) log.warn('refused a connection', { reason, count });
  };
}
