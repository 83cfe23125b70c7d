/** How large an entry is on the wire, for bounds: never too low. Used by check-entry and sync-pages. */
import type { EntryFields } from './entry.ts';

const FIXED_BYTES = 256; // flags, numbers and tags of T.Entry
const PART_BYTES = 16; // tags and lengths of a nested message
const UTF8_MAX = 3; // bytes per UTF-16 unit

export function entryBytes(fields: EntryFields & { readonly id?: string }): number {
  let ascii = (fields.id ?? '').length + idBytes(fields.spiffeId) + idBytes(fields.parentId);
  let units = fields.hint.length;
  for (const { type, value } of fields.selectors) units += type.length + value.length;
  for (const name of fields.dnsNames) ascii += name.length;
  for (const { name } of fields.federatesWith) ascii += name.length;
  const parts = fields.selectors.length + fields.dnsNames.length + fields.federatesWith.length;
  return FIXED_BYTES + parts * PART_BYTES + ascii + units * UTF8_MAX;
}

const idBytes = (id: EntryFields['spiffeId']): number => id.path.length + id.trustDomain.name.length;
