-- What outlives its segment (a segment goes as a whole, see 0019): tasks in weir.kept, their attempts in
-- weir.kept_attempt. Whoever looks for a task by its id looks there, too; whoever reads on from a mark need not, since
-- what is kept has ended or is in weir.open.
create table weir.kept(
  like weir.task including constraints including comments,
  unfinished bool not null,
  primary key (id)
);
create index kept_unfinished on weir.kept(id) where unfinished;
comment on table weir.kept is 'tasks that outlive their segment';
comment on column weir.kept.unfinished is 'it was when it moved here: attempts may have followed into its segment';

create table weir.kept_attempt(
  like weir.attempt including constraints including comments,
  primary key (task_id, no)
);
create index kept_attempt_failed on weir.kept_attempt(task_id) where result in ('f', 'X');
comment on table weir.kept_attempt is 'attempts of the tasks in weir.kept';

-- Where an attempt goes whose segment is gone; from here it is brought to the others of its task.
create table weir.late_attempt partition of weir.attempt for values from (minvalue) to (0);
comment on table weir.late_attempt is 'attempts of tasks whose segment was dropped';

create view weir.known_task as
select t.id, t.xid, t.created_at, t.epoch, t.do_after, t.moved_from, t.ext_id, t.part_id, t.name, t.key, t.data,
  t.created_by, t.trace
from weir.task t
union all
select k.id, k.xid, k.created_at, k.epoch, k.do_after, k.moved_from, k.ext_id, k.part_id, k.name, k.key, k.data,
  k.created_by, k.trace
from weir.kept k;
comment on view weir.known_task is 'every task that is not gone; what is unread is in weir.task only';

create view weir.known_attempt as
select a.task_id, a.started_at, a.epoch, a.took_ms, a.part_id, a.no, a.result, a.message
from weir.attempt a
union all
select k.task_id, k.started_at, k.epoch, k.took_ms, k.part_id, k.no, k.result, k.message
from weir.kept_attempt k;
comment on view weir.known_attempt is 'every attempt of the tasks in known_task';

create or replace view weir.message_queue as
select
  coalesce(t.ext_id, ('00000000-0000-4000-8000-' || lpad(to_hex(t.id), 12, '0'))::uuid) as message_queue_id,
  t.data,
  t.key::varchar as task_key,
  t.name::varchar as task_name,
  t.created_at,
  t.created_by::varchar as created_by,
  coalesce(a.started_at, f.at, t.created_at) as last_attempted,
  weir.state_of(o.task_id is not null, o.state, a.result)::varchar as state,
  coalesce(a.message, case when a.no is not null then '' else coalesce(f.message, 'Created') end)::varchar
    as last_attempt_message,
  coalesce(o.due, t.do_after, t.created_at) as do_after
from weir.known_task t
left join weir.open o on o.task_id = t.id
left join weir.former_attempt f on f.task_id = t.id
left join lateral (
  select l.no, l.started_at, l.result, l.message
  from weir.known_attempt l
  where l.task_id = t.id
  order by l.no desc
  limit 1
) a on true;

-- As before, of all tasks that are known.
create or replace function weir.ask_tasks(wanted "char", tasks bigint[], not_before timestamptz, who text)
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
          and p.part_id in (select t.part_id from weir.known_task t where t.id = any (tasks))
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
        when exists (select from weir.known_attempt e where e.task_id = t.id and weir.is_final(e.result))
          then 'ended'
        when wanted <> 'c' and o.state = 'i' and o.epoch = p.epoch and p.owner is not null then 'running'
        when t.part_id = any (locked) then 'done'
        else 'asked'
      end as answer
    from asked a
    left join weir.known_task t on t.id = a.id
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
      coalesce((select max(e.no) from weir.known_attempt e where e.task_id = f.id), 0) + 1, 'c', 'cancelled by ' || who
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

