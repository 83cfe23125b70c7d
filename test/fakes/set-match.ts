/** How the fake stores compare sets in list filters. */
import type { MatchBehavior } from '../../server/entries/entry-filter.ts';
import { assertNever } from '../../shared/errors.ts';

export function setsMatch(own: readonly string[], given: readonly string[], match: MatchBehavior): boolean {
  const isWithin = (a: readonly string[], b: readonly string[]): boolean => a.every((key) => b.includes(key));
  switch (match) {
    case 'exact':
      return isWithin(own, given) && isWithin(given, own);
    case 'subset':
      return isWithin(own, given);
    case 'superset':
      return isWithin(given, own);
    case 'any':
      return own.some((key) => given.includes(key));
    default:
      return assertNever(match);
  }
}
