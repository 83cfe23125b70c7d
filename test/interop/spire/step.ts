/** A command of `spire-server` as it is typed in every world. Used by the lists of commands beside it. */
import type { ForeignFiles } from './foreign-files.ts';
import type { World } from './world.ts';

export interface Step {
  readonly words: readonly string[] | ((world: World) => readonly string[]);
  readonly input?: string | ((files: ForeignFiles) => string);
  /** Told in a few words, where the input is long. */
  readonly inputName?: string;
  /** What it prints, by name, for the words of later steps. */
  readonly found?: Readonly<Record<string, RegExp>>;
}

export const ID = 'spiffe://example.org';

export const words = (line: string): Step => ({ words: line.split(' ') });

/** Both ways of printing. */
export const both = (line: string): readonly Step[] => [words(line), words(`${line} -output json`)];

/** With words for what only the world knows. */
export const told = (line: string): Step => ({
  words: ({ known }) => line.split(' ').map((word) => known.get(word) ?? word),
});

/** What a step prints can be what a later one needs: `name` is found by the pattern. */
export const showing = (line: string, found: Readonly<Record<string, RegExp>>): Step => ({
  ...words(line),
  found,
});
