/** Whether an entry passes a list's filter, in memory: as datastore/list-query decides it. Used by entry watches, and by fakes. */
import { assertNever } from '../../shared/errors.ts';
import { selectorKey } from '../../shared/selectors.ts';
import { isInSubtree, type Subtree } from '../../shared/spiffe/subtree.ts';
import type { Entry } from './entry.ts';
import type { MatchBehavior } from './entry-filter.ts';
import type { EntryScope } from './entry-guard.ts';
import type { EntryFilter } from './entry-store.ts';

export function passesFilter(entry: Entry, filter: EntryFilter): boolean {
  const { bySelectors, byFederatesWith } = filter;
  return (
    (filter.bySpiffeId?.equals(entry.spiffeId) ?? true) &&
    (filter.byParentId?.equals(entry.parentId) ?? true) &&
    (bySelectors === undefined ||
      setsMatch(
        entry.selectors.map(selectorKey),
        bySelectors.selectors.map(selectorKey),
        bySelectors.match,
      )) &&
    (byFederatesWith === undefined ||
      setsMatch(
        entry.federatesWith.map(String),
        byFederatesWith.trustDomains.map(String),
        byFederatesWith.match,
      )) &&
    (filter.byHint === undefined || filter.byHint === entry.hint) &&
    (filter.byDownstream !== true || entry.downstream) &&
    (filter.within?.some((scope) => isIn(entry, scope)) ?? true)
  );
}

const isIn = (entry: Entry, { ids, parents }: EntryScope): boolean =>
  isInAny(entry.spiffeId.toString(), ids) &&
  (parents.length === 0 || isInAny(entry.parentId.toString(), parents));

const isInAny = (id: string, trees: readonly Subtree[]): boolean =>
  trees.some((tree) => isInSubtree(id, tree));

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
