/** The types of a service's RPCs, out of its generated `<Service>Definition`. Used by the clients. */
import type { MethodDefinition } from '@grpc/proto-loader';

export type Methods<Def> = Extract<keyof Def, string>;

export type Request<Def, Rpc extends Methods<Def>> =
  Def[Rpc] extends MethodDefinition<infer Req, infer _Res, infer _ReqOut, infer _ResOut> ? Req : never;

export type Response<Def, Rpc extends Methods<Def>> =
  Def[Rpc] extends MethodDefinition<infer _Req, infer _Res, infer _ReqOut, infer ResOut> ? ResOut : never;

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Default 30 s for unary calls; none for streams. */
  readonly timeoutMs?: number;
  readonly metadata?: Readonly<Record<string, string>>;
}

export const UNARY_TIMEOUT_MS = 30_000; // SPIRE agent's RPC timeout

/** What every client of a service does; CodedError for every failure. */
export interface Rpcs<Def> {
  unary<Rpc extends Methods<Def>>(
    rpc: Rpc,
    request: Request<Def, Rpc>,
    options?: CallOptions,
  ): Promise<Response<Def, Rpc>>;
  /** Messages as they come; ends with the stream, throws on any status but OK. Leaving the loop cancels. */
  serverStream<Rpc extends Methods<Def>>(
    rpc: Rpc,
    request: Request<Def, Rpc>,
    options?: CallOptions,
  ): AsyncIterableIterator<Response<Def, Rpc>>;
}
