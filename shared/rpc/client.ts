/** A typed client of one service on a channel: promises and async iterables, CodedError for every failure. */
import {
  Client,
  type ClientDuplexStream,
  type ClientReadableStream,
  Metadata,
  type MetadataValue,
  type MethodDefinition as GrpcMethod,
} from '@grpc/grpc-js';
import { systemClock } from '../clock.ts';
import type { Channel } from './channel.ts';
import { serviceDefinition } from './definitions.ts';
import {
  type CallOptions,
  type Methods,
  type Request,
  type Response,
  type Rpcs,
  UNARY_TIMEOUT_MS,
} from './service-types.ts';
import { fromStatus } from './status.ts';

export interface ServiceCallOptions extends CallOptions {
  /** Called with the response headers. */
  readonly onHeader?: (get: (key: string) => string | undefined) => void;
}

export interface BidiCall<Req, Res> {
  send(request: Req): void;
  /** Half-closes: no more requests. */
  end(): void;
  readonly responses: AsyncIterableIterator<Res>;
  cancel(): void;
}

/** `Def` is the generated `<Service>Definition`; `name` its full name. */
export class ServiceClient<Def> implements Rpcs<Def> {
  readonly #client: Client;
  readonly #name: string;

  constructor(name: string, channel: Channel) {
    this.#name = name;
    this.#client = new Client(channel.target, channel.credentials, {
      ...channel.options,
      channelOverride: channel.grpc,
    });
  }

  async unary<Rpc extends Methods<Def>>(
    rpc: Rpc,
    request: Request<Def, Rpc>,
    options: ServiceCallOptions = {},
  ): Promise<Response<Def, Rpc>> {
    const method = this.#method(rpc);
    return new Promise((resolve, reject) => {
      const call = this.#client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request as object,
        metadataOf(options),
        { deadline: deadlineOf(options, UNARY_TIMEOUT_MS) },
        (error, response) =>
          error === null ? resolve(response as Response<Def, Rpc>) : reject(fromStatus(error)),
      );
      attach(call, options);
    });
  }

  /** Messages as they come; ends with the stream, throws CodedError on any status but OK. Leaving the loop cancels. */
  serverStream<Rpc extends Methods<Def>>(
    rpc: Rpc,
    request: Request<Def, Rpc>,
    options: ServiceCallOptions = {},
  ): AsyncIterableIterator<Response<Def, Rpc>> {
    const method = this.#method(rpc);
    const call = this.#client.makeServerStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request as object,
      metadataOf(options),
      { deadline: deadlineOf(options, undefined) },
    );
    attach(call, options);
    return readAll<Response<Def, Rpc>>(call);
  }

  bidi<Rpc extends Methods<Def>>(
    rpc: Rpc,
    options: ServiceCallOptions = {},
  ): BidiCall<Request<Def, Rpc>, Response<Def, Rpc>> {
    const method = this.#method(rpc);
    const call = this.#client.makeBidiStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      metadataOf(options),
      { deadline: deadlineOf(options, undefined) },
    );
    attach(call, options);
    return {
      send: (request) => void call.write(request as object),
      end: () => call.end(),
      responses: readAll<Response<Def, Rpc>>(call),
      cancel: () => cancelNextTurn(call),
    };
  }

  #method(rpc: string): GrpcMethod<object, object> {
    const method: GrpcMethod<object, object> | undefined = serviceDefinition(this.#name)[rpc];
    if (method === undefined) throw new Error(`no RPC ${rpc} in ${this.#name}`);
    return method;
  }
}

function metadataOf({ metadata }: CallOptions): Metadata {
  const made = new Metadata();
  for (const [key, value] of Object.entries(metadata ?? {})) made.set(key, value);
  return made;
}

function deadlineOf({ timeoutMs }: CallOptions, otherwise: number | undefined): number {
  const ms = timeoutMs ?? otherwise;
  return ms === undefined ? Number.POSITIVE_INFINITY : systemClock.now().getTime() + ms;
}

interface Cancellable {
  cancel(): void;
  on(event: 'metadata', listener: (metadata: Metadata) => void): unknown;
  on(event: 'status', listener: () => void): unknown;
}

/** A call that is cancelled in the turn in which it was made is sent by the library all the same, and never taken back. */
const cancelNextTurn = (call: Cancellable): void => void setImmediate(() => call.cancel());

function attach(call: Cancellable, { signal, onHeader }: ServiceCallOptions): void {
  const cancel = (): void => cancelNextTurn(call);
  if (signal?.aborted === true) cancel();
  signal?.addEventListener('abort', cancel, { once: true });
  call.on('status', () => signal?.removeEventListener('abort', cancel));
  if (onHeader !== undefined) call.on('metadata', (metadata) => onHeader((key) => textOf(metadata.get(key))));
}

const textOf = ([value]: readonly MetadataValue[]): string | undefined =>
  typeof value === 'string' ? value : undefined;

type Readable = ClientReadableStream<object> | ClientDuplexStream<object, object>;

/** Listens from the start: the stream may fail before its reader comes, who is then told. */
function readAll<Res>(call: Readable): AsyncIterableIterator<Res> {
  let failure: unknown;
  call.on('error', (error: unknown) => {
    failure = error;
  });
  return read(call, () => failure);
}

async function* read<Res>(call: Readable, failure: () => unknown): AsyncIterableIterator<Res> {
  let ended = false;
  try {
    for await (const message of call) yield message as Res;
    ended = true;
  } catch (error) {
    ended = true;
    throw fromStatus(error);
  } finally {
    // The library's own iterator destroys the stream with a bare error when the loop is left: cancel says it properly.
    if (!ended) call.cancel();
  }
  if (failure() !== undefined) throw fromStatus(failure());
}
