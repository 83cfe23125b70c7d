/**
 * Regular expressions as Go writes them (RE2), matched in time that grows with the text alone: for patterns of an operator on
 * text of strangers, where a backtracking matcher could be kept busy for ever. Used by configuration.
 */
import { invalidArgument } from './errors.ts';
import { parsePattern, type Step } from './linear-pattern-reader.ts';

export class LinearPattern {
  /** As it was written. */
  readonly source: string;
  readonly #steps: readonly Step[];

  private constructor(source: string, steps: readonly Step[]) {
    this.source = source;
    this.#steps = steps;
  }

  /** Throws InvalidArgument on what RE2 does not know, or this does not. */
  static parse(source: string): LinearPattern {
    return new LinearPattern(source, parsePattern(source));
  }

  /** Whether it matches anywhere in the text, as Go's MatchString. */
  isMatch(text: string): boolean {
    let active = new Set<number>();
    for (let at = 0; at <= text.length; at++) {
      this.#follow(active, 0, { at, length: text.length }); // a match may begin anywhere
      const next = new Set<number>();
      for (const index of active) {
        const step = this.#stepAt(index);
        if (step.kind === 'match') return true;
        if (step.kind === 'char' && at < text.length && step.accepts(text.charAt(at)))
          this.#follow(next, index + 1, { at: at + 1, length: text.length });
      }
      active = next;
    }
    return false;
  }

  /** Adds the steps that are reached from `first` without a character. */
  #follow(into: Set<number>, first: number, { at, length }: { at: number; length: number }): void {
    const ahead = [first];
    for (let index = ahead.pop(); index !== undefined; index = ahead.pop()) {
      if (into.has(index)) continue;
      into.add(index);
      const step = this.#stepAt(index);
      if (step.kind === 'fork') ahead.push(...step.to);
      else if (step.kind === 'begin' && at === 0) ahead.push(index + 1);
      else if (step.kind === 'end' && at === length) ahead.push(index + 1);
    }
  }

  #stepAt(index: number): Step {
    const step = this.#steps[index];
    if (step === undefined) throw invalidArgument(`pattern "${this.source}" has no step ${index}`);
    return step;
  }

  toJSON(): string {
    return this.source;
  }
}
