/**
 * When what is to be looked at, so that only what is due is looked at: in milliseconds of one clock, kept as whole seconds,
 * as times of certificates are. Used by cached-svids and wanted-svids.
 */
export class Deadlines<Item extends object> {
  readonly #bySecond = new Map<number, Set<Item>>();
  readonly #secondOf = new Map<Item, number>();
  /** No deadline is earlier; undefined: to be found anew. */
  #earliest: number | undefined = Number.POSITIVE_INFINITY;

  get size(): number {
    return this.#secondOf.size;
  }

  /** In place of the one that it had. A fraction of a second counts as a whole one. */
  set(item: Item, atMs: number): void {
    const second = Math.ceil(atMs / 1_000);
    if (this.#secondOf.get(item) === second) return;
    this.delete(item);
    this.#secondOf.set(item, second);
    const others = this.#bySecond.get(second);
    if (others === undefined) this.#bySecond.set(second, new Set([item]));
    else others.add(item);
    if (this.#earliest !== undefined && second < this.#earliest) this.#earliest = second;
  }

  delete(item: Item): void {
    const second = this.#secondOf.get(item);
    if (second === undefined) return;
    this.#secondOf.delete(item);
    const others = this.#bySecond.get(second);
    others?.delete(item);
    if (others === undefined || others.size > 0) return;
    this.#bySecond.delete(second);
    if (second === this.#earliest) this.#earliest = undefined;
  }

  /** The earliest; undefined when there is none. */
  get nextMs(): number | undefined {
    const second = this.#findEarliest();
    return second === Number.POSITIVE_INFINITY ? undefined : second * 1_000;
  }

  /** Those whose time has come, earliest first; they have no deadline any more. */
  takeDue(nowMs: number): readonly Item[] {
    const due: Item[] = [];
    for (;;) {
      const second = this.#findEarliest();
      if (second * 1_000 > nowMs) return due;
      for (const item of this.#bySecond.get(second) ?? []) {
        this.#secondOf.delete(item);
        due.push(item);
      }
      this.#bySecond.delete(second);
      this.#earliest = undefined;
    }
  }

  /** A walk over the seconds: fewer than there are in a certificate's life, however many items share them. */
  #findEarliest(): number {
    this.#earliest ??= [...this.#bySecond.keys()].reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    return this.#earliest;
  }
}
