-- The way in for every language that speaks SQL: weir.enqueue, weir.enqueue_many, and message_queue, the
-- view that producers of episub/queue write to. All of it inside the caller's transaction, and with the
-- rights of the schema's owner, so that a producer needs no more than execute or insert here.

-- What is wrong with a task, null if nothing is.
create function weir.task_problem(name text, key text)
returns text
language sql
immutable
parallel safe
as $$
  select case
    when coalesce(name, '') = '' then 'the task name is missing'
    when char_length(name) > 64 then 'the task name is longer than 64 characters'
    when not weir.is_name(name) then 'the task name contains a control character'
    when octet_length(key) > 512 then 'the key is longer than 512 bytes'
  end
$$;
comment on function weir.task_problem(text, text) is 'what is wrong with a name and a key';

-- The stream of a task: the one asked for, else by route, else `default`, which is stream 1.
create function weir.stream_of(name text, stream text)
returns int
language sql
stable
as $$
  select case
    when stream is not null then (select s.stream_id from weir.stream s where s.name = stream)
    else coalesce((select r.stream_id from weir.route r where r.name = stream_of.name), 1)
  end
$$;
comment on function weir.stream_of(text, text) is 'where a task goes; null = there is no such stream';

-- Every enqueue ends here. All or nothing; ids are taken in the order of the arrays, inside the inserting
-- statement. In transactions that keep one snapshot the streams are locked, so that a change of their
-- partitions which that snapshot cannot see fails here instead of losing tasks.
--
-- A node may offer partitions that it owns (me, held_parts, held_epochs): rows that fall into them, are due,
-- and find the fence standing carry its epoch, so that no poll of this owner brings them again.
--
-- Rows that share a token are one message. One that was enqueued before, under way in another session included,
-- is not enqueued again: its rows come back with the ids of then, and say in `repeats` which row they answer.
create function weir.enqueue_rows(names text[], keys text[], datas jsonb[], streams text[],
                                  do_afters timestamptz[], created_bys text[], ext_ids uuid[] default null,
                                  me bigint default null, held_parts int[] default null,
                                  held_epochs bigint[] default null, tokens uuid[] default null)
returns table(id bigint, xid xid8, part_id int, epoch bigint, created_by text, created_at timestamptz, repeats int)
language plpgsql
security definer
set search_path = weir, pg_temp
as $$
#variable_conflict use_column
declare
  bad record;
  made bigint;
  repeated bigint := 0;
begin
  select u.ord, coalesce(weir.task_problem(u.name, u.key), format('there is no stream "%s"', u.stream)) as problem
  into bad
  from unnest(names, keys, streams) with ordinality u(name, key, stream, ord)
  where weir.task_problem(u.name, u.key) is not null
     or u.stream not in (select s.name from weir.stream s)
  order by u.ord
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
  if current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
    perform
    from weir.stream s
    where s.stream_id in (select weir.stream_of(u.name, u.stream)
                          from unnest(names, streams) u(name, stream))
    order by s.stream_id
    for share;
  end if;
  return query
  with wanted as (
    select u.*
    from unnest(names, keys, datas, streams, do_afters, created_bys, ext_ids, tokens) with ordinality
      u(name, key, data, stream, do_after, created_by, ext_id, token, ord)
    order by u.ord
    offset 0
  ),
  numbered as materialized (
    select nextval('weir.task_id') as id, w.*, nullif(w.key, '') as real_key
    from wanted w
  ),
  -- Once for each name: a function call for every row would cost more than its insert.
  placed as materialized (
    select d.name, d.stream, s.first_part, s.partitions
    from (select distinct w.name, w.stream from wanted w) d
    join weir.stream s on s.stream_id = weir.stream_of(d.name, d.stream)
  ),
  -- Waits for a session that enqueues the same message just now.
  fresh as (
    insert into weir.receipt(token, ids)
    select n.token, array_agg(n.id order by n.ord)
    from numbered n
    where n.token is not null
    group by n.token
    order by n.token
    on conflict do nothing
    returning token
  ),
  routed as materialized (
    select n.*, p.first_part + weir.bucket(n.name, n.real_key, n.id, p.partitions) as part_id,
      case when n.do_after > now() then n.do_after end as later
    from numbered n
    join placed p on p.name = n.name and p.stream is not distinct from n.stream
    where n.token is null
       or n.token in (select f.token from fresh f)
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
  insert into weir.task as t(id, part_id, epoch, name, key, data, do_after, created_by, ext_id)
  select r.id, r.part_id, held.epoch, r.name, r.real_key, coalesce(r.data, '{}'), r.later,
    coalesce(r.created_by, session_user), r.ext_id
  from routed r
  left join held on held.part_id = r.part_id and r.later is null
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
    join weir.receipt r on r.token = u.token and cardinality(r.ids) = u.rows
    where r.xid <> pg_current_xact_id();
    get diagnostics repeated = row_count;
    if exists (select 1 from unnest(tokens) t(token) join weir.receipt r using (token)
               group by t.token, r.ids having count(*) <> cardinality(r.ids)) then
      raise exception 'a token was used before for another number of tasks'
        using errcode = '22023', hint = 'every message has a token of its own; nothing was enqueued';
    end if;
  end if;
  if made + repeated <> cardinality(names) then
    raise exception 'a stream of these tasks was deleted just now'
      using errcode = '22023', hint = 'nothing was enqueued';
  end if;
end
$$;
comment on function weir.enqueue_rows(text[], text[], jsonb[], text[], timestamptz[], text[], uuid[], bigint, int[],
                                      bigint[], uuid[])
  is 'inserts tasks given as arrays; for the other functions and for nodes';

-- Data of producers, which no program of ours has checked: at most 1 MiB of JSON text.
create function weir.check_data(data jsonb, what text)
returns void
language plpgsql
immutable
as $$
begin
  if octet_length(data::text) > 1048576 then
    raise exception '%the data is longer than 1 MiB of JSON text', what
      using errcode = '22023', hint = 'keep large things elsewhere and enqueue a reference to them';
  end if;
end
$$;
comment on function weir.check_data(jsonb, text) is 'refuses data that is too long';

create function weir.enqueue(name text, key text default null, data jsonb default '{}', stream text default null,
                             do_after timestamptz default now(), created_by text default current_user)
returns bigint
language plpgsql
security definer
set search_path = weir, pg_temp
as $$
begin
  perform weir.check_data(data, '');
  return (select r.id
          from weir.enqueue_rows(array[name], array[key], array[data], array[stream], array[do_after],
                                 array[created_by]) r);
end
$$;
comment on function weir.enqueue(text, text, jsonb, text, timestamptz, text) is 'enqueues one task; returns its id';

create function weir.enqueue_many(tasks jsonb)
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
       where k not in ('name', 'key', 'data', 'stream', 'do_after', 'created_by')
       limit 1),
      (select format('"%s" must be a string', f.key)
       from jsonb_each(e.task) f
       where f.key <> 'data'
         and jsonb_typeof(f.value) not in ('string', 'null')
       limit 1),
      case when octet_length(e.task ->> 'data') > 1048576 then 'the data is longer than 1 MiB of JSON text' end)
  end as problem) p
  where p.problem is not null
  order by e.ord
  limit 1;
  if found then
    raise exception 'task % of %: %', bad.ord, total, bad.problem
      using errcode = '22023',
            hint = 'keys are name, key, data, stream, do_after, created_by; nothing was enqueued';
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
               array_agg(e.task ->> 'created_by' order by e.ord) as created_bys
        from jsonb_array_elements(tasks) with ordinality e(task, ord)) a
  cross join lateral weir.enqueue_rows(a.names, a.keys, a.datas, a.streams, instants, a.created_bys) r
  order by r.id;
