/** Command-line flags that stand above the file: one table for the CLI, the loader and the reference page. */
import type { ConfigNode } from './node.ts';

export interface ConfigFlag {
  /** As on the command line, without the dash. */
  readonly name: string;
  /** The key that it stands for. */
  readonly key: string;
  /** Whether it takes a value; one that does not means true. */
  readonly takesValue: boolean;
  readonly doc: string;
  /** For the shell's completion: the words that it can be, or that it is a path. */
  readonly values?: readonly string[];
  readonly isPath?: true;
}

export type FlagValues<N extends string> = { readonly [name in N]?: string | boolean | undefined };

/** The given flags as values by key; an empty text is a flag not given, as with SPIRE. */
export function overridesOf<N extends string>(
  flags: readonly (ConfigFlag & { readonly name: N })[],
  values: FlagValues<N>,
): ReadonlyMap<string, ConfigNode> {
  const overrides = new Map<string, ConfigNode>();
  for (const { name, key } of flags) {
    const value = values[name];
    const at = { source: `-${name}`, line: 0, column: 0 };
    if (typeof value === 'string' && value !== '') overrides.set(key, { kind: 'string', at, value });
    if (typeof value === 'boolean') overrides.set(key, { kind: 'boolean', at, value });
  }
  return overrides;
}
