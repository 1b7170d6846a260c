-- Finds a published file by its path. Hashed, since a path may be longer than an entry of a b-tree.
create index content_artifact_path on content_artifact using hash (relative_path);

-- Whatever decides which bytes a URL stands for leaves a row here when it changes. Serving processes compare the rows
-- they see with those they saw before; rows are never updated, so that writers do not wait for each other.
create table content_change (
  id bigint generated always as identity primary key,
  happened timestamptz not null default clock_timestamp()
);

create function note_content_change() returns trigger language plpgsql as $$
begin
  insert into content_change default values;
  delete from content_change where id in (
    select id from content_change where happened < clock_timestamp() - interval '10 minutes'
    limit 100 for update skip locked);
  return null;
end
$$;

create trigger content_change after insert or update or delete on distribution
  for each statement execute function note_content_change();
create trigger content_change after insert or update or delete on distribution_alias
  for each statement execute function note_content_change();
create trigger content_change after insert or update or delete on publication
  for each statement execute function note_content_change();
create trigger content_change after insert or update or delete on published_metadata
  for each statement execute function note_content_change();
create trigger content_change after insert or update or delete on published_artifact
  for each statement execute function note_content_change();
create trigger content_change after insert or delete on repository_version
  for each statement execute function note_content_change();
