-- Retention of what 0031 brought: successes go and stay as other attempts do.
-- 0020 says what it answers.
create or replace function weir.segment_is_passed(segment bigint, walked pg_snapshot default null)
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
          and (select k.one from weir.accounted(t.part_id, t.id) k) is null
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

-- Takes successes out of a segment, as attempts; what else was in their rows stays.
create function weir.take_successes(from_table text, tasks bigint[])
returns table(task_id bigint, started_at timestamptz, epoch bigint, took_ms int, part_id int)
language plpgsql
as $$
begin
  return query execute format($sql$
    with wanted as materialized (
      select w.id / 1000 as block, (w.id %% 1000)::int2 as place
      from unnest($1) w(id)
    ),
    cut as (
      delete from weir.%1$I s
      using (select w.block, array_agg(w.place) as places from wanted w group by w.block) b
      where s.block = b.block
        and s.places && b.places
      returning s.*
    ),
    split as materialized (
      select c.block, c.part_id, c.epoch, c.started_at, u.place, u.after_us, u.took_ms, u.ord,
        dense_rank() over (order by c.block, c.part_id, c.started_at, c.places) as nth, w.place is not null as taken
      from cut c
      cross join lateral unnest(c.places, c.after_us, c.took_ms) with ordinality u(place, after_us, took_ms, ord)
      left join wanted w on w.block = c.block and w.place = u.place
    ),
    rest as (
      insert into weir.%1$I(started_at, epoch, block, part_id, first_place, last_place, places, after_us, took_ms)
      select s.started_at, s.epoch, s.block, s.part_id, min(s.place), max(s.place), array_agg(s.place order by s.ord),
        array_agg(s.after_us order by s.ord), array_agg(s.took_ms order by s.ord)
      from split s
      where not s.taken
      group by s.nth, s.started_at, s.epoch, s.block, s.part_id
    )
    select s.block * 1000 + s.place, s.started_at + s.after_us * interval '1 microsecond', s.epoch, s.took_ms,
      s.part_id
    from split s
    where s.taken
  $sql$, from_table)
  using tasks;
end
$$;
comment on function weir.take_successes(text, bigint[])
  is 'removes successes of tasks from a segment, and returns them';
revoke all on function weir.take_successes(text, bigint[]) from public;

-- 0021 says what it does. Which tasks a portion looks at is said by the tasks themselves.
create or replace function weir.walk_retention(me int, tli int, term bigint, act text, segment bigint, after_id bigint,
                                    most_seen int, most_changed int, ages jsonb)
returns table(upto bigint, upto_created_us bigint, more bool, gone bigint, stays bigint, unfinished bigint,
              next_ms bigint)
language plpgsql
security definer
set search_path = weir, pg_temp
set enable_seqscan = off
set enable_sort = off
set max_parallel_workers_per_gather = 0
set jit = off
as $$
#variable_conflict use_column
declare
  tasks constant text := case when segment is null then 'kept' else 'task_' || segment end;
  attempts constant text := case when segment is null then 'kept_attempt' else 'attempt_' || segment end;
  successes constant text := 'success_' || segment;
  end_id constant bigint := (select b.end_id from weir.segment_bounds(segment) b);
  seen record;
  waiting bigint[] := '{}';
  picked bigint[];
  removed bigint[];
  last_id bigint;
