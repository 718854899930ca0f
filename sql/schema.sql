-- The schema after all migrations, as pg_dump 15 prints it: read it to see where things stand.
-- Not applied anywhere; a test compares it. After a new migration:
--   UPDATE_GOLDEN=1 ./dev test sql_schema

CREATE SCHEMA weir;

COMMENT ON SCHEMA weir IS 'background tasks on several nodes behind one database';

CREATE FUNCTION weir.accounted(task bigint) RETURNS TABLE(one integer)
    LANGUAGE sql STABLE ROWS 1
    AS $$
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

COMMENT ON FUNCTION weir.accounted(task bigint) IS 'a row if the task has ended or is in weir.open';

CREATE FUNCTION weir.accounted(part integer, task bigint) RETURNS TABLE(one integer)
    LANGUAGE sql STABLE ROWS 1
    AS $$
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

COMMENT ON FUNCTION weir.accounted(part integer, task bigint) IS 'a row if the task of that partition has ended or is in weir.open';

CREATE FUNCTION weir.acquire(me integer, part integer, timeline_waited boolean, crash_waited boolean) RETURNS TABLE(epoch bigint, timeline integer, unclean integer, seen text, upto text, at_xid text, at_id bigint, next_due_ms bigint, keyed json)
    LANGUAGE plpgsql
    SET lock_timeout TO '1s'
    AS $$
#variable_conflict use_column
declare
  now_tli int := weir.tli();
  self record;
  was record;
  wished text;
  problem text;
begin
  select n.name, n.state, n.timeline
  into self
  from weir.node n
  where n.node_id = me
  for share;
  if self.state is null or self.state in ('stopped', 'dead') or self.timeline <> now_tli then
    raise exception 'node % is not alive on this timeline, it cannot take partitions', me
      using errcode = 'WE001';
  end if;
  perform weir.note_timeline();
  select p.owner, p.timeline, p.epoch, p.freed_by_crash
  into was
  from weir.partition p
  where p.part_id = part
  for update;
  select a.node
  into wished
  from weir.assignment a
  where a.part_id = part;
  problem := case
    when was.epoch is null then 'it does not exist'
    when was.owner is not null then format('node %s owns it', was.owner)
    when wished is distinct from self.name then format('it is wished for %s', coalesce(wished, 'nobody'))
    when was.timeline <> now_tli and not timeline_waited then 'the timeline of the database is too new'
    when was.freed_by_crash and not crash_waited then 'its last owner crashed and handover_delay has not passed'
  end;
  if problem is not null then
    raise exception 'partition % cannot be taken: %', part, problem using errcode = 'WE001';
  end if;
  update weir.partition p
  set owner = me, epoch = p.epoch + 1, timeline = now_tli, freed_by_crash = false
  where p.part_id = part;
  return query
  select was.epoch + 1, now_tli, case when was.freed_by_crash then greatest(weir.deaths_in_a_row(part), 1) else 0 end,
    b.*
  from weir.begin_ownership(me, part, was.epoch + 1) b;
end
$$;

COMMENT ON FUNCTION weir.acquire(me integer, part integer, timeline_waited boolean, crash_waited boolean) IS 'takes a free partition under a new epoch';

CREATE FUNCTION weir.add_partitions(stream integer, first integer, count integer) RETURNS void
    LANGUAGE sql
    AS $$
  insert into weir.block(first_part, parts, stream_id)
  values (first, count, stream);
  insert into weir.partition(part_id, stream_id, slot, epoch)
  select first + slot, stream, slot, c.epoch_floor
  from generate_series(0, count - 1) slot
  cross join weir.cluster c;
  insert into weir.assignment(part_id)
  select first + slot
  from generate_series(0, count - 1) slot;
  insert into weir.mark(part_id)
  select first + slot
  from generate_series(0, count - 1) slot
$$;

COMMENT ON FUNCTION weir.add_partitions(stream integer, first integer, count integer) IS 'adds the rows of `count` partitions from `first` on';

CREATE FUNCTION weir.add_schedule(wanted jsonb) RETURNS text[]
    LANGUAGE plpgsql
    AS $$
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

COMMENT ON FUNCTION weir.add_schedule(wanted jsonb) IS 'creates a schedule; returns how one that exists differs';

CREATE FUNCTION weir.adopt() RETURNS TABLE(tasks_up_to bigint, unfinished bigint, nodes_ended bigint, tokens_fall boolean)
    LANGUAGE plpgsql
    AS $$
declare
  here bigint := (select s.system_identifier from pg_control_system() s);
  was_timeline int := (select max(p.timeline) from weir.partition p);
  one record;
begin
  perform
  from weir.cluster c
  where c.system_identifier <> here
  for update;
  if not found then
    raise exception 'this schema is at home on this server: there is nothing to adopt' using errcode = 'WE001';
  end if;
  -- Nobody enqueues meanwhile: a task is below the floor and in weir.open, or above it and read.
  lock table weir.task, weir.open in share row exclusive mode;

  for one in
    select d.objid::regclass as sequence, d.refobjid::regclass as of_table, a.attname as of_column
    from pg_depend d
    join pg_class s on s.oid = d.objid and s.relkind = 'S'
    join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
    where d.deptype in ('a', 'i')
      and s.relnamespace = (select c.relnamespace from pg_class c where c.oid = 'weir.cluster'::regclass)
  loop
    execute format('select setval(%L, greatest((select last_value from %s), (select max(%I) from %s)))',
                   one.sequence, one.sequence, one.of_column, one.of_table);
  end loop;
  -- As after a fail-over: what the other server gave out since the copy was taken is not given again.
  perform setval('weir.task_id', (select last_value + 1048576 from weir.task_id));
  perform setval('weir.node_id', (select last_value + 65536 from weir.node_id));

  nodes_ended := 0;
  for one in
    select n.node_id
    from weir.node n
    where n.state not in ('stopped', 'dead')
    order by n.node_id
  loop
    perform weir.end_node(one.node_id, 'dead', 'lost');
    update weir.beat set ended = true where node_id = one.node_id;
    nodes_ended := nodes_ended + 1;
  end loop;
  tokens_fall := coalesce(was_timeline > weir.tli(), false);
  update weir.partition
  set timeline = weir.tli(), epoch = epoch + 1048576, freed_by_crash = false;

  insert into weir.open(task_id, epoch, due, part_id, state, name, key)
  select t.id, 0, coalesce(t.do_after, t.created_at), t.part_id, 'w', t.name, t.key
  from weir.task t
  left join (
    select a.task_id as id
    from weir.attempt_row a
    where weir.is_final(a.result)
    union all
    select s.block * 1000 + u.place
    from weir.success s
    cross join lateral unnest(s.places) u(place)
  ) e on e.id = t.id
  where e.id is null
    and not exists (select from weir.open o where o.task_id = t.id);
  update weir.mark
  set seen = pg_current_snapshot(), upto = null, at_xid = '0', at_id = 0;

  select coalesce(max(t.id), 0) into tasks_up_to from weir.task t;
  select count(*) into unfinished from weir.open;
  update weir.cluster
  set system_identifier = here, id_floor = greatest(id_floor, tasks_up_to), timeline = weir.tli();
  return next;
end
$$;

COMMENT ON FUNCTION weir.adopt() IS 'makes data of another database cluster work in this one';

CREATE FUNCTION weir.ask_tasks(wanted "char", tasks bigint[], not_before timestamp with time zone, who text) RETURNS TABLE(task_id bigint, answer text)
    LANGUAGE plpgsql
    SET lock_timeout TO '1s'
    AS $$
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

COMMENT ON FUNCTION weir.ask_tasks(wanted "char", tasks bigint[], not_before timestamp with time zone, who text) IS 'cancels, retries or snoozes unfinished tasks, or asks their owners to';

CREATE FUNCTION weir.attempt_insert() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  insert into weir.attempt_row(task_id, started_at, epoch, took_ms, part_id, no, result, message)
  values (new.task_id, new.started_at, new.epoch, new.took_ms, new.part_id, new.no, new.result, new.message);
  return new;
end
$$;

COMMENT ON FUNCTION weir.attempt_insert() IS 'takes the rows of programs that know no weir.attempt_row';

CREATE FUNCTION weir.begin_ownership(me integer, part integer, new_epoch bigint) RETURNS TABLE(seen text, upto text, at_xid text, at_id bigint, next_due_ms bigint, keyed json)
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
begin
  insert into weir.ownership(part_id, timeline, epoch, node_id)
  values (part, weir.tli(), new_epoch, me);
  return query
  update weir.mark m
  set epoch = new_epoch
  where m.part_id = part
  returning m.seen::text, m.upto::text, m.at_xid::text, m.at_id,
    (select ceil(extract(epoch from o.due - clock_timestamp()) * 1000)::bigint
     from weir.open o
     where o.part_id = part
     order by o.due
     limit 1),
    (select coalesce(json_agg(json_build_array(o.task_id, o.name, o.key, o.runs) order by o.task_id), '[]')
     from weir.open o
     where o.part_id = part
       and o.key is not null);
end
$$;

COMMENT ON FUNCTION weir.begin_ownership(me integer, part integer, new_epoch bigint) IS 'moves the mark to a new epoch and reads what it says';

CREATE FUNCTION weir.begin_term(me integer) RETURNS TABLE(timeline integer, term bigint)
    LANGUAGE plpgsql
    SET lock_timeout TO '1s'
    AS $$
#variable_conflict use_column
begin
  perform
  from weir.node n
  where n.node_id = me
    and n.state in ('joining', 'active', 'draining')
    and n.timeline = weir.tli()
  for share;
  if not found then
    raise exception 'node % is not alive on this timeline, it cannot lead', me using errcode = 'WE001';
  end if;
  perform weir.note_timeline();
  update weir.term t
  set ended_at = clock_timestamp(),
      reason = case when t.node_id = me then 'superseded' else 'lost' end
  where t.ended_at is null;
  return query
  insert into weir.term as t(timeline, term, node_id, backend_pid)
  select weir.tli(), coalesce(max(o.term), 0) + 1, me, pg_backend_pid()
  from weir.term o
  returning t.timeline, t.term;
end
$$;

COMMENT ON FUNCTION weir.begin_term(me integer) IS 'begins a new term of leadership';

CREATE FUNCTION weir.bucket(name text, key text, id bigint, slots integer) RETURNS integer
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select case
    when key is null then (id % slots)::int
    else (('x' || encode(substr(sha256(convert_to(name || chr(1) || key, 'UTF8')), 1, 4), 'hex'))::bit(32)::bigint
          & 2147483647)::int % slots
  end
$$;

COMMENT ON FUNCTION weir.bucket(name text, key text, id bigint, slots integer) IS 'first four bytes of sha256(name, chr(1), key), or the id without a key, modulo the slots';

CREATE FUNCTION weir.cdc_stored(me uuid, my_round integer, beyond text, most integer) RETURNS TABLE(object_id text, hash uuid, stale boolean)
    LANGUAGE plpgsql STABLE SECURITY DEFINER
    SET search_path TO 'weir', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_bitmapscan TO 'off'
    SET enable_sort TO 'off'
    AS $$
#variable_conflict use_column
begin
  return query
  select h.object_id, h.hash, h.round < my_round
  from weir.cdc_hash h
  where h.controller = me
    and h.object_id > beyond
  order by h.object_id
  limit most;
end
$$;

COMMENT ON FUNCTION weir.cdc_stored(me uuid, my_round integer, beyond text, most integer) IS 'objects of a controller, by the bytes of their ids';

