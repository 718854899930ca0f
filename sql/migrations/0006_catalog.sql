-- What nodes and people read of the cluster, shaped as the driver's records, and the changes that
-- declarations and people make to streams.
create view weir.node_now as
select n.node_id as id, n.name, n.machine, n.version, n.address, n.http, n.labels, n.weight, n.actions, n.state,
  n.timeline, n.drain_wanted, n.declared, n.differences, n.cluster_settings::text as cluster_settings, b.beat,
  extract(epoch from clock_timestamp() - b.beat_at)::float8 as beat_age
from weir.node n
join weir.beat b on b.node_id = n.node_id
where n.newest;
comment on view weir.node_now is 'the newest incarnation of each name';

create view weir.stream_now as
select s.stream_id as id, s.name, s.mode, s.partitions, s.concurrency, s.pin, s.pin_policy, s.isolation,
  s.handover_delay_ms, s.async_finish,
  coalesce(s.paused_until > now(), false) as paused,
  case when s.paused_until > now() then weir.to_us(s.paused_until) end as paused_until_us,
  array(select r.name
        from weir.route r
        where r.stream_id = s.stream_id
        order by r.name) as routes
from weir.stream s;
comment on view weir.stream_now is 'streams with their routes';

create view weir.partition_now as
select p.part_id as id, p.stream_id as stream, p.slot, p.owner, n.name as owner_name, p.timeline, p.epoch,
  p.freed_by_crash, a.node as assigned_to
from weir.partition p
join weir.assignment a on a.part_id = p.part_id
left join weir.node n on n.node_id = p.owner;
comment on view weir.partition_now is 'partitions with their owner and the wish of the leader';

-- One sentence for every setting of a stream that differs from what was wanted.
create function weir.stream_differences(wanted jsonb)
returns setof text
language sql
stable
as $$
  select format('stream "%s": %s is %s, declared %s', s.name, d.setting, coalesce(d.present, 'not set'),
                coalesce(d.declared, 'not set'))
  from weir.stream s
  cross join lateral (values
    ('mode', s.mode, wanted ->> 'mode'),
    ('partitions', s.partitions::text, wanted ->> 'partitions'),
    ('concurrency', s.concurrency::text, wanted ->> 'concurrency'),
    ('pin_policy', s.pin_policy, wanted ->> 'pin_policy'),
    ('isolation', s.isolation, wanted ->> 'isolation'),
    ('handover_delay', s.handover_delay_ms || 'ms', (wanted ->> 'handover_delay_ms') || 'ms'),
    ('async_finish', s.async_finish::text, wanted ->> 'async_finish')
  ) d(setting, present, declared)
  where s.name = wanted ->> 'name'
    and d.present is distinct from d.declared
$$;
comment on function weir.stream_differences(jsonb)
  is 'how a stream differs from a declaration; a pin is a value at creation only';

create function weir.create_stream(wanted jsonb)
returns int
language sql
as $$
  select weir.create_stream(
    wanted ->> 'name', wanted ->> 'mode', (wanted ->> 'partitions')::int, (wanted ->> 'concurrency')::int,
    wanted ->> 'pin', wanted ->> 'pin_policy', wanted ->> 'isolation',
    (wanted ->> 'handover_delay_ms')::bigint, (wanted ->> 'async_finish')::bool)
$$;
comment on function weir.create_stream(jsonb) is 'the same with the settings as an object';

-- Creates what a node declares and does not exist yet; the rest stays and is reported. A route is not
-- created while tasks of its name are unfinished elsewhere: tasks of one key must stay in one partition.
create function weir.declare(me int, wanted jsonb)
returns text[]
language plpgsql
set lock_timeout = '1s'
as $$
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
comment on function weir.declare(int, jsonb) is 'creates declared streams and routes; returns the differences';

-- A stream to be changed: its row, locked.
create function weir.lock_stream(stream_name text)
returns weir.stream
language plpgsql
as $$
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
comment on function weir.lock_stream(text) is 'a stream, locked; an error if there is none';

-- Changes settings of a stream; what is missing in `change` stays. Another number of partitions means new
-- partitions: nobody may own the old ones, no task of the stream may be unfinished, and every transaction
-- that is inserting tasks just now is waited for (at most the lock timeout).
create function weir.change_stream(stream_name text, change jsonb)
returns void
language plpgsql
set lock_timeout = '1s'
as $$
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
comment on function weir.change_stream(text, jsonb) is 'changes settings of a stream';

-- Deletes a stream that has nothing left to do, with its routes; its finished tasks keep its name. Whoever owns
-- its partitions loses them. Everybody who is inserting tasks is waited for (at most the lock timeout).
create function weir.delete_stream(stream_name text)
returns void
language plpgsql
set lock_timeout = '1s'
as $$
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
comment on function weir.delete_stream(text) is 'deletes a stream without unfinished tasks';

revoke all on function weir.create_stream(jsonb) from public;
revoke all on function weir.declare(int, jsonb) from public;
revoke all on function weir.lock_stream(text) from public;
revoke all on function weir.change_stream(text, jsonb) from public;
revoke all on function weir.delete_stream(text) from public;
