-- Schedules: durable rules that enqueue one task per tick. When a rule ticks is decided by the leader's program
-- (time zones are there); that a tick is fired once is decided here: whoever fires it moves next_at from the value
-- it has read, in the transaction that inserts the task, under the fence of its term.
create table weir.schedule(
  schedule_id int primary key generated always as identity,
  name text not null unique constraint name_is_printable check (weir.is_name(name)),
  task text not null constraint task_is_printable check (weir.is_name(task)),
  key text check (octet_length(key) between 1 and 512),
  data jsonb not null default '{}',
  every_ms bigint check (every_ms >= 1000),
  cron text,
  zone text,
  missed text not null check (missed in ('skip', 'once', 'all')),
  since timestamptz not null default now(),
  next_at timestamptz check (isfinite(next_at)),
  paused_until timestamptz,
  last_at timestamptz,
  last_task bigint,
  constraint an_interval_or_a_cron_line check ((every_ms is null) = (cron is not null)),
  constraint a_cron_line_has_a_zone check ((cron is null) = (zone is null)),
  constraint fired_has_a_task check ((last_at is null) = (last_task is null))
);
create index schedule_next on weir.schedule(next_at);
comment on table weir.schedule is 'rules that enqueue one task per tick';
comment on column weir.schedule.schedule_id is 'never given again';
comment on column weir.schedule.name is 'what people call it';
comment on column weir.schedule.task is 'name of the task';
comment on column weir.schedule.key is 'key of the task';
comment on column weir.schedule.data is 'data of the task';
comment on column weir.schedule.every_ms is 'ticks at whole multiples of this since 1970-01-01 00:00 UTC';
comment on column weir.schedule.cron is 'minute, hour, day of month, month, day of week';
comment on column weir.schedule.zone is 'IANA time zone of the cron line';
comment on column weir.schedule.missed is 'what becomes of ticks that passed while the cluster was away';
comment on column weir.schedule.since is 'no tick up to here counts';
comment on column weir.schedule.next_at is 'the next tick to fire, null = no leader has seen it yet';
comment on column weir.schedule.paused_until is 'no tick before counts; infinity = until resumed';
comment on column weir.schedule.last_at is 'the last tick that was fired';
comment on column weir.schedule.last_task is 'the task of that tick';

create view weir.schedule_now as
select s.schedule_id as id, s.name, s.task, s.key, s.data::text as data, s.every_ms, s.cron, s.zone, s.missed,
  weir.to_us(s.since) as since_us, weir.to_us(s.next_at) as next_at_us,
  coalesce(s.paused_until > now(), false) as paused, weir.to_us(s.paused_until) as paused_until_us,
  weir.to_us(s.last_at) as last_at_us, s.last_task
from weir.schedule s;
comment on view weir.schedule_now is 'schedules';

-- Creates a schedule that does not exist yet. One sentence for every setting in which the one that exists differs.
create function weir.add_schedule(wanted jsonb)
returns text[]
language plpgsql
as $$
begin
  insert into weir.schedule(name, task, key, data, every_ms, cron, zone, missed)
  values (wanted ->> 'name', wanted ->> 'task', wanted ->> 'key', wanted -> 'data', (wanted ->> 'every_ms')::bigint,
          wanted ->> 'cron', wanted ->> 'zone', wanted ->> 'missed')
  on conflict (name) do nothing;
  if found then
    return '{}';
  end if;
  return array(
    select format('schedule "%s": %s is %s, declared %s', s.name, d.setting, coalesce(d.present, 'not set'),
                  coalesce(d.declared, 'not set'))
    from weir.schedule s
    cross join lateral (values
      ('task', s.task, wanted ->> 'task'),
      ('key', s.key, wanted ->> 'key'),
      ('data', s.data::text, (wanted -> 'data')::text),
      ('every', s.every_ms || 'ms', (wanted ->> 'every_ms') || 'ms'),
      ('cron', s.cron, wanted ->> 'cron'),
      ('zone', s.zone, wanted ->> 'zone'),
      ('missed', s.missed, wanted ->> 'missed')
    ) d(setting, present, declared)
    where s.name = wanted ->> 'name'
      and d.present is distinct from d.declared
  );
end
$$;
comment on function weir.add_schedule(jsonb) is 'creates a schedule; returns how one that exists differs';

