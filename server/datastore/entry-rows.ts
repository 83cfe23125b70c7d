/** Registration entries as rows of the table `entries`. Used by entries.ts, entry-creation.ts and the entry feed. */
import { createHash } from 'node:crypto';
import type { Entry, EntryFields } from '../entries/entry.ts';
import type { Selector } from '../../shared/selectors.ts';
import { parseSelector, selectorKey } from '../../shared/selectors.ts';
import { SpiffeId } from '../../shared/spiffe/spiffe-id.ts';
import { TrustDomain } from '../../shared/spiffe/trust-domain.ts';
import type { FeedItems } from './changes.ts';

export interface EntryRow {
  readonly row_id: number | null;
  readonly id: string;
  readonly spiffe_id: string;
  readonly parent_id: string;
  readonly selectors: readonly string[];
  readonly x509_svid_ttl_seconds: number;
  readonly jwt_svid_ttl_seconds: number;
  readonly federates_with: readonly string[];
  readonly admin: boolean;
  readonly downstream: boolean;
  readonly store_svid: boolean;
  readonly expires_at: Date | null;
  readonly dns_names: readonly string[];
  readonly hint: string;
  readonly disable_x509_svid_prefetch: boolean;
  readonly jwt_svid_include_jti: boolean;
  readonly revision_number: number;
  readonly created_at: Date;
}

/** Arrays travel as JSON, which the runtime reads several times faster than the driver reads array literals. */
export const ENTRY_COLUMNS = `item.id, item.spiffe_id, item.parent_id, to_json(item.selectors) as selectors,
  item.x509_svid_ttl_seconds, item.jwt_svid_ttl_seconds, to_json(item.federates_with) as federates_with, item.admin,
  item.downstream, item.store_svid, item.expires_at, to_json(item.dns_names) as dns_names, item.hint,
  item.disable_x509_svid_prefetch, item.jwt_svid_include_jti, item.revision_number, item.created_at`;

export const entryItems: FeedItems<Entry, EntryRow> = {
  feed: 'entries',
  columns: ENTRY_COLUMNS,
  toItem: (row) => toEntry(row),
};

export function toEntry(row: EntryRow): Entry {
  return {
    id: row.id,
    spiffeId: SpiffeId.parse(row.spiffe_id),
    parentId: SpiffeId.parse(row.parent_id),
    selectors: row.selectors.map(parseSelector),
    x509SvidTtlSeconds: row.x509_svid_ttl_seconds,
    jwtSvidTtlSeconds: row.jwt_svid_ttl_seconds,
    federatesWith: row.federates_with.map((name) => TrustDomain.parse(name)),
    admin: row.admin,
    downstream: row.downstream,
    storeSvid: row.store_svid,
    expiresAt: row.expires_at ?? undefined,
    dnsNames: row.dns_names,
    hint: row.hint,
    disableX509SvidPrefetch: row.disable_x509_svid_prefetch,
    jwtSvidIncludeJti: row.jwt_svid_include_jti,
    revisionNumber: row.revision_number,
    createdAt: row.created_at,
  };
}

/** One object for each entry, read by json_to_recordset with ENTRY_RECORD. */
export function toRecord(entry: Entry): Readonly<Record<string, unknown>> {
  return {
    id: entry.id,
    spiffe_id: entry.spiffeId.toString(),
    parent_id: entry.parentId.toString(),
    selectors: sortedKeys(entry.selectors),
    shape: `\\x${shapeOf(entry).toString('hex')}`,
    x509_svid_ttl_seconds: entry.x509SvidTtlSeconds,
    jwt_svid_ttl_seconds: entry.jwtSvidTtlSeconds,
    federates_with: entry.federatesWith.map((trustDomain) => trustDomain.name),
    admin: entry.admin,
    downstream: entry.downstream,
    store_svid: entry.storeSvid,
    expires_at: entry.expiresAt,
    dns_names: entry.dnsNames,
    hint: entry.hint,
    disable_x509_svid_prefetch: entry.disableX509SvidPrefetch,
    jwt_svid_include_jti: entry.jwtSvidIncludeJti,
    revision_number: entry.revisionNumber,
    created_at: entry.createdAt,
  };
}

const FIELDS = [
  'id text',
  'spiffe_id text',
  'parent_id text',
  'selectors text[]',
  'shape bytea',
  'x509_svid_ttl_seconds integer',
  'jwt_svid_ttl_seconds integer',
  'federates_with text[]',
  'admin boolean',
  'downstream boolean',
  'store_svid boolean',
  'expires_at timestamptz',
  'dns_names text[]',
  'hint text',
  'disable_x509_svid_prefetch boolean',
  'jwt_svid_include_jti boolean',
  'revision_number bigint',
  'created_at timestamptz',
];
const NAMES = FIELDS.map((field) => field.slice(0, field.indexOf(' ')));
const RECORDS = `json_to_recordset($1::json) as record (${FIELDS.join(', ')})`;

/** $1: a JSON list of records. Rows come to lie in its order. */
export const INSERT_ENTRIES = `insert into entries (${NAMES.join(', ')}) select ${NAMES.join(', ')} from ${RECORDS}`;

/** $1: a JSON list of records, each of another entry. */
export const UPDATE_ENTRIES = `update entries as item
  set ${NAMES.filter((name) => name !== 'id' && name !== 'created_at')
    .map((name) => `${name} = record.${name}`)
    .join(', ')}
  from ${RECORDS} where item.id = record.id`;

type Shape = Pick<EntryFields, 'spiffeId' | 'parentId' | 'selectors'>;

/** What makes two entries similar: SPIFFE ID, parent and the set of selectors. */
export function shapeOf(entry: Shape): Buffer {
  const keys = sortedKeys(entry.selectors);
  return createHash('sha256')
    .update(JSON.stringify([entry.spiffeId.toString(), entry.parentId.toString(), keys]))
    .digest();
}

/** As the sets are stored: sorted, without duplicates. */
export const sortedKeys = (selectors: readonly Selector[]): readonly string[] =>
  [...new Set(selectors.map(selectorKey))].sort();
