-- The v3-shaped store. Every table that refers to a content type does so by its pulp_type text ("file.file").

-- Time-ordered keys (UUID version 7 layout) made inside the database, also on servers older than PostgreSQL 18.
create function new_id() returns uuid language sql volatile parallel safe as $$
  select encode(
    set_bit(set_bit(
      overlay(uuid_send(gen_random_uuid())
        placing substring(int8send(floor(extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
        from 1 for 6),
      52, 1), 53, 1), 'hex')::uuid
$$;

create table account (
  id integer generated always as identity primary key,
  username text not null unique,
  password_hash text not null,
  first_name text not null default '',
  last_name text not null default '',
  email text not null default '',
  is_staff boolean not null default false,
  is_superuser boolean not null default false,
  is_active boolean not null default true,
  date_joined timestamptz not null default clock_timestamp()
);

-- Bytes that are complete, verified and in place; the path follows from sha256.
create table artifact (
  id uuid primary key default new_id(),
  sha256 text not null unique,
  md5 text, sha1 text, sha224 text, sha384 text, sha512 text,
  size bigint not null,
  created timestamptz not null default clock_timestamp(),
  updated timestamptz not null default clock_timestamp(),
  timestamp_of_interest timestamptz not null default clock_timestamp()
);

create table content (
  id uuid primary key default new_id(),
  type text not null,
  digest text not null,                          -- sha256 of the natural key, see core/content
  attributes jsonb not null,                     -- small, searched
  details jsonb,                                 -- big, read only when asked for
  labels jsonb not null default '{}',
  created timestamptz not null default clock_timestamp(),
  updated timestamptz not null default clock_timestamp(),
  timestamp_of_interest timestamptz not null default clock_timestamp(),
  unique (type, digest)
);

create table content_artifact (
  id uuid primary key default new_id(),
  content_id uuid not null references content on delete cascade,
  relative_path text not null,
  artifact_id uuid references artifact,
  unique (content_id, relative_path)
);
create index content_artifact_artifact on content_artifact (artifact_id);

create table remote (
  id uuid primary key default new_id(),
  type text not null,
  name text not null unique,
  url text not null,
  policy text not null default 'immediate',
  ca_cert text, client_cert text,
  tls_validation boolean not null default true,
  proxy_url text,
  -- encrypted by platform/crypto/secret-box, written only
  client_key text, proxy_username text, proxy_password text, username text, password text,
  download_concurrency integer, max_retries integer, rate_limit integer,
  total_timeout double precision, connect_timeout double precision,
  sock_connect_timeout double precision, sock_read_timeout double precision,
  headers jsonb,
  labels jsonb not null default '{}',
  data jsonb not null default '{}',              -- members of the plugin
  created timestamptz not null default clock_timestamp(),
  updated timestamptz not null default clock_timestamp()
);

-- Where the bytes of a content artifact can be had: content without an artifact is on-demand content.
create table remote_artifact (
  content_artifact_id uuid not null references content_artifact on delete cascade,
  remote_id uuid not null references remote on delete cascade,
  url text not null,
  size bigint,
  md5 text, sha1 text, sha224 text, sha256 text, sha384 text, sha512 text,
  failed_at timestamptz,
  created timestamptz not null default clock_timestamp(),
  primary key (content_artifact_id, remote_id)
);
create index remote_artifact_remote on remote_artifact (remote_id);

create table repository (
  id uuid primary key default new_id(),
  type text not null,
  name text not null unique,
  description text,
  labels jsonb not null default '{}',
  retain_repo_versions integer,
  retain_checkpoints integer,
  remote_id uuid references remote on delete set null,
  next_version integer not null default 1,       -- advanced only when a version completes
  content_added_at timestamptz,
  content_removed_at timestamptz,
  data jsonb not null default '{}',
  created timestamptz not null default clock_timestamp(),
  updated timestamptz not null default clock_timestamp()
);
create index repository_remote on repository (remote_id);

create table task_group (
  id uuid primary key default new_id(),
  description text not null,
  all_tasks_dispatched boolean not null default false,
  created timestamptz not null default clock_timestamp(),
  updated timestamptz not null default clock_timestamp()
);

create table app_status (
  id uuid primary key default new_id(),
  kind text not null check (kind in ('worker', 'api', 'content')),
  name text not null,                            -- <pid>@<host>
  versions jsonb not null,
  last_heartbeat timestamptz not null default clock_timestamp(),
  created timestamptz not null default clock_timestamp(),
  updated timestamptz not null default clock_timestamp()
);

create table task (
  id uuid primary key default new_id(),
  seq bigint generated always as identity unique,
  name text not null,
  state text not null default 'waiting'
    check (state in ('waiting', 'running', 'canceling', 'skipped', 'completed', 'failed', 'canceled')),
  arguments text not null,                       -- encrypted JSON
  immediate boolean not null default false,
  logging_cid text not null default '',
  created_by integer references account on delete set null,
  parent_id uuid references task on delete set null,
  group_id uuid references task_group on delete set null,
  worker_id uuid,                                -- app_status row of the process that runs it
  unblocked_at timestamptz, started_at timestamptz, finished_at timestamptz,
  error jsonb,
  result jsonb,
  created_resources text[] not null default '{}',          -- PRNs
  reserved_resources_record text[] not null default '{}',  -- as shown; shared ones prefixed "shared:"
  created timestamptz not null default clock_timestamp(),
  updated timestamptz not null default clock_timestamp()
);
create index task_waiting on task (immediate desc, seq) where state = 'waiting' and unblocked_at is not null;
create index task_unfinished on task (seq) where state in ('waiting', 'running', 'canceling');
create index task_created on task (created desc);
create index task_name on task (name);
create index task_parent on task (parent_id);
create index task_group_member on task (group_id);
create index task_reserved on task using gin (reserved_resources_record);

-- What unfinished tasks hold or wait for. Rows go when the task ends: nothing counts locks, so nothing can leak one.
create table task_resource (
  task_id uuid not null references task on delete cascade,
  resource text not null,
  exclusive boolean not null,
  seq bigint not null,
  primary key (resource, seq)
);
create index task_resource_task on task_resource (task_id);

-- Content that a running task has stored and will put into a repository version; gone when the task ends.
create unlogged table task_content (
  task_id uuid not null references task on delete cascade,
  content_id uuid not null,
  primary key (task_id, content_id)
);

create table progress_report (
  id uuid primary key default new_id(),
  seq bigint generated always as identity,        -- the order in which they were opened
  task_id uuid not null references task on delete cascade,
  code text not null,
  message text not null,
  state text not null,
  total bigint,
  done bigint not null default 0,
  suffix text
);
create index progress_report_task on progress_report (task_id);

create table group_progress_report (
  group_id uuid not null references task_group on delete cascade,
  code text not null,
  message text not null,
  total bigint,
  done bigint not null default 0,
  suffix text,
  primary key (group_id, code)
);

create table schedule (
  id uuid primary key default new_id(),
  name text not null unique,
  task_name text not null,
  arguments text not null,                       -- encrypted JSON: what is dispatched when it is due
  resource text,                                 -- PRN of the object that owns it
  iso_interval text not null,                    -- [R<n>/][<start>/]<duration>
  enabled boolean not null default true,
  first_dispatch timestamptz not null,
  next_dispatch timestamptz,
  last_dispatch timestamptz,
  remaining_dispatches integer,
  dispatch_count integer not null default 0,
  failure_threshold integer,
  consecutive_failures integer not null default 0,
  last_task_id uuid references task on delete set null,
  created timestamptz not null default clock_timestamp(),
  updated timestamptz not null default clock_timestamp()
);
create index schedule_due on schedule (next_dispatch) where enabled;
create index schedule_resource on schedule (resource);

-- A version's row is written in the transaction that writes its membership: there are no incomplete versions.
create table repository_version (
  id uuid primary key default new_id(),
  repository_id uuid not null references repository on delete cascade,
  number integer not null,
  base_version_id uuid references repository_version on delete set null,
  content_counts jsonb not null default '{"added": {}, "removed": {}, "present": {}}',
  created timestamptz not null default clock_timestamp(),
  updated timestamptz not null default clock_timestamp(),
  unique (repository_id, number)
);

-- Membership: content is in version n when version_added <= n and (version_removed is null or version_removed > n).
-- The numbers may be those of versions deleted since: what a version added is its difference to the one before it that
-- still exists, so deleting old versions rewrites nothing.
create table repository_content (
  repository_id uuid not null references repository on delete cascade,
  content_id uuid not null references content,
  version_added integer not null,
  version_removed integer,
  created timestamptz not null default clock_timestamp(),
  primary key (repository_id, version_added, content_id),
  check (version_removed is null or version_removed > version_added)
);
create index repository_content_content on repository_content (content_id);
create index repository_content_removed on repository_content (repository_id, version_removed)
  where version_removed is not null;
create unique index repository_content_current on repository_content (repository_id, content_id)
  where version_removed is null;

-- The stored recipe of how a repository is published.
create table publisher (
  id uuid primary key default new_id(),
  type text not null,
  name text not null unique,
  repository_id uuid not null references repository on delete cascade,
  autopublish boolean not null default false,    -- publish after every sync that changed something
  labels jsonb not null default '{}',
  data jsonb not null default '{}',
  created timestamptz not null default clock_timestamp(),
  updated timestamptz not null default clock_timestamp()
);
create index publisher_repository on publisher (repository_id);

create table publication (
  id uuid primary key default new_id(),
  type text not null,
  repository_version_id uuid not null references repository_version on delete cascade,
  publisher_id uuid references publisher on delete set null,
  pass_through boolean not null default false,   -- serves every artifact of its version under its own path
  checkpoint boolean not null default false,
  data jsonb not null default '{}',
  created timestamptz not null default clock_timestamp(),
  updated timestamptz not null default clock_timestamp()
);
create index publication_version on publication (repository_version_id);
create index publication_publisher on publication (publisher_id);

create table published_artifact (
  publication_id uuid not null references publication on delete cascade,
  relative_path text not null,
  content_artifact_id uuid not null references content_artifact on delete cascade,
  primary key (publication_id, relative_path)
);
create index published_artifact_artifact on published_artifact (content_artifact_id);

create table published_metadata (
  publication_id uuid not null references publication on delete cascade,
  relative_path text not null,
  artifact_id uuid not null references artifact,
  created timestamptz not null default clock_timestamp(),
  primary key (publication_id, relative_path)
);
create index published_metadata_artifact on published_metadata (artifact_id);

create table distribution (
  id uuid primary key default new_id(),
  type text not null,
  name text not null unique,
  base_path text not null unique,
  hidden boolean not null default false,
  checkpoint boolean not null default false,
  publisher_id uuid references publisher on delete set null,
  repository_id uuid references repository on delete set null,
  repository_version_id uuid references repository_version on delete set null,
  publication_id uuid references publication on delete set null,
  labels jsonb not null default '{}',
  data jsonb not null default '{}',
  created timestamptz not null default clock_timestamp(),
  updated timestamptz not null default clock_timestamp()
);
create index distribution_publisher on distribution (publisher_id);
create index distribution_repository on distribution (repository_id);
create index distribution_version on distribution (repository_version_id);
create index distribution_publication on distribution (publication_id);

-- Further URL paths (without leading or trailing slash) at which a distribution is served.
create table distribution_alias (
  path text primary key,
  distribution_id uuid not null references distribution on delete cascade
);
create index distribution_alias_distribution on distribution_alias (distribution_id);

-- A file in the making; its bytes lie in the store's upload folder until a task takes them.
create table upload (
  id uuid primary key default new_id(),
  size bigint,                                   -- null: not announced
  created_by integer references account on delete set null,
  created timestamptz not null default clock_timestamp(),
  updated timestamptz not null default clock_timestamp()
);

create table upload_chunk (
  upload_id uuid not null references upload on delete cascade,
  chunk_offset bigint not null,
  size bigint not null,
  created timestamptz not null default clock_timestamp(),
  primary key (upload_id, chunk_offset)
);
create index schedule_last_task on schedule (last_task_id);
