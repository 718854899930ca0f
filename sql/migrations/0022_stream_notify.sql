-- Streams whose nodes are woken by what is enqueued by SQL. A hint and nothing more: every poll would find it, too.
alter table weir.stream
  add column notify bool not null default false;
comment on column weir.stream.notify is 'what is enqueued by SQL wakes its node; commits that notify wait for each other';
create index stream_notify on weir.stream(stream_id) where notify;

create function weir.wake_channel()
returns text
language sql
stable
set search_path = weir, pg_temp
as $$
  select left(current_schema(), 57) || '_tasks'
$$;
comment on function weir.wake_channel() is 'where nodes listen: the streams that got tasks, as numbers with commas';

create or replace view weir.stream_now as
select s.stream_id as id, s.name, s.mode, s.partitions, s.concurrency, s.pin, s.pin_policy, s.isolation,
  s.handover_delay_ms, s.async_finish,
  coalesce(s.paused_until > now(), false) as paused,
  case when s.paused_until > now() then weir.to_us(s.paused_until) end as paused_until_us,
  array(select r.name
        from weir.route r
        where r.stream_id = s.stream_id
        order by r.name) as routes,
  s.rate, s.breaker_failures, s.breaker_pause_ms, s.notify
from weir.stream s;
comment on view weir.stream_now is 'streams with their routes';


create or replace function weir.stream_differences(wanted jsonb)
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
    ('async_finish', s.async_finish::text, wanted ->> 'async_finish'),
    ('notify', s.notify::text, coalesce(wanted ->> 'notify', 'false')),
    ('rate', s.rate, wanted ->> 'rate'),
    ('breaker.failures', s.breaker_failures::text, wanted ->> 'breaker_failures'),
    ('breaker.pause', s.breaker_pause_ms || 'ms', (wanted ->> 'breaker_pause_ms') || 'ms')
  ) d(setting, present, declared)
  where s.name = wanted ->> 'name'
    and d.present is distinct from d.declared
$$;

create or replace function weir.limit_stream(stream_name text, change jsonb)
returns void
language plpgsql
as $$
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
$$;

create or replace function weir.enqueue_rows(names text[], keys text[], datas jsonb[], streams text[],
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
  -- A node knows what it inserts itself.
  if me is null and exists (select from weir.stream s where s.notify) then
    perform pg_notify(weir.wake_channel(), string_agg(s.stream_id::text, ','))
    from weir.stream s
    where s.notify
      and s.stream_id in (select weir.stream_of(d.name, d.stream)
                          from (select distinct u.name, u.stream from unnest(names, streams) u(name, stream)) d)
    having count(*) between 1 and 500;
  end if;
end
$$;

revoke all on function weir.wake_channel() from public;
insert into weir.role_right(object, node)
values ('wake_channel', 'execute');
