-- What the migrator remembers: runs, what became of what, what was set aside and why.

create table migration (
  id uuid primary key default new_id(),
  source text not null,                          -- in words, without secrets
  fingerprint text not null,                     -- of source, plan and content folder together
  plan jsonb not null,
  content_root text not null,
  state text not null default 'running' check (state in ('running', 'completed', 'failed', 'canceled')),
  stage text not null default '',
  done bigint not null default 0,
  total bigint,
  summary jsonb,
  error text,
  created timestamptz not null default clock_timestamp(),
  updated timestamptz not null default clock_timestamp(),
  finished timestamptz
);
create index migration_fingerprint on migration (fingerprint);

-- The id map. A row is written in the transaction that writes what it tells of.
create table migrated_object (
  kind text not null check (kind in ('repository', 'importer', 'remote', 'distributor', 'unit', 'membership', 'publication')),
  v2_id text not null,                           -- ObjectId, or UUID of a unit
  v3_id uuid not null,
  fingerprint text not null default '',          -- of what was translated: equal means nothing to do
  deduplicated boolean not null default false,   -- it was in the store already
  primary key (kind, v2_id)
);
create index migrated_object_v3 on migrated_object (v3_id);

create table migration_set_aside (
  migration_id uuid not null references migration on delete cascade,
  kind text not null,
  reason text not null,
  v2_id text not null,
  repository text,
  detail text,
  count bigint not null default 1,               -- more than one: told together
  moved boolean not null default false,          -- a remark about something that moved all the same
  path text, name text, size bigint              -- of files that were not there: a later run looks again
);
create index migration_set_aside_migration on migration_set_aside (migration_id, kind, reason);

-- Work tables: filled from the source at the start of a run or a verification, empty between them. Never the only
-- place of anything, so that they need no log; statistics are gathered where they change.
create unlogged table migration_unit (
  id text not null,
  type text not null,
  digest text,                                   -- of the natural key
  attributes jsonb,
  relative_path text,
  sha256 text,
  size bigint,
  path text,                                     -- as the source has it
  downloaded boolean,
  last_updated timestamptz,
  user_metadata jsonb,
  kept jsonb,
  wanted boolean not null default false,
  catalogued boolean not null default false,
  reason text,                                   -- why it is set aside
  detail text,
  content_id uuid,                               -- what it became
  deduplicated boolean not null default false
) with (autovacuum_enabled = false);
create index migration_unit_id on migration_unit (id);
create unlogged table migration_association (
  repo_id text not null,
  repository_id uuid,
  unit_id text not null,
  type text not null,
  created timestamptz,
  reason text,
  detail text,
  content_id uuid                                -- set where it moves
) with (autovacuum_enabled = false);
create index migration_association_unit on migration_association (unit_id);
create index migration_association_content on migration_association (repository_id, content_id) where reason is null;
create unlogged table migration_catalogue (
  unit_id text not null,
  importer_id text not null,
  url text not null,
  revision bigint not null,
  digest_name text,
  digest text
) with (autovacuum_enabled = false);
create index migration_catalogue_unit on migration_catalogue (unit_id);