begin
  perform weir.hold_term(me, tli, term);
  execute format('select t.id from weir.%I t where t.id > $1 order by t.id offset $2 - 1 limit 1', tasks)
  into last_id
  using after_id, most_seen;
  last_id := coalesce(last_id, 9223372036854775807);
  -- Before what has ended: what ends in between is in both, and is moved as unfinished.
  if segment is not null and act in ('count', 'clear') then
    execute format($sql$
      select array(
        select o.task_id
        from weir.open o
        where o.task_id > $1
          and o.task_id <= $2
          and o.task_id < $4
          and ($5 = 'count' or exists (select from weir.%I t where t.id = o.task_id))
        order by o.task_id
        limit $3)
    $sql$, tasks)
    into waiting
    using after_id, last_id, case act when 'count' then most_seen else most_changed end, end_id, act;
    if act = 'clear' and cardinality(waiting) = most_changed then
      last_id := waiting[most_changed];
    end if;
  end if;
  execute format($sql$
    with ended as materialized (
      %s
    ),
    ages as materialized (
      select p.part_id,
        coalesce($4 -> 'streams' -> s.name ->> 'done_ms', $4 ->> 'done_ms')::bigint as d,
        coalesce($4 -> 'streams' -> s.name ->> 'failed_ms', $4 ->> 'failed_ms')::bigint as f,
        coalesce($4 -> 'streams' -> s.name ->> 'cancelled_ms', $4 ->> 'cancelled_ms')::bigint as c
      from (select distinct e.part_id from ended e) p
      left join lateral (
        select coalesce(n.name, b.former_name) as name
        from weir.block b
        left join weir.stream n on n.stream_id = b.stream_id
        where b.first_part <= p.part_id
        order by b.first_part desc
        limit 1
      ) s on true
    ),
    judged as materialized (
      select e.task_id, e.at + case when e.result = 'd' then g.d when e.result in ('f', 'X') then g.f else g.c end
                               * interval '1 millisecond' as until
      from ended e
      join ages g on g.part_id = e.part_id
    )
    select count(*) filter (where j.until <= now()) as gone,
      count(*) filter (where j.until > now() or j.until is null) as stays,
      min(j.until) filter (where j.until > now()) as next,
      array(select d.task_id
            from judged d
            where case $5 when 'sweep' then d.until <= now()
                          when 'clear' then d.until > now() or d.until is null
                          else false end
            order by d.task_id
            limit $3) as picked
    from judged j
  $sql$, case when segment is null then $sql$
      select k.id as task_id, k.part_id, f.result, f.started_at + f.took_ms * interval '1 millisecond' as at
      from weir.kept k
      left join lateral (
        select a.result, a.started_at, a.took_ms
        from weir.known_attempt a
        where a.task_id = k.id
          and weir.is_final(a.result)
        limit 1
      ) f on true
      where k.id > $1
        and k.id <= $2
    $sql$ else format($sql$
      select a.task_id, a.part_id, a.result, a.started_at + a.took_ms * interval '1 millisecond' as at
      from weir.%I a
      where a.task_id > $1
        and a.task_id <= $2
        and weir.is_final(a.result)
      union all
      select s.block * 1000 + u.place, s.part_id, 'd',
        s.started_at + u.after_us * interval '1 microsecond' + u.took_ms * interval '1 millisecond'
      from weir.%I s
      cross join lateral unnest(s.places, s.after_us, s.took_ms) u(place, after_us, took_ms)
      where s.block between ($1 + 1) / 1000 and least($2, $6) / 1000
        and s.block * 1000 + u.place > $1
        and s.block * 1000 + u.place <= $2
    $sql$, attempts, successes) end)
  into seen
  using after_id, last_id, most_changed, ages, act, end_id;
  picked := seen.picked;
  upto := last_id;
  if cardinality(picked) = most_changed then
    upto := picked[most_changed];
    waiting := array(select w from unnest(waiting) w where w <= upto);
  end if;
  if act = 'sweep' and cardinality(picked) > 0 then
    execute format('with gone as (delete from weir.%I t where t.id = any ($1) returning t.id) '
                   'select array(select g.id from gone g)', tasks)
    into removed
    using picked;
    execute format('delete from weir.%I a where a.task_id = any ($1)', attempts) using removed;
    if segment is null then
      delete from weir.attempt_row a where a.task_id = any (removed);
    else
      perform weir.take_successes(successes, removed);
    end if;
    delete from weir.former_attempt f where f.task_id = any (removed);
    delete from weir.request q where q.task_id = any (removed);
  elsif act = 'clear' then
    execute format($sql$
      with moved as (
        delete from weir.%I t
        where t.id = any ($1 || $2)
        returning t.*
      )
      insert into weir.kept(id, xid, created_at, epoch, do_after, moved_from, ext_id, part_id, name, key, data,
                            created_by, trace, unfinished)
      select m.id, m.xid, m.created_at, m.epoch, m.do_after, m.moved_from, m.ext_id, m.part_id, m.name, m.key, m.data,
        m.created_by, m.trace, w.id is not null
      from moved m
      left join unnest($2) w(id) on w.id = m.id
    $sql$, tasks)
    using picked, waiting;
    execute format($sql$
      with moved as (
        delete from weir.%I a
        where a.task_id = any ($1 || $2)
        returning a.*
      )
      insert into weir.kept_attempt(task_id, started_at, epoch, took_ms, part_id, no, result, message)
      select m.task_id, m.started_at, m.epoch, m.took_ms, m.part_id, m.no, m.result, m.message
      from moved m
    $sql$, attempts)
    using picked, waiting;
    insert into weir.kept_attempt(task_id, started_at, epoch, took_ms, part_id, no, result)
    select s.task_id, s.started_at, s.epoch, s.took_ms, s.part_id, 1, 'd'
    from weir.take_successes(successes, picked) s;
    -- What has ended and stays was moved: the rest has ended and goes with the segment.
    execute format($sql$
      with over as (
        select f.task_id
        from weir.former_attempt f
        where f.task_id > $1
          and f.task_id <= $2
          and f.task_id < $3
        union
        select q.task_id
        from weir.request q
        where q.task_id > $1
          and q.task_id <= $2
          and q.task_id < $3
      ),
      doomed as materialized (
        select o.task_id
        from over o
        where (select true from weir.attempt a where a.task_id = o.task_id and weir.is_final(a.result) limit 1)
          and not exists (select from weir.kept k where k.id = o.task_id)
      ),
      forgotten as (
        delete from weir.former_attempt f
        using doomed d
        where f.task_id = d.task_id
      )
      delete from weir.request q
      using doomed d
      where q.task_id = d.task_id
    $sql$)
    using after_id, upto, end_id;
  end if;

  more := upto < 9223372036854775807;
  gone := seen.gone;
  stays := seen.stays;
  unfinished := cardinality(waiting);
  next_ms := ceil(extract(epoch from seen.next - now()) * 1000);
  if more and segment is not null then
    execute format('select weir.to_us(t.created_at) from weir.%I t where t.id >= $1 order by t.id limit 1', tasks)
    into upto_created_us
    using upto;
  end if;
  return next;
