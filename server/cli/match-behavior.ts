/** `-matchSelectorsOn` and its like: how sets are compared. */
import { type Flags, UsageError } from '../../shared/cli/flag.ts';

const BEHAVIORS = {
  exact: 'MATCH_EXACT',
  subset: 'MATCH_SUBSET',
  superset: 'MATCH_SUPERSET',
  any: 'MATCH_ANY',
} as const;

/** Throws UsageError on any other word. */
export function matchBehavior(flags: Flags, name: string): (typeof BEHAVIORS)[keyof typeof BEHAVIORS] {
  const word = flags.text(name);
  const found = Object.entries(BEHAVIORS).find(([known]) => known === word);
  if (found === undefined) throw new UsageError(`-${name} is exact, any, superset or subset, not "${word}"`);
  return found[1];
}
