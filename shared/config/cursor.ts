/** A place in the text of a configuration, with the bounds that both readers keep. Used by the HCL and JSON readers. */
import { ConfigFaults } from './faults.ts';
import type { Position } from './node.ts';

/** How large a text may be. */
export interface Bounds {
  /** Characters. */
  readonly length: number;
  /** Values and keys. */
  readonly nodes: number;
}

/** Far above any real file; a reader's work and memory stay small. */
export const CONFIG_BOUNDS: Bounds = { length: 1_048_576, nodes: 100_000 };
const MAX_DEPTH = 64;

export class Cursor {
  readonly text: string;
  readonly #source: string;
  readonly #bounds: Bounds;
  readonly #lineStarts: readonly number[];
  #depth = 0;
  #nodes = 0;
  at = 0;

  /** Throws ConfigFaults when the text is longer than the bound. */
  constructor(source: string, text: string, bounds: Bounds = CONFIG_BOUNDS) {
    this.#source = source;
    this.#bounds = bounds;
    this.text = text;
    this.#lineStarts = text.length > bounds.length ? [0] : lineStartsOf(text);
    if (text.length > bounds.length) this.fail(`file is longer than ${bounds.length} characters`, 0);
    if (text.startsWith('\uFEFF')) this.at = 1;
  }

  get isAtEnd(): boolean {
    return this.at >= this.text.length;
  }

  /** The character here; empty at the end. */
  get here(): string {
    return this.text.charAt(this.at);
  }

  /** The match of a sticky pattern here, stepping over it; undefined when there is none. */
  take(sticky: RegExp): string | undefined {
    sticky.lastIndex = this.at;
    const found = sticky.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  /** Steps over `token` when it stands here. */
  takeToken(token: string): boolean {
    const isHere = this.text.startsWith(token, this.at);
    if (isHere) this.at += token.length;
    return isHere;
  }

  position(offset: number = this.at): Position {
    const line = this.#lineOf(offset);
    return { source: this.#source, line: line + 1, column: offset - (this.#lineStarts[line] ?? 0) + 1 };
  }

  fail(message: string, offset: number = this.at): never {
    throw new ConfigFaults([{ at: this.position(offset), message }]);
  }

  /** What stands here, for a message; bounded, never a whole value. */
  describe(): string {
    if (this.isAtEnd) return 'the end of the file';
    if (this.here === '\n' || this.here === '\r') return 'the end of the line';
    return this.here === '"' ? 'a quoted text' : JSON.stringify(this.here);
  }

  /** Throws ConfigFaults when there are too many values. */
  countNode(): void {
    this.#nodes += 1;
    if (this.#nodes > this.#bounds.nodes) this.fail(`more than ${this.#bounds.nodes} values`);
  }

  /** Runs `read` one level deeper; throws ConfigFaults below MAX_DEPTH. */
  nested<T>(read: () => T): T {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) this.fail(`nested deeper than ${MAX_DEPTH} levels`);
    const result = read();
    this.#depth -= 1;
    return result;
  }

  #lineOf(offset: number): number {
    let low = 0;
    let high = this.#lineStarts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((this.#lineStarts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

function lineStartsOf(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}
