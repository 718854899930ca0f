-- Tasks carry the trace context of whoever enqueued them: a traceparent of the W3C recommendation "Trace Context".
comment on column weir.task.trace is 'trace context of who enqueued it: a W3C traceparent';
comment on column weir.kept.trace is 'trace context of who enqueued it: a W3C traceparent';

create function weir.traceparent_problem(given text)
returns text
language sql
immutable
parallel safe
as $$
  select case
    when given <> '' and given !~ '^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$'
      then format('"%s" is no traceparent (like 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01)',
                  left(given, 100))
  end
$$;
comment on function weir.traceparent_problem(text) is 'what is wrong with a trace context; null = nothing';

-- 0026 says why it is built so.
drop function weir.enqueue_rows(text[], text[], jsonb[], text[], timestamptz[], text[], uuid[], bigint, int[],
                                bigint[], uuid[]);
create function weir.enqueue_rows(names text[], keys text[], datas jsonb[], streams text[],
                                  do_afters timestamptz[], created_bys text[], ext_ids uuid[] default null,
                                  me bigint default null, held_parts int[] default null,
                                  held_epochs bigint[] default null, tokens uuid[] default null,
                                  traces text[] default null)
returns table(id bigint, xid xid8, part_id int, epoch bigint, created_by text, created_at timestamptz, repeats int)
language plpgsql
security definer
set search_path = weir, pg_temp
as $$
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
comment on function weir.enqueue_rows(text[], text[], jsonb[], text[], timestamptz[], text[], uuid[], bigint, int[],
                                      bigint[], uuid[], text[])
  is 'inserts tasks given as arrays; for the other functions and for nodes';
revoke all on function weir.enqueue_rows(text[], text[], jsonb[], text[], timestamptz[], text[], uuid[], bigint, int[],
                                         bigint[], uuid[], text[]) from public;

-- Rights that somebody gave by hand go over to the new one.
select set_config('upgrade.rights', coalesce(string_agg(format(
  'grant execute on function weir.enqueue(text, text, jsonb, text, timestamptz, text, text) to %s',
  case when a.grantee = 0 then 'public' else a.grantee::regrole::text end), ';'), ''), true)
from pg_proc p
cross join lateral aclexplode(p.proacl) a
where p.oid = 'weir.enqueue(text, text, jsonb, text, timestamptz, text)'::regprocedure
  and a.grantee <> p.proowner;
drop function weir.enqueue(text, text, jsonb, text, timestamptz, text);
create function weir.enqueue(name text, key text default null, data jsonb default '{}', stream text default null,
                             do_after timestamptz default now(), created_by text default current_user,
                             traceparent text default null)
returns bigint
language plpgsql
security definer
set search_path = weir, pg_temp
as $$
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
comment on function weir.enqueue(text, text, jsonb, text, timestamptz, text, text)
  is 'enqueues one task; returns its id';
revoke all on function weir.enqueue(text, text, jsonb, text, timestamptz, text, text) from public;
do $$
begin
  if current_setting('upgrade.rights') <> '' then
    execute current_setting('upgrade.rights');
  end if;
end
$$;

create or replace function weir.enqueue_many(tasks jsonb)
returns setof bigint
language plpgsql
security definer
set search_path = weir, pg_temp
as $$
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

insert into weir.role_right(object)
values ('traceparent_problem');
select weir.renew_grants();
