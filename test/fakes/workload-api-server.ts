/** A Workload API on a temporary socket that answers whatever the test puts into it. */
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JWTBundlesResponse } from '../../proto/gen/JWTBundlesResponse.ts';
import type { JWTSVIDRequestOutput } from '../../proto/gen/JWTSVIDRequest.ts';
import type { JWTSVIDResponse } from '../../proto/gen/JWTSVIDResponse.ts';
import type { X509BundlesResponse } from '../../proto/gen/X509BundlesResponse.ts';
import type { X509SVIDResponse } from '../../proto/gen/X509SVIDResponse.ts';
import { type CodedError, unavailable } from '../../shared/errors.ts';
import { type Call, serverStream, unary } from '../../shared/rpc/handler.ts';
import { RpcServer } from '../../shared/rpc/server.ts';

type Context = { readonly call: Call<undefined> };
type Answer<Response> = { readonly response: Response } | { readonly error: CodedError };

/** What streams of one RPC are told. */
class Told<Response> {
  readonly #wake = new Set<() => void>();
  #answer: Answer<Response> = { error: unavailable('starting') };
  /** Streams opened so far. */
  streams = 0;

  /** Pushed to open streams, and the first answer of new ones. */
  set(answer: Answer<Response>): void {
    this.#answer = answer;
    for (const wake of this.#wake) wake();
  }

  async serve({ call }: Context, send: (response: Response) => Promise<void>): Promise<void> {
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

export class FakeWorkloadApi {
  readonly #directory = mkdtempSync(join(tmpdir(), 'writ-wl-'));
  #rpc: RpcServer<undefined, Context> | undefined;
  #listener: Server | undefined;
  readonly #x509 = new Told<X509SVIDResponse>();
  readonly x509Bundles = new Told<X509BundlesResponse>();
  readonly jwtBundles = new Told<JWTBundlesResponse>();
  /** Answers FetchJWTSVID. */
  fetchJwtSvid: (request: JWTSVIDRequestOutput) => Promise<JWTSVIDResponse> = () =>
    Promise.reject(unavailable('starting'));

  get address(): string {
    return `unix://${join(this.#directory, 'api.sock')}`;
  }

  /** Also after `cut`. */
  start(): Promise<void> {
    const rpc = new RpcServer<undefined, Context>({
      routes: {
        SpiffeWorkloadAPI: {
          FetchX509SVID: serverStream((_request: object, context: Context, send) =>
            this.#x509.serve(context, send),
          ),
          FetchX509Bundles: serverStream((_request: object, context: Context, send) =>
            this.x509Bundles.serve(context, send),
          ),
          FetchJWTBundles: serverStream((_request: object, context: Context, send) =>
            this.jwtBundles.serve(context, send),
          ),
          FetchJWTSVID: unary((request: JWTSVIDRequestOutput) => this.fetchJwtSvid(request)),
        },
      },
      gate: (call, _request, run) => run({ call }),
    });
    const listener = createServer((socket) => rpc.inject(socket, undefined));
    this.#rpc = rpc;
    this.#listener = listener;
    return new Promise((resolve) => listener.listen(join(this.#directory, 'api.sock'), resolve));
  }

  /** Streams of FetchX509SVID opened so far. */
  get streams(): number {
    return this.#x509.streams;
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

  /** What FetchX509SVID says. */
  set(answer: Answer<X509SVIDResponse>): void {
    this.#x509.set(answer);
  }
}