end
$$;

create or replace function weir.empty_segment(me int, tli int, term bigint, segment bigint, walked pg_snapshot)
returns bool
language plpgsql
security definer
set search_path = weir, pg_temp
set lock_timeout = '20ms'
as $$
declare
  tasks constant text := 'task_' || segment;
  attempts constant text := 'attempt_' || segment;
  successes constant text := 'success_' || segment;
  bounds record;
  left_over bool;
begin
  perform weir.hold_term(me, tli, term);
  select * into bounds from weir.segment_bounds(segment);
  execute format('lock table weir.%I, weir.%I, weir.%I in access exclusive mode', tasks, attempts, successes);
  if not weir.segment_is_passed(segment, walked) then
    return false;
  end if;
  execute format('select exists (select from weir.open o join weir.%I t on t.id = o.task_id '
                 'where o.task_id >= $1 and o.task_id < $2)', tasks)
  into left_over
  using bounds.first_id, bounds.end_id;
  if left_over then
    return false;
  end if;
  perform weir.gather_attempts(attempts, bounds.first_id, bounds.end_id);
  execute format('truncate weir.%I, weir.%I, weir.%I', tasks, attempts, successes);
  return true;
end
$$;

create or replace function weir.drop_segment(me int, tli int, term bigint, segment bigint)
returns bool
language plpgsql
security definer
set search_path = weir, pg_temp
set lock_timeout = '10ms'
as $$
declare
  tasks constant text := 'task_' || segment;
  attempts constant text := 'attempt_' || segment;
  successes constant text := 'success_' || segment;
  bounds record;
  droppable bool;
begin
  perform weir.hold_term(me, tli, term);
  select * into bounds from weir.segment_bounds(segment);
  perform weir.gather_attempts(attempts, bounds.first_id, bounds.end_id);
  perform weir.gather_attempts('late_attempt', 0, bounds.first_id);
  -- Whoever has taken an id of it holds these: what he inserted is there to be seen.
  lock table only weir.task, only weir.attempt_row, only weir.success in access exclusive mode;
  execute format('select not exists (select from weir.%I) and not exists (select from weir.%I) '
                 'and not exists (select from weir.%I)', tasks, attempts, successes)
  into droppable;
  if not droppable
     or bounds.end_id > (select s.last_value + s.is_called::int from weir.task_id s)
     or exists (select
                from pg_inherits i
                join pg_class c on c.oid = i.inhrelid
                where i.inhparent = 'weir.task'::regclass
                  and c.relname ~ '^task_[0-9]+$'
                  and substr(c.relname, 6)::bigint < segment) then
    return false;
  end if;
  alter table only weir.attempt_row detach partition weir.late_attempt;
  execute format('drop table weir.%I, weir.%I, weir.%I', tasks, attempts, successes);
  execute format('alter table only weir.attempt_row attach partition weir.late_attempt '
                 'for values from (minvalue) to (%s)', bounds.end_id);
  return true;
end
$$;

insert into weir.role_right(object)
values ('take_successes');
select weir.renew_grants();
