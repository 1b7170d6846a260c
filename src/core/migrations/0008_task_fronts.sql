-- The queue among many waiting tasks, and among processes that lost sight of it.

-- What holds its resources: as few tasks as there are workers, mostly.
create index task_holding on task (id) where unblocked_at is not null and state in ('waiting', 'running', 'canceling');

-- Gives waiting tasks their resources, by the rules of before: an exclusive entry must be the first of its resource, a
-- shared one must have no exclusive one before it, and what holds already comes before all others. Looks only at the
-- front of every resource's queue, up to its first exclusive entry: nothing behind that can have its turn. (Looking at
-- all entries took 80 ms per task with 10,000 waiting for one repository.)
create or replace function task_unblock() returns void language sql as $$
  with recursive queue as (
    (select resource from task_resource order by resource limit 1)
    union all
    select (select next.resource from task_resource next where next.resource > queue.resource order by 1 limit 1)
    from queue where queue.resource is not null
  ),
  front as (
    select queue.resource, entry.* from queue, lateral (
      select r.task_id, r.exclusive, row_number() over (order by r.seq) as place
      from task_resource r
      where r.resource = queue.resource and r.seq <= coalesce((
        select first.seq from task_resource first
        where first.resource = queue.resource and first.exclusive order by first.seq limit 1), 9223372036854775807)
    ) entry
  ),
  held as (
    select r.resource, bool_or(r.exclusive) as exclusive
    from task holder join task_resource r on r.task_id = holder.id
    where holder.unblocked_at is not null and holder.state in ('waiting', 'running', 'canceling')
    group by r.resource
  )
  update task set unblocked_at = clock_timestamp()
  where unblocked_at is null and state = 'waiting' and id = any (array(
    select front.task_id from front left join held using (resource)
    group by front.task_id
    having count(*) = (select count(*) from task_resource own where own.task_id = front.task_id)
      and bool_and(case when front.exclusive then place = 1 and held.resource is null
        else held.exclusive is distinct from true end)
  ))
$$;

-- As before, and only for the process that has the task: null for one that none has. A worker that was taken for dead,
-- or whose claim a crash has undone, must not end what another one runs.
drop function task_end(uuid, text[], text, jsonb, jsonb, text[]);
create function task_end(
  ended uuid, holder uuid, from_states text[], to_state text, outcome jsonb, failure jsonb, made text[])
returns boolean language plpgsql as $$
begin
  update task set state = to_state, finished_at = clock_timestamp(), updated = clock_timestamp(),
    result = outcome, error = failure, created_resources = created_resources || made
  where id = ended and state = any (from_states) and worker_id is not distinct from holder;
  if not found then
    return false;
  end if;
  delete from task_content where task_id = ended;
  delete from task_resource where task_id = ended;
  if found then
    perform pg_notify('pulp_worker_wakeup', '');
  end if;
  update schedule set consecutive_failures = case when to_state = 'failed' then consecutive_failures + 1 else 0 end,
    enabled = enabled and not (to_state = 'failed' and coalesce(consecutive_failures + 1 >= failure_threshold, false)),
    updated = clock_timestamp()
  where last_task_id = ended;
  return true;
end
$$;

-- Workers keep the plans of these functions from when the queue was short and reading all of it looked cheap.
alter function task_unblock() set enable_seqscan = off;
alter function task_claim(uuid) set enable_seqscan = off;
alter function task_start(uuid, uuid) set enable_seqscan = off;
alter function task_end(uuid, uuid, text[], text, jsonb, jsonb, text[]) set enable_seqscan = off;
