-- The statement that every enqueue ends with costs half where a node sends a few tasks at a time: nothing is looked at
-- twice, and no function is called that PostgreSQL would parse anew in each call (weir.stream_of cannot be inlined).

-- Fails with what is wrong with the first bad one.
create function weir.check_tasks(names text[], keys text[], streams text[])
returns void
language plpgsql
stable
as $$
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
comment on function weir.check_tasks(text[], text[], text[]) is 'refuses names, keys and streams that cannot be';

-- weir's own programs (me is not null) have checked names and keys; a stream that is not there comes to light at the
-- end. The rest is as it was: 0007 says why.
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
  -- A scan of arrays keeps their order: so do the ids.
  with numbered as materialized (
    select nextval('weir.task_id') as id, u.*, nullif(u.key, '') as real_key
    from unnest(names, keys, datas, streams, do_afters, created_bys, ext_ids, tokens) with ordinality
      u(name, key, data, stream, do_after, created_by, ext_id, token, ord)
  ),
  -- Once for each name: a function call for every row would cost more than its insert.
  placed as materialized (
    select d.name, d.stream, s.first_part, s.partitions
    from (select distinct n.name, n.stream from numbered n) d
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

revoke all on function weir.check_tasks(text[], text[], text[]) from public;
insert into weir.role_right(object)
values ('check_tasks');
select weir.renew_grants();
