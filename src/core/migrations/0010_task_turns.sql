-- Takes the next task for a worker, or none. Resources are given out before a task is taken that is younger than one that
-- still waits for its own: else a stream of tasks that need none would keep all others from ever getting theirs.
create or replace function task_claim(worker uuid) returns setof task language plpgsql set enable_seqscan = off as $$
declare
  claimed task;
  oldest_blocked bigint := (
    select seq from task where state = 'waiting' and unblocked_at is null order by seq limit 1);
begin
  for attempt in 1..2 loop
    update task set state = 'running', started_at = clock_timestamp(), updated = clock_timestamp(), worker_id = worker
    where id = (
      select id from task where state = 'waiting' and unblocked_at is not null
        and (attempt = 2 or immediate or seq < coalesce(oldest_blocked, 9223372036854775807))
      order by immediate desc, seq limit 1 for update skip locked)
    returning * into claimed;
    if found then
      return next claimed;
      return;
    end if;
    exit when oldest_blocked is null;
    if attempt = 1 then
      perform pg_advisory_xact_lock(84);
      perform task_unblock();
    end if;
  end loop;
end
$$;

create index task_blocked on task (seq) where state = 'waiting' and unblocked_at is null;
-- What a worker has, for one that did not hear the answer to its claim.
create index task_worker on task (worker_id) where state in ('running', 'canceling');
