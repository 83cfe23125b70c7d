/** A Workload API on a temporary socket that answers whatever the test puts into it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { X509SVIDResponse } from '../../proto/gen/X509SVIDResponse.ts';
import { type CodedError, unavailable } from '../../shared/errors.ts';
import { type Call, serverStream } from '../../shared/rpc/handler.ts';
import { RpcServer } from '../../shared/rpc/server.ts';

type Context = { readonly call: Call<undefined> };
type Answer = { readonly response: X509SVIDResponse } | { readonly error: CodedError };

export class FakeWorkloadApi {
  readonly #directory = mkdtempSync(join(tmpdir(), 'writ-wl-'));
  #rpc: RpcServer<undefined, Context> | undefined;
  #listener: Server | undefined;
  readonly #wake = new Set<() => void>();
  #answer: Answer = { error: unavailable('starting') };
  /** Streams opened so far. */
  streams = 0;

  get address(): string {
    return `unix://${join(this.#directory, 'api.sock')}`;
  }

  /** Also after `cut`. */
  start(): Promise<void> {
    const rpc = new RpcServer<undefined, Context>({
      routes: {
        SpiffeWorkloadAPI: {
          FetchX509SVID: serverStream((_request: object, context: Context, send) =>
            this.#serve(context, send),
          ),
        },
      },
      gate: (call, _request, run) => run({ call }),
    });
    const listener = createServer((socket) => rpc.inject(socket, undefined));
    this.#rpc = rpc;
    this.#listener = listener;
    return new Promise((resolve) => listener.listen(join(this.#directory, 'api.sock'), resolve));
  }

  /** Streams that are open. */
  get open(): number {
    return this.#rpc?.callCount ?? 0;
  }

  /** Closes every stream and connection, and the socket. */
  async cut(): Promise<void> {
    this.#listener?.close();
    await this.#rpc?.stop(100);
  }

  async stop(): Promise<void> {
    await this.cut();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Pushed to open streams, and the first answer of new ones. */
  set(answer: Answer): void {
    this.#answer = answer;
    for (const wake of this.#wake) wake();
  }

  async #serve({ call }: Context, send: (response: X509SVIDResponse) => Promise<void>): Promise<void> {
    this.streams += 1;
    for (;;) {
      if ('error' in this.#answer) throw this.#answer.error;
      await send(this.#answer.response);
      await new Promise<void>((resolve, reject) => {
        const wake = (): void => resolve();
        this.#wake.add(wake);
        call.signal.addEventListener('abort', () => reject(call.signal.reason), { once: true });
      });
      this.#wake.clear();
    }
  }
}
