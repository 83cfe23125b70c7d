/** From an accepted connection to the server, past the front that some clients need. Called by listen. */
import type { Socket } from 'node:net';
import { Http2Front, type Http2FrontOptions } from '../../shared/rpc/http2-front/front.ts';
import type { Caller } from './caller.ts';
import type { Places } from './places.ts';

export interface ThroughFrontOptions extends Http2FrontOptions {
  readonly places: Pick<Places, 'takeFurther'>;
  /** RpcServer.inject. */
  readonly inject: (socket: Socket, caller: Caller) => void;
}

export interface ThroughFront extends Pick<Http2Front, 'start' | 'stop'> {
  readonly inject: ThroughFrontOptions['inject'];
}

export function throughFront({ places, inject, ...options }: ThroughFrontOptions): ThroughFront {
  const front = new Http2Front(options);
  return {
    start: () => front.start(),
    stop: () => front.stop(),
    inject: (socket, caller) =>
      front.take({
        socket,
        serve: (served) => inject(served, caller),
        takePlace: () => placeOf(caller, places),
      }),
  };
}

/** Of those that are refused there are few. */
const placeOf = (caller: Caller, places: ThroughFrontOptions['places']): (() => void) | undefined =>
  caller.kind === 'process' && caller.connection.isBounded ? places.takeFurther(caller.peer.uid) : () => {};
