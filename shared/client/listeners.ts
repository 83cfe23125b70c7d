/** Who wants to hear of a source's changes and failures. Used by the sources. */
import { type CodedError, internal, messageOf } from '../errors.ts';

export class Listeners {
  readonly #onUpdate = new Set<() => void>();
  readonly #onError = new Set<(error: CodedError) => void>();

  onUpdate(listener: () => void): () => void {
    this.#onUpdate.add(listener);
    return () => this.#onUpdate.delete(listener);
  }

  onError(listener: (error: CodedError) => void): () => void {
    this.#onError.add(listener);
    return () => this.#onError.delete(listener);
  }

  /** One that fails keeps no other from hearing, and is told of as an error. */
  tellUpdate(): void {
    for (const listener of this.#onUpdate) {
      try {
        listener();
      } catch (cause) {
        this.tellError(internal(`a listener of the source failed: ${messageOf(cause)}`, { cause }));
      }
    }
  }

  /** A listener that fails must not end what keeps the source fresh. */
  tellError(error: CodedError): void {
    for (const listener of this.#onError) {
      try {
        listener(error);
      } catch {
        // there is nobody left to tell
      }
    }
  }

  clear(): void {
    this.#onUpdate.clear();
    this.#onError.clear();
  }
}
