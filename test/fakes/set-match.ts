/** How the fake stores compare sets in list filters. */
import type { MatchBehavior } from '../../server/entries/entry-filter.ts';
import { assertNever, invalidArgument } from '../../shared/errors.ts';

/** Throws InvalidArgument for the empty set. */
export function checkSet(given: readonly unknown[] | undefined): void {
  if (given?.length === 0) throw invalidArgument('filter is an empty set');
}

export function setsMatch(own: readonly string[], given: readonly string[], match: MatchBehavior): boolean {
  if (own.length === 0) return false; // as in SPIRE
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
