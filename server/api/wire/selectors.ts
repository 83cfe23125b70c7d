/** T.Selector, T.SelectorMatch, T.FederatesWithMatch and ours. */
import type { FederatesWithMatchOutput } from '../../../proto/gen/spire/api/types/FederatesWithMatch.ts';
import type { SelectorOutput } from '../../../proto/gen/spire/api/types/Selector.ts';
import type { SelectorMatchOutput } from '../../../proto/gen/spire/api/types/SelectorMatch.ts';
import { invalidArgument, messageOf } from '../../../shared/errors.ts';
import { checkSelector, type Selector } from '../../../shared/selectors.ts';
import { TrustDomain } from '../../../shared/spiffe/trust-domain.ts';
import type { MatchBehavior, SelectorMatch, TrustDomainMatch } from '../../entries/entry-filter.ts';

const FILTER_MAX = 1_000; // as many as an entry may have

const BEHAVIORS: Readonly<Record<SelectorMatchOutput['match'], MatchBehavior>> = {
  MATCH_EXACT: 'exact',
  MATCH_SUBSET: 'subset',
  MATCH_SUPERSET: 'superset',
  MATCH_ANY: 'any',
};

export const selectorsToWire = (selectors: readonly Selector[]): SelectorOutput[] =>
  selectors.map(({ type, value }) => ({ type, value }));

/** As given: rules of their own check them. */
export const selectorsFromWire = (wire: readonly SelectorOutput[]): readonly Selector[] =>
  wire.map(({ type, value }) => ({ type, value }));

/** Throws InvalidArgument on an empty set or a malformed selector. */
export function selectorMatchFromWire({ selectors, match }: SelectorMatchOutput): SelectorMatch {
  const what = 'malformed selectors filter';
  if (selectors.length === 0) throw invalidArgument(`${what}: empty selector set`);
  return {
    selectors: checkAll(what, selectors, (wire) => checkSelector({ type: wire.type, value: wire.value })),
    match: behaviorOf(what, match),
  };
}

/** Throws InvalidArgument on an empty set or a malformed trust domain. */
export function trustDomainMatchFromWire({
  trust_domains,
  match,
}: FederatesWithMatchOutput): TrustDomainMatch {
  const what = 'malformed federates with filter';
  if (trust_domains.length === 0) throw invalidArgument(`${what}: empty trust domain set`);
  return {
    trustDomains: checkAll(what, trust_domains, (name) => TrustDomain.parse(name)),
    match: behaviorOf(what, match),
  };
}

function checkAll<Wire, Item>(
  what: string,
  wires: readonly Wire[],
  check: (wire: Wire) => Item,
): readonly Item[] {
  if (wires.length > FILTER_MAX) throw invalidArgument(`${what}: more than ${FILTER_MAX} of them`);
  try {
    return wires.map((wire) => check(wire));
  } catch (cause) {
    throw invalidArgument(`${what}: ${messageOf(cause)}`, { cause });
  }
}

/** A number that the protocol does not name arrives as that number. */
function behaviorOf(what: string, match: SelectorMatchOutput['match']): MatchBehavior {
  const found: MatchBehavior | undefined = Object.hasOwn(BEHAVIORS, match) ? BEHAVIORS[match] : undefined;
  if (found === undefined) throw invalidArgument(`${what}: match behavior ${match} is not supported`);
  return found;
}
