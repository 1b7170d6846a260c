-- Where files may be had besides the remotes that list them (v3-api.md 2.15).
create table alternate_content_source (
  id uuid primary key default new_id(),
  type text not null,
  name text not null unique,
  remote_id uuid not null references remote,
  last_refreshed timestamptz,
  created timestamptz not null default clock_timestamp(),
  updated timestamptz not null default clock_timestamp()
);
create index alternate_content_source_remote on alternate_content_source (remote_id);

-- What a refresh finds at a path is held in a hidden repository: it is no orphan, and nobody sees it as a repository.
create table alternate_content_path (
  id uuid primary key default new_id(),
  source_id uuid not null references alternate_content_source on delete cascade,
  path text not null,                            -- below the remote's URL; '' is the URL itself
  repository_id uuid unique references repository on delete set null,
  unique (source_id, path)
);

alter table repository add column hidden boolean not null default false;

-- True while the remote is that of a source: such sources are asked first, and found by the digest of what is wanted.
alter table remote_artifact add column alternate boolean not null default false;
create index remote_artifact_alternate on remote_artifact (sha256) where alternate;

insert into role (name, permissions, locked)
select 'file.filealternatecontentsource_' || suffix,
  array(select 'file.' || verb || '_filealternatecontentsource' from unnest(verbs) with ordinality listed (verb, place)
    order by place), true
from (values ('creator', array['add']), ('owner', array['view', 'change', 'delete', 'refresh', 'manage_roles']),
  ('viewer', array['view'])) known (suffix, verbs);
