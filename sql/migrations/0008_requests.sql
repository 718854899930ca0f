-- What people ask of unfinished tasks: cancel, retry now, snooze. The owner of a task's partition alone may
-- decide, since it may have the task in its window or run it; where nobody owns it, the asker holds the
-- partition row and decides in the owner's place.
create table weir.request(
  task_id bigint primary key,
  request_id bigint not null generated always as identity,
  due timestamptz,
  part_id int not null,
  kind "char" not null check (kind in ('c', 'r', 'z')),
  asked_by text not null check (octet_length(asked_by) between 1 and 256)
);
create index request_part on weir.request(part_id, request_id);
comment on table weir.request is 'what people asked of unfinished tasks and their owners have not answered yet';
comment on column weir.request.task_id is 'the task; a later request takes the place of an earlier one';
comment on column weir.request.request_id is 'grows: an owner answers what it read, not what came after';
comment on column weir.request.due is 'of a snooze: not before';
comment on column weir.request.part_id is 'its partition';
comment on column weir.request.kind is 'c cancel, r retry now, z snooze';
comment on column weir.request.asked_by is 'who asked';

create table weir.paused_name(
  name text primary key constraint name_is_printable check (weir.is_name(name)),
  until timestamptz not null
);
comment on table weir.paused_name is 'task names of which nothing starts; their tasks wait in weir.open';
comment on column weir.paused_name.name is 'the task name';
comment on column weir.paused_name.until is 'nothing starts before; infinity = until resumed';

-- Without it nobody would look again at what a promotion left out because of a pause between two beats.
alter table weir.cluster add column pauses bigint not null default 0;
comment on column weir.cluster.pauses is 'counts pauses and resumptions of task names';

-- Asks something of tasks; answers for each, in the order given: `done` (nobody owned it), `asked` (its owner
-- decides), or why not: `ended`, `running` (snooze and retry are for what does not run), `unknown`.
create function weir.ask_tasks(wanted "char", tasks bigint[], not_before timestamptz, who text)
returns table(task_id bigint, answer text)
language plpgsql
set lock_timeout = '1s'
as $$
#variable_conflict use_column
declare
  locked int[];
begin
  -- Nobody can take these until this transaction ends; a finish of the last owner has ended by now. A partition that
  -- is let go of after this is not among them: its next owner decides.
  select array_agg(l.part_id)
  into locked
  from (select p.part_id
        from weir.partition p
        where p.owner is null
          and p.part_id in (select t.part_id from weir.task t where t.id = any (tasks))
        order by p.part_id
        for update) l;
  return query
  with asked as materialized (
    select distinct on (a.id) a.id, a.ord
    from unnest(tasks) with ordinality a(id, ord)
    order by a.id, a.ord
  ),
  found as materialized (
    select a.id, a.ord, t.part_id, t.name, t.key, p.owner, p.epoch, o.state, o.runs, o.attempts, o.crashes,
      case
        when t.id is null then 'unknown'
        when exists (select from weir.attempt e where e.task_id = t.id and weir.is_final(e.result))
          then 'ended'
        when wanted <> 'c' and o.state = 'i' and o.epoch = p.epoch and p.owner is not null then 'running'
        when t.part_id = any (locked) then 'done'
        else 'asked'
      end as answer
    from asked a
    left join weir.task t on t.id = a.id
    left join weir.partition p on p.part_id = t.part_id
    left join weir.open o on o.task_id = t.id
  ),
  sent as (
    insert into weir.request as r(task_id, due, part_id, kind, asked_by)
    select f.id, not_before, f.part_id, wanted, who
    from found f
    where f.answer = 'asked'
    order by f.id
    on conflict on constraint request_pkey do update
    set request_id = default, due = excluded.due, kind = excluded.kind, asked_by = excluded.asked_by
  ),
  cancelled as (
    insert into weir.attempt(task_id, started_at, epoch, took_ms, part_id, no, result, message)
    select f.id, clock_timestamp(), f.epoch, 0, f.part_id,
      coalesce((select max(e.no) from weir.attempt e where e.task_id = f.id), 0) + 1, 'c', 'cancelled by ' || who
    from found f
    where f.answer = 'done'
      and wanted = 'c'
    returning task_id, part_id
  ),
  removed as (
    delete from weir.open o
    using cancelled c
    where o.task_id = c.task_id
  ),
  counted as (
    update weir.mark m
    set cancelled = m.cancelled + c.n
    from (select part_id, count(*) as n from cancelled group by part_id) c
    where m.part_id = c.part_id
  ),
  put as (
    insert into weir.open as o(task_id, epoch, due, part_id, attempts, crashes, runs, state, name, key)
    select f.id, f.epoch, coalesce(not_before, clock_timestamp()), f.part_id, coalesce(f.attempts, 0),
      coalesce(f.crashes, 0), coalesce(f.runs, 0), 'w', f.name, f.key
    from found f
    where f.answer = 'done'
      and wanted <> 'c'
    order by f.id
    on conflict on constraint open_pkey do update
    set epoch = excluded.epoch, due = excluded.due, since = clock_timestamp(), state = excluded.state,
      marked = false
  )
  select f.id, f.answer
  from found f
  order by f.ord;
end
$$;
comment on function weir.ask_tasks("char", bigint[], timestamptz, text)
  is 'cancels, retries or snoozes unfinished tasks, or asks their owners to';
revoke all on function weir.ask_tasks("char", bigint[], timestamptz, text) from public;

-- Enqueues copies of tasks that have ended; answers the old id and the new one, which is null for a task that has
-- not ended or does not exist.
create function weir.requeue(tasks bigint[], who text)
returns table(task_id bigint, new_id bigint)
language plpgsql
as $$
#variable_conflict use_column
declare
  again bigint[];
  made bigint[];
begin
  select array_agg(t.id order by t.id)
  into again
  from weir.task t
  where t.id = any (tasks)
    and exists (select from weir.attempt e where e.task_id = t.id and weir.is_final(e.result));
  if again is not null then
    select array_agg(r.id order by r.id)
    into made
    from (select array_agg(t.name order by t.id) as names, array_agg(t.key order by t.id) as keys,
                 array_agg(t.data order by t.id) as datas,
                 array_agg(s.name order by t.id) as streams
          from weir.task t
          left join weir.partition p on p.part_id = t.part_id
          left join weir.stream s on s.stream_id = p.stream_id
          where t.id = any (again)) x
    cross join lateral weir.enqueue_rows(x.names, x.keys, x.datas, x.streams,
                                         array_fill(null::timestamptz, array[cardinality(again)]),
                                         array_fill(who, array[cardinality(again)])) r;
  end if;
  return query
  select a.id, n.made
  from unnest(tasks) with ordinality a(id, ord)
  left join unnest(again, made) n(was, made) on n.was = a.id
  order by a.ord;
end
$$;
comment on function weir.requeue(bigint[], text) is 'enqueues copies of ended tasks';
revoke all on function weir.requeue(bigint[], text) from public;
