/** Random choices that a seed repeats, for the cases of this suite. */

export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** From 0 up to, not including, `end`. (Mulberry32.) */
  below(end: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * end);
  }

  /** True once in `times`. */
  once(times: number): boolean {
    return this.below(times) === 0;
  }

  /** Throws when there is none. */
  pick<T>(choices: readonly T[]): T {
    if (choices.length === 0) throw new Error('there is nothing to choose from');
    return choices[this.below(choices.length)] as T;
  }

  /** Each with a chance of one half; at least one. */
  some<T>(choices: readonly T[]): readonly T[] {
    const found = choices.filter(() => this.once(2));
    return found.length > 0 ? found : [this.pick(choices)];
  }

  shuffled<T>(items: readonly T[]): T[] {
    const left = [...items];
    const found: T[] = [];
    while (left.length > 0) found.push(...left.splice(this.below(left.length), 1));
    return found;
  }
}
