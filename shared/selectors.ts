/** Selectors: `type:value` facts about a node or a workload (SPIRE registration API, T.Selector). */
import { invalidArgument } from './errors.ts';

export interface Selector {
  readonly type: string;
  readonly value: string;
}

/** The text form, which is also the key: a type never holds a colon, so it is unambiguous. */
export const selectorKey = (selector: Selector): string => `${selector.type}:${selector.value}`;

/** Throws when the type is empty or holds a colon, or the value is empty. */
export function checkSelector(selector: Selector): Selector {
  if (selector.type === '') throw invalidArgument('selector type is empty');
  if (selector.type.includes(':')) throw invalidArgument("selector type contains ':'");
  if (selector.value === '') throw invalidArgument('selector value is empty');
  return selector;
}

/** Reads `type:value`; the first colon divides. */
export function parseSelector(text: string): Selector {
  const colon = text.indexOf(':');
  if (colon < 0) throw invalidArgument(`selector "${text}" must be formatted as type:value`);
  return checkSelector({ type: text.slice(0, colon), value: text.slice(colon + 1) });
}

/** Every selector is among `keys`. */
export const isSubset = (selectors: readonly Selector[], keys: ReadonlySet<string>): boolean =>
  selectors.every((selector) => keys.has(selectorKey(selector)));

export const selectorKeys = (selectors: readonly Selector[]): Set<string> =>
  new Set(selectors.map(selectorKey));

/** Sorted by key, duplicates dropped. */
export function normalizeSelectors(selectors: readonly Selector[]): readonly Selector[] {
  const byKey = new Map(selectors.map((selector) => [selectorKey(selector), selector]));
  return [...byKey.keys()].sort().flatMap((key) => byKey.get(key) ?? []);
}