end
$$;
comment on function weir.enqueue_many(jsonb)
  is 'enqueues an array of objects, all or nothing; returns their ids in order';

-- The state of a task, from its last attempt and its row in weir.open.
create function weir.state_of(is_open bool, open_state "char", last_result "char")
returns text
language sql
immutable
parallel safe
as $$
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
comment on function weir.state_of(bool, "char", "char") is 'READY, IN PROGRESS, RETRY, DONE, FAILED or CANCELLED';

create view weir.message_queue as
select
  coalesce(t.ext_id, ('00000000-0000-4000-8000-' || lpad(to_hex(t.id), 12, '0'))::uuid) as message_queue_id,
  t.data,
  t.key::varchar as task_key,
  t.name::varchar as task_name,
  t.created_at,
  t.created_by::varchar as created_by,
  coalesce(a.started_at, t.created_at) as last_attempted,
  weir.state_of(o.task_id is not null, o.state, a.result)::varchar as state,
  coalesce(a.message, case when a.no is null then 'Created' else '' end)::varchar as last_attempt_message,
  coalesce(o.due, t.do_after, t.created_at) as do_after
from weir.task t
left join weir.open o on o.task_id = t.id
left join lateral (
  select l.no, l.started_at, l.result, l.message
  from weir.attempt l
  where l.task_id = t.id
  order by l.no desc
  limit 1
) a on true;
comment on view weir.message_queue is 'tasks as episub/queue shows them; takes its INSERT';

create function weir.message_queue_insert()
returns trigger
language plpgsql
security definer
set search_path = weir, pg_temp
as $$
declare
  made bigint;
begin
  if coalesce(new.state, 'READY') <> 'READY' then
    raise exception 'message_queue takes READY rows only, this one is %', new.state
      using errcode = '22023', hint = 'history is imported by: weir db import-message-queue';
  end if;
  perform weir.check_data(new.data, '');
  select r.id
  into made
  from weir.enqueue_rows(array[new.task_name::text], array[new.task_key::text], array[new.data], array[null::text],
                         array[new.do_after], array[new.created_by::text], array[new.message_queue_id]) r;
  new.message_queue_id := coalesce(new.message_queue_id,
                                   ('00000000-0000-4000-8000-' || lpad(to_hex(made), 12, '0'))::uuid);
  new.state := 'READY';
  return new;
end
$$;
comment on function weir.message_queue_insert() is 'enqueues what is inserted into message_queue';

create trigger message_queue_insert
instead of insert on weir.message_queue
for each row execute function weir.message_queue_insert();

revoke all on function weir.enqueue_rows(text[], text[], jsonb[], text[], timestamptz[], text[], uuid[], bigint, int[],
                                         bigint[], uuid[]) from public;
