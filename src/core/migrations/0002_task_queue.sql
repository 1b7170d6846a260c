-- The queue in four functions. A task is "unblocked" once it holds all its resources; it keeps them until it ends.

-- Gives waiting tasks their resources, oldest first: an exclusive entry must be the first of its resource, a shared one
-- must have no exclusive one before it. Tasks that hold already come before all others, so that a task whose insert
-- committed late can never share what a younger one was given. The caller holds the advisory lock of the queue.
create function task_unblock() returns void language sql as $$
  update task set unblocked_at = clock_timestamp()
  where unblocked_at is null and state = 'waiting' and id in (
    select task_id from (
      select r.task_id, r.exclusive,
        row_number() over by_resource as place,
        count(*) filter (where r.exclusive)
          over (by_resource rows between unbounded preceding and 1 preceding) as exclusive_before
      from task_resource r join task t on t.id = r.task_id
      window by_resource as (partition by r.resource order by (t.unblocked_at is null), r.seq)
    ) queue
    group by task_id
    having bool_and(case when exclusive then place = 1 else exclusive_before = 0 end)
  )
$$;

-- Takes the next task for a worker, or none. Only a worker that finds nothing unblocked pays for looking at the queue.
create function task_claim(worker uuid) returns setof task language plpgsql as $$
declare
  claimed task;
begin
  for attempt in 1..2 loop
    update task set state = 'running', started_at = clock_timestamp(), updated = clock_timestamp(), worker_id = worker
    where id = (
      select id from task where state = 'waiting' and unblocked_at is not null
      order by immediate desc, seq limit 1 for update skip locked)
    returning * into claimed;
    if found then
      return next claimed;
      return;
    end if;
    if attempt = 1 then
      perform pg_advisory_xact_lock(84);
      perform task_unblock();
    end if;
  end loop;
end
$$;

-- Starts one given task in the calling process if it can have its resources now; null when it must wait its turn.
create function task_start(wanted uuid, worker uuid) returns setof task language plpgsql as $$
begin
  perform pg_advisory_xact_lock(84);
  perform task_unblock();
  return query
    update task set state = 'running', started_at = clock_timestamp(), updated = clock_timestamp(), worker_id = worker
    where id = wanted and state = 'waiting' and unblocked_at is not null
    returning *;
end
$$;

-- Ends a task: the state moves only from one of the given states, resources are freed, sleepers are woken.
-- Gives false when the task was not in such a state (a lost race).
create function task_end(ended uuid, from_states text[], to_state text, outcome jsonb, failure jsonb, made text[])
returns boolean language plpgsql as $$
begin
  update task set state = to_state, finished_at = clock_timestamp(), updated = clock_timestamp(),
    result = outcome, error = failure, created_resources = created_resources || made
  where id = ended and state = any (from_states);
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
