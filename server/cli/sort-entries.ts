/** The order in which `entry show` lists entries, SPIRE's: by SPIFFE ID, parent, TTLs, then selectors. */
import type { EntryOutput } from '../../proto/gen/spire/api/types/Entry.ts';
import { selectorKey } from '../../shared/selectors.ts';
import { idText } from './wire-id.ts';

/** The same entries in order, each with its selectors in order. */
export function sortEntries(entries: readonly EntryOutput[]): EntryOutput[] {
  return entries
    .map((entry) => {
      const selectors = entry.selectors.toSorted((a, b) => compare(selectorKey(a), selectorKey(b)));
      return {
        entry: { ...entry, selectors },
        key: keyOf(entry),
        selectors: selectors.map(selectorKey).join('\n'),
      };
    })
    .sort((a, b) => compareAll(a.key, b.key) || compare(a.selectors, b.selectors))
    .map(({ entry }) => entry);
}

type Key = readonly (string | number)[];

const keyOf = (entry: EntryOutput): Key => [
  idText(entry.spiffe_id),
  idText(entry.parent_id),
  entry.x509_svid_ttl,
  entry.jwt_svid_ttl,
];

function compareAll(a: Key, b: Key): number {
  const at = a.findIndex((part, i) => part !== b[i]);
  return at === -1 ? 0 : compare(a[at] ?? '', b[at] ?? '');
}

const compare = <T extends string | number>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
