-- The first schema. Identifiers compare as bytes (collate "C"); sets are sorted arrays with GIN indexes for the filters.

-- One row per change feed: the number of its last change. See changes.ts.
create table feeds (
  name text primary key,
  epoch uuid not null,
  head bigint not null
) with (fillfactor = 50);

-- A change without an item begins an epoch.
create table changes (
  feed text not null,
  n bigint not null,
  tag uuid not null default gen_random_uuid(),
  item_id text collate "C",
  created_at timestamptz not null default now(),
  primary key (feed, n)
);

insert into feeds (name, epoch, head) values ('entries', gen_random_uuid(), 0), ('nodes', gen_random_uuid(), 0);
insert into changes (feed, n) values ('entries', 0), ('nodes', 0);

create table bundles (
  trust_domain text collate "C" primary key,
  sequence_number bigint not null,
  refresh_hint_seconds integer not null,
  -- Lists of objects with base64 fields. See bundle-rows.ts.
  x509_authorities json not null,
  jwt_authorities json not null,
  wit_authorities json not null
);

create table entries (
  row_id bigint generated always as identity primary key,
  id text collate "C" not null unique,
  spiffe_id text collate "C" not null,
  parent_id text collate "C" not null,
  -- `type:value`, sorted, no duplicates.
  selectors text[] not null,
  -- SHA-256 over SPIFFE ID, parent and selectors: what makes two entries similar.
  shape bytea not null,
  x509_svid_ttl_seconds integer not null,
  jwt_svid_ttl_seconds integer not null,
  federates_with text[] not null,
  admin boolean not null,
  downstream boolean not null,
  store_svid boolean not null,
  expires_at timestamptz,
  dns_names text[] not null,
  hint text not null,
  disable_x509_svid_prefetch boolean not null,
  jwt_svid_include_jti boolean not null,
  revision_number bigint not null,
  created_at timestamptz not null
);
create index entries_by_spiffe_id on entries (spiffe_id, row_id);
create index entries_by_parent_id on entries (parent_id, row_id);
create index entries_by_shape on entries (shape);
create index entries_by_selectors on entries using gin (selectors);
create index entries_by_federates_with on entries using gin (federates_with);
create index entries_by_hint on entries using hash (hint) where hint <> '';
create index entries_downstream on entries (row_id) where downstream;
create index entries_by_expires_at on entries (expires_at) where expires_at is not null;

create table nodes (
  row_id bigint generated always as identity primary key,
  id text collate "C" not null unique,
  attestation_type text collate "C" not null,
  -- Null: banned.
  serial_number text,
  expires_at timestamptz,
  pending_serial_number text,
  pending_expires_at timestamptz,
  can_reattest boolean not null,
  selectors text[] not null,
  agent_version text not null,
  check ((serial_number is null) = (expires_at is null)),
  check ((pending_serial_number is null) = (pending_expires_at is null))
);
create index nodes_by_attestation_type on nodes (attestation_type, row_id);
create index nodes_by_selectors on nodes using gin (selectors);
create index nodes_by_expires_at on nodes (expires_at);

create table join_tokens (
  value text collate "C" primary key,
  expires_at timestamptz not null
);

create sequence ca_journal_saves;
create table ca_journals (
  id text collate "C" primary key,
  active_authority_id text collate "C" not null,
  content bytea not null,
  expires_at timestamptz not null,
  -- Grows with every save: the newest journal has the highest.
  saved bigint not null default nextval('ca_journal_saves')
);
create index ca_journals_by_active_authority on ca_journals (active_authority_id);
