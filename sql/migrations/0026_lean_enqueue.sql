-- An insert of many tasks costs a third less: each row passes through one materialised list instead of two, and the
-- receipt of a message keeps no list of ids that follow on one another (which was compressed and written once more).
alter table weir.receipt
  alter column ids drop not null,
  add column first_id bigint,
  add column tasks int,
  add constraint ids_are_known check (ids is not null or (first_id is not null and tasks is not null));
comment on column weir.receipt.ids is 'the tasks, in the order of the message; null = those from first_id on';
comment on column weir.receipt.first_id is 'the first of its tasks, whose ids follow on one another';
comment on column weir.receipt.tasks is 'how many they are';

create function weir.ids_of(receipt weir.receipt)
returns bigint[]
language sql
immutable
parallel safe
as $$
  select coalesce(receipt.ids,
                  array(select generate_series(receipt.first_id, receipt.first_id + receipt.tasks - 1)))
$$;
comment on function weir.ids_of(weir.receipt) is 'the tasks of a message, in its order';

-- 0007 says why it is built so, 0023 who has checked what. An array that is shorter than names stands for nulls.
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
      from unnest(names, keys, datas, streams, do_afters, created_bys, ext_ids, tokens) with ordinality
        u(name, key, data, stream, do_after, created_by, ext_id, token, ord)
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
  insert into weir.task as t(id, part_id, epoch, name, key, data, do_after, created_by, ext_id)
  select r.id, r.part_id, held.epoch, r.name, r.real_key, coalesce(r.data, '{}'), r.later,
    coalesce(r.created_by, session_user), r.ext_id
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

insert into weir.role_right(object)
values ('ids_of');
select weir.renew_grants();