-- Beside those of streams and routes, which are written anew by each weir.declare.
alter table weir.node add column schedule_differences text[] not null default '{}';
comment on column weir.node.schedule_differences is 'the same of schedules';

create or replace view weir.node_now as
select n.node_id as id, n.name, n.machine, n.version, n.address, n.http, n.labels, n.weight, n.actions, n.state,
  n.timeline, n.drain_wanted, n.declared, n.differences || n.schedule_differences as differences,
  n.cluster_settings::text as cluster_settings, b.beat,
  extract(epoch from clock_timestamp() - b.beat_at)::float8 as beat_age
from weir.node n
join weir.beat b on b.node_id = n.node_id
where n.newest;

-- Creates what a node declares and does not exist yet; the rest stays and is reported.
create function weir.declare_schedules(me int, wanted jsonb)
returns text[]
language plpgsql
set lock_timeout = '1s'
as $$
declare
  item jsonb;
  found_differences text[] := '{}';
begin
  for item in select e from jsonb_array_elements(wanted) e order by e ->> 'name' loop
    found_differences := found_differences || weir.add_schedule(item);
  end loop;
  update weir.node n
  set schedule_differences = found_differences
  where n.node_id = me
    and n.state in ('joining', 'active', 'draining');
  if not found then
    raise exception 'node % is not alive, it cannot declare', me using errcode = 'WE001';
  end if;
  return found_differences;
end
$$;
comment on function weir.declare_schedules(int, jsonb) is 'creates declared schedules; returns the differences';

-- Fires ticks of a schedule: a task each, and next_at moves. Null if it was not as the caller had seen it: then
-- nothing happened. Another leader's firing of the same tick waits for the row here, and finds it moved.
create function weir.fire_schedule(me int, tli int, leader_term bigint, schedule int, seen_next timestamptz,
                                   ticks timestamptz[], new_next timestamptz)
returns bigint[]
language plpgsql
set lock_timeout = '1s'
as $$
declare
  s weir.schedule;
  count constant int := cardinality(ticks);
  made bigint[] := '{}';
begin
  perform
  from weir.term t
  where t.timeline = tli
    and t.term = leader_term
    and t.node_id = me
    and t.ended_at is null
    and t.timeline = weir.tli()
  for share;
  if not found then
    raise exception 'term % on timeline % does not run any more; nothing was fired', leader_term, tli
      using errcode = 'WE001';
  end if;
  update weir.schedule x
  set next_at = new_next
  where x.schedule_id = schedule
    and x.next_at is not distinct from seen_next
    and coalesce(x.paused_until <= now(), true)
  returning *
  into s;
  if not found then
    return null;
  end if;
  if count > 0 then
    select array_agg(r.id order by r.id)
    into made
    from weir.enqueue_rows(array_fill(s.task, array[count]), array_fill(s.key, array[count]),
                           array_fill(s.data, array[count]), array_fill(null::text, array[count]),
                           array_fill(null::timestamptz, array[count]),
                           array_fill('schedule ' || s.name, array[count])) r;
    update weir.schedule x
    set last_at = ticks[count], last_task = made[count]
    where x.schedule_id = schedule;
  end if;
  return made;
end
$$;
comment on function weir.fire_schedule(int, int, bigint, int, timestamptz, timestamptz[], timestamptz)
  is 'enqueues the tasks of ticks and moves next_at, or neither; returns the tasks';

-- The task of a schedule, now and besides its ticks; null = there is no such schedule.
create function weir.trigger_schedule(schedule_name text, who text)
returns bigint
language plpgsql
set lock_timeout = '1s'
as $$
begin
  return (
    select r.id
    from weir.schedule s
    cross join lateral weir.enqueue_rows(array[s.task], array[s.key], array[s.data], array[null::text],
                                         array[null::timestamptz],
                                         array[format('schedule %s, triggered by %s', s.name, who)]) r
    where s.name = schedule_name
  );
end
$$;
comment on function weir.trigger_schedule(text, text) is 'enqueues the task of a schedule; returns its id';

revoke all on function weir.add_schedule(jsonb) from public;
revoke all on function weir.declare_schedules(int, jsonb) from public;
revoke all on function weir.fire_schedule(int, int, bigint, int, timestamptz, timestamptz[], timestamptz) from public;
revoke all on function weir.trigger_schedule(text, text) from public;
