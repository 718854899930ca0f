-- Retention: ended tasks go once they are older than the age of their state.
--
-- A segment goes as a whole: what must stay moves to weir.kept, what is left is truncated, and the empty segment is
-- dropped later. Where that does not pay (the segment that is being filled, or one of which much must stay), ended
-- tasks are deleted where they are. Everything here is fenced by the leader's term and is done in small portions.

-- A node that says nothing (an older version, too) keeps everything: nothing is deleted that it counts on.
alter table weir.node
  add column retention jsonb not null default '{}' check (jsonb_typeof(retention) = 'object');
comment on column weir.node.retention
  is 'its [retention]: done_ms, failed_ms, cancelled_ms, missing = for ever; and `streams`, by name, with their own';

-- The fence of what a leader does in several statements: its term, held until the transaction ends.
create function weir.hold_term(me int, tli int, wanted bigint)
returns void
language plpgsql
as $$
begin
  perform
  from weir.term t
  where t.timeline = tli
    and t.term = wanted
    and t.node_id = me
    and t.ended_at is null
    and t.timeline = weir.tli()
  for share;
  if not found then
    raise exception 'term % on timeline % does not run any more; nothing was written', wanted, tli
      using errcode = 'WE001';
  end if;
end
$$;
comment on function weir.hold_term(int, int, bigint) is 'refuses whoever does not lead';

-- One sentence for every state of which the nodes that are alive say different ages.
create function weir.retention_differences()
returns setof text
language sql
stable
as $$
  with said as (
    select s.word, n.name, coalesce(justify_hours((n.retention ->> (s.word || '_ms'))::bigint
                                                  * interval '1 millisecond')::text, 'for ever') as age
    from weir.node n
    cross join (values ('done'), ('failed'), ('cancelled')) s(word)
    where n.newest
      and n.state in ('active', 'draining')
  )
  select format('[retention] %s is %s; the longest counts', s.word,
                string_agg(format('%s on node "%s"', s.age, s.name), ', ' order by s.name))
  from said s
  group by s.word
  having count(distinct s.age) > 1
$$;
comment on function weir.retention_differences() is 'how the [retention] of the nodes differs';

-- What a leader decides by.
create function weir.look_at_retention()
returns json
language plpgsql
security definer
set search_path = weir, pg_temp
as $$
declare
  taken constant text := pg_current_snapshot()::text;  -- before anything is looked at
  next_id constant bigint := (select s.last_value + s.is_called::int from weir.task_id s);
  one record;
  ends record;
  segments json[] := '{}';
begin
  for one in
    select n.no, b.first_id, b.end_id
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid and c.relname ~ '^task_[0-9]+$'
    cross join lateral (select substr(c.relname, 6)::bigint) n(no)
    cross join lateral weir.segment_bounds(n.no) b
    where i.inhparent = 'weir.task'::regclass
    order by n.no
  loop
    execute format('select (select created_at from weir.%1$I order by id limit 1) as oldest, '
                   '(select created_at from weir.%1$I order by id desc limit 1) as newest', 'task_' || one.no)
    into ends;
    segments := segments || json_build_object(
      'no', one.no, 'first_id', one.first_id, 'end_id', one.end_id,
      'oldest_us', weir.to_us(ends.oldest), 'newest_us', weir.to_us(ends.newest),
      'passed', ends.newest is not null and one.end_id <= next_id and weir.segment_is_passed(one.no));
  end loop;
  return json_build_object(
    'taken', taken,
    'next_id', next_id,
    'now_us', weir.to_us(clock_timestamp()),
    'kept', exists (select from weir.kept),
    'segments', array_to_json(segments),
    'nodes', (select coalesce(json_agg(n.retention), '[]')
              from weir.node n
              where n.newest
                and n.state in ('joining', 'active', 'draining')));
end
$$;
comment on function weir.look_at_retention() is 'segments and ages, as a leader decides by them';

