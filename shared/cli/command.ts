/** A command of the command line: its words, flags and what it does. Trees are plain lists of these. */
import type { Flag, Flags } from './flag.ts';

/** The terminal as commands see it. */
export interface Terminal {
  /** What the user typed to start this program: `writ server` or `spire-server`. */
  readonly program: string;
  /** Throws ReaderGone when nobody reads any more. */
  out(text: string): void;
  err(text: string): void;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** All of standard input, at most 16 MiB. */
  readInput(): Promise<string>;
}

/** Whoever read the output has left, as `head -1` does: no fault, but a reason to stop. */
export class ReaderGone extends Error {}

/** Resolves with the exit code. */
export type RunCommand = (flags: Flags, terminal: Terminal) => Promise<number>;

export interface Command {
  readonly words: readonly string[];
  readonly summary: string;
  readonly flags: readonly Flag[];
  /** Imports what the command needs only when it is run. */
  readonly load: () => Promise<RunCommand>;
}
