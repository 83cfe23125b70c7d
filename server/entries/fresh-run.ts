/**
 * Shares a read among its callers without ever answering one with what was read before it asked: a caller during a
 * run waits for the next one. Used where an answer must not be older than the question (refresh, check-agent, bundle-cache).
 */
export class FreshRun<T> {
  readonly #deed: () => Promise<T>;
  #running: Promise<T> | undefined;
  #next: Promise<T> | undefined;

  constructor(deed: () => Promise<T>) {
    this.#deed = deed;
  }

  get isIdle(): boolean {
    return this.#running === undefined;
  }

  /** The outcome of a run that begins now or later. */
  run(): Promise<T> {
    if (this.#running === undefined) return this.#begin();
    this.#next ??= this.#running.then(
      () => this.#begin(),
      () => this.#begin(),
    );
    return this.#next;
  }

  #begin(): Promise<T> {
    this.#next = undefined;
    const run = this.#deed().finally(() => {
      if (this.#next === undefined) this.#running = undefined;
    });
    this.#running = run;
    return run;
  }
}
