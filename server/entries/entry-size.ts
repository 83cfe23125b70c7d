/** How large an entry is on the wire, for bounds: never too low. Used by check-entry and sync-pages. */
import type { EntryFields } from './entry.ts';

const FIXED_BYTES = 128; // flags, numbers and tags of T.Entry
const PART_BYTES = 16; // tags and lengths of a nested message
const UTF8_MAX = 3; // bytes per UTF-16 unit

export function entryBytes(fields: EntryFields & { readonly id?: string }): number {
  let units =
    (fields.id ?? '').length + fields.hint.length + idUnits(fields.spiffeId) + idUnits(fields.parentId);
  let parts = 4;
  for (const { type, value } of fields.selectors) units += type.length + value.length;
  for (const name of fields.dnsNames) units += name.length;
  for (const { name } of fields.federatesWith) units += name.length;
  parts += fields.selectors.length + fields.dnsNames.length + fields.federatesWith.length;
  return FIXED_BYTES + parts * PART_BYTES + units * UTF8_MAX;
}

const idUnits = (id: EntryFields['spiffeId']): number => id.path.length + id.trustDomain.name.length;
