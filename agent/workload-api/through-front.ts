/** From an accepted connection to the server, past the front that some clients need. Called by listen, here and in admin-api. */
import type { Socket } from 'node:net';
import { Http2Front, type Http2FrontOptions } from '../../shared/rpc/http2-front/front.ts';
import type { Places } from './places.ts';

export interface ThroughFrontOptions<Caller> extends Http2FrontOptions {
  readonly places: Pick<Places, 'takeFurther'>;
  /** Whose place a relay takes; undefined for those who are not bounded. */
  readonly uidOf: (caller: Caller) => number | undefined;
  /** RpcServer.inject. */
  readonly inject: (socket: Socket, caller: Caller) => void;
}

export interface ThroughFront<Caller> extends Pick<Http2Front, 'start' | 'stop'> {
  readonly inject: ThroughFrontOptions<Caller>['inject'];
}

export function throughFront<Caller>({
  places,
  uidOf,
  inject,
  ...options
}: ThroughFrontOptions<Caller>): ThroughFront<Caller> {
  const front = new Http2Front(options);
  const takePlace = (caller: Caller): (() => void) | undefined => {
    const uid = uidOf(caller);
    return uid === undefined ? () => {} : places.takeFurther(uid);
  };
  return {
    start: () => front.start(),
    stop: () => front.stop(),
    inject: (socket, caller) =>
      front.take({
        socket,
        serve: (served) => inject(served, caller),
        takePlace: () => takePlace(caller),
      }),
  };
}
