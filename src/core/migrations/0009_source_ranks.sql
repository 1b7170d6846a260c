-- Who is asked first, in place of a mere yes or no: -1 alternate content sources, found by the digest of what is wanted;
-- 0 remotes; 1 what was such a source once, and may be the only place left.
alter table remote_artifact add column rank smallint not null default 0;
update remote_artifact set rank = -1 where alternate;
alter table remote_artifact drop column alternate;
create index remote_artifact_alternate on remote_artifact (sha256) where rank = -1;
