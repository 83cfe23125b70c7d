/**
 * Emptied parts of the index that are kept for the change number they carry. Past a bound they are forgotten together,
 * and the newest of their numbers then holds for everyone: an agent may be told once too often, never too seldom.
 */
const KEPT_MAX = 10_000; // about 1 MB

export interface Stamped {
  /** Number of the last change here; 0 when there was none since the index was loaded. */
  changedAt: number;
}

export class Tombstones<Part extends Stamped> {
  readonly #forget: (part: Part) => void;
  readonly #kept = new Set<Part>();
  #floor = 0;

  constructor(forget: (part: Part) => void) {
    this.#forget = forget;
  }

  /** No part counts as last changed before this. */
  get floor(): number {
    return this.#floor;
  }

  raiseFloor(n: number): void {
    this.#floor = Math.max(this.#floor, n);
  }

  /** The part is empty now. */
  add(part: Part): void {
    if (part.changedAt <= this.#floor) {
      this.#forget(part);
      return;
    }
    this.#kept.add(part);
    if (this.#kept.size > KEPT_MAX) this.#sweep();
  }

  /** The part is in use again. */
  revive(part: Part): void {
    this.#kept.delete(part);
  }

  #sweep(): void {
    for (const part of this.#kept) {
      this.raiseFloor(part.changedAt);
      this.#forget(part);
    }
    this.#kept.clear();
  }
}
