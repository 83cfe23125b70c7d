/**
 * A typed client of one service on a Unix socket of this machine, for commands: as ServiceClient, which brings a whole
 * gRPC library, but loaded in a moment. Each call has a connection of its own.
 */
import { internal } from '../../errors.ts';
import { callLocal } from './call.ts';
import { methodTypes } from '../messages.ts';
import {
  type CallOptions,
  type Methods,
  type Request,
  type Response,
  type Rpcs,
  UNARY_TIMEOUT_MS,
} from '../service-types.ts';

/** `Def` is the generated `<Service>Definition`; `name` its full name. */
export class LocalClient<Def> implements Rpcs<Def> {
  readonly #name: string;
  readonly #path: string;

  constructor(name: string, socketPath: string) {
    this.#name = name;
    this.#path = socketPath;
  }

  async unary<Rpc extends Methods<Def>>(
    rpc: Rpc,
    request: Request<Def, Rpc>,
    options: CallOptions = {},
  ): Promise<Response<Def, Rpc>> {
    let answer: Response<Def, Rpc> | undefined;
    for await (const one of this.serverStream(rpc, request, { timeoutMs: UNARY_TIMEOUT_MS, ...options })) {
      if (answer !== undefined) throw internal('more than one answer came');
      answer = one;
    }
    if (answer === undefined) throw internal('no answer came, and no error');
    return answer;
  }

  async *serverStream<Rpc extends Methods<Def>>(
    rpc: Rpc,
    request: Request<Def, Rpc>,
    options: CallOptions = {},
  ): AsyncIterableIterator<Response<Def, Rpc>> {
    const types = methodTypes(this.#name, rpc);
    const call = {
      ...options,
      path: this.#path,
      method: `/${this.#name}/${rpc}`,
      request: types.request.encode(request as object),
    };
    for await (const message of callLocal(call)) yield types.response.decode(message) as Response<Def, Rpc>;
  }
}