-- One portion of a walk over the tasks of a segment (null: of weir.kept) after an id, in the order of ids: at most
-- `most_seen` ended ones are looked at, and at most `most_changed` of each kind are changed.
--
-- count: changes nothing. sweep: deletes what is too old, task by task. clear: moves what must stay to weir.kept.
-- That a task has ended says its final attempt, which never changes; what has none is in weir.open, if the segment is
-- passed. So what a walk has gone past can only become unfinished -> ended, and `kept.unfinished` says of
-- which tasks attempts may still follow. The plans go by the order of ids whatever the statistics say.
create function weir.walk_retention(me int, tli int, term bigint, act text, segment bigint, after_id bigint,
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
  end_id constant bigint := (select b.end_id from weir.segment_bounds(segment) b);
  seen record;
  waiting bigint[] := '{}';
  picked bigint[];
  removed bigint[];
begin
  perform weir.hold_term(me, tli, term);
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
    select count(*) as n, max(j.task_id) as last,
      count(*) filter (where j.until <= now()) as gone,
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
      from (select k.id, k.part_id from weir.kept k where k.id > $1 order by k.id limit $2) k
      left join lateral (
        select a.result, a.started_at, a.took_ms
        from weir.known_attempt a
        where a.task_id = k.id
          and weir.is_final(a.result)
        limit 1
      ) f on true
    $sql$ else format($sql$
      select a.task_id, a.part_id, a.result, a.started_at + a.took_ms * interval '1 millisecond' as at
      from weir.%I a
      where a.task_id > $1
        and weir.is_final(a.result)
      order by a.task_id, a.no
      limit $2
    $sql$, attempts) end)
  into seen
  using after_id, most_seen, most_changed, ages, act;
  picked := seen.picked;
  upto := case when seen.n = most_seen then seen.last else 9223372036854775807 end;
  if cardinality(picked) = most_changed then
    upto := picked[most_changed];
  end if;
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
    using after_id, upto, case act when 'count' then most_seen else most_changed end, end_id, act;
    if act = 'clear' and cardinality(waiting) = most_changed then
      upto := waiting[most_changed];
      picked := array(select p from unnest(picked) p where p <= upto);
    end if;
  end if;

  if act = 'sweep' and cardinality(picked) > 0 then
    execute format('with gone as (delete from weir.%I t where t.id = any ($1) returning t.id) '
                   'select array(select g.id from gone g)', tasks)
    into removed
    using picked;
    execute format('delete from weir.%I a where a.task_id = any ($1)', attempts) using removed;
    if segment is null then
      delete from weir.attempt a where a.task_id = any (removed);
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
        where exists (select from weir.%I a where a.task_id = o.task_id and weir.is_final(a.result))
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
    $sql$, attempts)
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
comment on function weir.walk_retention(int, int, bigint, text, bigint, bigint, int, int, jsonb)
  is 'counts, deletes or moves a portion of the ended tasks of a segment';

-- Truncates a segment that a walk has cleared. Only what is too old is left in it, but for attempts that tasks in
-- weir.kept have made since they moved, which follow them now. Whoever holds the segment, if only for reading, is
-- waited for, but not for long: meanwhile readers queue behind this.
create function weir.empty_segment(me int, tli int, term bigint, segment bigint, walked pg_snapshot)
returns bool
language plpgsql
security definer
set search_path = weir, pg_temp
set lock_timeout = '20ms'
as $$
declare
  tasks constant text := 'task_' || segment;
  attempts constant text := 'attempt_' || segment;
  bounds record;
  left_over bool;
begin
  perform weir.hold_term(me, tli, term);
  select * into bounds from weir.segment_bounds(segment);
  execute format('lock table weir.%I, weir.%I in access exclusive mode', tasks, attempts);
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
  execute format('truncate weir.%I, weir.%I', tasks, attempts);
  return true;
end
$$;
comment on function weir.empty_segment(int, int, bigint, bigint, pg_snapshot) is 'truncates a cleared segment';

-- Drops the lowest segment if it is empty and no id of it is still to be given; attempts of its tasks go to
-- weir.late_attempt from then on. It takes the tables from everybody for a moment, so it waits even shorter.
create function weir.drop_segment(me int, tli int, term bigint, segment bigint)
returns bool
language plpgsql
security definer
set search_path = weir, pg_temp
set lock_timeout = '10ms'
as $$
declare
  tasks constant text := 'task_' || segment;
  attempts constant text := 'attempt_' || segment;
  bounds record;
  droppable bool;
begin
  perform weir.hold_term(me, tli, term);
  select * into bounds from weir.segment_bounds(segment);
  perform weir.gather_attempts(attempts, bounds.first_id, bounds.end_id);
  perform weir.gather_attempts('late_attempt', 0, bounds.first_id);
  -- Whoever has taken an id of it holds these: what he inserted is there to be seen.
  lock table only weir.task, only weir.attempt in access exclusive mode;
  execute format('select not exists (select from weir.%I) and not exists (select from weir.%I)', tasks, attempts)
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
  alter table only weir.attempt detach partition weir.late_attempt;
  execute format('drop table weir.%I, weir.%I', tasks, attempts);
  execute format('alter table only weir.attempt attach partition weir.late_attempt '
                 'for values from (minvalue) to (%s)', bounds.end_id);
  return true;
end
$$;
comment on function weir.drop_segment(int, int, bigint, bigint) is 'drops the lowest segment if it is empty';

revoke all on function weir.hold_term(int, int, bigint) from public;
revoke all on function weir.look_at_retention() from public;
revoke all on function weir.walk_retention(int, int, bigint, text, bigint, bigint, int, int, jsonb) from public;
revoke all on function weir.empty_segment(int, int, bigint, bigint, pg_snapshot) from public;
revoke all on function weir.drop_segment(int, int, bigint, bigint) from public;

insert into weir.role_right(object, reader, node)
values
  ('retention_differences', 'execute', 'execute'),
  ('hold_term', '', ''),
  ('look_at_retention', '', 'execute'),
  ('walk_retention', '', 'execute'),
  ('empty_segment', '', 'execute'),
  ('drop_segment', '', 'execute');
select weir.renew_grants();
