/** X.509-SVIDs and bundles that keep themselves fresh from the Workload API. */
import { type CodedError, Code, unavailable } from '../errors.ts';
import { WorkloadApiClient, type WorkloadApiOptions } from './workload-api-client.ts';
import type { X509Context, X509Identity } from './x509-context.ts';

export interface X509SourceOptions extends WorkloadApiOptions {
  /** Chooses among several identities; the first one unless given. */
  readonly pick?: (identities: readonly X509Identity[]) => X509Identity | undefined;
  /** Gives up waiting for the first identity when aborted. */
  readonly signal?: AbortSignal;
}

export class X509Source {
  readonly #client: WorkloadApiClient;
  readonly #stop = new AbortController();
  readonly #pick: (identities: readonly X509Identity[]) => X509Identity | undefined;
  readonly #listeners = new Set<() => void>();
  #context: X509Context | undefined;
  #lastError: CodedError | undefined;

  private constructor({ pick = ([first]) => first, ...options }: X509SourceOptions) {
    this.#client = new WorkloadApiClient(options);
    this.#pick = pick;
  }

  /** Resolves with the first identity there is; rejects when `signal` aborts, or the Workload API refuses for good. */
  static async create(options: X509SourceOptions): Promise<X509Source> {
    options.signal?.throwIfAborted();
    const source = new X509Source(options);
    try {
      await source.#start(options.signal);
      return source;
    } catch (error) {
      source.close();
      throw error;
    }
  }

  #start(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      signal?.addEventListener('abort', () => reject(this.#lastError ?? signal.reason), { once: true });
      this.onUpdate(() => {
        if (this.#context !== undefined) resolve();
      });
      const watcher = {
        onUpdate: (context: X509Context) => this.#set(context),
        onError: (error: CodedError) => this.#fail(error),
      };
      this.#client.watchX509Context(watcher, this.#stop.signal).catch(reject);
    });
  }

  #set(context: X509Context | undefined): void {
    this.#context = context;
    for (const listener of this.#listeners) listener();
  }

  #fail(error: CodedError): void {
    this.#lastError = error;
    if (error.code === Code.permissionDenied && this.#context !== undefined) this.#set(undefined);
  }

  /** Whether identity() would give one. */
  get hasIdentity(): boolean {
    return this.#findIdentity() !== undefined;
  }

  #findIdentity(): X509Identity | undefined {
    return this.#context === undefined ? undefined : this.#pick(this.#context.identities);
  }

  /** The current identity. Throws Unavailable when it was taken away or the source is closed. */
  identity(): X509Identity {
    const picked = this.#findIdentity();
    if (picked === undefined) throw unavailable('no X.509-SVID at the moment', { cause: this.#lastError });
    return picked;
  }

  /** CA certificates (DER) of a trust domain; undefined where there is no bundle. */
  authorities(trustDomain: string): readonly Uint8Array[] | undefined {
    return this.#context?.bundles.get(trustDomain);
  }

  /** Every bundle held: trust domain name -> CA certificates (DER). */
  bundles(): ReadonlyMap<string, readonly Uint8Array[]> {
    return this.#context?.bundles ?? new Map();
  }

  /** Calls back after every change; returns the way to stop. */
  onUpdate(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#stop.abort(unavailable('the source is closed'));
    this.#client.close();
    this.#context = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}
