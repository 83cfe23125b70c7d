-- Deeds that one server of the cluster does for all, one at a time. See leases.ts.
create table leases (
  name text collate "C" primary key,
  -- Of a server's run.
  holder uuid not null,
  -- By the database's own clock.
  expires_at timestamptz not null,
  -- When it was last done to its end, by the clock of the server that did it.
  done_at timestamptz
);
