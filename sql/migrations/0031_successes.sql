-- A success at the first attempt is by far the most frequent end, and there is little to tell of it. Owners write those
-- that end together as one row of weir.success: a tenth of the WAL and a fifth of the work of as many attempts.
-- weir.attempt is a view over both, and takes the rows of programs of the version before.
--
-- What is in weir.success never had a row in weir.open: it ended where it was read or handed. So it has no other
-- attempt, and its segment is there: one goes only when each of its tasks has ended or is in weir.open.
create table weir.success(
  started_at timestamptz not null,
  epoch bigint not null,
  block bigint not null,
  part_id int not null,
  first_place int2 not null,
  last_place int2 not null,
  places int2[] not null,
  after_us int[] not null,
  took_ms int[] not null,
  constraint one_of_each_for_a_task check (cardinality(places) > 0 and cardinality(after_us) = cardinality(places)
                                           and cardinality(took_ms) = cardinality(places))
) partition by range (block);
create index success_task on weir.success(block, part_id, first_place, last_place);
comment on table weir.success is
  'tasks that succeeded at their first attempt, without a message; those of one partition together';
comment on column weir.success.started_at is 'when the first of the runs began, by the clock of its node';
comment on column weir.success.epoch is 'the owner they ran under; weir.ownership tells the node';
comment on column weir.success.block is 'the ids of the tasks, divided by 1000';
comment on column weir.success.part_id is 'the partition';
comment on column weir.success.first_place is 'the lowest place';
comment on column weir.success.last_place is 'the highest place';
comment on column weir.success.places is 'what is left over of each id, ascending';
comment on column weir.success.after_us is 'how much later each run began, in microseconds';
comment on column weir.success.took_ms is 'how long each took';

alter table weir.attempt rename to attempt_row;
comment on table weir.attempt_row is
  'attempts that are not in weir.success: runs that ended, and decisions that ended a task without one';

-- By way of the task, so that who looks for an id finds it by two indexes. A join cannot reach into it, only an id from
-- outside can: ask for it in a lateral subquery with a limit, or in a scalar one, else all of history is looked at.
create view weir.attempt as
select a.task_id, a.started_at, a.epoch, a.took_ms, a.part_id, a.no, a.result, a.message
from weir.attempt_row a
union all
select t.id, s.started_at + s.after_us[w.nth] * interval '1 microsecond', s.epoch, s.took_ms[w.nth], s.part_id, 1,
  'd'::"char", null
from weir.task t
join weir.success s on s.block = t.id / 1000 and s.part_id = t.part_id
  and (t.id % 1000)::int2 between s.first_place and s.last_place
cross join lateral (select array_position(s.places, (t.id % 1000)::int2) as nth offset 0) w
where w.nth is not null;
comment on view weir.attempt is 'runs that ended, and decisions that ended a task without a run';

create function weir.attempt_insert()
returns trigger
language plpgsql
as $$
begin
  insert into weir.attempt_row(task_id, started_at, epoch, took_ms, part_id, no, result, message)
  values (new.task_id, new.started_at, new.epoch, new.took_ms, new.part_id, new.no, new.result, new.message);
  return new;
end
$$;
comment on function weir.attempt_insert() is 'takes the rows of programs that know no weir.attempt_row';
revoke all on function weir.attempt_insert() from public;
create trigger attempt_insert
instead of insert on weir.attempt
for each row execute function weir.attempt_insert();

create or replace view weir.known_attempt as
select a.task_id, a.started_at, a.epoch, a.took_ms, a.part_id, a.no, a.result, a.message
from weir.attempt a
union all
select k.task_id, k.started_at, k.epoch, k.took_ms, k.part_id, k.no, k.result, k.message
from weir.kept_attempt k;

do $do$
declare
  one bigint;
begin
  for one in
    select substr(c.relname, 6)::bigint
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid and c.relname ~ '^task_[0-9]+$'
    where i.inhparent = 'weir.task'::regclass
  loop
    execute format('create table weir.%I partition of weir.success for values from (%s) to (%s)', 'success_' || one,
                   one * 10000, (one + 1) * 10000);
  end loop;
end
$do$;

-- 0004 says why it is written so. Who has the task's row has its partition, too.
create function weir.accounted(part int, task bigint)
returns table(one int)
language sql
stable
rows 1
as $$
  select a.no
  from weir.attempt_row a
  where a.task_id = task
    and weir.is_final(a.result)
  union all
  select o.part_id
  from weir.open o
  where o.task_id = task
  union all
  select s.part_id
  from weir.success s
  where s.block = task / 1000
    and s.part_id = part
    and (task % 1000)::int2 between s.first_place and s.last_place
    and array_position(s.places, (task % 1000)::int2) is not null
  limit 1
