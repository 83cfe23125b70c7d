create table bundles (
  trust_domain text collate "C" not null,
  sequence_number bigint not null,
  refresh_hint_seconds integer not null,
  x509_authorities json not null,
  jwt_authorities json not null,
  wit_authorities json not null,
  row_id bigint not null generated always as identity,
  PRIMARY KEY (trust_domain)
);

create table ca_journals (
  id text collate "C" not null,
  active_authority_id text collate "C" not null,
  content bytea not null,
  expires_at timestamp with time zone not null,
  saved bigint not null default nextval('ca_journal_saves'::regclass),
  PRIMARY KEY (id)
);

create table changes (
  feed text not null,
  n bigint not null,
  tag uuid not null default gen_random_uuid(),
  item_id text collate "C",
  created_at timestamp with time zone not null default now(),
  PRIMARY KEY (feed, n)
);

create table entries (
  row_id bigint not null generated always as identity,
  id text collate "C" not null,
  spiffe_id text collate "C" not null,
  parent_id text collate "C" not null,
  selectors text[] not null,
  shape bytea not null,
  x509_svid_ttl_seconds integer not null,
  jwt_svid_ttl_seconds integer not null,
  federates_with text[] not null,
  admin boolean not null,
  downstream boolean not null,
  store_svid boolean not null,
  expires_at timestamp with time zone,
  dns_names text[] not null,
  hint text not null,
  disable_x509_svid_prefetch boolean not null,
  jwt_svid_include_jti boolean not null,
  revision_number bigint not null,
  created_at timestamp with time zone not null,
  PRIMARY KEY (row_id),
  UNIQUE (id)
);

create table federation_relationships (
  row_id bigint not null generated always as identity,
  trust_domain text collate "C" not null,
  bundle_endpoint_url text not null,
  endpoint_spiffe_id text collate "C",
  PRIMARY KEY (row_id),
  UNIQUE (trust_domain)
);

create table feeds (
  name text not null,
  epoch uuid not null,
  head bigint not null,
  PRIMARY KEY (name)
);

create table join_tokens (
  value text collate "C" not null,
  expires_at timestamp with time zone not null,
  PRIMARY KEY (value)
);

create table leases (
  name text collate "C" not null,
  holder uuid not null,
  expires_at timestamp with time zone not null,
  done_at timestamp with time zone,
  PRIMARY KEY (name)
);

create table nodes (
  row_id bigint not null generated always as identity,
  id text collate "C" not null,
  attestation_type text collate "C" not null,
  serial_number text,
  expires_at timestamp with time zone,
  pending_serial_number text,
  pending_expires_at timestamp with time zone,
  can_reattest boolean not null,
  selectors text[] not null,
  agent_version text not null,
  CHECK (((pending_serial_number IS NULL) = (pending_expires_at IS NULL))),
  CHECK (((serial_number IS NULL) OR (expires_at IS NOT NULL))),
  PRIMARY KEY (row_id),
  UNIQUE (id)
);

create table schema_migrations (
  version integer not null,
  name text not null,
  applied_at timestamp with time zone not null default now(),
  oldest_program integer not null default 1,
  PRIMARY KEY (version)
);

create table servers (
  id uuid not null,
  known_sequence bigint not null,
  seen_at timestamp with time zone not null,
  PRIMARY KEY (id)
);

create sequence bundles_row_id_seq;
create sequence ca_journal_saves;
create sequence entries_row_id_seq;
create sequence federation_relationships_row_id_seq;
create sequence nodes_row_id_seq;

CREATE UNIQUE INDEX bundles_by_row_id ON bundles USING btree (row_id);
CREATE UNIQUE INDEX bundles_pkey ON bundles USING btree (trust_domain);
CREATE INDEX ca_journals_by_active_authority ON ca_journals USING btree (active_authority_id);
CREATE UNIQUE INDEX ca_journals_pkey ON ca_journals USING btree (id);
CREATE UNIQUE INDEX changes_pkey ON changes USING btree (feed, n);
CREATE INDEX entries_by_expires_at ON entries USING btree (expires_at) WHERE (expires_at IS NOT NULL);
CREATE INDEX entries_by_federates_with ON entries USING gin (federates_with);
CREATE INDEX entries_by_hint ON entries USING hash (hint) WHERE (hint <> ''::text);
CREATE INDEX entries_by_parent_id ON entries USING btree (parent_id, row_id);
CREATE INDEX entries_by_selectors ON entries USING gin (selectors);
CREATE INDEX entries_by_shape ON entries USING btree (shape);
CREATE INDEX entries_by_spiffe_id ON entries USING btree (spiffe_id, row_id);
CREATE INDEX entries_downstream ON entries USING btree (row_id) WHERE downstream;
CREATE UNIQUE INDEX entries_id_key ON entries USING btree (id);
CREATE UNIQUE INDEX entries_pkey ON entries USING btree (row_id);
CREATE UNIQUE INDEX federation_relationships_pkey ON federation_relationships USING btree (row_id);
CREATE UNIQUE INDEX federation_relationships_trust_domain_key ON federation_relationships USING btree (trust_domain);
CREATE UNIQUE INDEX feeds_pkey ON feeds USING btree (name);
CREATE UNIQUE INDEX join_tokens_pkey ON join_tokens USING btree (value);
CREATE UNIQUE INDEX leases_pkey ON leases USING btree (name);
CREATE INDEX nodes_by_attestation_type ON nodes USING btree (attestation_type, row_id);
CREATE INDEX nodes_by_expires_at ON nodes USING btree (expires_at);
CREATE INDEX nodes_by_selectors ON nodes USING gin (selectors);
CREATE UNIQUE INDEX nodes_id_key ON nodes USING btree (id);
CREATE UNIQUE INDEX nodes_pkey ON nodes USING btree (row_id);
CREATE UNIQUE INDEX schema_migrations_pkey ON schema_migrations USING btree (version);
CREATE UNIQUE INDEX servers_pkey ON servers USING btree (id);
