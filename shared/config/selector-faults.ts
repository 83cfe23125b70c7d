/** Selectors that nothing will ever have: unknown types, misspelled names, values of the wrong kind. Used by both halves' explain and by `entry create`. */
import { type Selector, selectorKey } from '../selectors.ts';
import {
  BROKER_NAMES,
  MEANT,
  NODE_SELECTORS,
  type SelectorNames,
  WORKLOAD_SELECTORS,
} from './known-selectors.ts';
import { nearest } from './suggest.ts';

/** Sentences, one for each selector that is wrong. `isOfNodes`: the entry is a node alias. */
export const selectorFaults = (selectors: readonly Selector[], isOfNodes: boolean): readonly string[] =>
  selectors.flatMap((selector) => {
    const fault = selectorFault(selector, isOfNodes);
    return fault === undefined ? [] : [`selector "${selectorKey(selector)}": ${fault}`];
  });

/** The same of one, without its name; undefined where nothing is wrong with it. */
export function selectorFault({ type, value }: Selector, isOfNodes: boolean): string | undefined {
  const [fitting, other] = isOfNodes
    ? [NODE_SELECTORS, WORKLOAD_SELECTORS]
    : [WORKLOAD_SELECTORS, NODE_SELECTORS];
  const names = Object.hasOwn(fitting, type) ? fitting[type] : undefined;
  if (names === 'any') return undefined;
  if (names !== undefined) return nameFault(type, value, names);
  if (Object.hasOwn(other, type))
    return isOfNodes
      ? `"${type}" is found on workloads, and below the server an entry selects nodes`
      : `"${type}" is found on nodes, and this entry selects workloads`;
  return `"${type}" is no selector type${didYouMean(nearest(type, Object.keys(fitting)))}`;
}

function nameFault(type: string, value: string, names: SelectorNames): string | undefined {
  if (Object.keys(names).length === 0)
    return `agents attested by ${type} have no selectors but "spiffe_id:<agent ID>"`;
  const colon = value.indexOf(':');
  const name = colon === -1 ? value : value.slice(0, colon);
  const known = Object.hasOwn(names, name) ? names[name] : undefined;
  if (known === undefined) return unknownName(type, name, names);
  return known.pattern.test(value.slice(name.length + 1))
    ? undefined
    : `the value of ${type}:${name} ${known.must}`;
}

function unknownName(type: string, name: string, names: SelectorNames): string {
  const slips = Object.hasOwn(MEANT, type) ? (MEANT[type] ?? {}) : {};
  const meant = (Object.hasOwn(slips, name) ? slips[name] : undefined) ?? nearest(name, Object.keys(names));
  const isBroker = type === 'k8s' && BROKER_NAMES.has(name);
  const fault = isBroker ? 'is found on objects that a broker asks for, on no process' : 'is never found';
  return `"${type}:${name}" ${fault}${didYouMean(meant === undefined ? undefined : `${type}:${meant}`)}`;
}

const didYouMean = (meant: string | undefined): string =>
  meant === undefined ? '' : `; did you mean "${meant}"?`;
