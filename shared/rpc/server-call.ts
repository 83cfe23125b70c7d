/** One gRPC call on the server: adapts a Handler to what the gRPC library calls. */
import {
  Metadata,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
} from '@grpc/grpc-js';
import type { EventEmitter } from 'node:events';
import { Code, CodedError } from '../errors.ts';
import type { Call, Check, Gate, Handler } from './handler.ts';
import { type Decode, readRequest } from './read-request.ts';
import type { RunningCall, RunningCalls } from './running-calls.ts';
import { toStatus } from './status.ts';

export type GrpcCall =
  | ServerUnaryCall<Buffer, object>
  | ServerWritableStream<Buffer, object>
  | ServerDuplexStream<Buffer, object>;

export interface Environment<Peer, Context> {
  readonly gate: Gate<Peer, Context>;
  readonly calls: RunningCalls;
  readonly peerOf: (call: GrpcCall) => Peer;
  /** A message of a stream has reached its handler; what the library receives the call by. */
  readonly taken: (receiving: object) => void;
}

export interface Implementation<Context> {
  readonly method: string;
  readonly handler: Handler<Context>;
  readonly decode: Decode;
}

/** The function to register for this RPC, whose requests come as bytes. */
export function adapt<Peer, Context>(
  { method, handler, decode }: Implementation<Context>,
  environment: Environment<Peer, Context>,
) {
  switch (handler.kind) {
    case 'unary':
      return (call: ServerUnaryCall<Buffer, object>, done: sendUnaryData<object>) => {
        const read = reader(call, decode, handler.check);
        void answer({ method, call, environment, read }, async (context) => {
          const response = await handler.handle(read() as never, context);
          done(null, response);
        }).catch((error: unknown) => done(toStatus(error)));
      };
    case 'server-stream':
      return (call: ServerWritableStream<Buffer, object>) => {
        const read = reader(call, decode, handler.check);
        void answer({ method, call, environment, read }, (context) =>
          handler.handle(read() as never, context, sender(call)),
        ).then(...closing(call));
      };
    case 'bidi':
      return (call: ServerDuplexStream<Buffer, object>) => {
        void answer({ method, call, environment, read: () => undefined }, (context) =>
          handler.handle(requestsOf(call, decode, environment.taken), context, sender(call)),
        ).then(...closing(call));
      };
  }
}

/** Decodes and checks once. */
function reader(
  { request }: { readonly request: Buffer },
  decode: Decode,
  check: Check<never> | undefined,
): () => object {
  let known: object | undefined;
  return () => {
    if (known !== undefined) return known;
    const read = readRequest(decode, request);
    check?.(read as never);
    known = read;
    return known;
  };
}

interface Answering<Peer, Context> {
  readonly method: string;
  readonly call: GrpcCall;
  readonly environment: Environment<Peer, Context>;
  readonly read: () => unknown;
}

/** A call may last for months, and nearly all of that time it waits: what it holds meanwhile is kept small. */
async function answer<Peer, Context>(
  { method, call, environment, read }: Answering<Peer, Context>,
  run: (context: Context) => Promise<void>,
): Promise<void> {
  const ending = new Ending();
  const { calls } = environment;
  calls.add(ending);
  (call as EventEmitter).on('cancelled', () => ending.callerLeft());
  try {
    const seen = new SeenCall({ method, call, peer: environment.peerOf(call), signal: ending.signal });
    await environment.gate(seen, read, (context) => ending.orEarlier(run(context)));
  } catch (error) {
    ending.end(error); // what the handler has left running
    throw error;
  } finally {
    ending.isAnswered = true;
    calls.remove(ending);
  }
}

class SeenCall<Peer> implements Call<Peer> {
  readonly method: string;
  readonly peer: Peer;
  readonly signal: AbortSignal;
  readonly #call: GrpcCall;

  constructor({
    method,
    peer,
    signal,
    call,
  }: Pick<Call<Peer>, 'method' | 'peer' | 'signal'> & { call: GrpcCall }) {
    this.method = method;
    this.peer = peer;
    this.signal = signal;
    this.#call = call;
  }

  metadata(key: string): readonly string[] {
    return this.#call.metadata.get(key).map(String);
  }

  setHeader(key: string, value: string): void {
    sendHeader(this.#call, key, value);
  }
}

/** Of one call before its answer. The library reports every call as cancelled in the end: after its answer that is no news. */
class Ending implements RunningCall {
  readonly #abort = new AbortController();
  #endEarly: ((reason: unknown) => void) | undefined;
  isAnswered = false;

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  end(reason: unknown): void {
    this.#endEarly?.(reason);
    this.#abort.abort(reason);
  }

  callerLeft(): void {
    if (!this.isAnswered) this.end(new CodedError(Code.cancelled, 'the caller went away'));
  }

  /** A call ends when its signal does, even where the handler waits for something else. */
  orEarlier(work: Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#endEarly = reject;
      work.then(resolve, reject);
      if (this.signal.aborted) reject(this.signal.reason);
    });
  }
}

function sendHeader(call: GrpcCall, key: string, value: string): void {
  const metadata = new Metadata();
  metadata.set(key, value);
  call.sendMetadata(metadata);
}

/** The default iterator would destroy the whole call when the requests end. */
function requestsOf(
  call: ServerDuplexStream<Buffer, object>,
  decode: Decode,
  taken: (receiving: object) => void,
): AsyncIterable<never> {
  readNoFurther(call);
  const { call: receiving } = call as unknown as { readonly call: object };
  const messages: AsyncIterator<unknown, undefined> = call.iterator({ destroyOnReturn: false });
  // No generator: between two messages, which may be months, that would hold the one before.
  const next = async (): Promise<IteratorResult<never>> => {
    const message: IteratorResult<unknown, undefined> = await messages.next();
    if (message.done === true) return { value: undefined, done: true };
    taken(receiving);
    return { value: readRequest(decode, message.value as Buffer) as never, done: false };
  };
  const leave = async (): Promise<IteratorResult<never>> => {
    await messages.return?.();
    return { value: undefined, done: true };
  };
  return { [Symbol.asyncIterator]: () => ({ next, return: leave }) };
}

/** The library reads 16 messages ahead of the handler, of up to 4 MB each, and has no option for it. */
function readNoFurther(call: ServerDuplexStream<Buffer, object>): void {
  const { _readableState: state } = call as unknown as { _readableState: { highWaterMark: number } };
  state.highWaterMark = 1;
}

interface Writable {
  readonly cancelled: boolean;
  readonly destroyed: boolean;
  write(response: object, done: (error?: Error | null) => void): unknown;
  end(): unknown;
  emit(event: 'error', status: object): boolean;
  once(event: 'cancelled', listener: () => void): unknown;
  off(event: 'cancelled', listener: () => void): unknown;
}

const sender =
  (call: Writable) =>
  (response: object): Promise<void> =>
    new Promise((resolve, reject) => {
      const gone = (): void => reject(new CodedError(Code.cancelled, 'the caller went away'));
      if (call.cancelled || call.destroyed) return gone();
      call.once('cancelled', gone);
      call.write(response, (error?: Error | null) => {
        call.off('cancelled', gone);
        if (error) reject(error);
        else resolve();
      });
    });

const closing = (call: Writable): [() => void, (error: unknown) => void] => [
  () => call.end(),
  (error) => call.emit('error', toStatus(error)),
];
