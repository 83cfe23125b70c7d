/** The tables that a backup holds, in the order in which they are written. Used by the files beside it. */

export interface BackupTable {
  readonly name: string;
  /** Orders and pages the rows; its type is needed where the last value of a page is compared. */
  readonly key: { readonly column: string; readonly type: 'bigint' | 'text' };
  readonly columns: string;
  /** The sequence that fills a column, which goes on after the highest restored value. */
  readonly sequence?: { readonly name: string; readonly column: string };
}

/**
 * All of them but `feeds` and `changes`, since a restore begins a new epoch of every feed, and `leases` and `servers`, since no
 * server runs while one is made. A test holds this list against the schema.
 */
export const BACKUP_TABLES: readonly BackupTable[] = [
  {
    name: 'bundles',
    key: { column: 'trust_domain', type: 'text' },
    columns:
      'trust_domain, sequence_number, refresh_hint_seconds, x509_authorities, jwt_authorities, wit_authorities, row_id',
    sequence: { name: 'bundles_row_id_seq', column: 'row_id' },
  },
  {
    name: 'federation_relationships',
    key: { column: 'row_id', type: 'bigint' },
    columns: 'row_id, trust_domain, bundle_endpoint_url, endpoint_spiffe_id',
    sequence: { name: 'federation_relationships_row_id_seq', column: 'row_id' },
  },
  {
    name: 'entries',
    key: { column: 'row_id', type: 'bigint' },
    columns:
      'row_id, id, spiffe_id, parent_id, selectors, shape, x509_svid_ttl_seconds, jwt_svid_ttl_seconds, ' +
      'federates_with, admin, downstream, store_svid, expires_at, dns_names, hint, disable_x509_svid_prefetch, ' +
      'jwt_svid_include_jti, revision_number, created_at',
    sequence: { name: 'entries_row_id_seq', column: 'row_id' },
  },
  {
    name: 'nodes',
    key: { column: 'row_id', type: 'bigint' },
    columns:
      'row_id, id, attestation_type, serial_number, expires_at, pending_serial_number, pending_expires_at, ' +
      'can_reattest, selectors, agent_version',
    sequence: { name: 'nodes_row_id_seq', column: 'row_id' },
  },
  { name: 'join_tokens', key: { column: 'value', type: 'text' }, columns: 'value, expires_at' },
  {
    name: 'ca_journals',
    key: { column: 'id', type: 'text' },
    columns: 'id, active_authority_id, content, expires_at, saved',
    sequence: { name: 'ca_journal_saves', column: 'saved' },
  },
];

/** Rows that are read or written by one statement. */
// An entry is 256 KiB at most, a bundle 1.4 MiB: 50 MB and 280 MB in the worst case.
export const PAGE_ROWS = 200;