create or replace function weir.requeue(tasks bigint[], who text)
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
  from weir.known_task t
  where t.id = any (tasks)
    and exists (select from weir.known_attempt e where e.task_id = t.id and weir.is_final(e.result));
  if again is not null then
    select array_agg(r.id order by r.id)
    into made
    from (select array_agg(t.name order by t.id) as names, array_agg(t.key order by t.id) as keys,
                 array_agg(t.data order by t.id) as datas,
                 array_agg(s.name order by t.id) as streams
          from weir.known_task t
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

-- By the next id, not the last one: of a segment whose last id is given nothing more is needed, and it may be dropped.
create or replace function weir.keep_room()
returns int
language plpgsql
security definer
set search_path = weir, pg_temp
as $$
declare
  size constant bigint := 10000000;
  wanted bigint;
  parent text;
  made int := 0;
begin
  lock table only weir.task in share update exclusive mode;
  for wanted in
    select n
    from weir.task_id s
    cross join lateral (select (s.last_value + s.is_called::int) / size) c(present)
    cross join lateral generate_series(c.present, c.present + 2) n
    where to_regclass('weir.task_' || n) is null
  loop
    foreach parent in array array['task', 'attempt'] loop
      execute format('create table weir.%I (like weir.%I including defaults including constraints)',
                     parent || '_' || wanted, parent);
      execute format('alter table only weir.%I attach partition weir.%I for values from (%s) to (%s)',
                     parent, parent || '_' || wanted, wanted * size, (wanted + 1) * size);
    end loop;
    made := made + 1;
  end loop;
  perform weir.forget_receipts();
  return made;
end
$$;

-- The first id of a segment, and the one behind its last.
create function weir.segment_bounds(segment bigint)
returns table(first_id bigint, end_id bigint)
language sql
stable
as $$
  select substring(b.text from $re$FROM \('?(-?[0-9]+)'?\)$re$)::bigint,
    substring(b.text from $re$TO \('?(-?[0-9]+)'?\)$re$)::bigint
  from (select pg_get_expr(c.relpartbound, c.oid) as text
        from pg_class c
        where c.oid = to_regclass('weir.task_' || segment)) b
$$;
comment on function weir.segment_bounds(bigint) is 'the ids of a segment: the first one, and the one behind the last';

-- True if each task of a segment has ended or is in weir.open: what a mark has passed is, the rest is looked at (an
-- owner that died had no time to move its mark, and the next one has no reason to). With `walked`: and was visible
-- then.
create function weir.segment_is_passed(segment bigint, walked pg_snapshot default null)
returns bool
language plpgsql
as $$
declare
  late bool;
begin
  execute format($sql$
    select exists (
      select
      from weir.mark m
      cross join lateral (
        select
        from weir.%1$I t
        where t.part_id = m.part_id
          and t.xid >= pg_snapshot_xmin(m.seen)
          and not pg_visible_in_snapshot(t.xid, m.seen)
          and not (m.upto is not null and pg_visible_in_snapshot(t.xid, m.upto)
                   and (t.xid, t.id) <= (m.at_xid, m.at_id))
          and (select k.one from weir.accounted(t.id) k) is null
        limit 1
      ) x
      union all
      select
      from weir.mark m
      cross join lateral (
        select
        from weir.%1$I t
        where t.part_id = m.part_id
          and t.id > (select id_floor from weir.cluster)
          and t.xid >= pg_snapshot_xmin($1)
          and not pg_visible_in_snapshot(t.xid, $1)
        limit 1
      ) x
      where $1 is not null)
  $sql$, 'task_' || segment)
  into late
  using walked;
  return not late;
end
$$;
comment on function weir.segment_is_passed(bigint, pg_snapshot)
  is 'true if each task of a segment has ended or is in weir.open';

-- Brings attempts that were made after their tasks had moved to weir.kept to the others of those tasks.
create function weir.gather_attempts(from_table text, first_id bigint, end_id bigint)
returns void
language plpgsql
as $$
begin
  execute format($sql$
    with moved as (
      delete from weir.%I a
      using weir.kept k
      where k.id >= $1
        and k.id < $2
        and k.unfinished
        and a.task_id = k.id
      returning a.*
    )
    insert into weir.kept_attempt(task_id, started_at, epoch, took_ms, part_id, no, result, message)
    select m.task_id, m.started_at, m.epoch, m.took_ms, m.part_id, m.no, m.result, m.message
    from moved m
  $sql$, from_table)
  using first_id, end_id;
end
$$;
comment on function weir.gather_attempts(text, bigint, bigint) is 'moves late attempts of kept tasks to the others';

revoke all on function weir.segment_bounds(bigint) from public;
revoke all on function weir.segment_is_passed(bigint, pg_snapshot) from public;
revoke all on function weir.gather_attempts(text, bigint, bigint) from public;

insert into weir.role_right(object, reader, node)
values
  ('kept', 'select', 'select'),
  ('kept_attempt', 'select', 'select'),
  ('known_task', 'select', 'select'),
  ('known_attempt', 'select', 'select'),
  ('segment_bounds', '', ''),
  ('segment_is_passed', '', ''),
  ('gather_attempts', '', '');
select weir.renew_grants();
