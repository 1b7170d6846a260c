-- Accounts' groups and roles, and guards of content.

create table account_group (
  id integer generated always as identity primary key,
  name text not null unique
);

create table group_member (
  group_id integer not null references account_group on delete cascade,
  account_id integer not null references account on delete cascade,
  primary key (group_id, account_id)
);
create index group_member_account on group_member (account_id);

create table role (
  id uuid primary key default new_id(),
  name text not null unique,
  description text,
  permissions text[] not null default '{}',      -- "<app>.<codename>"
  locked boolean not null default false,         -- brought by the program, not to be changed
  created timestamptz not null default clock_timestamp(),
  updated timestamptz not null default clock_timestamp()
);

-- Who holds a role, on everything (object null) or on one object (its PRN).
create table role_assignment (
  id uuid primary key default new_id(),
  role_id uuid not null references role on delete cascade,
  account_id integer references account on delete cascade,
  group_id integer references account_group on delete cascade,
  object text,
  created timestamptz not null default clock_timestamp(),
  updated timestamptz not null default clock_timestamp(),
  check ((account_id is null) <> (group_id is null))
);
create unique index role_assignment_once on role_assignment
  (role_id, coalesce(account_id, 0), coalesce(group_id, 0), coalesce(object, ''));
create index role_assignment_account on role_assignment (account_id);
create index role_assignment_group on role_assignment (group_id);
create index role_assignment_object on role_assignment (object);

create table content_guard (
  id uuid primary key default new_id(),
  type text not null,                            -- core.rbac, core.header
  name text not null unique,
  description text,
  data jsonb not null default '{}',
  created timestamptz not null default clock_timestamp(),
  updated timestamptz not null default clock_timestamp()
);

alter table distribution add column content_guard_id uuid references content_guard on delete set null;
create index distribution_content_guard on distribution (content_guard_id);
