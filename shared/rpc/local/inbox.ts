/** What comes by itself, for a reader who waits for one after the other. Used by call. */

export class Inbox<T> {
  readonly #items: T[] = [];
  #end: { readonly error: Error | undefined } | undefined;
  #wake = Promise.withResolvers<void>();

  put(item: T): void {
    this.#items.push(item);
    this.#wake.resolve();
  }

  /** Only the first end counts. What is here is still read; an error, where there is one, comes behind it. */
  end(error?: Error): void {
    this.#end ??= { error };
    this.#wake.resolve();
  }

  /** The next one; undefined at the end. Throws the error that ended it. */
  async next(): Promise<T | undefined> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) return item;
      if (this.#end?.error !== undefined) throw this.#end.error;
      if (this.#end !== undefined) return undefined;
      this.#wake = Promise.withResolvers();
      await this.#wake.promise;
    }
  }
}
