-- Work tables anew; nothing is ever kept in them. What is as it was read is not written again: updating a row costs
-- more than copying it in.
drop table migration_unit;
create unlogged table migration_unit (
  number integer generated always as identity primary key, -- in the order in which they were read
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
  store_id uuid not null,                        -- what it will have for an id if it is new
  absent boolean not null,                       -- not downloaded, and the content folder has no file of it
  wanted boolean not null default true,
  reason text,                                   -- why it is set aside
  detail text,
  content_id uuid,                               -- what it became
  deduplicated boolean not null default false
) with (autovacuum_enabled = false, fillfactor = 50); -- room for content_id, without touching the index
-- Columns that nothing is joined or selected by: statistics of them cost more than of all others.
alter table migration_unit alter digest set statistics 0, alter attributes set statistics 0,
  alter sha256 set statistics 0, alter path set statistics 0, alter last_updated set statistics 0,
  alter user_metadata set statistics 0, alter kept set statistics 0, alter detail set statistics 0;

drop table migration_association;
create unlogged table migration_association (
  repo_id text not null,
  unit_id text not null,
  type text not null,
  created timestamptz,
  reason text,
  detail text
) with (autovacuum_enabled = false);
create index migration_association_unit on migration_association (unit_id);

-- The associations that move, as they will be in the store.
create unlogged table migration_member (
  repository_id uuid not null,
  content_id uuid not null,
  created timestamptz
) with (autovacuum_enabled = false);
create index migration_member_repository on migration_member (repository_id, content_id);
