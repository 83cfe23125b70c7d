/**
 * The door for agents: mTLS on TCP (design D8). Connections of our own agents live on, others are asked to come again
 * after three minutes, as SPIRE's servers do. Started by server.ts.
 */
import type { Clock } from '../../shared/clock.ts';
import { Code, CodedError, messageOf } from '../../shared/errors.ts';
import { listenFailure } from '../../shared/listen-failure.ts';
import type { Logger } from '../../shared/log/logger.ts';
import type { Gate, Routes } from '../../shared/rpc/handler.ts';
import { InputMeter } from '../../shared/rpc/input-meter.ts';
import { RpcServer } from '../../shared/rpc/server.ts';
import type { Part } from '../../shared/tasks.ts';
import { type SecuredConnection, TlsListener } from '../../shared/tls/listen.ts';
import type { Callers } from '../api/gate/caller.ts';
import type { CallContext, Peer } from '../api/gate/context.ts';
import { ConnectionLimits, type ConnectionLimitsOptions } from './connection-limits.ts';
import type { OwnSvid } from './own-svid.ts';

/** A peer that vanished without a word is noticed, one that does nothing goes. */
const LASTING = {
  'grpc.keepalive_time_ms': 60_000,
  'grpc.keepalive_timeout_ms': 20_000,
  'grpc.max_connection_idle_ms': 600_000,
};
const AGING = {
  ...LASTING,
  'grpc.max_connection_age_ms': 180_000, // SPIRE: a renewed certificate gets used at the next connection
  'grpc.max_connection_age_grace_ms': 10_000, // SPIRE: graceful stop
};
/**
 * Nobody in particular attests and asks for the bundle, which takes little: many such peers must not fill the memory. A
 * request that is half received is held until its connection ends: 256 KB each time, with 3,000 connections 750 MB.
 */
const UNIDENTIFIED = {
  ...AGING,
  'grpc.max_receive_message_length': 64 * 1_024,
  'grpc.max_concurrent_streams': 4,
  'grpc-node.max_session_memory': 8, // MB
};

export interface AgentListenerNeeds {
  readonly host: string;
  /** 0 asks for any. */
  readonly port: number;
  readonly requirePqKem: boolean;
  readonly ownSvid: Pick<OwnSvid, 'identity' | 'onChange'>;
  readonly callers: Pick<Callers, 'knownId'>;
  readonly routes: Routes<CallContext>;
  readonly gate: Gate<Peer, CallContext>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits?: ConnectionLimitsOptions;
  readonly inputMaxBytes?: number | undefined;
  readonly handshakeTimeoutMs?: number;
}

type Rpc = RpcServer<Peer, CallContext>;

export class AgentListener implements Part {
  readonly name = 'agent listener';
  readonly #needs: AgentListenerNeeds;
  readonly #limits: ConnectionLimits;
  /** By address, of those without a valid certificate. */
  readonly #meter: InputMeter<string>;
  readonly #unidentified: Rpc;
  readonly #aging: Rpc;
  readonly #lasting: Rpc;
  #listener: TlsListener | undefined;
  #port = 0;
  #forgetIdentity = (): void => {};

  constructor(needs: AgentListenerNeeds) {
    const { routes, gate, clock, log } = needs;
    this.#needs = needs;
    this.#limits = new ConnectionLimits(needs.limits);
    const onTooMuch = (address: string): void =>
      log.warn('cut off an address that sends without pause', { address });
    this.#meter = new InputMeter({ clock, onTooMuch, maxBytes: needs.inputMaxBytes });
    this.#unidentified = new RpcServer({ routes, gate, clock, channelOptions: UNIDENTIFIED });
    this.#aging = new RpcServer({ routes, gate, clock, channelOptions: AGING });
    this.#lasting = new RpcServer({ routes, gate, clock, channelOptions: LASTING });
  }

  /** The port that was bound; 0 before. */
  get port(): number {
    return this.#port;
  }

  /** Throws FailedPrecondition, saying what to do, when the address cannot be had. */
  async start(): Promise<void> {
    const { host, port, ownSvid, requirePqKem, log, handshakeTimeoutMs } = this.#needs;
    const listener = new TlsListener({
      identity: ownSvid.identity(),
      requirePqKem,
      admit: (socket) => this.#limits.admit(socket),
      onConnection: (connection) => this.#accept(connection),
      onTlsError: (error) => log.debug('TLS handshake failed', { error: messageOf(error) }),
      ...(handshakeTimeoutMs === undefined ? {} : { handshakeTimeoutMs }),
    });
    this.#port = await listener.listen(host, port).catch((error: unknown) => {
      throw explain(error, host, port);
    });
    this.#listener = listener;
    this.#meter.start();
    this.#forgetIdentity = ownSvid.onChange((identity) => listener.setIdentity(identity));
    log.info('listening for agents', { address: host, port: this.#port });
  }

  async stop(): Promise<void> {
    this.#forgetIdentity();
    this.#listener?.close();
    await this.#meter.stop();
    await Promise.all([this.#unidentified, this.#aging, this.#lasting].map((rpc) => rpc.stop()));
    this.#limits.closeAll();
  }

  #accept({ socket, chain, remoteAddress, isLongLived }: SecuredConnection): void {
    const address = plainAddress(remoteAddress);
    const peer = { kind: 'remote', address, chain } as const;
    const id = chain.length === 0 ? undefined : this.#needs.callers.knownId(peer)?.toString();
    if (id === undefined) {
      this.#meter.watch(socket, address);
      this.#unidentified.inject(socket, peer, address);
    } else if (this.#limits.identified(socket, id)) {
      (isLongLived ? this.#lasting : this.#aging).inject(socket, peer, id);
    } else socket.destroy();
  }
}

/** IPv4 that arrives on an IPv6 socket is IPv4. */
const plainAddress = (address: string): string => address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/, '');

function explain(error: unknown, host: string, port: number): CodedError {
  const why = listenFailure(error);
  return new CodedError(Code.failedPrecondition, `cannot listen on ${host} port ${port}: ${why}`, {
    cause: error,
  });
}
