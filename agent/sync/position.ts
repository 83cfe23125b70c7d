/**
 * How far along the server's changes this agent is, so that it never steps back when it moves between servers. Sent
 * with every request; servers answer with theirs. Used by sync, watch and server-link.
 */
import { CodedError, Code } from '../../shared/errors.ts';

export interface Position {
  /** A history of changes: numbers of two of them cannot be compared. */
  readonly epoch: string;
  readonly n: number;
}

const isOlder = (a: Position, b: Position): boolean => a.epoch === b.epoch && a.n < b.n;

export class Positions {
  #applied: Position | undefined;
  #seen: Position | undefined;

  /** That of the entries that the agent goes by; undefined with servers that tell none. */
  get applied(): Position | undefined {
    return this.#applied;
  }

  /** The newest heard of: what a server must have reached before it answers. */
  get seen(): Position | undefined {
    return this.#seen;
  }

  saw(position: Position): void {
    if (this.#seen === undefined || !isOlder(position, this.#seen)) this.#seen = position;
  }

  /** Throws Unavailable when an answer of this position is older than what the agent goes by; else takes it as that. */
  advance(position: Position | undefined): void {
    if (position === undefined) return;
    if (this.#applied !== undefined && isOlder(position, this.#applied)) {
      throw new CodedError(
        Code.unavailable,
        `server answered as of change ${position.n}, older than change ${this.#applied.n} that was applied`,
        { reason: 'SERVER_BEHIND' },
      );
    }
    this.#applied = position;
    this.saw(position);
  }
}