CREATE FUNCTION weir.cdc_write(me uuid, my_pass bigint, my_round integer, kinds text[], ids text[], befores uuid[], nows uuid[], go_on text, task text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'weir', 'pg_temp'
    AS $$
declare
  made bigint;
  gone bigint;
  done_kinds text[];
  done_ids text[];
  done_hashes uuid[];
begin
  perform
  from weir.cdc_controller c
  where c.controller = me
    and c.pass = my_pass
  for no key update;
  if not found then
    raise exception 'pass % of controller % is over: a newer one has begun', my_pass, me using errcode = 'WE001';
  end if;
  with wanted as materialized (
    select *
    from unnest(kinds, ids, befores, nows) with ordinality u(kind, object_id, before, now, ord)
  ),
  created as (
    insert into weir.cdc_hash as h(controller, hash, round, object_id)
    select me, w.now, my_round, w.object_id
    from wanted w
    where w.kind = 'create'
    order by w.ord
    on conflict do nothing
    returning h.object_id
  ),
  updated as (
    update weir.cdc_hash h
    set hash = w.now, round = my_round, updated_at = now()
    from wanted w
    where w.kind = 'update'
      and h.controller = me
      and h.object_id = any (ids)
      and h.object_id = w.object_id
      and h.hash = w.before
      and (h.hash <> w.now or h.round < my_round)
    returning h.object_id
  ),
  removed as (
    delete from weir.cdc_hash h
    using wanted w
    where w.kind = 'delete'
      and h.controller = me
      and h.object_id = any (ids)
      and h.object_id = w.object_id
      and h.hash = w.before
    returning h.object_id
  ),
  done as (
    select w.*
    from wanted w
    join (select c.object_id from created c
          union all
          select u.object_id from updated u
          union all
          select r.object_id from removed r) d on d.object_id = w.object_id
  )
  select array_agg(d.kind order by d.ord), array_agg(d.object_id order by d.ord), array_agg(d.now order by d.ord),
    count(*) filter (where d.kind = 'create'), count(*) filter (where d.kind = 'delete')
  into done_kinds, done_ids, done_hashes, made, gone
  from done d;
  update weir.cdc_controller c
  set objects = c.objects + made - gone, go_on_after = coalesce(go_on, c.go_on_after)
  where c.controller = me
    and (made <> gone or go_on is distinct from c.go_on_after);
  if task is not null and done_ids is not null then
    perform
    from (select array_agg(task || '.' || d.kind order by d.ord) as names,
                 array_agg(jsonb_strip_nulls(jsonb_build_object('object_id', d.object_id, 'hash', d.hash))
                           order by d.ord) as datas,
                 array_agg('cdc ' || task order by d.ord) as created_bys
          from unnest(done_kinds, done_ids, done_hashes) with ordinality d(kind, object_id, hash, ord)) t
    cross join lateral weir.enqueue_rows(t.names, done_ids, t.datas, null, null, t.created_bys);
  end if;
  return coalesce(cardinality(done_ids), 0);
end
$$;

COMMENT ON FUNCTION weir.cdc_write(me uuid, my_pass bigint, my_round integer, kinds text[], ids text[], befores uuid[], nows uuid[], go_on text, task text) IS 'keeps hashes of a pass and enqueues its tasks';

CREATE FUNCTION weir.change_stream(stream_name text, change jsonb) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET lock_timeout TO '1s'
    SET search_path TO 'weir', 'pg_temp'
    AS $$
declare
  s weir.stream;
  new_mode text;
  new_count int;
  new_first int;
begin
  s := weir.lock_stream(stream_name);
  if not coalesce((change ->> 'concurrency')::int between 1 and 1024, true) then
    raise exception 'stream "%": concurrency must be 1 to 1024', stream_name using errcode = '22023';
  end if;
  new_mode := coalesce(change ->> 'mode', s.mode);
  new_count := coalesce((change ->> 'partitions')::int, case when new_mode = 'single' then 1 else s.partitions end);
  if new_count not between 1 and 1024 or (new_mode = 'single' and new_count <> 1) then
    raise exception 'stream "%": partitions must be 1 to 1024, and exactly 1 for a single stream', stream_name
      using errcode = '22023';
  end if;
  if new_mode <> s.mode or new_count <> s.partitions then
    perform
    from weir.partition p
    where p.stream_id = s.stream_id
    order by p.part_id
    for update;
    if exists (select from weir.partition p where p.stream_id = s.stream_id and p.owner is not null) then
      raise exception 'stream "%": mode and partitions cannot change while a node owns it', stream_name
        using errcode = 'WE001', hint = 'stop or drain the nodes first, then change it';
    end if;
    lock table only weir.task in share row exclusive mode;
    if weir.has_unfinished(s.stream_id) then
      raise exception 'stream "%": mode and partitions cannot change while it has unfinished tasks', stream_name
        using errcode = 'WE001', hint = 'let it finish them first, then change it';
    end if;
    new_first := s.first_part;
    if new_count <> s.partitions then
      delete from weir.partition p
      where p.stream_id = s.stream_id;
      new_first := weir.reserve_parts(new_count);
      perform weir.add_partitions(s.stream_id, new_first, new_count);
    end if;
  end if;
  update weir.stream x
  set mode = new_mode,
      partitions = new_count,
      first_part = coalesce(new_first, x.first_part),
      concurrency = coalesce((change ->> 'concurrency')::int, x.concurrency),
      pin_policy = coalesce(change ->> 'pin_policy', x.pin_policy),
      isolation = coalesce(change ->> 'isolation', x.isolation),
      handover_delay_ms = coalesce((change ->> 'handover_delay_ms')::bigint, x.handover_delay_ms),
      async_finish = coalesce((change ->> 'async_finish')::bool, x.async_finish)
  where x.stream_id = s.stream_id;
end
$$;

COMMENT ON FUNCTION weir.change_stream(stream_name text, change jsonb) IS 'changes settings of a stream';

CREATE FUNCTION weir.check_data(data jsonb, what text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE
    AS $$
begin
  if octet_length(data::text) > 1048576 then
    raise exception '%the data is longer than 1 MiB of JSON text', what
      using errcode = '22023', hint = 'keep large things elsewhere and enqueue a reference to them';
  end if;
end
$$;

COMMENT ON FUNCTION weir.check_data(data jsonb, what text) IS 'refuses data that is too long';

CREATE FUNCTION weir.check_tasks(names text[], keys text[], streams text[]) RETURNS void
    LANGUAGE plpgsql STABLE
    AS $$
declare
  bad record;
begin
  select c.ord, c.problem
  into bad
  from (
    select u.ord, coalesce(weir.task_problem(u.name, u.key),
                           case when u.stream not in (select s.name from weir.stream s)
                             then format('there is no stream "%s"', u.stream) end) as problem
    from unnest(names, keys, streams) with ordinality u(name, key, stream, ord)
    offset 0
  ) c
  where c.problem is not null
  order by c.ord
  limit 1;
  if found then
    raise exception '%', case when cardinality(names) = 1 then bad.problem
                              else format('task %s of %s: %s', bad.ord, cardinality(names), bad.problem) end
      using errcode = '22023',
            hint = case when bad.problem like 'there is no stream%'
                        then 'create it with: weir stream create NAME --mode single|parallel'
                        else 'names have 1 to 64 printable characters, keys at most 512 bytes; '
                             'nothing was enqueued' end;
  end if;
end
$$;

COMMENT ON FUNCTION weir.check_tasks(names text[], keys text[], streams text[]) IS 'refuses names, keys and streams that cannot be';

CREATE FUNCTION weir.count_unfinished(stream integer, most bigint) RETURNS bigint
    LANGUAGE sql STABLE
    AS $$
  select count(*)
  from (
    select
    from weir.partition p
    join weir.open o on o.part_id = p.part_id
    where p.stream_id = stream
    union all
    select
    from weir.partition p
    join weir.mark m on m.part_id = p.part_id
    cross join lateral weir.unread(p.part_id, m.seen, m.upto, m.at_xid, m.at_id, null, most) u
    where p.stream_id = stream
    limit most
  ) x
$$;

COMMENT ON FUNCTION weir.count_unfinished(stream integer, most bigint) IS 'unfinished tasks of the stream, at most `most`';

CREATE FUNCTION weir.create_stream(wanted jsonb) RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
  made int;
begin
  made := weir.create_stream(
    wanted ->> 'name', wanted ->> 'mode', (wanted ->> 'partitions')::int, (wanted ->> 'concurrency')::int,
    wanted ->> 'pin', wanted ->> 'pin_policy', wanted ->> 'isolation',
    (wanted ->> 'handover_delay_ms')::bigint, (wanted ->> 'async_finish')::bool);
  perform weir.limit_stream(wanted ->> 'name', wanted);
  return made;
end
$$;

COMMENT ON FUNCTION weir.create_stream(wanted jsonb) IS 'the same with the settings as an object';

CREATE FUNCTION weir.create_stream(name text, mode text, partitions integer, concurrency integer, pin text, pin_policy text, isolation text, handover_delay_ms bigint, async_finish boolean) RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
  problem text := case
    when not coalesce(weir.is_name(name), false)
      then 'its name must be 1 to 64 printable characters'
    when mode is null or mode not in ('single', 'parallel') then 'mode must be single or parallel'
    when mode = 'single' and partitions <> 1 then 'a single stream has exactly one partition'
    when not coalesce(partitions between 1 and 1024, false) then 'partitions must be 1 to 1024'
    when not coalesce(concurrency between 1 and 1024, false) then 'concurrency must be 1 to 1024'
    when not weir.is_name(pin) then 'pin must be a node name, 1 to 64 printable characters'
    when not coalesce(handover_delay_ms >= 0, false) then 'handover_delay must not be negative'
  end;
  first int;
  made int;
begin
  if problem is not null then
    raise exception 'stream "%": %', name, problem using errcode = '22023';
  end if;
  first := weir.reserve_parts(partitions);
  insert into weir.stream as s(name, mode, partitions, first_part, concurrency, pin, pin_policy, isolation,
                               handover_delay_ms, async_finish)
  values (create_stream.name, create_stream.mode, create_stream.partitions, first, create_stream.concurrency,
          create_stream.pin, create_stream.pin_policy, create_stream.isolation,
          create_stream.handover_delay_ms, create_stream.async_finish)
  returning s.stream_id into made;
  perform weir.add_partitions(made, first, partitions);
  return made;
end
$$;

COMMENT ON FUNCTION weir.create_stream(name text, mode text, partitions integer, concurrency integer, pin text, pin_policy text, isolation text, handover_delay_ms bigint, async_finish boolean) IS 'creates a stream with its partitions';

CREATE FUNCTION weir.deaths_in_a_row(part integer) RETURNS integer
    LANGUAGE sql STABLE
    AS $$
  select count(*)::int
  from weir.ownership o
  where o.part_id = part
    and o.reason = 'dead'
    and (o.timeline, o.epoch) >= (
      select e.timeline, e.epoch
      from weir.ownership e
      where e.part_id = part
        and (e.reason not in ('dead', 'renewed') or e.ended_at - e.acquired_at >= interval '1 minute')
      union all
      select 0, 0
      order by timeline desc, epoch desc
      limit 1)
$$;

COMMENT ON FUNCTION weir.deaths_in_a_row(part integer) IS 'unclean ends of ownership since the last clean minute';

CREATE FUNCTION weir.declare(me integer, wanted jsonb) RETURNS text[]
    LANGUAGE plpgsql
    SET lock_timeout TO '1s'
    AS $$
declare
  item jsonb;
  present text;
  target int;
  found_differences text[] := '{}';
begin
  lock table weir.stream in share row exclusive mode;
  for item in select e from jsonb_array_elements(wanted -> 'streams') e loop
    if exists (select from weir.stream s where s.name = item ->> 'name') then
      found_differences := found_differences || array(select weir.stream_differences(item));
    else
      perform weir.create_stream(item);
    end if;
  end loop;
  for item in select e from jsonb_array_elements(wanted -> 'routes') e loop
    select s.name
    into present
    from weir.route r
    join weir.stream s on s.stream_id = r.stream_id
    where r.name = item ->> 'task_name';
    if found then
      if present <> item ->> 'stream' then
        found_differences := found_differences
          || format('route "%s": goes to stream "%s", declared "%s"', item ->> 'task_name', present, item ->> 'stream');
      end if;
      continue;
    end if;
    select s.stream_id
    into target
    from weir.stream s
    where s.name = item ->> 'stream';
    if not found then
      raise exception 'route "%": there is no stream "%"', item ->> 'task_name', item ->> 'stream'
        using errcode = '22023';
    end if;
    if target <> 1 and weir.has_unfinished(1, item ->> 'task_name') then
      found_differences := found_differences
        || format('route "%s": goes to stream "default" while tasks of that name are unfinished there, declared "%s"',
                  item ->> 'task_name', item ->> 'stream');
      continue;
    end if;
    insert into weir.route(name, stream_id)
    values (item ->> 'task_name', target);
  end loop;
  update weir.node n
  set declared = true, declarations = wanted, differences = found_differences
  where n.node_id = me
    and n.state in ('joining', 'active', 'draining');
  if not found then
    raise exception 'node % is not alive, it cannot declare', me using errcode = 'WE001';
  end if;
  return found_differences;
end
$$;

COMMENT ON FUNCTION weir.declare(me integer, wanted jsonb) IS 'creates declared streams and routes; returns the differences';

CREATE FUNCTION weir.declare_dead(who integer, seen_beat bigint, seen_timeline integer, lock_class integer, lock_object integer) RETURNS boolean
    LANGUAGE plpgsql
    SET lock_timeout TO '1s'
    AS $$
begin
  if seen_timeline is distinct from null and seen_timeline <> weir.tli() then
    return false;
  end if;
  update weir.beat
  set ended = true
  where node_id = who
    and not ended
    and (seen_beat is null or beat = seen_beat);
  if not found then
    return false;
  end if;
  -- A leader that hangs keeps its session and with it the lock.
  perform weir.end_leader_session(t.backend_pid, lock_class, lock_object)
  from weir.term t
  where t.node_id = who
    and t.ended_at is null;
  perform weir.end_node(who, 'dead', 'dead');
  return true;
end
$$;

COMMENT ON FUNCTION weir.declare_dead(who integer, seen_beat bigint, seen_timeline integer, lock_class integer, lock_object integer) IS 'declares an incarnation dead; false: it has beaten since, or had ended';

CREATE FUNCTION weir.declare_schedules(me integer, wanted jsonb) RETURNS text[]
    LANGUAGE plpgsql
    SET lock_timeout TO '1s'
    AS $$
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

COMMENT ON FUNCTION weir.declare_schedules(me integer, wanted jsonb) IS 'creates declared schedules; returns the differences';

CREATE FUNCTION weir.delete_stream(stream_name text) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET lock_timeout TO '1s'
    SET search_path TO 'weir', 'pg_temp'
    AS $$
declare
  most constant bigint := 10001;
  s weir.stream;
  locked bool;
  unfinished bigint;
begin
  s := weir.lock_stream(stream_name);
  if s.stream_id = 1 then
    raise exception 'stream "%" cannot be deleted', stream_name
      using errcode = 'WE001', hint = 'tasks whose name has no route go there';
  end if;
  -- first without locks, so that asking in vain disturbs nobody; lock order as enqueuing has it
  foreach locked in array array[false, true] loop
    if locked then
      lock table only weir.task in share row exclusive mode;
      perform
      from weir.partition p
      where p.stream_id = s.stream_id
      order by p.part_id
      for update;
    end if;
    unfinished := weir.count_unfinished(s.stream_id, most);
    if unfinished > 0 then
      raise exception 'stream "%" has %', stream_name,
        case when unfinished = 1 then '1 unfinished task'
             when unfinished = most then format('more than %s unfinished tasks', most - 1)
             else format('%s unfinished tasks', unfinished) end
        using errcode = 'WE001', hint = 'let it finish them first, then delete it';
    end if;
  end loop;
  delete from weir.route r
  where r.stream_id = s.stream_id;
  update weir.ownership o
  set ended_at = clock_timestamp(), reason = 'deleted'
  from weir.partition p
  where p.stream_id = s.stream_id
    and o.part_id = p.part_id
    and o.ended_at is null;
  delete from weir.partition p
  where p.stream_id = s.stream_id;
  update weir.block b
  set stream_id = null, former_name = s.name
  where b.stream_id = s.stream_id;
  delete from weir.stream x
  where x.stream_id = s.stream_id;
end
$$;

COMMENT ON FUNCTION weir.delete_stream(stream_name text) IS 'deletes a stream without unfinished tasks';

CREATE FUNCTION weir.drop_segment(me integer, tli integer, term bigint, segment bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'weir', 'pg_temp'
    SET lock_timeout TO '10ms'
    AS $_$
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
$_$;

COMMENT ON FUNCTION weir.drop_segment(me integer, tli integer, term bigint, segment bigint) IS 'drops the lowest segment if it is empty';

CREATE FUNCTION weir.empty_segment(me integer, tli integer, term bigint, segment bigint, walked pg_snapshot) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'weir', 'pg_temp'
    SET lock_timeout TO '20ms'
    AS $_$
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
$_$;

COMMENT ON FUNCTION weir.empty_segment(me integer, tli integer, term bigint, segment bigint, walked pg_snapshot) IS 'truncates a cleared segment';

CREATE FUNCTION weir.end_leader_session(pid integer, lock_class integer, lock_object integer) RETURNS boolean
    LANGUAGE sql
    AS $$
  select coalesce(bool_or(pg_terminate_backend(l.pid)), false)
  from pg_locks l
  join pg_stat_activity a on a.pid = l.pid
  where l.pid = end_leader_session.pid
    and l.locktype = 'advisory'
    and l.granted
    and l.classid = lock_class::oid
    and l.objid = lock_object::oid
    and l.database = (select oid from pg_database where datname = current_database())
    and l.pid <> pg_backend_pid()
    and pg_has_role(a.usesysid, 'usage')
$$;

COMMENT ON FUNCTION weir.end_leader_session(pid integer, lock_class integer, lock_object integer) IS 'ends the session that holds the leader''s lock; false: it is gone, or of another login';

CREATE FUNCTION weir.end_node(who integer, how text, term_reason text) RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  update weir.node
  set state = how, ended_at = clock_timestamp()
  where node_id = who;
  update weir.term
  set ended_at = clock_timestamp(), reason = term_reason
  where node_id = who
    and ended_at is null;
  perform
  from weir.partition
  where owner = who
  order by part_id
  for update;
  update weir.partition
  set owner = null, freed_by_crash = (how = 'dead')
  where owner = who;
  update weir.ownership
  set ended_at = clock_timestamp(), reason = how
  where node_id = who
    and ended_at is null;
end
$$;

COMMENT ON FUNCTION weir.end_node(who integer, how text, term_reason text) IS 'ends an incarnation: state, term, partitions';

CREATE FUNCTION weir.enqueue(name text, key text DEFAULT NULL::text, data jsonb DEFAULT '{}'::jsonb, stream text DEFAULT NULL::text, do_after timestamp with time zone DEFAULT now(), created_by text DEFAULT CURRENT_USER, traceparent text DEFAULT NULL::text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'weir', 'pg_temp'
    AS $$
begin
  perform weir.check_data(data, '');
  if weir.traceparent_problem(traceparent) is not null then
    raise exception '%', weir.traceparent_problem(traceparent)
      using errcode = '22023', hint = 'pass on the header that your request came with, or none; nothing was enqueued';
  end if;
  return (select r.id
          from weir.enqueue_rows(array[name], array[key], array[data], array[stream], array[do_after],
                                 array[created_by], traces => array[traceparent]) r);
end
$$;

COMMENT ON FUNCTION weir.enqueue(name text, key text, data jsonb, stream text, do_after timestamp with time zone, created_by text, traceparent text) IS 'enqueues one task; returns its id';

CREATE FUNCTION weir.enqueue_many(tasks jsonb) RETURNS SETOF bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'weir', 'pg_temp'
    AS $$
declare
  bad record;
  total int;
  instants timestamptz[];
  item record;
begin
  if tasks is null or jsonb_typeof(tasks) <> 'array' then
    raise exception 'enqueue_many takes an array of objects' using errcode = '22023';
  end if;
  total := jsonb_array_length(tasks);
  if total = 0 then
    return;
  end if;
  select e.ord, p.problem
  into bad
  from jsonb_array_elements(tasks) with ordinality e(task, ord)
  cross join lateral (select case
    when jsonb_typeof(e.task) <> 'object' then 'it is not an object'
    else coalesce(
      (select format('unknown key "%s"', k)
       from jsonb_object_keys(e.task) k
       where k not in ('name', 'key', 'data', 'stream', 'do_after', 'created_by', 'traceparent')
       limit 1),
      (select format('"%s" must be a string', f.key)
       from jsonb_each(e.task) f
       where f.key <> 'data'
         and jsonb_typeof(f.value) not in ('string', 'null')
       limit 1),
      case when octet_length(e.task ->> 'data') > 1048576 then 'the data is longer than 1 MiB of JSON text' end,
      weir.traceparent_problem(e.task ->> 'traceparent'))
  end as problem) p
  where p.problem is not null
  order by e.ord
  limit 1;
  if found then
    raise exception 'task % of %: %', bad.ord, total, bad.problem
      using errcode = '22023',
            hint = 'keys are name, key, data, stream, do_after, created_by, traceparent; nothing was enqueued';
  end if;
  begin
    select array_agg((e.task ->> 'do_after')::timestamptz order by e.ord)
    into instants
    from jsonb_array_elements(tasks) with ordinality e(task, ord);
  exception
    when data_exception then
      for item in select e.task ->> 'do_after' as at, e.ord
                  from jsonb_array_elements(tasks) with ordinality e(task, ord) loop
        begin
          perform item.at::timestamptz;
        exception
          when data_exception then
            raise exception 'task % of %: do_after "%" is not a time', item.ord, total, item.at
              using errcode = '22023', hint = 'times are like 2026-11-22T19:00:00Z; nothing was enqueued';
        end;
      end loop;
      raise;
  end;
  return query
  select r.id
  from (select array_agg(e.task ->> 'name' order by e.ord) as names,
               array_agg(e.task ->> 'key' order by e.ord) as keys,
               array_agg(nullif(e.task -> 'data', 'null') order by e.ord) as datas,
               array_agg(e.task ->> 'stream' order by e.ord) as streams,
               array_agg(e.task ->> 'created_by' order by e.ord) as created_bys,
               array_agg(e.task ->> 'traceparent' order by e.ord) as traces
        from jsonb_array_elements(tasks) with ordinality e(task, ord)) a
  cross join lateral weir.enqueue_rows(a.names, a.keys, a.datas, a.streams, instants, a.created_bys,
                                       traces => a.traces) r
  order by r.id;
end
$$;

COMMENT ON FUNCTION weir.enqueue_many(tasks jsonb) IS 'enqueues an array of objects, all or nothing; returns their ids in order';

CREATE FUNCTION weir.enqueue_rows(names text[], keys text[], datas jsonb[], streams text[], do_afters timestamp with time zone[], created_bys text[], ext_ids uuid[] DEFAULT NULL::uuid[], me bigint DEFAULT NULL::bigint, held_parts integer[] DEFAULT NULL::integer[], held_epochs bigint[] DEFAULT NULL::bigint[], tokens uuid[] DEFAULT NULL::uuid[], traces text[] DEFAULT NULL::text[]) RETURNS TABLE(id bigint, xid xid8, part_id integer, epoch bigint, created_by text, created_at timestamp with time zone, repeats integer)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'weir', 'pg_temp'
    AS $$
#variable_conflict use_column
declare
  made bigint;
  repeated bigint := 0;
begin
  if me is null then
    perform weir.check_tasks(names, keys, streams);
  end if;
  if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    perform
    from weir.stream s
    where s.stream_id in (select weir.stream_of(u.name, u.stream)
                          from unnest(names, streams) u(name, stream))
    order by s.stream_id
    for share;
  end if;
  return query
  -- Once for each name: a function call for every row would cost more than its insert.
  with placed as materialized (
    select d.name, d.stream, s.first_part, s.partitions
    from (select distinct u.name, u.stream from unnest(names, streams) u(name, stream)) d
    cross join lateral (
      select s.first_part, s.partitions
      from weir.stream s
      where s.name = d.stream
      union all
      select s.first_part, s.partitions
      from weir.stream s
      where d.stream is null
        and s.stream_id = coalesce((select r.stream_id from weir.route r where r.name = d.name), 1)
    ) s
  ),
  -- A scan of arrays keeps their order: so do the ids. (An inner join would be thought to give one row, and then the
  -- fences would be walked through for each of them.)
  routed as materialized (
    select n.*, p.first_part + weir.bucket(n.name, n.real_key, n.id, p.partitions) as part_id,
      case when n.do_after > now() then n.do_after end as later
    from (
      select nextval('weir.task_id') as id, u.*, nullif(u.key, '') as real_key
      from unnest(names, keys, datas, streams, do_afters, created_bys, ext_ids, tokens, traces) with ordinality
        u(name, key, data, stream, do_after, created_by, ext_id, token, trace, ord)
      offset 0
    ) n
    left join placed p on p.name = n.name and p.stream is not distinct from n.stream
  ),
  -- Waits for a session that enqueues the same message just now. Its ids follow on one another unless somebody else
  -- enqueued meanwhile.
  fresh as (
    insert into weir.receipt(token, first_id, tasks, ids)
    select m.token, m.first_id, m.tasks,
      case when m.last_id - m.first_id + 1 <> m.tasks
        then array(select r.id from routed r where r.token = m.token order by r.ord) end
    from (
      select r.token, min(r.id) as first_id, max(r.id) as last_id, count(*)::int as tasks
      from routed r
      where r.token is not null
      group by r.token
    ) m
    order by m.token
    on conflict do nothing
    returning token
  ),
  held as materialized (
    select p.part_id, p.epoch
    from weir.partition p
    join unnest(held_parts, held_epochs) h(part_id, epoch) on h.part_id = p.part_id and h.epoch = p.epoch
    where p.owner = me
      and p.timeline = weir.tli()
      and p.part_id in (select r.part_id from routed r where r.later is null)
    order by p.part_id
    for share of p
  )
  insert into weir.task as t(id, part_id, epoch, name, key, data, do_after, created_by, ext_id, trace)
  select r.id, r.part_id, held.epoch, r.name, r.real_key, coalesce(r.data, '{}'), r.later,
    coalesce(r.created_by, session_user), r.ext_id, nullif(r.trace, '')
  from routed r
  left join held on held.part_id = r.part_id and r.later is null
  where r.part_id is not null
    and (r.token is null or r.token in (select f.token from fresh f))
  order by r.id
  returning t.id, t.xid, t.part_id, t.epoch, t.created_by, t.created_at, null::int;
  get diagnostics made = row_count;
  if made < cardinality(names) and tokens is not null then
    return query
    select r.ids[u.nth], r.xid, 0, null::bigint, '', now(), u.ord::int
    from (select t.token, t.ord, row_number() over (partition by t.token order by t.ord) as nth,
                 count(*) over (partition by t.token) as rows
          from unnest(tokens) with ordinality t(token, ord)
          where t.token is not null) u
    join lateral (select k.xid, weir.ids_of(k) as ids from weir.receipt k where k.token = u.token) r
      on cardinality(r.ids) = u.rows
    where r.xid <> pg_current_xact_id();
    get diagnostics repeated = row_count;
    if exists (select 1 from unnest(tokens) t(token) join weir.receipt r using (token)
               group by t.token, r.token having count(*) <> cardinality(weir.ids_of(r))) then
      raise exception 'a token was used before for another number of tasks'
        using errcode = '22023', hint = 'every message has a token of its own; nothing was enqueued';
    end if;
  end if;
  if made + repeated <> cardinality(names) then
    if me is not null then
      perform weir.check_tasks(names, keys, streams);
    end if;
    raise exception 'a stream of these tasks was deleted just now'
      using errcode = '22023', hint = 'nothing was enqueued';
  end if;
  -- A node (me above 0) knows what it inserts itself.
  if coalesce(me, 0) = 0 and exists (select from weir.stream s where s.notify) then
    perform pg_notify(weir.wake_channel(), string_agg(s.stream_id::text, ','))
    from weir.stream s
    where s.notify
      and s.stream_id in (select weir.stream_of(d.name, d.stream)
                          from (select distinct u.name, u.stream from unnest(names, streams) u(name, stream)) d)
    having count(*) between 1 and 500;
  end if;
end
$$;

COMMENT ON FUNCTION weir.enqueue_rows(names text[], keys text[], datas jsonb[], streams text[], do_afters timestamp with time zone[], created_bys text[], ext_ids uuid[], me bigint, held_parts integer[], held_epochs bigint[], tokens uuid[], traces text[]) IS 'inserts tasks given as arrays; for the other functions and for nodes';

CREATE FUNCTION weir.fire_schedule(me integer, tli integer, leader_term bigint, schedule integer, seen_next timestamp with time zone, ticks timestamp with time zone[], new_next timestamp with time zone) RETURNS bigint[]
    LANGUAGE plpgsql
    SET lock_timeout TO '1s'
    AS $$
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

COMMENT ON FUNCTION weir.fire_schedule(me integer, tli integer, leader_term bigint, schedule integer, seen_next timestamp with time zone, ticks timestamp with time zone[], new_next timestamp with time zone) IS 'enqueues the tasks of ticks and moves next_at, or neither; returns the tasks';

CREATE FUNCTION weir.forget_receipts() RETURNS bigint
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'weir', 'pg_temp'
    AS $$
  with old as (
    delete from weir.receipt
    where token in (
      select token
      from weir.receipt
      where token < (lpad(to_hex(((extract(epoch from now()) - 3600) * 1000)::bigint), 12, '0')
                     || repeat('0', 20))::uuid
      order by token
      limit 100000
    )
    returning 1
  )
  select count(*)
  from old
$$;

COMMENT ON FUNCTION weir.forget_receipts() IS 'drops receipts older than an hour; returns how many';

CREATE FUNCTION weir.from_us(us bigint) RETURNS timestamp with time zone
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select timestamptz '1970-01-01 00:00:00+00' + us * interval '1 microsecond'
$$;

COMMENT ON FUNCTION weir.from_us(us bigint) IS 'the instant of so many microseconds since the Unix epoch';

CREATE FUNCTION weir.gather_attempts(from_table text, first_id bigint, end_id bigint) RETURNS void
    LANGUAGE plpgsql
    AS $_$
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
$_$;

COMMENT ON FUNCTION weir.gather_attempts(from_table text, first_id bigint, end_id bigint) IS 'moves late attempts of kept tasks to the others';

CREATE FUNCTION weir.give_rights(role text, receiver text) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  home constant oid := (select c.relnamespace from pg_class c where c.oid = 'weir.role_right'::regclass);
  given record;
begin
  for given in
    with wanted as (
      select r.object, a.word
      from weir.role_right r
      cross join lateral regexp_split_to_table(
        case give_rights.role when 'everyone' then r.everyone when 'producer' then r.producer
                              when 'reader' then r.reader when 'node' then r.node end, ' *, *') a(word)
      where a.word <> ''
    )
    select format('execute on function %s', p.oid::regprocedure) as what
    from wanted w
    join pg_proc p on p.proname = w.object and p.pronamespace = home
    where w.word = 'execute'
    union all
    select format(case when c.relkind = 'S' then '%s on sequence %s' else '%s on table %s' end, w.word, c.oid::regclass)
    from wanted w
    join pg_class c on (c.relname = w.object and c.relnamespace = home)
      or (w.object = 'message_queue' and c.oid in (select q from weir.message_queues() q))
    where w.word not in ('execute', 'count')
    union all
    select format('select (%s) on table %s', string_agg(quote_ident(a.attname), ', ' order by a.attnum),
                  a.attrelid::regclass)
    from wanted w
    cross join weir.message_queues() q
    join pg_attribute a on a.attrelid = q
    where w.word = 'count'
      and a.attnum > 0
      and a.attname not in ('data', 'last_attempt_message')
    group by a.attrelid
  loop
    execute format('grant %s to %s', given.what, receiver);
  end loop;
end
$$;

COMMENT ON FUNCTION weir.give_rights(role text, receiver text) IS 'grants what role_right says';

CREATE FUNCTION weir.grant_role(role text, grantee text) RETURNS void
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
declare
  queue record;
begin
  if grant_role.role is null or grant_role.role not in ('producer', 'reader', 'node') then
    raise exception 'there is no role "%"', grant_role.role
      using errcode = '22023', hint = 'roles are producer, reader and node; whoever migrates is the owner';
  end if;
  if to_regrole(quote_ident(grant_role.grantee)) is null then
    raise exception 'the database server has no role "%"', grant_role.grantee
      using errcode = 'WE003', hint = 'create it first: create role NAME login';
  end if;
  execute format('grant usage on schema weir to %I', grant_role.grantee);
  for queue in
    select n.oid, n.nspname
    from weir.message_queues() q
    join pg_class c on c.oid = q
    join pg_namespace n on n.oid = c.relnamespace
    where not has_schema_privilege(grant_role.grantee, n.oid, 'usage')
  loop
    execute format('grant usage on schema %I to %I', queue.nspname, grant_role.grantee);
  end loop;
  perform weir.give_rights(grant_role.role, quote_ident(grant_role.grantee));
  insert into weir.grantee(role, grantee)
  values (grant_role.role, grant_role.grantee)
  on conflict do nothing;
end
$$;

COMMENT ON FUNCTION weir.grant_role(role text, grantee text) IS 'gives a role of weir to a role of the database server';

CREATE FUNCTION weir.has_unfinished(stream integer, task_name text DEFAULT NULL::text) RETURNS boolean
    LANGUAGE sql STABLE
    AS $$
  select exists (select
                 from weir.partition p
                 join weir.open o on o.part_id = p.part_id
                 where p.stream_id = stream
                   and (task_name is null or o.name = task_name))
      or exists (select
                 from weir.partition p
                 join weir.mark m on m.part_id = p.part_id
                 cross join lateral weir.unread(p.part_id, m.seen, m.upto, m.at_xid, m.at_id, task_name, 1) u
                 where p.stream_id = stream)
$$;

COMMENT ON FUNCTION weir.has_unfinished(stream integer, task_name text) IS 'true while tasks of the stream (of the name) are unfinished';

CREATE FUNCTION weir.history_part() RETURNS integer
    LANGUAGE plpgsql
    AS $$
declare
  found int;
begin
  select b.first_part
  into found
  from weir.block b
  where b.stream_id is null
    and b.former_name = 'message_queue'
  limit 1;
  if found is null then
    found := weir.reserve_parts(1);
    insert into weir.block(first_part, parts, former_name)
    values (found, 1, 'message_queue');
  end if;
  return found;
end
$$;

COMMENT ON FUNCTION weir.history_part() IS 'the part_id of imported history';

CREATE FUNCTION weir.hold_term(me integer, tli integer, wanted bigint) RETURNS void
    LANGUAGE plpgsql
    AS $$
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

COMMENT ON FUNCTION weir.hold_term(me integer, tli integer, wanted bigint) IS 'refuses whoever does not lead';

CREATE TABLE weir.receipt (
    token uuid NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    ids bigint[],
    first_id bigint,
    tasks integer,
    CONSTRAINT ids_are_known CHECK (((ids IS NOT NULL) OR ((first_id IS NOT NULL) AND (tasks IS NOT NULL))))
);

COMMENT ON TABLE weir.receipt IS 'messages that were enqueued; sent again within the hour they get the same answer';

COMMENT ON COLUMN weir.receipt.token IS 'chosen by the sender, UUID version 7';

COMMENT ON COLUMN weir.receipt.xid IS 'the transaction that enqueued it';

COMMENT ON COLUMN weir.receipt.ids IS 'the tasks, in the order of the message; null = those from first_id on';

COMMENT ON COLUMN weir.receipt.first_id IS 'the first of its tasks, whose ids follow on one another';

COMMENT ON COLUMN weir.receipt.tasks IS 'how many they are';

CREATE FUNCTION weir.ids_of(receipt weir.receipt) RETURNS bigint[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  select coalesce(receipt.ids,
                  array(select generate_series(receipt.first_id, receipt.first_id + receipt.tasks - 1)))
$$;

COMMENT ON FUNCTION weir.ids_of(receipt weir.receipt) IS 'the tasks of a message, in its order';

CREATE FUNCTION weir.import_rows(from_table regclass, id_column text, history boolean, rows uuid[]) RETURNS TABLE(tasks bigint, ended bigint, held bigint)
    LANGUAGE plpgsql
    SET lock_timeout TO '1s'
    AS $_$
begin
  if to_regclass('weir.task_' || (select s.last_value / 10000000 + 1 from weir.task_id s)) is null then
    perform weir.keep_room();
  end if;
  return query execute format($sql$
    with picked as materialized (
      select q.%1$I as ext_id, q.task_name::text as name, nullif(q.task_key::text, '') as key, q.data::jsonb as data,
        q.created_at::timestamptz as created_at, q.created_by::text as created_by,
        q.last_attempted::timestamptz as last_attempted, q.state::text as state,
        nullif(q.last_attempt_message::text, '') as message, q.do_after::timestamptz as do_after
      from %2$s q
      where q.%1$I = any ($1)
        and ($2 is not null or q.state in ('READY', 'IN PROGRESS', 'RETRY'))
      for update skip locked
    ),
    held as materialized (
      select q.%1$I as ext_id, q.task_name::text as name, nullif(q.task_key::text, '') as key,
        q.created_at::timestamptz as created_at
      from %2$s q
      where q.%1$I = any ($1)
        and ($2 is not null or q.state in ('READY', 'IN PROGRESS', 'RETRY'))
        and not exists (select from picked p where p.ext_id = q.%1$I)
    ),
    judged as materialized (
      select p.*, p.state in ('DONE', 'FAILED', 'CANCELLED') as over,
        weir.row_problem(p.name, p.key, p.data, p.state, p.created_at, p.do_after) as problem
      from picked p
      where not exists (
        select
        from held h
        where h.name = p.name
          and h.key = p.key
          and (coalesce(h.created_at, '-infinity'), h.ext_id) < (coalesce(p.created_at, '-infinity'), p.ext_id))
    ),
    gone as (
      delete from %2$s d
      using judged j
      where d.%1$I = j.ext_id
        and j.problem is null
    ),
    wanted as (
      select j.*
      from judged j
      where j.problem is null
      order by coalesce(j.created_at, '-infinity'), j.ext_id
      offset 0
    ),
    numbered as materialized (
      select nextval('weir.task_id') as id, w.*
      from wanted w
    ),
    placed as materialized (
      select d.name, s.first_part, s.partitions
      from (select distinct n.name from numbered n where not n.over) d
      join weir.stream s on s.stream_id = weir.stream_of(d.name, null)
    ),
    routed as materialized (
      select n.*,
        case when n.over then $2 else p.first_part + weir.bucket(n.name, n.key, n.id, p.partitions) end as part_id,
        case
          when n.state in ('RETRY', 'IN PROGRESS') and n.last_attempted < timestamptz '9998-01-01Z'
            then greatest(n.do_after, n.last_attempted + interval '10 minutes')
          else n.do_after
        end as due
      from numbered n
      left join placed p on p.name = n.name and not n.over
    ),
    moved as (
      insert into weir.task as t(id, part_id, name, key, data, do_after, created_at, created_by, ext_id)
      select r.id, r.part_id, r.name, r.key, coalesce(nullif(r.data, 'null'), '{}'),
        case when not r.over then nullif(r.due, r.created_at) end, coalesce(r.created_at, now()), r.created_by, r.ext_id
      from routed r
      order by r.id
    ),
    attempts as (
      insert into weir.attempt(task_id, started_at, epoch, took_ms, part_id, no, result, message)
      select r.id, coalesce(r.last_attempted, r.created_at, now()), 0, 0, r.part_id, 1,
        case r.state when 'DONE' then 'd' when 'FAILED' then 'f' else 'c' end::"char",
        case when octet_length(r.message) > 2000 then left(r.message, 497) || '...' else r.message end
      from routed r
      where r.over
      order by r.id
    ),
    remembered as (
      insert into weir.former_attempt(task_id, at, message)
      select r.id, r.last_attempted,
        case when octet_length(r.message) > 2000 then left(r.message, 497) || '...' else r.message end
      from routed r
      where not r.over
        and r.last_attempted is not null
        and (r.state <> 'READY' or r.message is distinct from 'Created')
    )
    select count(*) filter (where not r.over), count(*) filter (where r.over), (select count(*) from held)
    from routed r
  $sql$, id_column, from_table)
  using rows, case when history then weir.history_part() end;
end
$_$;

COMMENT ON FUNCTION weir.import_rows(from_table regclass, id_column text, history boolean, rows uuid[]) IS 'moves rows of a table of episub/queue here';

CREATE FUNCTION weir.is_final(result "char") RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  select result in ('d', 'f', 'c', 's', 'm', 'X')
$$;

COMMENT ON FUNCTION weir.is_final(result "char") IS 'true for the result of an attempt that ended its task';

CREATE FUNCTION weir.is_name(value text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  select char_length(value) between 1 and 64 and value !~ '[\u0001-\u001f\u007f-\u009f]'
$$;

COMMENT ON FUNCTION weir.is_name(value text) IS 'true for 1 to 64 printable characters';

CREATE FUNCTION weir.join_node(facts jsonb) RETURNS integer
    LANGUAGE plpgsql
    SET lock_timeout TO '1s'
    AS $$
declare
  before record;
  other record;
  made int;
begin
  lock table weir.node in share row exclusive mode;
  select n.node_id, n.state, n.machine
  into before
  from weir.node n
  where n.name = facts ->> 'name'
    and n.newest;
  if before.state in ('joining', 'active', 'draining') then
    raise exception 'the node name "%" is in use: node id % on machine %, state %',
      facts ->> 'name', before.node_id, before.machine, before.state
      using errcode = 'WE002',
            hint = 'stop that node, give this one another node.name, or wait until it is declared dead';
  end if;
  select n.name, s.key, s.value theirs, facts -> 'cluster_settings' ->> s.key mine
  into other
  from weir.node n
  cross join lateral (
    select k.key, n.cluster_settings ->> k.key as value
    from (select jsonb_object_keys(n.cluster_settings)
          union
          select jsonb_object_keys(facts -> 'cluster_settings')) k(key)
  ) s
  where n.newest
    and n.state in ('joining', 'active', 'draining')
    and n.cluster_settings -> s.key is distinct from facts -> 'cluster_settings' -> s.key
  order by n.node_id, s.key
  limit 1;
  if found then
    raise exception 'cluster.% is % here and % on node "%"',
      other.key, coalesce(other.mine, 'not set'), coalesce(other.theirs, 'not set'), other.name
      using errcode = 'WE002',
            hint = 'the [cluster] section must be the same on all nodes; to change it, stop all nodes first';
  end if;
  perform weir.note_timeline();
  update weir.node n
  set newest = false
  where n.name = facts ->> 'name'
    and n.newest;
  insert into weir.node as n(name, machine, version, address, http, labels, weight, actions, cluster_settings)
  values (facts ->> 'name', facts ->> 'machine', facts ->> 'version', facts ->> 'address', facts ->> 'http',
          facts -> 'labels', (facts ->> 'weight')::int,
          array(select jsonb_array_elements_text(facts -> 'actions')), facts -> 'cluster_settings')
  returning n.node_id into made;
  insert into weir.beat(node_id)
  values (made);
  return made;
end
$$;

COMMENT ON FUNCTION weir.join_node(facts jsonb) IS 'registers a new incarnation; returns its id';

CREATE FUNCTION weir.keep_room() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'weir', 'pg_temp'
    AS $$
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

COMMENT ON FUNCTION weir.keep_room() IS 'makes the segments that new ids will need, and forgets old receipts; returns how many segments';

CREATE FUNCTION weir.limit_stream(stream_name text, change jsonb) RETURNS void
    LANGUAGE plpgsql
    AS $_$
declare
  problem text := case
    when change ->> 'rate' !~ '^([1-9][0-9]{0,5}|1000000)/[smh]$'
      then format('rate must be such as 10/s, 10/m or 10/h, not "%s"', change ->> 'rate')
    when not (change ->> 'breaker_failures')::int between 0 and 1000 then 'breaker.failures must be 0 to 1000'
    when (change ->> 'breaker_pause_ms')::bigint <= 0 then 'breaker.pause must be above 0'
  end;
begin
  if problem is not null then
    raise exception 'stream "%": %', stream_name, problem using errcode = '22023';
  end if;
  update weir.stream s
  set notify = coalesce((change ->> 'notify')::bool, s.notify),
      rate = case when change ? 'rate' then change ->> 'rate' else s.rate end,
      breaker_failures = coalesce((change ->> 'breaker_failures')::int, s.breaker_failures),
      breaker_pause_ms = coalesce((change ->> 'breaker_pause_ms')::bigint, s.breaker_pause_ms)
  where s.name = stream_name;
end
$_$;

COMMENT ON FUNCTION weir.limit_stream(stream_name text, change jsonb) IS 'changes what holds back the starts of a stream';

CREATE TABLE weir.stream (
    stream_id integer NOT NULL,
    name text NOT NULL,
    mode text NOT NULL,
    partitions integer NOT NULL,
    first_part integer NOT NULL,
    concurrency integer NOT NULL,
    pin text,
    pin_policy text DEFAULT 'strict'::text NOT NULL,
    isolation text NOT NULL,
    handover_delay_ms bigint DEFAULT 0 NOT NULL,
    async_finish boolean DEFAULT false NOT NULL,
    paused_until timestamp with time zone,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    rate text,
    breaker_failures integer DEFAULT 0 NOT NULL,
    breaker_pause_ms bigint DEFAULT 60000 NOT NULL,
    notify boolean DEFAULT false NOT NULL,
    CONSTRAINT name_is_printable CHECK (weir.is_name(name)),
    CONSTRAINT rate_is_starts_per_interval CHECK ((rate ~ '^([1-9][0-9]{0,5}|1000000)/[smh]$'::text)),
    CONSTRAINT single_has_one_partition CHECK (((mode = 'parallel'::text) OR (partitions = 1))),
    CONSTRAINT stream_breaker_failures_check CHECK (((breaker_failures >= 0) AND (breaker_failures <= 1000))),
    CONSTRAINT stream_breaker_pause_ms_check CHECK ((breaker_pause_ms > 0)),
    CONSTRAINT stream_concurrency_check CHECK (((concurrency >= 1) AND (concurrency <= 1024))),
    CONSTRAINT stream_first_part_check CHECK ((first_part > 0)),
    CONSTRAINT stream_handover_delay_ms_check CHECK ((handover_delay_ms >= 0)),
    CONSTRAINT stream_isolation_check CHECK ((isolation = ANY (ARRAY['process'::text, 'thread'::text]))),
    CONSTRAINT stream_mode_check CHECK ((mode = ANY (ARRAY['single'::text, 'parallel'::text]))),
    CONSTRAINT stream_partitions_check CHECK (((partitions >= 1) AND (partitions <= 1024))),
    CONSTRAINT stream_pin_check CHECK (weir.is_name(pin)),
    CONSTRAINT stream_pin_policy_check CHECK ((pin_policy = ANY (ARRAY['strict'::text, 'prefer'::text])))
);

COMMENT ON TABLE weir.stream IS 'lanes of tasks, with the settings in force';

COMMENT ON COLUMN weir.stream.stream_id IS 'the stream; 1 is `default`, where names without a route go';

COMMENT ON COLUMN weir.stream.name IS 'what people call it';

COMMENT ON COLUMN weir.stream.mode IS 'single: one node at a time; parallel: split over all nodes';

COMMENT ON COLUMN weir.stream.partitions IS 'how many units of ownership it has';

COMMENT ON COLUMN weir.stream.first_part IS 'its partitions are first_part .. first_part + partitions - 1';

COMMENT ON COLUMN weir.stream.concurrency IS 'runs at once on one node';

COMMENT ON COLUMN weir.stream.pin IS 'the node that shall have it';

COMMENT ON COLUMN weir.stream.pin_policy IS 'while the pinned node is away: strict waits, prefer runs elsewhere';

COMMENT ON COLUMN weir.stream.isolation IS 'where actions run: in a runner process or on threads';

COMMENT ON COLUMN weir.stream.handover_delay_ms IS 'how long a new owner waits after a crash of the old one';

COMMENT ON COLUMN weir.stream.async_finish IS 'results commit without waiting for the disk';

COMMENT ON COLUMN weir.stream.paused_until IS 'nothing starts before; infinity = until resumed';

COMMENT ON COLUMN weir.stream.created_at IS 'when it was created';

COMMENT ON COLUMN weir.stream.rate IS 'starts at most so many of its tasks per second, minute or hour on each node';

COMMENT ON COLUMN weir.stream.breaker_failures IS 'a node lets it rest after so many failed runs in a row, 0 = never';

COMMENT ON COLUMN weir.stream.breaker_pause_ms IS 'how long it rests before one run is tried';

COMMENT ON COLUMN weir.stream.notify IS 'what is enqueued by SQL wakes its node; commits that notify wait for each other';

CREATE FUNCTION weir.lock_stream(stream_name text) RETURNS weir.stream
    LANGUAGE plpgsql
    AS $$
declare
  s weir.stream;
begin
  select *
  into s
  from weir.stream x
  where x.name = stream_name
  for update;
  if not found then
    raise exception 'there is no stream "%"', stream_name using errcode = 'WE003';
  end if;
  return s;
end
$$;

COMMENT ON FUNCTION weir.lock_stream(stream_name text) IS 'a stream, locked; an error if there is none';

CREATE FUNCTION weir.look_at_retention() RETURNS json
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'weir', 'pg_temp'
    AS $_$
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
$_$;

COMMENT ON FUNCTION weir.look_at_retention() IS 'segments and ages, as a leader decides by them';

CREATE FUNCTION weir.make_message_queue(at_schema text, at_name text) RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  id_column text := left(at_name, 60) || '_id';
begin
  execute format('create view %I.%I as select q.message_queue_id as %I, q.data, q.task_key, q.task_name, '
                 'q.created_at, q.created_by, q.last_attempted, q.state, q.last_attempt_message, q.do_after '
                 'from weir.message_queue q', at_schema, at_name, id_column);
  execute format('comment on view %I.%I is %L', at_schema, at_name,
                 'tasks of weir as episub/queue shows them; takes its INSERT');
  execute format('create trigger message_queue_insert instead of insert on %I.%I for each row '
                 'execute function weir.message_queue_insert(%L)', at_schema, at_name, id_column);
end
$$;

COMMENT ON FUNCTION weir.make_message_queue(at_schema text, at_name text) IS 'creates the view message_queue at another place';

CREATE FUNCTION weir.make_own_message_queue() RETURNS void
    LANGUAGE plpgsql
    AS $$
begin
  create view weir.message_queue as
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
  comment on view weir.message_queue is 'tasks as episub/queue shows them; takes its INSERT';
end
$$;

COMMENT ON FUNCTION weir.make_own_message_queue() IS 'creates the view message_queue';

CREATE FUNCTION weir.message_queue_insert() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'weir', 'pg_temp'
    AS $_$
declare
  given uuid;
  made bigint;
begin
  if coalesce(new.state, 'READY') <> 'READY' then
    raise exception 'message_queue takes READY rows only, this one is %', new.state
      using errcode = '22023', hint = 'history is imported by: weir db import-message-queue';
  end if;
  perform weir.check_data(new.data, '');
  if tg_nargs = 0 then
    given := new.message_queue_id;
  else
    execute format('select ($1).%I', tg_argv[0]) into given using new;
  end if;
  select r.id
  into made
  from weir.enqueue_rows(array[new.task_name::text], array[new.task_key::text],
                         array[nullif(new.data, 'null')], array[null::text],
                         array[new.do_after], array[new.created_by::text], array[given]) r;
  if given is null then
    given := ('00000000-0000-4000-8000-' || lpad(to_hex(made), 12, '0'))::uuid;
    if tg_nargs = 0 then
      new.message_queue_id := given;
    else
      new := jsonb_populate_record(new, jsonb_build_object(tg_argv[0], given));
    end if;
  end if;
  new.state := 'READY';
  return new;
end
$_$;

COMMENT ON FUNCTION weir.message_queue_insert() IS 'enqueues what is inserted into message_queue';

CREATE FUNCTION weir.message_queues() RETURNS SETOF regclass
    LANGUAGE sql STABLE
    AS $$
  select 'weir.message_queue'::regclass
  union
  select t.tgrelid::regclass
  from pg_trigger t
  where t.tgfoid = 'weir.message_queue_insert'::regproc
$$;

COMMENT ON FUNCTION weir.message_queues() IS 'the view message_queue, wherever it stands';

CREATE FUNCTION weir.note_action(who text, way text, action text, object text, details jsonb, result text, request text) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'weir', 'pg_temp'
    AS $$
  insert into weir.audit as a(who, way, action, object, details, result, request)
  values (left(coalesce(nullif(note_action.who, ''), session_user), 128), note_action.way, note_action.action,
          left(note_action.object, 128), note_action.details, left(note_action.result, 500),
          nullif(note_action.request, ''))
  on conflict (request, action, object) where request is not null do update
  set details = a.details || (
        select coalesce(jsonb_object_agg(n.key, case
          when jsonb_typeof(n.value) = 'number' and jsonb_typeof(a.details -> n.key) = 'number'
            then to_jsonb((a.details ->> n.key)::numeric + (n.value #>> '{}')::numeric)
          else coalesce(a.details -> n.key, n.value) end), '{}')
        from jsonb_each(excluded.details) n),
      result = excluded.result
$$;

COMMENT ON FUNCTION weir.note_action(who text, way text, action text, object text, details jsonb, result text, request text) IS 'writes down what an operator did';

CREATE FUNCTION weir.note_timeline() RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'weir', 'pg_temp'
    AS $$
begin
  if exists (select from weir.cluster where timeline <> weir.tli()) then
    update weir.cluster
    set timeline = weir.tli()
    where timeline <> weir.tli();
    if found then
      perform setval('weir.task_id', (select last_value + 1048576 from weir.task_id));
      perform setval('weir.node_id', (select last_value + 65536 from weir.node_id));
    end if;
  end if;
end
$$;

COMMENT ON FUNCTION weir.note_timeline() IS 'moves the ids of tasks and nodes ahead on a new timeline';

CREATE FUNCTION weir.parts_of(stream_name text) RETURNS TABLE(part_id integer)
    LANGUAGE sql STABLE
    AS $$
  select b.first_part + slot
  from weir.block b
  left join weir.stream s on s.stream_id = b.stream_id
  cross join lateral generate_series(0, b.parts - 1) slot
  where coalesce(s.name, b.former_name) = stream_name
$$;

COMMENT ON FUNCTION weir.parts_of(stream_name text) IS 'partitions that streams of that name have, and had';

CREATE FUNCTION weir.place_message_queue(place text) RETURNS text
    LANGUAGE plpgsql
    AS $$
declare
  wanted record;
  found regclass;
  home text;
begin
  if to_regclass('weir.message_queue') is null then
    perform weir.make_own_message_queue();
  end if;
  select n.nspname
  into home
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where c.oid = 'weir.message_queue'::regclass;
  if place = '' then
    drop trigger if exists message_queue_insert on weir.message_queue;
    return 'off';
  end if;
  select * into wanted from weir.queue_place(place);
  if wanted.at_schema = home and wanted.at_name = 'message_queue' then
    if exists (select from pg_trigger t where t.tgrelid = 'weir.message_queue'::regclass) then
      return 'there';
    end if;
    create trigger message_queue_insert
    instead of insert on weir.message_queue
    for each row execute function weir.message_queue_insert();
    return 'placed';
  end if;
  if to_regnamespace(quote_ident(wanted.at_schema)) is null then
    raise exception 'there is no schema "%" for message_queue', wanted.at_schema
      using errcode = '22023', hint = 'create it, or set database.message_queue to another place';
  end if;
  found := to_regclass(format('%I.%I', wanted.at_schema, wanted.at_name));
  if found is null then
    perform weir.make_message_queue(wanted.at_schema, wanted.at_name);
    return 'placed';
  end if;
  if exists (select
             from pg_trigger t
             where t.tgrelid = found
               and t.tgfoid = 'weir.message_queue_insert'::regproc) then
    return 'there';
  end if;
  return 'table';
end
$$;

COMMENT ON FUNCTION weir.place_message_queue(place text) IS 'puts the view message_queue where it is wanted';

CREATE FUNCTION weir.queue_place(place text) RETURNS TABLE(at_schema text, at_name text)
    LANGUAGE plpgsql IMMUTABLE
    AS $$
declare
  parts text[];
begin
  begin
    parts := parse_ident(place);
  exception
    when invalid_parameter_value then
      parts := '{}';
  end;
  if cardinality(parts) not in (1, 2) then
    raise exception '"%" is no name of a table', place
      using errcode = '22023', hint = 'write it as SCHEMA.NAME, for example public.message_queue';
  end if;
  return query
  select case when cardinality(parts) = 2 then parts[1] else 'public' end, parts[cardinality(parts)];
end
$$;

COMMENT ON FUNCTION weir.queue_place(place text) IS 'the schema and the name in SCHEMA.NAME';

CREATE FUNCTION weir.raise_epoch_floor() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
  update weir.cluster
  set epoch_floor = (select max(epoch) from gone)
  where epoch_floor < (select max(epoch) from gone);
  return null;
end
$$;

COMMENT ON FUNCTION weir.raise_epoch_floor() IS 'keeps the highest epoch of deleted partitions';

CREATE FUNCTION weir.renew_grants() RETURNS void
    LANGUAGE plpgsql
    AS $$
declare
  given record;
begin
  revoke execute on all functions in schema weir from public;
  perform weir.give_rights('everyone', 'public');
  delete from weir.grantee g
  where to_regrole(quote_ident(g.grantee)) is null;
  for given in select g.role, g.grantee from weir.grantee g loop
    perform weir.grant_role(given.role, given.grantee);
  end loop;
end
$$;

COMMENT ON FUNCTION weir.renew_grants() IS 'gives everybody again what his role has';

CREATE FUNCTION weir.renew_ownership(me integer, part integer, old_epoch bigint) RETURNS TABLE(epoch bigint, timeline integer, seen text, upto text, at_xid text, at_id bigint, next_due_ms bigint, keyed json)
    LANGUAGE plpgsql
    SET lock_timeout TO '1s'
    AS $$
#variable_conflict use_column
begin
  perform
  from weir.node n
  where n.node_id = me
    and n.state in ('joining', 'active', 'draining')
    and n.timeline = weir.tli()
  for share;
  if not found then
    raise exception 'node % is not alive on this timeline, it cannot renew', me using errcode = 'WE001';
  end if;
  update weir.partition p
  set epoch = p.epoch + 1
  where p.part_id = part
    and p.owner = me
    and p.epoch = old_epoch
    and p.timeline = weir.tli();
  if not found then
    raise exception 'partition % is no longer owned by node % under epoch %', part, me, old_epoch
      using errcode = 'WE001';
  end if;
  update weir.ownership o
  set ended_at = clock_timestamp(), reason = 'renewed'
  where o.part_id = part
    and o.ended_at is null;
  return query
  select old_epoch + 1, weir.tli(), b.*
  from weir.begin_ownership(me, part, old_epoch + 1) b;
end
$$;

COMMENT ON FUNCTION weir.renew_ownership(me integer, part integer, old_epoch bigint) IS 'takes a new epoch on an owned partition';

CREATE FUNCTION weir.requeue(tasks bigint[], who text) RETURNS TABLE(task_id bigint, new_id bigint)
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
declare
  again bigint[];
  made bigint[];
begin
  select array_agg(t.id order by t.id)
  into again
  from weir.known_task t
  where t.id = any (tasks)
    and (select true from weir.known_attempt e where e.task_id = t.id and weir.is_final(e.result) limit 1);
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

COMMENT ON FUNCTION weir.requeue(tasks bigint[], who text) IS 'enqueues copies of ended tasks';

CREATE FUNCTION weir.reserve_parts(count integer) RETURNS integer
    LANGUAGE sql
    AS $$
  update weir.cluster
  set next_part = next_part + count
  returning next_part - count
$$;

COMMENT ON FUNCTION weir.reserve_parts(count integer) IS 'the first part_id of a new block of `count`';

CREATE FUNCTION weir.retention_differences() RETURNS SETOF text
    LANGUAGE sql STABLE
    AS $$
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

COMMENT ON FUNCTION weir.retention_differences() IS 'how the [retention] of the nodes differs';

CREATE FUNCTION weir.revoke_role(role text, grantee text) RETURNS void
    LANGUAGE plpgsql
    AS $$
#variable_conflict use_column
declare
  left_over record;
begin
  delete from weir.grantee g
  where g.role = revoke_role.role
    and g.grantee = revoke_role.grantee;
  if not found then
    raise exception '"%" does not have the role "%"', revoke_role.grantee, revoke_role.role using errcode = 'WE003';
  end if;
  if to_regrole(quote_ident(revoke_role.grantee)) is null then
    return;
  end if;
  execute format('revoke all on all tables in schema weir from %I', revoke_role.grantee);
  execute format('revoke all on all sequences in schema weir from %I', revoke_role.grantee);
  execute format('revoke all on all functions in schema weir from %I', revoke_role.grantee);
  execute format('revoke usage on schema weir from %I', revoke_role.grantee);
  for left_over in select q::text as it from weir.message_queues() q loop
    execute format('revoke all on table %s from %I', left_over.it, revoke_role.grantee);
  end loop;
  for left_over in select g.role from weir.grantee g where g.grantee = revoke_role.grantee loop
    perform weir.grant_role(left_over.role, revoke_role.grantee);
  end loop;
end
$$;

COMMENT ON FUNCTION weir.revoke_role(role text, grantee text) IS 'takes a role of weir back';

CREATE FUNCTION weir.row_problem(name text, key text, data jsonb, state text, created_at timestamp with time zone, do_after timestamp with time zone) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  select case
    when state is null or state not in ('READY', 'IN PROGRESS', 'RETRY', 'DONE', 'FAILED', 'CANCELLED')
      then 'its state is none of the seed''s'
    when weir.task_problem(name, nullif(key, '')) is not null then weir.task_problem(name, nullif(key, ''))
    -- what is smaller than this cannot be unpacked to so much
    when pg_column_size(data) > 8000 and octet_length(data::text) > 1048576
      then 'the data is longer than 1 MiB of JSON text'
    when not created_at between timestamptz '1900-01-01Z' and timestamptz '9999-01-01Z'
      or not coalesce(do_after between timestamptz '1900-01-01Z' and timestamptz '9998-12-31Z', true)
      then 'a time in it is before 1900 or after 9998'
  end
$$;

COMMENT ON FUNCTION weir.row_problem(name text, key text, data jsonb, state text, created_at timestamp with time zone, do_after timestamp with time zone) IS 'what keeps a row of episub/queue from being a task';

CREATE FUNCTION weir.rows_by_state(from_table regclass, id_column text) RETURNS TABLE(state text, problem text, n bigint, example uuid)
    LANGUAGE plpgsql STABLE
    AS $_$
begin
  return query execute format($sql$
    select x.state, x.problem, count(*), (array_agg(x.id order by x.created_at))[1]
    from (
      select q.%1$I as id, q.created_at, coalesce(q.state::text, '') as state,
        weir.row_problem(q.task_name::text, q.task_key::text, q.data::jsonb, q.state::text, q.created_at::timestamptz,
                         q.do_after::timestamptz) as problem
      from %2$s q
    ) x
    group by x.state, x.problem
    order by x.state, x.problem nulls first
  $sql$, id_column, from_table);
end
$_$;

COMMENT ON FUNCTION weir.rows_by_state(from_table regclass, id_column text) IS 'counts of a table of episub/queue';

CREATE FUNCTION weir.rows_to_move(from_table regclass, id_column text, history boolean, most integer) RETURNS SETOF uuid
    LANGUAGE plpgsql STABLE
    AS $_$
begin
  return query execute format($sql$
    select q.%1$I
    from %2$s q
    where ($1 or q.state in ('READY', 'IN PROGRESS', 'RETRY'))
      and weir.row_problem(q.task_name::text, q.task_key::text, q.data::jsonb, q.state::text, q.created_at::timestamptz,
                           q.do_after::timestamptz) is null
    order by coalesce(q.created_at, '-infinity'), q.%1$I
    limit $2
  $sql$, id_column, from_table)
  using history, most;
end
$_$;

COMMENT ON FUNCTION weir.rows_to_move(from_table regclass, id_column text, history boolean, most integer) IS 'ids of rows of episub/queue, oldest first';

CREATE FUNCTION weir.seed_table(place text) RETURNS TABLE(oid regclass, at_schema text, at_name text, id_column text)
    LANGUAGE plpgsql
    SET lock_timeout TO '3s'
    AS $$
#variable_conflict use_column
declare
  given record;
  found regclass;
  missing text;
  key_column text;
begin
  select * into given from weir.queue_place(place) p;
  found := to_regclass(format('%I.%I', given.at_schema, given.at_name));
  if found is null then
    raise exception 'there is no table %.%', given.at_schema, given.at_name
      using errcode = 'WE003', hint = 'name the table of episub/queue with --from SCHEMA.TABLE';
  end if;
  if exists (select from pg_trigger t
             where t.tgrelid = found and t.tgfoid = 'weir.message_queue_insert'::regproc) then
    raise exception '%.% is weir''s own view: it was moved over before', given.at_schema, given.at_name
      using errcode = 'WE001', hint = 'rows that stayed are in the table that was renamed, see the end of its name';
  end if;
  if (select c.relkind not in ('r', 'p') from pg_class c where c.oid = found) then
    raise exception '%.% is not a table', given.at_schema, given.at_name using errcode = '22023';
  end if;
  select string_agg(w.name, ', ')
  into missing
  from unnest(array['data', 'task_key', 'task_name', 'created_at', 'created_by', 'last_attempted', 'state',
                    'last_attempt_message', 'do_after']) w(name)
  where not exists (select from pg_attribute a
                    where a.attrelid = found and a.attname = w.name and not a.attisdropped);
  if missing is not null then
    raise exception 'table %.% is not one of episub/queue: it has no %', given.at_schema, given.at_name, missing
      using errcode = '22023', hint = 'name the right table with --from SCHEMA.TABLE';
  end if;
  select a.attname
  into key_column
  from pg_attribute a
  where a.attrelid = found
    and a.atttypid = 'uuid'::regtype
    and (a.attname = given.at_name || '_id'
         or exists (select from pg_index i
                    where i.indrelid = found and i.indisprimary and i.indnkeyatts = 1 and i.indkey[0] = a.attnum))
  order by a.attname = given.at_name || '_id' desc
  limit 1;
  if key_column is null then
    raise exception 'table %.% has no primary key of type uuid', given.at_schema, given.at_name
      using errcode = '22023', hint = format('the one of episub/queue is called %s_id', given.at_name);
  end if;
  begin
    perform pg_advisory_lock(2003134836, found::oid::int);
  exception
    when lock_not_available then
      raise exception 'table %.% is being moved over by another session', given.at_schema, given.at_name
        using errcode = 'WE001', hint = 'wait until it has ended';
  end;
  return query
  select found, given.at_schema, given.at_name, key_column;
end
$$;

COMMENT ON FUNCTION weir.seed_table(place text) IS 'a table of episub/queue, checked and locked for this session';

CREATE FUNCTION weir.segment_bounds(segment bigint) RETURNS TABLE(first_id bigint, end_id bigint)
    LANGUAGE sql STABLE
    AS $_$
  select substring(b.text from $re$FROM \('?(-?[0-9]+)'?\)$re$)::bigint,
    substring(b.text from $re$TO \('?(-?[0-9]+)'?\)$re$)::bigint
  from (select pg_get_expr(c.relpartbound, c.oid) as text
        from pg_class c
        where c.oid = to_regclass('weir.task_' || segment)) b
$_$;

COMMENT ON FUNCTION weir.segment_bounds(segment bigint) IS 'the ids of a segment: the first one, and the one behind the last';

CREATE FUNCTION weir.segment_is_passed(segment bigint, walked pg_snapshot DEFAULT NULL::pg_snapshot) RETURNS boolean
    LANGUAGE plpgsql
    AS $_$
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
$_$;

COMMENT ON FUNCTION weir.segment_is_passed(segment bigint, walked pg_snapshot) IS 'true if each task of a segment has ended or is in weir.open';

CREATE FUNCTION weir.set_node_state(me integer, wanted text) RETURNS void
    LANGUAGE plpgsql
    SET lock_timeout TO '1s'
    AS $$
declare
  present text;
  born int;
begin
  if wanted = 'stopped' then
    update weir.beat
    set ended = true
    where node_id = me
      and not ended;
  end if;
  select n.state, n.timeline
  into present, born
  from weir.node n
  where n.node_id = me
  for update;
  if present is null or present in ('stopped', 'dead') or (wanted = 'joining' and present <> 'joining') then
    raise exception 'node % is %, it cannot become %', me, coalesce(present, 'unknown'), wanted
      using errcode = 'WE001';
  end if;
  if born <> weir.tli() then
    raise exception 'node % belongs to timeline %, the database is on timeline %', me, born, weir.tli()
      using errcode = 'WE001';
  end if;
  if wanted = 'stopped' then
    perform weir.end_node(me, 'stopped', 'resigned');
  else
    update weir.node
    set state = wanted
    where node_id = me;
  end if;
end
$$;

COMMENT ON FUNCTION weir.set_node_state(me integer, wanted text) IS 'moves an incarnation to another state';

CREATE FUNCTION weir.span(ms bigint) RETURNS text
    LANGUAGE sql IMMUTABLE
    AS $$
  select case
    when ms % 86400000 = 0 and ms <> 0 then ms / 86400000 || 'd'
    when ms % 3600000 = 0 and ms <> 0 then ms / 3600000 || 'h'
    when ms % 60000 = 0 and ms <> 0 then ms / 60000 || 'm'
    when ms % 1000 = 0 then ms / 1000 || 's'
    else ms || 'ms'
  end
$$;

COMMENT ON FUNCTION weir.span(ms bigint) IS 'milliseconds as the configuration writes them';

CREATE FUNCTION weir.state_now(task bigint) RETURNS TABLE(state text)
    LANGUAGE sql STABLE ROWS 1
    AS $$
  select weir.state_of(o.state is not null, o.state, a.result)
  from (select) one
  left join lateral (
    select w.state
    from weir.open w
    where w.task_id = task
    limit 1
  ) o on true
  left join lateral (
    select l.result
    from weir.known_attempt l
    where l.task_id = task
    order by l.no desc
    limit 1
  ) a on true
$$;

COMMENT ON FUNCTION weir.state_now(task bigint) IS 'the state of a task that is known';

CREATE FUNCTION weir.state_of(is_open boolean, open_state "char", last_result "char") RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  select case
    when open_state = 'i' then 'IN PROGRESS'
    when open_state = 'r' then 'RETRY'
    when is_open then 'READY'
    when last_result = 'd' then 'DONE'
    when last_result in ('f', 'X') then 'FAILED'
    when last_result in ('c', 's', 'm') then 'CANCELLED'
    else 'READY'
  end
$$;

COMMENT ON FUNCTION weir.state_of(is_open boolean, open_state "char", last_result "char") IS 'READY, IN PROGRESS, RETRY, DONE, FAILED or CANCELLED';

CREATE FUNCTION weir.stream_differences(wanted jsonb) RETURNS SETOF text
    LANGUAGE sql STABLE
    AS $$
  select format('stream "%s": %s is %s, declared %s', s.name, d.setting, coalesce(d.present, 'not set'),
                coalesce(d.declared, 'not set'))
  from weir.stream s
  cross join lateral (values
    ('mode', s.mode, wanted ->> 'mode'),
    ('partitions', s.partitions::text, wanted ->> 'partitions'),
    ('concurrency', s.concurrency::text, wanted ->> 'concurrency'),
    ('pin_policy', s.pin_policy, wanted ->> 'pin_policy'),
    ('isolation', s.isolation, wanted ->> 'isolation'),
    ('handover_delay', weir.span(s.handover_delay_ms), weir.span((wanted ->> 'handover_delay_ms')::bigint)),
    ('async_finish', s.async_finish::text, wanted ->> 'async_finish'),
    ('notify', s.notify::text, coalesce(wanted ->> 'notify', 'false')),
    ('rate', s.rate, wanted ->> 'rate'),
    ('breaker.failures', s.breaker_failures::text, wanted ->> 'breaker_failures'),
    ('breaker.pause', weir.span(s.breaker_pause_ms), weir.span((wanted ->> 'breaker_pause_ms')::bigint))
  ) d(setting, present, declared)
  where s.name = wanted ->> 'name'
    and d.present is distinct from d.declared
    and (d.setting = 'mode' or s.mode = wanted ->> 'mode')
$$;

COMMENT ON FUNCTION weir.stream_differences(wanted jsonb) IS 'how a stream differs from a declaration; a pin is a value at creation only';

CREATE FUNCTION weir.stream_of(name text, stream text) RETURNS integer
    LANGUAGE sql STABLE
    AS $$
  select case
    when stream is not null then (select s.stream_id from weir.stream s where s.name = stream)
    else coalesce((select r.stream_id from weir.route r where r.name = stream_of.name), 1)
  end
$$;

COMMENT ON FUNCTION weir.stream_of(name text, stream text) IS 'where a task goes; null = there is no such stream';

CREATE FUNCTION weir.switch_message_queue(place text, history boolean, most integer) RETURNS TABLE(renamed text, tasks bigint, ended bigint)
    LANGUAGE plpgsql
    SET lock_timeout TO '1s'
    AS $$
#variable_conflict use_column
declare
  old record;
  old_owner oid;
  new_name text;
  rows uuid[];
  step record;
  right_of record;
begin
  select * into old from weir.seed_table(place);
  execute format('lock table %s in access exclusive mode', old.oid);
  new_name := left(old.at_name, 59) || '_old';
  if to_regclass(format('%I.%I', old.at_schema, new_name)) is not null then
    raise exception 'the table would be renamed to %, which exists', new_name
      using errcode = 'WE001', hint = format('rename %s.%s first', old.at_schema, new_name);
  end if;
  rows := array(select r from weir.rows_to_move(old.oid, old.id_column, history, most + 1) r);
  if cardinality(rows) > most then
    raise exception 'more than % rows are still to be moved', most
      using errcode = 'WE001', hint = 'they come in faster than they are moved: try again, with a larger --batch';
  end if;
  select * into step from weir.import_rows(old.oid, old.id_column, history, rows);
  tasks := step.tasks;
  ended := step.ended;
  select c.relowner into old_owner from pg_class c where c.oid = old.oid;
  execute format('alter table %s rename to %I', old.oid, new_name);
  perform weir.make_message_queue(old.at_schema, old.at_name);
  for right_of in
    select a.grantee, a.privilege_type
    from pg_class c
    cross join lateral aclexplode(c.relacl) a
    where c.oid = old.oid
      and a.privilege_type in ('INSERT', 'SELECT')
    union
    select old_owner, p
    from unnest(array['INSERT', 'SELECT']) p
  loop
    execute format('grant %s on %I.%I to %s', right_of.privilege_type, old.at_schema, old.at_name,
                   case when right_of.grantee = 0 then 'public' else right_of.grantee::regrole::text end);
  end loop;
  renamed := quote_ident(old.at_schema) || '.' || quote_ident(new_name);
  return next;
end
$$;

COMMENT ON FUNCTION weir.switch_message_queue(place text, history boolean, most integer) IS 'moves the last rows of a table of episub/queue and puts the view in its place';

CREATE FUNCTION weir.take_successes(from_table text, tasks bigint[]) RETURNS TABLE(task_id bigint, started_at timestamp with time zone, epoch bigint, took_ms integer, part_id integer)
    LANGUAGE plpgsql
    AS $_$
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
$_$;

COMMENT ON FUNCTION weir.take_successes(from_table text, tasks bigint[]) IS 'removes successes of tasks from a segment, and returns them';

CREATE FUNCTION weir.task_problem(name text, key text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
  select case
    when coalesce(name, '') = '' then 'the task name is missing'
    when char_length(name) > 64 then 'the task name is longer than 64 characters'
    when not weir.is_name(name) then 'the task name contains a control character'
    when octet_length(key) > 512 then 'the key is longer than 512 bytes'
  end
$$;

COMMENT ON FUNCTION weir.task_problem(name text, key text) IS 'what is wrong with a name and a key';

CREATE FUNCTION weir.tli() RETURNS integer
    LANGUAGE sql
    AS $$
  select ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int
$$;

COMMENT ON FUNCTION weir.tli() IS 'the timeline of the database';

CREATE FUNCTION weir.to_us(at timestamp with time zone) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$
  select case when isfinite(at) then (extract(epoch from at) * 1000000)::bigint end
$$;

COMMENT ON FUNCTION weir.to_us(at timestamp with time zone) IS 'microseconds since the Unix epoch; null for infinity';

CREATE FUNCTION weir.traceparent_problem(given text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $_$
  select case
    when given <> '' and given !~ '^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$'
      then format('"%s" is no traceparent (like 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01)',
                  left(given, 100))
  end
$_$;

COMMENT ON FUNCTION weir.traceparent_problem(given text) IS 'what is wrong with a trace context; null = nothing';

CREATE FUNCTION weir.trigger_schedule(schedule_name text, who text) RETURNS bigint
    LANGUAGE plpgsql
    SET lock_timeout TO '1s'
    AS $$
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

COMMENT ON FUNCTION weir.trigger_schedule(schedule_name text, who text) IS 'enqueues the task of a schedule; returns its id';

CREATE FUNCTION weir.unread(part integer, seen pg_snapshot, upto pg_snapshot, at_xid xid8, at_id bigint, only_name text, most bigint) RETURNS TABLE(id bigint, name text, created_at timestamp with time zone, do_after timestamp with time zone)
    LANGUAGE sql STABLE
    AS $$
  select u.id, u.name, u.created_at, u.do_after
  from weir.unread(part, seen, upto, at_xid, at_id, only_name, most, false) u
$$;

COMMENT ON FUNCTION weir.unread(part integer, seen pg_snapshot, upto pg_snapshot, at_xid xid8, at_id bigint, only_name text, most bigint) IS 'unfinished tasks of a partition that are not in weir.open';

CREATE FUNCTION weir.unread(part integer, seen pg_snapshot, upto pg_snapshot, at_xid xid8, at_id bigint, only_name text, most bigint, accounted_too boolean) RETURNS TABLE(id bigint, name text, created_at timestamp with time zone, do_after timestamp with time zone)
    LANGUAGE sql STABLE
    AS $$
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

COMMENT ON FUNCTION weir.unread(part integer, seen pg_snapshot, upto pg_snapshot, at_xid xid8, at_id bigint, only_name text, most bigint, accounted_too boolean) IS 'tasks of a partition behind its mark: unfinished ones that are not in weir.open, or all';

CREATE FUNCTION weir.wake_channel() RETURNS text
    LANGUAGE sql STABLE
    SET search_path TO 'weir', 'pg_temp'
    AS $$
  select left(current_schema(), 57) || '_tasks'
$$;

COMMENT ON FUNCTION weir.wake_channel() IS 'where nodes listen: the streams that got tasks, as numbers with commas';

CREATE FUNCTION weir.walk_retention(me integer, tli integer, term bigint, act text, segment bigint, after_id bigint, most_seen integer, most_changed integer, ages jsonb) RETURNS TABLE(upto bigint, upto_created_us bigint, more boolean, gone bigint, stays bigint, unfinished bigint, next_ms bigint)
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'weir', 'pg_temp'
    SET enable_seqscan TO 'off'
    SET enable_sort TO 'off'
    SET max_parallel_workers_per_gather TO '0'
    SET jit TO 'off'
    AS $_$
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
$_$;

COMMENT ON FUNCTION weir.walk_retention(me integer, tli integer, term bigint, act text, segment bigint, after_id bigint, most_seen integer, most_changed integer, ages jsonb) IS 'counts, deletes or moves a portion of the ended tasks of a segment';

CREATE TABLE weir.assignment (
    part_id integer NOT NULL,
    node text,
    term bigint,
    CONSTRAINT assignment_node_check CHECK (weir.is_name(node))
)
WITH (fillfactor='50');

COMMENT ON TABLE weir.assignment IS 'what the leader wishes; not in the fence row, which hot statements lock';

COMMENT ON COLUMN weir.assignment.part_id IS 'the partition';

COMMENT ON COLUMN weir.assignment.node IS 'name of the node that shall own it, null = nobody';

COMMENT ON COLUMN weir.assignment.term IS 'the term that wished it';

CREATE TABLE weir.attempt_row (
    task_id bigint NOT NULL,
    started_at timestamp with time zone NOT NULL,
    epoch bigint NOT NULL,
    took_ms integer NOT NULL,
    part_id integer NOT NULL,
    no integer NOT NULL,
    result "char" NOT NULL,
    message text,
    CONSTRAINT attempt_message_check CHECK (((octet_length(message) >= 1) AND (octet_length(message) <= 2000))),
    CONSTRAINT attempt_no_check CHECK ((no > 0)),
    CONSTRAINT attempt_result_check CHECK ((result = ANY (ARRAY['d'::"char", 'r'::"char", 'f'::"char", 'z'::"char", 'c'::"char", 't'::"char", 'x'::"char", 'X'::"char", 'i'::"char", 's'::"char", 'm'::"char"]))),
    CONSTRAINT attempt_took_ms_check CHECK ((took_ms >= 0))
)
PARTITION BY RANGE (task_id);

COMMENT ON TABLE weir.attempt_row IS 'attempts that are not in weir.success: runs that ended, and decisions that ended a task without one';

COMMENT ON COLUMN weir.attempt_row.task_id IS 'the task';

COMMENT ON COLUMN weir.attempt_row.started_at IS 'when the run began, by the clock of its node';

COMMENT ON COLUMN weir.attempt_row.epoch IS 'the owner it ran under; weir.ownership tells the node';

COMMENT ON COLUMN weir.attempt_row.took_ms IS 'how long it took';

COMMENT ON COLUMN weir.attempt_row.part_id IS 'the partition';

COMMENT ON COLUMN weir.attempt_row.no IS 'counts the attempts of the task, from 1';

COMMENT ON COLUMN weir.attempt_row.result IS 'd success, r retry, f failure, z snooze, c cancel, t timeout, x crash, X the last crash, i interrupted, s superseded, m moved; d f c s m X end the task';

COMMENT ON COLUMN weir.attempt_row.message IS 'what the action said of it';

CREATE TABLE weir.success (
    started_at timestamp with time zone NOT NULL,
    epoch bigint NOT NULL,
    block bigint NOT NULL,
    part_id integer NOT NULL,
    first_place smallint NOT NULL,
    last_place smallint NOT NULL,
    places smallint[] NOT NULL,
    after_us integer[] NOT NULL,
    took_ms integer[] NOT NULL,
    CONSTRAINT one_of_each_for_a_task CHECK (((cardinality(places) > 0) AND (cardinality(after_us) = cardinality(places)) AND (cardinality(took_ms) = cardinality(places))))
)
PARTITION BY RANGE (block);

COMMENT ON TABLE weir.success IS 'tasks that succeeded at their first attempt, without a message; those of one partition together';

COMMENT ON COLUMN weir.success.started_at IS 'when the first of the runs began, by the clock of its node';

COMMENT ON COLUMN weir.success.epoch IS 'the owner they ran under; weir.ownership tells the node';

COMMENT ON COLUMN weir.success.block IS 'the ids of the tasks, divided by 1000';

COMMENT ON COLUMN weir.success.part_id IS 'the partition';

COMMENT ON COLUMN weir.success.first_place IS 'the lowest place';

COMMENT ON COLUMN weir.success.last_place IS 'the highest place';

COMMENT ON COLUMN weir.success.places IS 'what is left over of each id, ascending';

COMMENT ON COLUMN weir.success.after_us IS 'how much later each run began, in microseconds';

COMMENT ON COLUMN weir.success.took_ms IS 'how long each took';

CREATE TABLE weir.task (
    id bigint NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    epoch bigint,
    do_after timestamp with time zone,
    moved_from bigint,
    ext_id uuid,
    part_id integer NOT NULL,
    name text NOT NULL,
    key text,
    data jsonb NOT NULL,
    created_by text,
    trace text,
    CONSTRAINT do_after_is_before_the_year_9999 CHECK ((do_after < '9999-01-01 00:00:00+00'::timestamp with time zone)),
    CONSTRAINT task_id_check CHECK ((id > 0)),
    CONSTRAINT task_key_check CHECK (((octet_length(key) >= 1) AND (octet_length(key) <= 512))),
    CONSTRAINT task_name_check CHECK (((octet_length(name) >= 1) AND (octet_length(name) <= 256))),
    CONSTRAINT task_part_id_check CHECK ((part_id > 0))
)
PARTITION BY RANGE (id);

COMMENT ON TABLE weir.task IS 'requests to do something; immutable';

COMMENT ON COLUMN weir.task.id IS 'higher = newer';

COMMENT ON COLUMN weir.task.xid IS 'the transaction that brought it: reading goes by commit visibility';

COMMENT ON COLUMN weir.task.created_at IS 'start of that transaction';

COMMENT ON COLUMN weir.task.epoch IS 'the owner that took it straight into its window; null = a poll must find it';

COMMENT ON COLUMN weir.task.do_after IS 'not before this instant; null = at once';

COMMENT ON COLUMN weir.task.moved_from IS 'the id it had in another partition';

COMMENT ON COLUMN weir.task.ext_id IS 'the id that its producer gave it (message_queue_id)';

COMMENT ON COLUMN weir.task.part_id IS 'its partition';

COMMENT ON COLUMN weir.task.name IS 'which action performs it';

COMMENT ON COLUMN weir.task.key IS 'which thing it is about; null = never superseded, not serial';

COMMENT ON COLUMN weir.task.data IS 'what the action needs to know';

COMMENT ON COLUMN weir.task.created_by IS 'who asked for it';

COMMENT ON COLUMN weir.task.trace IS 'trace context of who enqueued it: a W3C traceparent';

CREATE VIEW weir.attempt AS
 SELECT a.task_id,
    a.started_at,
    a.epoch,
    a.took_ms,
    a.part_id,
    a.no,
    a.result,
    a.message
   FROM weir.attempt_row a
UNION ALL
 SELECT t.id AS task_id,
    (s.started_at + ((s.after_us[w.nth])::double precision * '00:00:00.000001'::interval)) AS started_at,
    s.epoch,
    s.took_ms[w.nth] AS took_ms,
    s.part_id,
    1 AS no,
    'd'::"char" AS result,
    NULL::text AS message
   FROM ((weir.task t
     JOIN weir.success s ON (((s.block = (t.id / 1000)) AND (s.part_id = t.part_id) AND ((((t.id % (1000)::bigint))::smallint >= s.first_place) AND (((t.id % (1000)::bigint))::smallint <= s.last_place)))))
     CROSS JOIN LATERAL ( SELECT array_position(s.places, ((t.id % (1000)::bigint))::smallint) AS nth
         OFFSET 0) w)
  WHERE (w.nth IS NOT NULL);

COMMENT ON VIEW weir.attempt IS 'runs that ended, and decisions that ended a task without a run';

CREATE TABLE weir.attempt_0 (
    task_id bigint NOT NULL,
    started_at timestamp with time zone NOT NULL,
    epoch bigint NOT NULL,
    took_ms integer NOT NULL,
    part_id integer NOT NULL,
    no integer NOT NULL,
    result "char" NOT NULL,
    message text,
    CONSTRAINT attempt_message_check CHECK (((octet_length(message) >= 1) AND (octet_length(message) <= 2000))),
    CONSTRAINT attempt_no_check CHECK ((no > 0)),
    CONSTRAINT attempt_result_check CHECK ((result = ANY (ARRAY['d'::"char", 'r'::"char", 'f'::"char", 'z'::"char", 'c'::"char", 't'::"char", 'x'::"char", 'X'::"char", 'i'::"char", 's'::"char", 'm'::"char"]))),
    CONSTRAINT attempt_took_ms_check CHECK ((took_ms >= 0))
);

CREATE TABLE weir.attempt_1 (
    task_id bigint NOT NULL,
    started_at timestamp with time zone NOT NULL,
    epoch bigint NOT NULL,
    took_ms integer NOT NULL,
    part_id integer NOT NULL,
    no integer NOT NULL,
    result "char" NOT NULL,
    message text,
    CONSTRAINT attempt_message_check CHECK (((octet_length(message) >= 1) AND (octet_length(message) <= 2000))),
    CONSTRAINT attempt_no_check CHECK ((no > 0)),
    CONSTRAINT attempt_result_check CHECK ((result = ANY (ARRAY['d'::"char", 'r'::"char", 'f'::"char", 'z'::"char", 'c'::"char", 't'::"char", 'x'::"char", 'X'::"char", 'i'::"char", 's'::"char", 'm'::"char"]))),
    CONSTRAINT attempt_took_ms_check CHECK ((took_ms >= 0))
);

CREATE TABLE weir.attempt_2 (
    task_id bigint NOT NULL,
    started_at timestamp with time zone NOT NULL,
    epoch bigint NOT NULL,
    took_ms integer NOT NULL,
    part_id integer NOT NULL,
    no integer NOT NULL,
    result "char" NOT NULL,
    message text,
    CONSTRAINT attempt_message_check CHECK (((octet_length(message) >= 1) AND (octet_length(message) <= 2000))),
    CONSTRAINT attempt_no_check CHECK ((no > 0)),
    CONSTRAINT attempt_result_check CHECK ((result = ANY (ARRAY['d'::"char", 'r'::"char", 'f'::"char", 'z'::"char", 'c'::"char", 't'::"char", 'x'::"char", 'X'::"char", 'i'::"char", 's'::"char", 'm'::"char"]))),
    CONSTRAINT attempt_took_ms_check CHECK ((took_ms >= 0))
);

CREATE TABLE weir.audit (
    audit_id bigint NOT NULL,
    at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    who text NOT NULL,
    login text DEFAULT SESSION_USER NOT NULL,
    way text NOT NULL,
    action text NOT NULL,
    object text NOT NULL,
    details jsonb NOT NULL,
    result text NOT NULL,
    request text,
    CONSTRAINT action_is_a_word CHECK (((action ~ '^[a-z]+\.[a-z-]+$'::text) AND (length(action) <= 64))),
    CONSTRAINT texts_are_bounded CHECK ((((octet_length(who) >= 1) AND (octet_length(who) <= 512)) AND (octet_length(object) <= 512) AND (octet_length((details)::text) <= 8192) AND (octet_length(result) <= 2000) AND (octet_length(request) <= 64))),
    CONSTRAINT way_is_known CHECK ((way = ANY (ARRAY['cli'::text, 'http'::text, 'program'::text])))
);

COMMENT ON TABLE weir.audit IS 'what people ordered';

COMMENT ON COLUMN weir.audit.audit_id IS 'grows with time';

COMMENT ON COLUMN weir.audit.at IS 'when it began';

COMMENT ON COLUMN weir.audit.who IS 'who said it was ordered by: USER@HOST, or the name of an API token';

COMMENT ON COLUMN weir.audit.login IS 'the login it came by: this the database knows by itself';

COMMENT ON COLUMN weir.audit.way IS 'cli, http, or program: a program that uses the library';

COMMENT ON COLUMN weir.audit.action IS 'what was ordered, as stream.pause';

COMMENT ON COLUMN weir.audit.object IS 'of what: the name of a stream, node, task or schedule, or a task id, or empty';

COMMENT ON COLUMN weir.audit.details IS 'with which values; of many tasks at once their number and the filter';

COMMENT ON COLUMN weir.audit.result IS 'ok, or why it was not done';

COMMENT ON COLUMN weir.audit.request IS 'one command or request: what it does in several transactions is one row';

ALTER TABLE weir.audit ALTER COLUMN audit_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME weir.audit_audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE weir.beat (
    node_id integer NOT NULL,
    beat bigint DEFAULT 0 NOT NULL,
    beat_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    ended boolean DEFAULT false NOT NULL,
    late_writes_refused bigint DEFAULT 0 NOT NULL,
    resting jsonb DEFAULT '[]'::jsonb NOT NULL,
    CONSTRAINT beat_beat_check CHECK ((beat >= 0)),
    CONSTRAINT beat_late_writes_refused_check CHECK ((late_writes_refused >= 0)),
    CONSTRAINT beat_resting_check CHECK ((jsonb_typeof(resting) = 'array'::text))
)
WITH (fillfactor='20');

COMMENT ON TABLE weir.beat IS 'signs of life, one row for every incarnation';

COMMENT ON COLUMN weir.beat.node_id IS 'the incarnation';

COMMENT ON COLUMN weir.beat.beat IS 'counted up by the node itself, about once a second';

COMMENT ON COLUMN weir.beat.beat_at IS 'when, by the clock of the database: for people only';

COMMENT ON COLUMN weir.beat.ended IS 'set when the incarnation is stopped or declared dead: no beat can follow';

COMMENT ON COLUMN weir.beat.late_writes_refused IS 'results of its process that came after another node had taken over, and were refused';

COMMENT ON COLUMN weir.beat.resting IS 'streams that rest on it: stream, failures in a row, left_ms of the rest at this beat, message of the last one';

CREATE TABLE weir.block (
    first_part integer NOT NULL,
    parts integer NOT NULL,
    stream_id integer,
    former_name text,
    CONSTRAINT a_stream_or_its_former_name CHECK (((stream_id IS NULL) = (former_name IS NOT NULL))),
    CONSTRAINT block_first_part_check CHECK ((first_part > 0)),
    CONSTRAINT block_parts_check CHECK ((parts > 0))
);

COMMENT ON TABLE weir.block IS 'which stream part_ids belong to, those of former partitions too, for history';

COMMENT ON COLUMN weir.block.first_part IS 'the block is first_part .. first_part + parts - 1';

COMMENT ON COLUMN weir.block.parts IS 'how many';

COMMENT ON COLUMN weir.block.stream_id IS 'the stream, null = it was deleted';

COMMENT ON COLUMN weir.block.former_name IS 'what the deleted stream was called';

CREATE TABLE weir.cdc_controller (
    controller uuid NOT NULL,
    pass bigint DEFAULT 0 NOT NULL,
    objects bigint DEFAULT 0 NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    created bigint DEFAULT 0 NOT NULL,
    updated bigint DEFAULT 0 NOT NULL,
    deleted bigint DEFAULT 0 NOT NULL,
    failed bigint DEFAULT 0 NOT NULL,
    round integer DEFAULT 1 NOT NULL,
    name text NOT NULL,
    go_on_after text COLLATE pg_catalog."C",
    problem text,
    CONSTRAINT cdc_controller_go_on_after_check CHECK (((octet_length(go_on_after) >= 1) AND (octet_length(go_on_after) <= 512))),
    CONSTRAINT cdc_controller_name_check CHECK (((octet_length(name) >= 1) AND (octet_length(name) <= 256))),
    CONSTRAINT cdc_controller_pass_check CHECK ((pass >= 0)),
    CONSTRAINT cdc_controller_problem_check CHECK (((octet_length(problem) >= 1) AND (octet_length(problem) <= 2000))),
    CONSTRAINT cdc_controller_round_check CHECK ((round > 0))
)
WITH (fillfactor='50');

COMMENT ON TABLE weir.cdc_controller IS 'who watches over the objects of a source';

COMMENT ON COLUMN weir.cdc_controller.controller IS 'its id, and the name of its stream';

COMMENT ON COLUMN weir.cdc_controller.pass IS 'counts its passes; only the newest may write';

COMMENT ON COLUMN weir.cdc_controller.objects IS 'rows that it has in cdc_hash';

COMMENT ON COLUMN weir.cdc_controller.started_at IS 'when the newest pass began';

COMMENT ON COLUMN weir.cdc_controller.finished_at IS 'when it ended; null = it runs, or was cut off';

COMMENT ON COLUMN weir.cdc_controller.created IS 'objects that the last finished pass found new';

COMMENT ON COLUMN weir.cdc_controller.updated IS 'objects that it found changed';

COMMENT ON COLUMN weir.cdc_controller.deleted IS 'objects that it found gone';

COMMENT ON COLUMN weir.cdc_controller.failed IS 'objects that it could not handle';

COMMENT ON COLUMN weir.cdc_controller.round IS 'hashes of an earlier round count as changed';

COMMENT ON COLUMN weir.cdc_controller.name IS 'the action of its newest pass';

COMMENT ON COLUMN weir.cdc_controller.go_on_after IS 'the object after which the next pass begins; null = the first';

COMMENT ON COLUMN weir.cdc_controller.problem IS 'what ended the last finished pass, or its first failure';

CREATE TABLE weir.cdc_hash (
    controller uuid NOT NULL,
    hash uuid NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    updated_at timestamp with time zone DEFAULT now() NOT NULL,
    round integer NOT NULL,
    object_id text NOT NULL COLLATE pg_catalog."C",
    CONSTRAINT cdc_hash_object_id_check CHECK (((octet_length(object_id) >= 1) AND (octet_length(object_id) <= 512)))
)
WITH (fillfactor='90');

COMMENT ON TABLE weir.cdc_hash IS 'objects as they were when they were last handled';

COMMENT ON COLUMN weir.cdc_hash.controller IS 'who watches over it; no foreign key: a pass holds that row anyway';

COMMENT ON COLUMN weir.cdc_hash.hash IS 'of its data then';

COMMENT ON COLUMN weir.cdc_hash.created_at IS 'when it was first handled';

COMMENT ON COLUMN weir.cdc_hash.updated_at IS 'when it was last handled';

COMMENT ON COLUMN weir.cdc_hash.round IS 'the round of its controller then';

COMMENT ON COLUMN weir.cdc_hash.object_id IS 'its id in the source';

CREATE TABLE weir.cluster (
    one boolean DEFAULT true NOT NULL,
    system_identifier bigint NOT NULL,
    id_floor bigint DEFAULT 0 NOT NULL,
    timeline integer DEFAULT weir.tli() NOT NULL,
    next_part integer DEFAULT 1 NOT NULL,
    settings jsonb DEFAULT '{}'::jsonb NOT NULL,
    pauses bigint DEFAULT 0 NOT NULL,
    epoch_floor bigint DEFAULT 0 NOT NULL,
    oldest_program integer DEFAULT 27 NOT NULL,
    CONSTRAINT cluster_epoch_floor_check CHECK ((epoch_floor >= 0)),
    CONSTRAINT cluster_id_floor_check CHECK ((id_floor >= 0)),
    CONSTRAINT cluster_next_part_check CHECK ((next_part > 0)),
    CONSTRAINT cluster_oldest_program_check CHECK ((oldest_program > 0)),
    CONSTRAINT cluster_one_check CHECK (one),
    CONSTRAINT cluster_settings_check CHECK ((jsonb_typeof(settings) = 'object'::text))
);

COMMENT ON TABLE weir.cluster IS 'the one row about the cluster';

COMMENT ON COLUMN weir.cluster.one IS 'makes sure that there is one row';

COMMENT ON COLUMN weir.cluster.system_identifier IS 'the database cluster whose transaction numbers these are';

COMMENT ON COLUMN weir.cluster.id_floor IS 'tasks up to this id came from another database cluster: never read';

COMMENT ON COLUMN weir.cluster.timeline IS 'the newest timeline that the ids of tasks and nodes were moved ahead for';

COMMENT ON COLUMN weir.cluster.next_part IS 'the part_id that the next stream begins with';

COMMENT ON COLUMN weir.cluster.settings IS 'settings that hold for the whole cluster';

COMMENT ON COLUMN weir.cluster.pauses IS 'counts pauses and resumptions of task names';

COMMENT ON COLUMN weir.cluster.epoch_floor IS 'the highest epoch of deleted partitions: new ones begin there';

COMMENT ON COLUMN weir.cluster.oldest_program IS 'programs whose own newest migration is older than this one must not work with the schema any more';

CREATE TABLE weir.former_attempt (
    task_id bigint NOT NULL,
    at timestamp with time zone NOT NULL,
    message text
);

COMMENT ON TABLE weir.former_attempt IS 'the last attempt of moved tasks, as their former table told it';

COMMENT ON COLUMN weir.former_attempt.task_id IS 'the task, as it is called here';

COMMENT ON COLUMN weir.former_attempt.at IS 'last_attempted';

COMMENT ON COLUMN weir.former_attempt.message IS 'last_attempt_message';

CREATE TABLE weir.grantee (
    role text NOT NULL,
    grantee name NOT NULL,
    granted_at timestamp with time zone DEFAULT now() NOT NULL,
    granted_by text DEFAULT SESSION_USER NOT NULL,
    CONSTRAINT grantee_role_check CHECK ((role = ANY (ARRAY['producer'::text, 'reader'::text, 'node'::text])))
);

COMMENT ON TABLE weir.grantee IS 'who was given which role of weir';

COMMENT ON COLUMN weir.grantee.role IS 'producer, reader or node';

COMMENT ON COLUMN weir.grantee.grantee IS 'the role of PostgreSQL: a login or a group';

COMMENT ON COLUMN weir.grantee.granted_at IS 'when';

COMMENT ON COLUMN weir.grantee.granted_by IS 'the login that granted it';

CREATE TABLE weir.kept (
    id bigint NOT NULL,
    xid xid8 NOT NULL,
    created_at timestamp with time zone NOT NULL,
    epoch bigint,
    do_after timestamp with time zone,
    moved_from bigint,
    ext_id uuid,
    part_id integer NOT NULL,
    name text NOT NULL,
    key text,
    data jsonb NOT NULL,
    created_by text,
    trace text,
    unfinished boolean NOT NULL,
    CONSTRAINT do_after_is_before_the_year_9999 CHECK ((do_after < '9999-01-01 00:00:00+00'::timestamp with time zone)),
    CONSTRAINT task_id_check CHECK ((id > 0)),
    CONSTRAINT task_key_check CHECK (((octet_length(key) >= 1) AND (octet_length(key) <= 512))),
    CONSTRAINT task_name_check CHECK (((octet_length(name) >= 1) AND (octet_length(name) <= 256))),
    CONSTRAINT task_part_id_check CHECK ((part_id > 0))
);

COMMENT ON TABLE weir.kept IS 'tasks that outlive their segment';

COMMENT ON COLUMN weir.kept.id IS 'higher = newer';

COMMENT ON COLUMN weir.kept.xid IS 'the transaction that brought it: reading goes by commit visibility';

COMMENT ON COLUMN weir.kept.created_at IS 'start of that transaction';

COMMENT ON COLUMN weir.kept.epoch IS 'the owner that took it straight into its window; null = a poll must find it';

COMMENT ON COLUMN weir.kept.do_after IS 'not before this instant; null = at once';

COMMENT ON COLUMN weir.kept.moved_from IS 'the id it had in another partition';

COMMENT ON COLUMN weir.kept.ext_id IS 'the id that its producer gave it (message_queue_id)';

COMMENT ON COLUMN weir.kept.part_id IS 'its partition';

COMMENT ON COLUMN weir.kept.name IS 'which action performs it';

COMMENT ON COLUMN weir.kept.key IS 'which thing it is about; null = never superseded, not serial';

COMMENT ON COLUMN weir.kept.data IS 'what the action needs to know';

COMMENT ON COLUMN weir.kept.created_by IS 'who asked for it';

COMMENT ON COLUMN weir.kept.trace IS 'trace context of who enqueued it: a W3C traceparent';

COMMENT ON COLUMN weir.kept.unfinished IS 'it was when it moved here: attempts may have followed into its segment';

CREATE TABLE weir.kept_attempt (
    task_id bigint NOT NULL,
    started_at timestamp with time zone NOT NULL,
    epoch bigint NOT NULL,
    took_ms integer NOT NULL,
    part_id integer NOT NULL,
    no integer NOT NULL,
    result "char" NOT NULL,
    message text,
    CONSTRAINT attempt_message_check CHECK (((octet_length(message) >= 1) AND (octet_length(message) <= 2000))),
    CONSTRAINT attempt_no_check CHECK ((no > 0)),
    CONSTRAINT attempt_result_check CHECK ((result = ANY (ARRAY['d'::"char", 'r'::"char", 'f'::"char", 'z'::"char", 'c'::"char", 't'::"char", 'x'::"char", 'X'::"char", 'i'::"char", 's'::"char", 'm'::"char"]))),
    CONSTRAINT attempt_took_ms_check CHECK ((took_ms >= 0))
);

COMMENT ON TABLE weir.kept_attempt IS 'attempts of the tasks in weir.kept';

COMMENT ON COLUMN weir.kept_attempt.task_id IS 'the task';

COMMENT ON COLUMN weir.kept_attempt.started_at IS 'when the run began, by the clock of its node';

COMMENT ON COLUMN weir.kept_attempt.epoch IS 'the owner it ran under; weir.ownership tells the node';

COMMENT ON COLUMN weir.kept_attempt.took_ms IS 'how long it took';

COMMENT ON COLUMN weir.kept_attempt.part_id IS 'the partition';

COMMENT ON COLUMN weir.kept_attempt.no IS 'counts the attempts of the task, from 1';

COMMENT ON COLUMN weir.kept_attempt.result IS 'd success, r retry, f failure, z snooze, c cancel, t timeout, x crash, X the last crash, i interrupted, s superseded, m moved; d f c s m X end the task';

COMMENT ON COLUMN weir.kept_attempt.message IS 'what the action said of it';

CREATE VIEW weir.known_attempt AS
 SELECT a.task_id,
    a.started_at,
    a.epoch,
    a.took_ms,
    a.part_id,
    a.no,
    a.result,
    a.message
   FROM weir.attempt a
UNION ALL
 SELECT k.task_id,
    k.started_at,
    k.epoch,
    k.took_ms,
    k.part_id,
    k.no,
    k.result,
    k.message
   FROM weir.kept_attempt k;

COMMENT ON VIEW weir.known_attempt IS 'every attempt of the tasks in known_task';

CREATE VIEW weir.known_task AS
 SELECT t.id,
    t.xid,
    t.created_at,
    t.epoch,
    t.do_after,
    t.moved_from,
    t.ext_id,
    t.part_id,
    t.name,
    t.key,
    t.data,
    t.created_by,
    t.trace
   FROM weir.task t
UNION ALL
 SELECT k.id,
    k.xid,
    k.created_at,
    k.epoch,
    k.do_after,
    k.moved_from,
    k.ext_id,
    k.part_id,
    k.name,
    k.key,
    k.data,
    k.created_by,
    k.trace
   FROM weir.kept k;

COMMENT ON VIEW weir.known_task IS 'every task that is not gone; what is unread is in weir.task only';

CREATE TABLE weir.late_attempt (
    task_id bigint NOT NULL,
    started_at timestamp with time zone NOT NULL,
    epoch bigint NOT NULL,
    took_ms integer NOT NULL,
    part_id integer NOT NULL,
    no integer NOT NULL,
    result "char" NOT NULL,
    message text,
    CONSTRAINT attempt_message_check CHECK (((octet_length(message) >= 1) AND (octet_length(message) <= 2000))),
    CONSTRAINT attempt_no_check CHECK ((no > 0)),
    CONSTRAINT attempt_result_check CHECK ((result = ANY (ARRAY['d'::"char", 'r'::"char", 'f'::"char", 'z'::"char", 'c'::"char", 't'::"char", 'x'::"char", 'X'::"char", 'i'::"char", 's'::"char", 'm'::"char"]))),
    CONSTRAINT attempt_took_ms_check CHECK ((took_ms >= 0))
);

COMMENT ON TABLE weir.late_attempt IS 'attempts of tasks whose segment was dropped';

CREATE TABLE weir.mark (
    part_id integer NOT NULL,
    epoch bigint DEFAULT 0 NOT NULL,
    seen pg_snapshot DEFAULT '1:1:'::pg_snapshot NOT NULL,
    upto pg_snapshot,
    at_xid xid8 DEFAULT '0'::xid8 NOT NULL,
    at_id bigint DEFAULT 0 NOT NULL,
    done bigint DEFAULT 0 NOT NULL,
    failed bigint DEFAULT 0 NOT NULL,
    cancelled bigint DEFAULT 0 NOT NULL,
    CONSTRAINT cursor_needs_upto CHECK (((upto IS NOT NULL) OR (at_id = 0))),
    CONSTRAINT mark_cancelled_check CHECK ((cancelled >= 0)),
    CONSTRAINT mark_done_check CHECK ((done >= 0)),
    CONSTRAINT mark_failed_check CHECK ((failed >= 0))
)
WITH (fillfactor='20');

COMMENT ON TABLE weir.mark IS 'the low-water mark of reading: a snapshot with a cursor, never an id';

COMMENT ON COLUMN weir.mark.part_id IS 'the partition';

COMMENT ON COLUMN weir.mark.epoch IS 'the owner that may move it';

COMMENT ON COLUMN weir.mark.seen IS 'everything visible in it was read';

COMMENT ON COLUMN weir.mark.upto IS 'the snapshot that is being read, null = none';

COMMENT ON COLUMN weir.mark.at_xid IS 'how far in upto: transaction';

COMMENT ON COLUMN weir.mark.at_id IS 'how far in upto: task';

COMMENT ON COLUMN weir.mark.done IS 'tasks that ended DONE, counted now and then';

COMMENT ON COLUMN weir.mark.failed IS 'tasks that ended FAILED';

COMMENT ON COLUMN weir.mark.cancelled IS 'tasks that ended CANCELLED';

CREATE TABLE weir.open (
    task_id bigint NOT NULL,
    epoch bigint NOT NULL,
    due timestamp with time zone NOT NULL,
    since timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    part_id integer NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    crashes integer DEFAULT 0 NOT NULL,
    runs integer DEFAULT 0 NOT NULL,
    state "char" NOT NULL,
    marked boolean DEFAULT false NOT NULL,
    name text NOT NULL,
    key text,
    CONSTRAINT only_runs_are_marked CHECK (((state = 'i'::"char") OR (NOT marked))),
    CONSTRAINT open_attempts_check CHECK ((attempts >= 0)),
    CONSTRAINT open_crashes_check CHECK ((crashes >= 0)),
    CONSTRAINT open_runs_check CHECK ((runs >= 0)),
    CONSTRAINT open_state_check CHECK ((state = ANY (ARRAY['w'::"char", 'r'::"char", 'i'::"char"])))
);

COMMENT ON TABLE weir.open IS 'unfinished tasks that the mark has passed; only the owner of the partition writes it';

COMMENT ON COLUMN weir.open.task_id IS 'the task';

COMMENT ON COLUMN weir.open.epoch IS 'the owner that wrote the row';

COMMENT ON COLUMN weir.open.due IS 'when it shall run (again)';

COMMENT ON COLUMN weir.open.since IS 'when it came into this state';

COMMENT ON COLUMN weir.open.part_id IS 'the partition';

COMMENT ON COLUMN weir.open.attempts IS 'runs that count to max_attempts';

COMMENT ON COLUMN weir.open.crashes IS 'runs that took their process down';

COMMENT ON COLUMN weir.open.runs IS 'all runs: the number of its last attempt';

COMMENT ON COLUMN weir.open.state IS 'w waiting (READY), r RETRY, i IN PROGRESS';

COMMENT ON COLUMN weir.open.marked IS 'written before it ran: the end of its node counts as its crash';

COMMENT ON COLUMN weir.open.name IS 'the task name, for superseding';

COMMENT ON COLUMN weir.open.key IS 'the task key, for superseding';

CREATE VIEW weir.message_queue AS
 SELECT COALESCE(t.ext_id, (('00000000-0000-4000-8000-'::text || lpad(to_hex(t.id), 12, '0'::text)))::uuid) AS message_queue_id,
    t.data,
    (t.key)::character varying AS task_key,
    (t.name)::character varying AS task_name,
    t.created_at,
    (t.created_by)::character varying AS created_by,
    COALESCE(a.started_at, f.at, t.created_at) AS last_attempted,
    (weir.state_of((o.task_id IS NOT NULL), o.state, a.result))::character varying AS state,
    (COALESCE(a.message,
        CASE
            WHEN (a.no IS NOT NULL) THEN ''::text
            ELSE COALESCE(f.message, 'Created'::text)
        END))::character varying AS last_attempt_message,
    COALESCE(o.due, t.do_after, t.created_at) AS do_after
   FROM (((weir.known_task t
     LEFT JOIN weir.open o ON ((o.task_id = t.id)))
     LEFT JOIN weir.former_attempt f ON ((f.task_id = t.id)))
     LEFT JOIN LATERAL ( SELECT l.no,
            l.started_at,
            l.result,
            l.message
           FROM weir.known_attempt l
          WHERE (l.task_id = t.id)
          ORDER BY l.no DESC
         LIMIT 1) a ON (true));

COMMENT ON VIEW weir.message_queue IS 'tasks as episub/queue shows them; takes its INSERT';

CREATE TABLE weir.migration (
    version integer NOT NULL,
    name text NOT NULL,
    checksum text NOT NULL,
    applied_at timestamp with time zone DEFAULT now() NOT NULL,
    applied_by text DEFAULT SESSION_USER NOT NULL,
    CONSTRAINT migration_checksum_check CHECK ((checksum ~ '^[0-9a-f]{64}$'::text)),
    CONSTRAINT migration_version_check CHECK ((version > 0))
);

COMMENT ON TABLE weir.migration IS 'the migrations that made this schema';

COMMENT ON COLUMN weir.migration.version IS 'number of the file, from 1, without gaps';

COMMENT ON COLUMN weir.migration.name IS 'name of the file without .sql';

COMMENT ON COLUMN weir.migration.checksum IS 'sha256 of the file as it was applied; a file never changes afterwards';

COMMENT ON COLUMN weir.migration.applied_at IS 'when';

COMMENT ON COLUMN weir.migration.applied_by IS 'the role that applied it';

CREATE TABLE weir.node (
    node_id integer NOT NULL,
    name text NOT NULL,
    machine text NOT NULL,
    version text NOT NULL,
    address text NOT NULL,
    http text NOT NULL,
    labels jsonb NOT NULL,
    weight integer NOT NULL,
    actions text[] NOT NULL,
    state text DEFAULT 'joining'::text NOT NULL,
    newest boolean DEFAULT true NOT NULL,
    drain_wanted boolean DEFAULT false NOT NULL,
    declared boolean DEFAULT false NOT NULL,
    declarations jsonb,
    differences text[] DEFAULT '{}'::text[] NOT NULL,
    timeline integer DEFAULT weir.tli() NOT NULL,
    cluster_settings jsonb NOT NULL,
    registered_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    ended_at timestamp with time zone,
    schedule_differences text[] DEFAULT '{}'::text[] NOT NULL,
    ended_by text,
    retention jsonb DEFAULT '{}'::jsonb NOT NULL,
    CONSTRAINT alive_means_newest CHECK ((newest OR (state = ANY (ARRAY['stopped'::text, 'dead'::text])))),
    CONSTRAINT declared_means_declarations CHECK (((NOT declared) OR (declarations IS NOT NULL))),
    CONSTRAINT ended_means_stopped_or_dead CHECK (((ended_at IS NOT NULL) = (state = ANY (ARRAY['stopped'::text, 'dead'::text])))),
    CONSTRAINT name_is_printable CHECK (weir.is_name(name)),
    CONSTRAINT node_cluster_settings_check CHECK ((jsonb_typeof(cluster_settings) = 'object'::text)),
    CONSTRAINT node_ended_by_check CHECK (((length(ended_by) >= 1) AND (length(ended_by) <= 200))),
    CONSTRAINT node_labels_check CHECK ((jsonb_typeof(labels) = 'object'::text)),
    CONSTRAINT node_retention_check CHECK ((jsonb_typeof(retention) = 'object'::text)),
    CONSTRAINT node_state_check CHECK ((state = ANY (ARRAY['joining'::text, 'active'::text, 'draining'::text, 'stopped'::text, 'dead'::text]))),
    CONSTRAINT node_weight_check CHECK ((weight >= 0))
);

COMMENT ON TABLE weir.node IS 'incarnations of nodes: one row for every registration';

COMMENT ON COLUMN weir.node.node_id IS 'the incarnation';

COMMENT ON COLUMN weir.node.name IS 'the configured name; what a pin and a wish name';

COMMENT ON COLUMN weir.node.machine IS 'identifies the host, so that a state lock proves something';

COMMENT ON COLUMN weir.node.version IS 'version of the program';

COMMENT ON COLUMN weir.node.address IS 'where links listen, empty = off';

COMMENT ON COLUMN weir.node.http IS 'where HTTP listens, empty = off';

COMMENT ON COLUMN weir.node.labels IS 'free labels, text to text';

COMMENT ON COLUMN weir.node.weight IS 'share of parallel partitions';

COMMENT ON COLUMN weir.node.actions IS 'task names that it can perform';

COMMENT ON COLUMN weir.node.state IS 'joining, active, draining; stopped and dead ones never write again';

COMMENT ON COLUMN weir.node.newest IS 'true for the newest incarnation of its name';

COMMENT ON COLUMN weir.node.drain_wanted IS 'somebody asked it to drain';

COMMENT ON COLUMN weir.node.declared IS 'its declarations are written';

COMMENT ON COLUMN weir.node.declarations IS 'what its configuration says of streams and routes';

COMMENT ON COLUMN weir.node.differences IS 'declarations that differ from what is in force, a sentence each';

COMMENT ON COLUMN weir.node.timeline IS 'timeline of the database when it registered';

COMMENT ON COLUMN weir.node.cluster_settings IS 'its [cluster] section; the same on all nodes';

COMMENT ON COLUMN weir.node.registered_at IS 'when it registered';

COMMENT ON COLUMN weir.node.ended_at IS 'when it stopped or was declared dead';

COMMENT ON COLUMN weir.node.schedule_differences IS 'the same of schedules';

COMMENT ON COLUMN weir.node.ended_by IS 'how its process ended, if that is known';

COMMENT ON COLUMN weir.node.retention IS 'its [retention]: done_ms, failed_ms, cancelled_ms, missing = for ever; and `streams`, by name, with their own';

CREATE SEQUENCE weir.node_id
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE weir.node_id OWNED BY weir.node.node_id;

CREATE VIEW weir.node_now AS
 SELECT n.node_id AS id,
    n.name,
    n.machine,
    n.version,
    n.address,
    n.http,
    n.labels,
    n.weight,
    n.actions,
    n.state,
    n.timeline,
    n.drain_wanted,
    n.declared,
    (n.differences || n.schedule_differences) AS differences,
    (n.cluster_settings)::text AS cluster_settings,
    b.beat,
    (EXTRACT(epoch FROM (clock_timestamp() - b.beat_at)))::double precision AS beat_age,
    b.late_writes_refused,
    b.resting
   FROM (weir.node n
     JOIN weir.beat b ON ((b.node_id = n.node_id)))
  WHERE n.newest;

COMMENT ON VIEW weir.node_now IS 'the newest incarnation of each name';

CREATE TABLE weir.ownership (
    part_id integer NOT NULL,
    timeline integer NOT NULL,
    epoch bigint NOT NULL,
    node_id integer NOT NULL,
    acquired_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    ended_at timestamp with time zone,
    reason text,
    CONSTRAINT ownership_reason_check CHECK ((reason = ANY (ARRAY['released'::text, 'renewed'::text, 'stopped'::text, 'dead'::text, 'deleted'::text]))),
    CONSTRAINT reason_at_the_end CHECK (((ended_at IS NULL) = (reason IS NULL)))
);

COMMENT ON TABLE weir.ownership IS 'the history of owners; tells on which node an attempt ran';

COMMENT ON COLUMN weir.ownership.part_id IS 'the partition';

COMMENT ON COLUMN weir.ownership.timeline IS 'timeline of the database';

COMMENT ON COLUMN weir.ownership.epoch IS 'the epoch';

COMMENT ON COLUMN weir.ownership.node_id IS 'the owner';

COMMENT ON COLUMN weir.ownership.acquired_at IS 'when it was taken';

COMMENT ON COLUMN weir.ownership.ended_at IS 'when it ended, null = it lasts';

COMMENT ON COLUMN weir.ownership.reason IS 'why it ended';

CREATE TABLE weir.partition (
    part_id integer NOT NULL,
    stream_id integer NOT NULL,
    slot integer NOT NULL,
    owner integer,
    timeline integer DEFAULT weir.tli() NOT NULL,
    epoch bigint DEFAULT 0 NOT NULL,
    freed_by_crash boolean DEFAULT false NOT NULL,
    CONSTRAINT owned_has_an_epoch CHECK (((owner IS NULL) OR (epoch > 0))),
    CONSTRAINT owned_is_not_freed CHECK (((owner IS NULL) OR (NOT freed_by_crash))),
    CONSTRAINT partition_epoch_check CHECK ((epoch >= 0)),
    CONSTRAINT partition_part_id_check CHECK ((part_id > 0)),
    CONSTRAINT partition_slot_check CHECK ((slot >= 0))
)
WITH (fillfactor='50');

COMMENT ON TABLE weir.partition IS 'the fence: written only when ownership changes, locked for share by every write of an owner';

COMMENT ON COLUMN weir.partition.part_id IS 'the partition, cluster-wide';

COMMENT ON COLUMN weir.partition.stream_id IS 'its stream';

COMMENT ON COLUMN weir.partition.slot IS 'its place in the stream, from 0';

COMMENT ON COLUMN weir.partition.owner IS 'the incarnation that owns it, null = free';

COMMENT ON COLUMN weir.partition.timeline IS 'timeline of the database when it was last taken';

COMMENT ON COLUMN weir.partition.epoch IS 'counts its owners';

COMMENT ON COLUMN weir.partition.freed_by_crash IS 'the last owner was declared dead: start carefully';

CREATE VIEW weir.partition_now AS
 SELECT p.part_id AS id,
    p.stream_id AS stream,
    p.slot,
    p.owner,
    n.name AS owner_name,
    p.timeline,
    p.epoch,
    p.freed_by_crash,
    a.node AS assigned_to
   FROM ((weir.partition p
     JOIN weir.assignment a ON ((a.part_id = p.part_id)))
     LEFT JOIN weir.node n ON ((n.node_id = p.owner)));

COMMENT ON VIEW weir.partition_now IS 'partitions with their owner and the wish of the leader';

CREATE TABLE weir.paused_name (
    name text NOT NULL,
    until timestamp with time zone NOT NULL,
    CONSTRAINT name_is_printable CHECK (weir.is_name(name))
);

COMMENT ON TABLE weir.paused_name IS 'task names of which nothing starts; their tasks wait in weir.open';

COMMENT ON COLUMN weir.paused_name.name IS 'the task name';

COMMENT ON COLUMN weir.paused_name.until IS 'nothing starts before; infinity = until resumed';

CREATE TABLE weir.request (
    task_id bigint NOT NULL,
    request_id bigint NOT NULL,
    due timestamp with time zone,
    part_id integer NOT NULL,
    kind "char" NOT NULL,
    asked_by text NOT NULL,
    CONSTRAINT request_asked_by_check CHECK (((octet_length(asked_by) >= 1) AND (octet_length(asked_by) <= 256))),
    CONSTRAINT request_kind_check CHECK ((kind = ANY (ARRAY['c'::"char", 'r'::"char", 'z'::"char"])))
);

COMMENT ON TABLE weir.request IS 'what people asked of unfinished tasks and their owners have not answered yet';

COMMENT ON COLUMN weir.request.task_id IS 'the task; a later request takes the place of an earlier one';

COMMENT ON COLUMN weir.request.request_id IS 'grows: an owner answers what it read, not what came after';

COMMENT ON COLUMN weir.request.due IS 'of a snooze: not before';

COMMENT ON COLUMN weir.request.part_id IS 'its partition';

COMMENT ON COLUMN weir.request.kind IS 'c cancel, r retry now, z snooze';

COMMENT ON COLUMN weir.request.asked_by IS 'who asked';

ALTER TABLE weir.request ALTER COLUMN request_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME weir.request_request_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE weir.role_right (
    object text NOT NULL,
    everyone text DEFAULT ''::text NOT NULL,
    producer text DEFAULT ''::text NOT NULL,
    reader text DEFAULT ''::text NOT NULL,
    node text DEFAULT ''::text NOT NULL,
    CONSTRAINT rights_are_words CHECK (((((everyone || producer) || reader) || node) ~ '^[a-z, ]*$'::text))
);

COMMENT ON TABLE weir.role_right IS 'which rights weir''s roles have on each object of this schema';

COMMENT ON COLUMN weir.role_right.object IS 'table, view, sequence or function (all of that name), without the schema';

COMMENT ON COLUMN weir.role_right.everyone IS 'rights of every role of the database server; empty = none';

COMMENT ON COLUMN weir.role_right.producer IS 'rights of programs that enqueue by SQL';

COMMENT ON COLUMN weir.role_right.reader IS 'rights of those who look';

COMMENT ON COLUMN weir.role_right.node IS 'rights of nodes, and of people who give orders';

CREATE TABLE weir.route (
    name text NOT NULL,
    stream_id integer NOT NULL,
    CONSTRAINT name_is_printable CHECK (weir.is_name(name))
);

COMMENT ON TABLE weir.route IS 'task name -> stream';

COMMENT ON COLUMN weir.route.name IS 'the task name';

COMMENT ON COLUMN weir.route.stream_id IS 'where its tasks go';

CREATE TABLE weir.schedule (
    schedule_id integer NOT NULL,
    name text NOT NULL,
    task text NOT NULL,
    key text,
    data jsonb DEFAULT '{}'::jsonb NOT NULL,
    every_ms bigint,
    cron text,
    zone text,
    missed text NOT NULL,
    since timestamp with time zone DEFAULT now() NOT NULL,
    next_at timestamp with time zone,
    paused_until timestamp with time zone,
    last_at timestamp with time zone,
    last_task bigint,
    CONSTRAINT a_cron_line_has_a_zone CHECK (((cron IS NULL) = (zone IS NULL))),
    CONSTRAINT an_interval_or_a_cron_line CHECK (((every_ms IS NULL) = (cron IS NOT NULL))),
    CONSTRAINT fired_has_a_task CHECK (((last_at IS NULL) = (last_task IS NULL))),
    CONSTRAINT name_is_printable CHECK (weir.is_name(name)),
    CONSTRAINT schedule_every_ms_check CHECK ((every_ms >= 1000)),
    CONSTRAINT schedule_key_check CHECK (((octet_length(key) >= 1) AND (octet_length(key) <= 512))),
    CONSTRAINT schedule_missed_check CHECK ((missed = ANY (ARRAY['skip'::text, 'once'::text, 'all'::text]))),
    CONSTRAINT schedule_next_at_check CHECK (isfinite(next_at)),
    CONSTRAINT task_is_printable CHECK (weir.is_name(task))
);

COMMENT ON TABLE weir.schedule IS 'rules that enqueue one task per tick';

COMMENT ON COLUMN weir.schedule.schedule_id IS 'never given again';

COMMENT ON COLUMN weir.schedule.name IS 'what people call it';

COMMENT ON COLUMN weir.schedule.task IS 'name of the task';

COMMENT ON COLUMN weir.schedule.key IS 'key of the task';

COMMENT ON COLUMN weir.schedule.data IS 'data of the task';

COMMENT ON COLUMN weir.schedule.every_ms IS 'ticks at whole multiples of this since 1970-01-01 00:00 UTC';

COMMENT ON COLUMN weir.schedule.cron IS 'minute, hour, day of month, month, day of week';

COMMENT ON COLUMN weir.schedule.zone IS 'IANA time zone of the cron line';

COMMENT ON COLUMN weir.schedule.missed IS 'what becomes of ticks that passed while the cluster was away';

COMMENT ON COLUMN weir.schedule.since IS 'no tick up to here counts';

COMMENT ON COLUMN weir.schedule.next_at IS 'the next tick to fire, null = no leader has seen it yet';

COMMENT ON COLUMN weir.schedule.paused_until IS 'no tick before counts; infinity = until resumed';

COMMENT ON COLUMN weir.schedule.last_at IS 'the last tick that was fired';

COMMENT ON COLUMN weir.schedule.last_task IS 'the task of that tick';

CREATE VIEW weir.schedule_now AS
 SELECT s.schedule_id AS id,
    s.name,
    s.task,
    s.key,
    (s.data)::text AS data,
    s.every_ms,
    s.cron,
    s.zone,
    s.missed,
    weir.to_us(s.since) AS since_us,
    weir.to_us(s.next_at) AS next_at_us,
    COALESCE((s.paused_until > now()), false) AS paused,
    weir.to_us(s.paused_until) AS paused_until_us,
    weir.to_us(s.last_at) AS last_at_us,
    s.last_task
   FROM weir.schedule s;

COMMENT ON VIEW weir.schedule_now IS 'schedules';

ALTER TABLE weir.schedule ALTER COLUMN schedule_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME weir.schedule_schedule_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE SEQUENCE weir.stream_id
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE weir.stream_id OWNED BY weir.stream.stream_id;

CREATE VIEW weir.stream_now AS
 SELECT s.stream_id AS id,
    s.name,
    s.mode,
    s.partitions,
    s.concurrency,
    s.pin,
    s.pin_policy,
    s.isolation,
    s.handover_delay_ms,
    s.async_finish,
    COALESCE((s.paused_until > now()), false) AS paused,
        CASE
            WHEN (s.paused_until > now()) THEN weir.to_us(s.paused_until)
            ELSE NULL::bigint
        END AS paused_until_us,
    ARRAY( SELECT r.name
           FROM weir.route r
          WHERE (r.stream_id = s.stream_id)
          ORDER BY r.name) AS routes,
    s.rate,
    s.breaker_failures,
    s.breaker_pause_ms,
    s.notify
   FROM weir.stream s;

COMMENT ON VIEW weir.stream_now IS 'streams with their routes';

CREATE TABLE weir.success_0 (
    started_at timestamp with time zone NOT NULL,
    epoch bigint NOT NULL,
    block bigint NOT NULL,
    part_id integer NOT NULL,
    first_place smallint NOT NULL,
    last_place smallint NOT NULL,
    places smallint[] NOT NULL,
    after_us integer[] NOT NULL,
    took_ms integer[] NOT NULL,
    CONSTRAINT one_of_each_for_a_task CHECK (((cardinality(places) > 0) AND (cardinality(after_us) = cardinality(places)) AND (cardinality(took_ms) = cardinality(places))))
);

CREATE TABLE weir.success_1 (
    started_at timestamp with time zone NOT NULL,
    epoch bigint NOT NULL,
    block bigint NOT NULL,
    part_id integer NOT NULL,
    first_place smallint NOT NULL,
    last_place smallint NOT NULL,
    places smallint[] NOT NULL,
    after_us integer[] NOT NULL,
    took_ms integer[] NOT NULL,
    CONSTRAINT one_of_each_for_a_task CHECK (((cardinality(places) > 0) AND (cardinality(after_us) = cardinality(places)) AND (cardinality(took_ms) = cardinality(places))))
);

CREATE TABLE weir.success_2 (
    started_at timestamp with time zone NOT NULL,
    epoch bigint NOT NULL,
    block bigint NOT NULL,
    part_id integer NOT NULL,
    first_place smallint NOT NULL,
    last_place smallint NOT NULL,
    places smallint[] NOT NULL,
    after_us integer[] NOT NULL,
    took_ms integer[] NOT NULL,
    CONSTRAINT one_of_each_for_a_task CHECK (((cardinality(places) > 0) AND (cardinality(after_us) = cardinality(places)) AND (cardinality(took_ms) = cardinality(places))))
);

CREATE SEQUENCE weir.task_id
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE weir.task_id OWNED BY weir.task.id;

COMMENT ON SEQUENCE weir.task_id IS 'cache 1: the order of ids is the order of real time';

CREATE TABLE weir.task_0 (
    id bigint DEFAULT nextval('weir.task_id'::regclass) NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    epoch bigint,
    do_after timestamp with time zone,
    moved_from bigint,
    ext_id uuid,
    part_id integer NOT NULL,
    name text NOT NULL,
    key text,
    data jsonb NOT NULL,
    created_by text,
    trace text,
    CONSTRAINT do_after_is_before_the_year_9999 CHECK ((do_after < '9999-01-01 00:00:00+00'::timestamp with time zone)),
    CONSTRAINT task_id_check CHECK ((id > 0)),
    CONSTRAINT task_key_check CHECK (((octet_length(key) >= 1) AND (octet_length(key) <= 512))),
    CONSTRAINT task_name_check CHECK (((octet_length(name) >= 1) AND (octet_length(name) <= 256))),
    CONSTRAINT task_part_id_check CHECK ((part_id > 0))
);

CREATE TABLE weir.task_1 (
    id bigint DEFAULT nextval('weir.task_id'::regclass) NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    epoch bigint,
    do_after timestamp with time zone,
    moved_from bigint,
    ext_id uuid,
    part_id integer NOT NULL,
    name text NOT NULL,
    key text,
    data jsonb NOT NULL,
    created_by text,
    trace text,
    CONSTRAINT do_after_is_before_the_year_9999 CHECK ((do_after < '9999-01-01 00:00:00+00'::timestamp with time zone)),
    CONSTRAINT task_id_check CHECK ((id > 0)),
    CONSTRAINT task_key_check CHECK (((octet_length(key) >= 1) AND (octet_length(key) <= 512))),
    CONSTRAINT task_name_check CHECK (((octet_length(name) >= 1) AND (octet_length(name) <= 256))),
    CONSTRAINT task_part_id_check CHECK ((part_id > 0))
);

CREATE TABLE weir.task_2 (
    id bigint DEFAULT nextval('weir.task_id'::regclass) NOT NULL,
    xid xid8 DEFAULT pg_current_xact_id() NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    epoch bigint,
    do_after timestamp with time zone,
    moved_from bigint,
    ext_id uuid,
    part_id integer NOT NULL,
    name text NOT NULL,
    key text,
    data jsonb NOT NULL,
    created_by text,
    trace text,
    CONSTRAINT do_after_is_before_the_year_9999 CHECK ((do_after < '9999-01-01 00:00:00+00'::timestamp with time zone)),
    CONSTRAINT task_id_check CHECK ((id > 0)),
    CONSTRAINT task_key_check CHECK (((octet_length(key) >= 1) AND (octet_length(key) <= 512))),
    CONSTRAINT task_name_check CHECK (((octet_length(name) >= 1) AND (octet_length(name) <= 256))),
    CONSTRAINT task_part_id_check CHECK ((part_id > 0))
);

CREATE TABLE weir.term (
    timeline integer NOT NULL,
    term bigint NOT NULL,
    node_id integer NOT NULL,
    backend_pid integer NOT NULL,
    elected_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    ended_at timestamp with time zone,
    reason text,
    CONSTRAINT reason_at_the_end CHECK (((ended_at IS NULL) = (reason IS NULL))),
    CONSTRAINT term_term_check CHECK ((term > 0))
);

COMMENT ON TABLE weir.term IS 'the history of leaders; at most one term runs';

COMMENT ON COLUMN weir.term.timeline IS 'timeline of the database; with the term it fences the writes of a leader';

COMMENT ON COLUMN weir.term.term IS 'counts leaders';

COMMENT ON COLUMN weir.term.node_id IS 'the leader';

COMMENT ON COLUMN weir.term.backend_pid IS 'the session that holds the lock';

COMMENT ON COLUMN weir.term.elected_at IS 'when it began';

COMMENT ON COLUMN weir.term.ended_at IS 'when it ended, null = it runs';

COMMENT ON COLUMN weir.term.reason IS 'why it ended: resigned, drained, lost, dead, superseded';

ALTER TABLE ONLY weir.attempt_row ATTACH PARTITION weir.attempt_0 FOR VALUES FROM ('0') TO ('10000000');

ALTER TABLE ONLY weir.attempt_row ATTACH PARTITION weir.attempt_1 FOR VALUES FROM ('10000000') TO ('20000000');

ALTER TABLE ONLY weir.attempt_row ATTACH PARTITION weir.attempt_2 FOR VALUES FROM ('20000000') TO ('30000000');

ALTER TABLE ONLY weir.attempt_row ATTACH PARTITION weir.late_attempt FOR VALUES FROM (MINVALUE) TO ('0');

ALTER TABLE ONLY weir.success ATTACH PARTITION weir.success_0 FOR VALUES FROM ('0') TO ('10000');

ALTER TABLE ONLY weir.success ATTACH PARTITION weir.success_1 FOR VALUES FROM ('10000') TO ('20000');

ALTER TABLE ONLY weir.success ATTACH PARTITION weir.success_2 FOR VALUES FROM ('20000') TO ('30000');

ALTER TABLE ONLY weir.task ATTACH PARTITION weir.task_0 FOR VALUES FROM ('0') TO ('10000000');

ALTER TABLE ONLY weir.task ATTACH PARTITION weir.task_1 FOR VALUES FROM ('10000000') TO ('20000000');

ALTER TABLE ONLY weir.task ATTACH PARTITION weir.task_2 FOR VALUES FROM ('20000000') TO ('30000000');

ALTER TABLE ONLY weir.node ALTER COLUMN node_id SET DEFAULT nextval('weir.node_id'::regclass);

ALTER TABLE ONLY weir.stream ALTER COLUMN stream_id SET DEFAULT nextval('weir.stream_id'::regclass);

ALTER TABLE ONLY weir.task ALTER COLUMN id SET DEFAULT nextval('weir.task_id'::regclass);

ALTER TABLE ONLY weir.assignment
    ADD CONSTRAINT assignment_pkey PRIMARY KEY (part_id);

ALTER TABLE ONLY weir.attempt_row
    ADD CONSTRAINT attempt_pkey PRIMARY KEY (task_id, no);

ALTER TABLE ONLY weir.attempt_0
    ADD CONSTRAINT attempt_0_pkey PRIMARY KEY (task_id, no);

ALTER TABLE ONLY weir.attempt_1
    ADD CONSTRAINT attempt_1_pkey PRIMARY KEY (task_id, no);

ALTER TABLE ONLY weir.attempt_2
    ADD CONSTRAINT attempt_2_pkey PRIMARY KEY (task_id, no);

ALTER TABLE ONLY weir.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (audit_id);

ALTER TABLE ONLY weir.beat
    ADD CONSTRAINT beat_pkey PRIMARY KEY (node_id);

ALTER TABLE ONLY weir.block
    ADD CONSTRAINT block_pkey PRIMARY KEY (first_part);

ALTER TABLE ONLY weir.cdc_controller
    ADD CONSTRAINT cdc_controller_pkey PRIMARY KEY (controller);

ALTER TABLE ONLY weir.cdc_hash
    ADD CONSTRAINT cdc_hash_pkey PRIMARY KEY (controller, object_id);

ALTER TABLE ONLY weir.cluster
    ADD CONSTRAINT cluster_pkey PRIMARY KEY (one);

ALTER TABLE ONLY weir.former_attempt
    ADD CONSTRAINT former_attempt_pkey PRIMARY KEY (task_id);

ALTER TABLE ONLY weir.grantee
    ADD CONSTRAINT grantee_pkey PRIMARY KEY (role, grantee);

ALTER TABLE ONLY weir.kept_attempt
    ADD CONSTRAINT kept_attempt_pkey PRIMARY KEY (task_id, no);

ALTER TABLE ONLY weir.kept
    ADD CONSTRAINT kept_pkey PRIMARY KEY (id);

ALTER TABLE ONLY weir.late_attempt
    ADD CONSTRAINT late_attempt_pkey PRIMARY KEY (task_id, no);

ALTER TABLE ONLY weir.mark
    ADD CONSTRAINT mark_pkey PRIMARY KEY (part_id);

ALTER TABLE ONLY weir.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (version);

ALTER TABLE ONLY weir.node
    ADD CONSTRAINT node_pkey PRIMARY KEY (node_id);

ALTER TABLE ONLY weir.open
    ADD CONSTRAINT open_pkey PRIMARY KEY (task_id);

ALTER TABLE ONLY weir.ownership
    ADD CONSTRAINT ownership_pkey PRIMARY KEY (part_id, epoch, timeline);

ALTER TABLE ONLY weir.partition
    ADD CONSTRAINT partition_pkey PRIMARY KEY (part_id);

ALTER TABLE ONLY weir.partition
    ADD CONSTRAINT partition_stream_id_slot_key UNIQUE (stream_id, slot);

ALTER TABLE ONLY weir.paused_name
    ADD CONSTRAINT paused_name_pkey PRIMARY KEY (name);

ALTER TABLE ONLY weir.receipt
    ADD CONSTRAINT receipt_pkey PRIMARY KEY (token);

ALTER TABLE ONLY weir.request
    ADD CONSTRAINT request_pkey PRIMARY KEY (task_id);

ALTER TABLE ONLY weir.role_right
    ADD CONSTRAINT role_right_pkey PRIMARY KEY (object);

ALTER TABLE ONLY weir.route
    ADD CONSTRAINT route_pkey PRIMARY KEY (name);

ALTER TABLE ONLY weir.schedule
    ADD CONSTRAINT schedule_name_key UNIQUE (name);

ALTER TABLE ONLY weir.schedule
    ADD CONSTRAINT schedule_pkey PRIMARY KEY (schedule_id);

ALTER TABLE ONLY weir.stream
    ADD CONSTRAINT stream_first_part_key UNIQUE (first_part);

ALTER TABLE ONLY weir.stream
    ADD CONSTRAINT stream_name_key UNIQUE (name);

ALTER TABLE ONLY weir.stream
    ADD CONSTRAINT stream_pkey PRIMARY KEY (stream_id);

ALTER TABLE ONLY weir.task
    ADD CONSTRAINT task_pkey PRIMARY KEY (id);

ALTER TABLE ONLY weir.task_0
    ADD CONSTRAINT task_0_pkey PRIMARY KEY (id);

ALTER TABLE ONLY weir.task_1
    ADD CONSTRAINT task_1_pkey PRIMARY KEY (id);

ALTER TABLE ONLY weir.task_2
    ADD CONSTRAINT task_2_pkey PRIMARY KEY (id);

ALTER TABLE ONLY weir.term
    ADD CONSTRAINT term_pkey PRIMARY KEY (timeline, term);

CREATE INDEX assignment_node ON weir.assignment USING btree (node) WHERE (node IS NOT NULL);

CREATE INDEX attempt_failed ON ONLY weir.attempt_row USING btree (task_id) WHERE (result = ANY (ARRAY['f'::"char", 'X'::"char"]));

CREATE INDEX attempt_0_task_id_idx ON weir.attempt_0 USING btree (task_id) WHERE (result = ANY (ARRAY['f'::"char", 'X'::"char"]));

CREATE INDEX attempt_1_task_id_idx ON weir.attempt_1 USING btree (task_id) WHERE (result = ANY (ARRAY['f'::"char", 'X'::"char"]));

CREATE INDEX attempt_2_task_id_idx ON weir.attempt_2 USING btree (task_id) WHERE (result = ANY (ARRAY['f'::"char", 'X'::"char"]));

CREATE INDEX audit_at ON weir.audit USING btree (at);

CREATE UNIQUE INDEX audit_request ON weir.audit USING btree (request, action, object) WHERE (request IS NOT NULL);

CREATE INDEX block_stream ON weir.block USING btree (stream_id);

CREATE INDEX kept_attempt_failed ON weir.kept_attempt USING btree (task_id) WHERE (result = ANY (ARRAY['f'::"char", 'X'::"char"]));

CREATE INDEX kept_key ON weir.kept USING btree (part_id, key, id);

CREATE INDEX kept_unfinished ON weir.kept USING btree (id) WHERE unfinished;

CREATE INDEX late_attempt_task_id_idx ON weir.late_attempt USING btree (task_id) WHERE (result = ANY (ARRAY['f'::"char", 'X'::"char"]));

CREATE UNIQUE INDEX node_newest ON weir.node USING btree (name) WHERE newest;

CREATE INDEX open_due ON weir.open USING btree (part_id, due, task_id);

CREATE INDEX open_key ON weir.open USING btree (part_id, name, key, task_id) WHERE (key IS NOT NULL);

CREATE INDEX open_retry ON weir.open USING btree (task_id) WHERE (state = 'r'::"char");

CREATE INDEX open_running ON weir.open USING btree (part_id) WHERE (state = 'i'::"char");

CREATE INDEX ownership_running ON weir.ownership USING btree (node_id) WHERE (ended_at IS NULL);

CREATE INDEX partition_owner ON weir.partition USING btree (owner) WHERE (owner IS NOT NULL);

CREATE INDEX request_part ON weir.request USING btree (part_id, request_id);

CREATE INDEX route_stream ON weir.route USING btree (stream_id);

CREATE INDEX schedule_next ON weir.schedule USING btree (next_at);

CREATE INDEX stream_notify ON weir.stream USING btree (stream_id) WHERE notify;

CREATE INDEX success_task ON ONLY weir.success USING btree (block, part_id, first_place, last_place);

CREATE INDEX success_0_block_part_id_first_place_last_place_idx ON weir.success_0 USING btree (block, part_id, first_place, last_place);

CREATE INDEX success_1_block_part_id_first_place_last_place_idx ON weir.success_1 USING btree (block, part_id, first_place, last_place);

CREATE INDEX success_2_block_part_id_first_place_last_place_idx ON weir.success_2 USING btree (block, part_id, first_place, last_place);

CREATE INDEX task_key ON ONLY weir.task USING btree (part_id, key, id) WHERE (key IS NOT NULL);

CREATE INDEX task_0_part_id_key_id_idx ON weir.task_0 USING btree (part_id, key, id) WHERE (key IS NOT NULL);

CREATE INDEX task_read ON ONLY weir.task USING btree (part_id, xid, id);

CREATE INDEX task_0_part_id_xid_id_idx ON weir.task_0 USING btree (part_id, xid, id);

CREATE INDEX task_1_part_id_key_id_idx ON weir.task_1 USING btree (part_id, key, id) WHERE (key IS NOT NULL);

CREATE INDEX task_1_part_id_xid_id_idx ON weir.task_1 USING btree (part_id, xid, id);

CREATE INDEX task_2_part_id_key_id_idx ON weir.task_2 USING btree (part_id, key, id) WHERE (key IS NOT NULL);

CREATE INDEX task_2_part_id_xid_id_idx ON weir.task_2 USING btree (part_id, xid, id);

CREATE INDEX term_node ON weir.term USING btree (node_id);

CREATE UNIQUE INDEX term_running ON weir.term USING btree ((true)) WHERE (ended_at IS NULL);

ALTER INDEX weir.attempt_pkey ATTACH PARTITION weir.attempt_0_pkey;

ALTER INDEX weir.attempt_failed ATTACH PARTITION weir.attempt_0_task_id_idx;

ALTER INDEX weir.attempt_pkey ATTACH PARTITION weir.attempt_1_pkey;

ALTER INDEX weir.attempt_failed ATTACH PARTITION weir.attempt_1_task_id_idx;

ALTER INDEX weir.attempt_pkey ATTACH PARTITION weir.attempt_2_pkey;

ALTER INDEX weir.attempt_failed ATTACH PARTITION weir.attempt_2_task_id_idx;

ALTER INDEX weir.attempt_pkey ATTACH PARTITION weir.late_attempt_pkey;

ALTER INDEX weir.attempt_failed ATTACH PARTITION weir.late_attempt_task_id_idx;

ALTER INDEX weir.success_task ATTACH PARTITION weir.success_0_block_part_id_first_place_last_place_idx;

ALTER INDEX weir.success_task ATTACH PARTITION weir.success_1_block_part_id_first_place_last_place_idx;

ALTER INDEX weir.success_task ATTACH PARTITION weir.success_2_block_part_id_first_place_last_place_idx;

ALTER INDEX weir.task_key ATTACH PARTITION weir.task_0_part_id_key_id_idx;

ALTER INDEX weir.task_read ATTACH PARTITION weir.task_0_part_id_xid_id_idx;

ALTER INDEX weir.task_pkey ATTACH PARTITION weir.task_0_pkey;

ALTER INDEX weir.task_key ATTACH PARTITION weir.task_1_part_id_key_id_idx;

ALTER INDEX weir.task_read ATTACH PARTITION weir.task_1_part_id_xid_id_idx;

ALTER INDEX weir.task_pkey ATTACH PARTITION weir.task_1_pkey;

ALTER INDEX weir.task_key ATTACH PARTITION weir.task_2_part_id_key_id_idx;

ALTER INDEX weir.task_read ATTACH PARTITION weir.task_2_part_id_xid_id_idx;

ALTER INDEX weir.task_pkey ATTACH PARTITION weir.task_2_pkey;

CREATE TRIGGER attempt_insert INSTEAD OF INSERT ON weir.attempt FOR EACH ROW EXECUTE FUNCTION weir.attempt_insert();

CREATE TRIGGER message_queue_insert INSTEAD OF INSERT ON weir.message_queue FOR EACH ROW EXECUTE FUNCTION weir.message_queue_insert();

CREATE TRIGGER raise_epoch_floor AFTER DELETE ON weir.partition REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION weir.raise_epoch_floor();

ALTER TABLE ONLY weir.assignment
    ADD CONSTRAINT assignment_part_id_fkey FOREIGN KEY (part_id) REFERENCES weir.partition(part_id) ON DELETE CASCADE;

ALTER TABLE ONLY weir.beat
    ADD CONSTRAINT beat_node_id_fkey FOREIGN KEY (node_id) REFERENCES weir.node(node_id);

ALTER TABLE ONLY weir.block
    ADD CONSTRAINT block_stream_id_fkey FOREIGN KEY (stream_id) REFERENCES weir.stream(stream_id);

ALTER TABLE ONLY weir.mark
    ADD CONSTRAINT mark_part_id_fkey FOREIGN KEY (part_id) REFERENCES weir.partition(part_id) ON DELETE CASCADE;

ALTER TABLE ONLY weir.ownership
    ADD CONSTRAINT ownership_node_id_fkey FOREIGN KEY (node_id) REFERENCES weir.node(node_id);

ALTER TABLE ONLY weir.partition
    ADD CONSTRAINT partition_owner_fkey FOREIGN KEY (owner) REFERENCES weir.node(node_id);

ALTER TABLE ONLY weir.partition
    ADD CONSTRAINT partition_stream_id_fkey FOREIGN KEY (stream_id) REFERENCES weir.stream(stream_id);

ALTER TABLE ONLY weir.route
    ADD CONSTRAINT route_stream_id_fkey FOREIGN KEY (stream_id) REFERENCES weir.stream(stream_id);

ALTER TABLE ONLY weir.term
    ADD CONSTRAINT term_node_id_fkey FOREIGN KEY (node_id) REFERENCES weir.node(node_id);

