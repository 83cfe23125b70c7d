-- Servers that live and can sign. See peers.ts.
create table servers (
  -- Of a server's run.
  id uuid primary key,
  -- Of the trust domain's bundle: every agent that is connected to it has this one, or a later one.
  known_sequence bigint not null,
  -- By the database's own clock.
  seen_at timestamptz not null
);
