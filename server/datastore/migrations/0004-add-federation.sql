-- Bundles of other trust domains are listed in pages, by the order in which they came.
alter table bundles add column row_id bigint generated always as identity;
create unique index bundles_by_row_id on bundles (row_id);

create table federation_relationships (
  row_id bigint generated always as identity primary key,
  trust_domain text collate "C" not null unique,
  bundle_endpoint_url text not null,
  -- Of the profile https_spiffe. Null: the profile is https_web.
  endpoint_spiffe_id text collate "C"
);
