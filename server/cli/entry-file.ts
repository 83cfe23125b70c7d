/** Entries in SPIRE's own JSON shape (`-data`): IDs are text, and two names differ from the API's. */
import type { Entry as WireEntry } from '../../proto/gen/spire/api/types/Entry.ts';
import { UsageError } from '../../shared/cli/flag.ts';
import { nearest } from '../../shared/config/suggest.ts';
import { isObject } from './json-file.ts';
import { wireId } from './wire-id.ts';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isTruth: Check = (value) => typeof value === 'boolean';
const isSeconds: Check = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
const isTtl: Check = (value) => isSeconds(value) && Number(value) <= 2_147_483_647; // int32 on the wire
const isTexts: Check = (value) => Array.isArray(value) && value.every(isText);
const isSelectors: Check = (value) => Array.isArray(value) && value.every(isSelector);
const isSelector: Check = (value) => isObject(value) && isText(value['type']) && isText(value['value']);
const isAttributes: Check = (value) =>
  isObject(value) &&
  Object.entries(value).every(([key, field]) => ATTRIBUTES.includes(key) && isTruth(field));

const ATTRIBUTES = ['disable_x509_svid_prefetch', 'jwt_svid_include_jti'];

interface Field {
  readonly fits: Check;
  readonly what: string;
}

const TEXT = { fits: isText, what: 'a text' };
const TRUTH = { fits: isTruth, what: 'true or false' };
const TTL = { fits: isTtl, what: 'a whole number of seconds, at most 2147483647' };
const TEXTS = { fits: isTexts, what: 'a list of texts' };
const ANYTHING = { fits: () => true, what: 'anything' };

const FIELDS: Readonly<Record<string, Field>> = {
  entry_id: TEXT,
  spiffe_id: TEXT,
  parent_id: TEXT,
  selectors: { fits: isSelectors, what: 'a list of {"type": "...", "value": "..."}' },
  x509_svid_ttl: TTL,
  jwt_svid_ttl: TTL,
  federates_with: TEXTS,
  admin: TRUTH,
  downstream: TRUTH,
  entryExpiry: { fits: isSeconds, what: 'Unix seconds' },
  dns_names: TEXTS,
  store_svid: TRUTH,
  hint: TEXT,
  additional_attributes: {
    fits: isAttributes,
    what: `an object with ${ATTRIBUTES.join(' and ')}, true or false`,
  },
  // The server's own: a file that was made from what it answered may hold them.
  revision_number: ANYTHING,
  created_at: ANYTHING,
};

/** Every entry of `{"entries": [...]}`; throws UsageError that says which entry and field is wrong. */
export function entriesInFile(file: Record<string, unknown>): WireEntry[] {
  const { entries } = file;
  if (!Array.isArray(entries)) throw new UsageError('-data must hold {"entries": [...]}');
  return entries.map((entry: unknown, at) => {
    if (!isObject(entry)) throw new UsageError(`entry ${at} of -data is not an object`);
    return entryInFile(entry, at);
  });
}

/** DIVERGES: SPIRE passes over a field that it does not know; here a slip of the pen does not lose what it meant. */
function entryInFile(file: Record<string, unknown>, at: number): WireEntry {
  const given = Object.fromEntries(Object.entries(file).filter(([, value]) => value !== null));
  for (const [key, value] of Object.entries(given)) checkField(key, value, at);
  const { entry_id, spiffe_id, parent_id, entryExpiry, created_at: _, revision_number: __, ...rest } = given;
  return {
    ...rest,
    id: textOr(entry_id),
    spiffe_id: wireId(`data: entry ${at}: spiffe_id`, textOr(spiffe_id)),
    parent_id: wireId(`data: entry ${at}: parent_id`, textOr(parent_id)),
    expires_at: typeof entryExpiry === 'number' ? entryExpiry : 0,
  };
}

const textOr = (value: unknown): string => (typeof value === 'string' ? value : '');

function checkField(key: string, value: unknown, at: number): void {
  const field = Object.hasOwn(FIELDS, key) ? FIELDS[key] : undefined;
  if (field === undefined) {
    const meant = nearest(key, Object.keys(FIELDS));
    const hint = meant === undefined ? '' : `; did you mean "${meant}"?`;
    throw new UsageError(`entry ${at} of -data has an unknown field "${key}"${hint}`);
  }
  if (!field.fits(value)) throw new UsageError(`"${key}" of entry ${at} of -data must be ${field.what}`);
}
