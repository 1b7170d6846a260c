-- What v2 has and v3 has no place for, keyed by the core's ids. Every row is optional: without it the v2 API presents
-- what was made through v3 with defaults. Object ids are the 24 hex digits of v2 (`_id`): those of the old server after
-- a migration, else the first 24 digits of the row's uuid.

create table v2_repository (
  repository_id uuid primary key references repository on delete cascade,
  object_id char(24) not null unique,
  display_name text,                             -- null is shown as null
  notes jsonb not null default '{}',
  scratchpad jsonb not null default '{}'
);

-- A repository has an importer when it has a row here, or a remote.
create table v2_importer (
  repository_id uuid primary key references repository on delete cascade,
  object_id char(24) not null unique,
  importer_type_id text not null,
  kept text,                                     -- mapping's Kept as sealed JSON (may hold secrets); null: nothing
  scratchpad jsonb,
  last_sync timestamptz,
  last_updated timestamptz not null default clock_timestamp()
);

-- publisher and distribution go with the row when v2 deletes it; a row whose publisher v3 deleted is shown no more.
create table v2_distributor (
  id uuid primary key default new_id(),
  object_id char(24) not null unique,
  repository_id uuid not null references repository on delete cascade,
  distributor_id text not null,
  distributor_type_id text not null,
  publisher_id uuid not null references publisher on delete cascade,
  distribution_id uuid references distribution on delete set null,
  kept jsonb not null default '{}',              -- mapping's Kept; distributors have no secrets
  scratchpad jsonb not null default '{}',
  last_publish timestamptz,
  last_override_config jsonb not null default '{}',
  last_updated timestamptz not null default clock_timestamp(),
  unique (repository_id, distributor_id)
);
create index v2_distributor_publisher on v2_distributor (publisher_id);
create index v2_distributor_distribution on v2_distributor (distribution_id);

-- Sync and publish history, newest by `started`.
create table v2_history (
  id uuid primary key default new_id(),
  object_id char(24) not null unique,
  repository_id uuid not null references repository on delete cascade,
  kind text not null check (kind in ('sync', 'publish')),
  actor_id text not null,                        -- importer type id, or distributor id
  actor_type_id text not null,
  started timestamptz not null,
  completed timestamptz not null,
  result text not null,                          -- success, failed, error, canceled, skipped
  added_count integer, updated_count integer, removed_count integer,
  summary jsonb,
  details jsonb,
  error_message text,
  exception text,
  traceback jsonb                                -- list of texts
);
create index v2_history_repository on v2_history (repository_id, kind, started);

-- Tasks that v2 dispatched. Without a row a task is presented by derivation from its name.
create table v2_task (
  task_id uuid primary key references task on delete cascade,
  task_type text not null,
  tags text[] not null,
  result jsonb,                                  -- as v2 shows it
  error jsonb,                                   -- {code, description, data, sub_errors}; also on finished tasks
  traceback text,
  progress_report jsonb not null default '{}'
);
create index v2_task_tags on v2_task using gin (tags);

create table v2_unit (
  content_id uuid primary key references content on delete cascade,
  user_metadata jsonb not null default '{}',     -- pulp_user_metadata
  kept jsonb not null default '{}'               -- members of the old unit that content has no place for
);
