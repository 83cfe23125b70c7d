/**
 * Gathers concurrent calls into one deed: what is asked for while a group is under way, or in the same tick, goes
 * together in the next. Each caller gets its own outcome. Used by nodes.ts, where renewals come in storms.
 */

export interface GroupingOptions<Input, Outcome> {
  /** One outcome for each input, in order. When it throws, every caller of the group gets the error. */
  run(inputs: readonly Input[]): Promise<readonly Outcome[]>;
  /** Of inputs with the same key, only one goes into a group; the others wait for the next, in order. */
  keyOf(input: Input): string;
  readonly maxGroup: number;
}

interface Waiting<Input, Outcome> {
  readonly input: Input;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: unknown) => void;
}

export class Grouping<Input, Outcome> {
  readonly #options: GroupingOptions<Input, Outcome>;
  #waiting: Waiting<Input, Outcome>[] = [];
  #isRunning = false;

  constructor(options: GroupingOptions<Input, Outcome>) {
    this.#options = options;
  }

  /** Resolves with the input's outcome, after its group is done. */
  add(input: Input): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ input, resolve, reject });
      if (this.#isRunning) return;
      this.#isRunning = true;
      setImmediate(() => void this.#runAll());
    });
  }

  async #runAll(): Promise<void> {
    while (this.#waiting.length > 0) await this.#runGroup(this.#takeGroup());
    this.#isRunning = false;
  }

  #takeGroup(): readonly Waiting<Input, Outcome>[] {
    const group: Waiting<Input, Outcome>[] = [];
    const later: Waiting<Input, Outcome>[] = [];
    const keys = new Set<string>();
    for (const waiting of this.#waiting) {
      const key = this.#options.keyOf(waiting.input);
      const fits = group.length < this.#options.maxGroup && !keys.has(key);
      (fits ? group : later).push(waiting);
      keys.add(key);
    }
    this.#waiting = later;
    return group;
  }

  async #runGroup(group: readonly Waiting<Input, Outcome>[]): Promise<void> {
    try {
      const outcomes = await this.#options.run(group.map(({ input }) => input));
      group.forEach((waiting, index) => {
        const outcome = outcomes[index];
        if (outcome === undefined) waiting.reject(new Error('group returned too few outcomes'));
        else waiting.resolve(outcome);
      });
    } catch (error) {
      for (const waiting of group) waiting.reject(error);
    }
  }
}
