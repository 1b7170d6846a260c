-- What was asked to be measured of a task, and what came of it.
alter table task add column diagnostics text[] not null default '{}';

create table task_profile (
  task_id uuid not null references task on delete cascade,
  name text not null,                            -- memory_profile
  content text not null,
  created timestamptz not null default clock_timestamp(),
  primary key (task_id, name)
);