$$;
comment on function weir.accounted(int, bigint) is 'a row if the task of that partition has ended or is in weir.open';

-- For programs of the version before.
create or replace function weir.accounted(task bigint)
returns table(one int)
language sql
stable
rows 1
as $$
  select a.no
  from weir.attempt a
  where a.task_id = task
    and weir.is_final(a.result)
  union all
  select o.part_id
  from weir.open o
  where o.task_id = task
  limit 1
$$;

-- 0028 says why it is built so.
create or replace function weir.unread(part int, seen pg_snapshot, upto pg_snapshot, at_xid xid8, at_id bigint,
                                       only_name text,
                            most bigint, accounted_too bool)
returns table(id bigint, name text, created_at timestamptz, do_after timestamptz)
language sql
stable
as $$
  (
    select t.id, t.name, t.created_at, t.do_after
    from weir.task t
    where t.part_id = part
      and (t.xid, t.id) > (case when at_xid >= pg_snapshot_xmax(seen) then at_xid else pg_snapshot_xmax(seen) end,
                           case when at_xid >= pg_snapshot_xmax(seen) then at_id else 0 end)
      and t.id > (select id_floor from weir.cluster)
      and (only_name is null or t.name = only_name)
      and (accounted_too or (select k.one from weir.accounted(t.part_id, t.id) k) is null)
    order by t.xid, t.id
    limit most
  )
  union all
  (
    select l.id, l.name, l.created_at, l.do_after
    from (select pg_snapshot_xip(seen) union select pg_snapshot_xip(upto)) late(xid)
    cross join lateral (
      select t.id, t.name, t.created_at, t.do_after
      from weir.task t
      where t.part_id = part
        and t.xid between late.xid and late.xid
        and t.id > (select id_floor from weir.cluster)
        and (t.xid, t.id) <= (case when at_xid >= pg_snapshot_xmax(seen) then at_xid else pg_snapshot_xmax(seen) end,
                              case when at_xid >= pg_snapshot_xmax(seen) then at_id else 0 end)
        and (upto is null or not pg_visible_in_snapshot(t.xid, upto)
             or (not pg_visible_in_snapshot(t.xid, seen) and (t.xid, t.id) > (at_xid, at_id)))
        and (only_name is null or t.name = only_name)
        and (accounted_too or (select k.one from weir.accounted(t.part_id, t.id) k) is null)
      order by t.xid, t.id
      limit most
    ) l
    where pg_visible_in_snapshot(late.xid, pg_current_snapshot())
  )
$$;

create or replace function weir.keep_room()
returns int
language plpgsql
security definer
set search_path = weir, pg_temp
as $$
declare
  size constant bigint := 10000000;
  wanted bigint;
  one record;
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
    for one in
      select *
      from (values ('task', 'task', 1), ('attempt_row', 'attempt', 1), ('success', 'success', 1000))
        p(parent, child, ids)
    loop
      execute format('create table weir.%I (like weir.%I including defaults including constraints)',
                     one.child || '_' || wanted, one.parent);
      execute format('alter table only weir.%I attach partition weir.%I for values from (%s) to (%s)',
                     one.parent, one.child || '_' || wanted, wanted * size / one.ids, (wanted + 1) * size / one.ids);
    end loop;
    made := made + 1;
  end loop;
  perform weir.forget_receipts();
  return made;
end
$$;

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
    insert into weir.attempt_row(task_id, started_at, epoch, took_ms, part_id, no, result, message)
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

-- Who was given rights on the table by hand keeps them on the view.
do $do$
declare
  given record;
begin
  for given in
    select a.privilege_type as word, case when a.grantee = 0 then 'public' else a.grantee::regrole::text end as receiver
    from pg_class c
    cross join lateral aclexplode(c.relacl) a
    where c.oid = 'weir.attempt_row'::regclass
      and a.grantee <> c.relowner
      and a.privilege_type in ('SELECT', 'INSERT')
  loop
    execute format('grant %s on weir.attempt to %s', given.word, given.receiver);
  end loop;
end
$do$;

insert into weir.role_right(object, reader, node)
values
  ('attempt_row', 'select', 'select, insert'),
  ('success', 'select', 'select, insert'),
  ('attempt_insert', '', '');
select weir.renew_grants();
