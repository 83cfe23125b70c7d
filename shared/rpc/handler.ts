/** The shapes of an RPC handler, free of the gRPC library: what server/api and agent/*-api implement. */

/** One call as handlers and gates see it. `Peer` is what the listener learned when it accepted the connection. */
export interface Call<Peer> {
  /** `/package.Service/Rpc`. */
  readonly method: string;
  readonly peer: Peer;
  /** Request metadata: text values by lowercase key. */
  metadata(key: string): readonly string[];
  /** Aborted when the caller goes away before the answer, the deadline passes, the server stops, or the call fails. */
  readonly signal: AbortSignal;
  /** Sets a response header; only before the first message. */
  setHeader(key: string, value: string): void;
}

/** Resolves when the message has been handed to the connection (backpressure); rejects when the caller is gone. */
export type Send<Res> = (response: Res) => Promise<void>;

/** Throws on a request that can be refused whoever sent it: so it is before the gate finds that out, where it reads first. */
export type Check<Req> = (request: Req) => unknown;

export type Handler<Context> =
  | {
      readonly kind: 'unary';
      readonly check: Check<never> | undefined;
      readonly handle: (request: never, context: Context) => Promise<object>;
    }
  | {
      readonly kind: 'server-stream';
      readonly check: Check<never> | undefined;
      readonly handle: (request: never, context: Context, send: Send<object>) => Promise<void>;
    }
  | {
      readonly kind: 'bidi';
      readonly handle: (
        requests: AsyncIterable<never>,
        context: Context,
        send: Send<object>,
      ) => Promise<void>;
    };

export const unary = <Req, Res extends object, Context>(
  handle: (request: Req, context: Context) => Promise<Res>,
  check?: Check<Req>,
): Handler<Context> => ({ kind: 'unary', handle, check });

export const serverStream = <Req, Res extends object, Context>(
  handle: (request: Req, context: Context, send: Send<Res>) => Promise<void>,
  check?: Check<Req>,
): Handler<Context> => ({ kind: 'server-stream', handle, check });

export const bidi = <Req, Res extends object, Context>(
  handle: (requests: AsyncIterable<Req>, context: Context, send: Send<Res>) => Promise<void>,
): Handler<Context> => ({ kind: 'bidi', handle });

/** Handlers by service name, then RPC name. An RPC without one answers Unimplemented. */
export type Routes<Context> = Readonly<Record<string, Readonly<Record<string, Handler<Context>>>>>;

/**
 * Stands before every handler: decides whether `run` is called, and with what. `read` decodes the request of a call that
 * has one, and throws InvalidArgument on a malformed one, or what the handler's check throws: who has no right to call
 * shall not make it decoded. Errors of `run` pass through, so that the gate can log and audit.
 */
export type Gate<Peer, Context> = (
  call: Call<Peer>,
  read: () => unknown,
  run: (context: Context) => Promise<void>,
) => Promise<void>;
