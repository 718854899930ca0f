-- What lists of tasks are made with: they cost as much as they show, however much has ended (sql/queries/lists.sql).

-- Of kept tasks only, which retention writes: no task costs more by it.
create index kept_key on weir.kept(part_id, key, id);

create function weir.parts_of(stream_name text)
returns table(part_id int)
language sql
stable
as $$
  select b.first_part + slot
  from weir.block b
  left join weir.stream s on s.stream_id = b.stream_id
  cross join lateral generate_series(0, b.parts - 1) slot
  where coalesce(s.name, b.former_name) = stream_name
$$;
comment on function weir.parts_of(text) is 'partitions that streams of that name have, and had';

create function weir.state_now(task bigint)
returns table(state text)
language sql
stable
rows 1
as $$
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
comment on function weir.state_now(bigint) is 'the state of a task that is known';

-- Of a partition, with what is accounted for already where that is wanted: to look at many together is cheaper.
create function weir.unread(part int, seen pg_snapshot, upto pg_snapshot, at_xid xid8, at_id bigint, only_name text,
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
      and (accounted_too or (select k.one from weir.accounted(t.id) k) is null)
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
        and (accounted_too or (select k.one from weir.accounted(t.id) k) is null)
      order by t.xid, t.id
      limit most
    ) l
    where pg_visible_in_snapshot(late.xid, pg_current_snapshot())
  )
$$;
comment on function weir.unread(int, pg_snapshot, pg_snapshot, xid8, bigint, text, bigint, bool)
  is 'tasks of a partition behind its mark: unfinished ones that are not in weir.open, or all';

create or replace function weir.unread(part int, seen pg_snapshot, upto pg_snapshot, at_xid xid8, at_id bigint,
                                       only_name text, most bigint)
returns table(id bigint, name text, created_at timestamptz, do_after timestamptz)
language sql
stable
as $$
  select u.id, u.name, u.created_at, u.do_after
  from weir.unread(part, seen, upto, at_xid, at_id, only_name, most, false) u
$$;

revoke all on function weir.parts_of(text) from public;
revoke all on function weir.state_now(bigint) from public;
revoke all on function weir.unread(int, pg_snapshot, pg_snapshot, xid8, bigint, text, bigint, bool) from public;
insert into weir.role_right(object, reader, node)
values
  ('parts_of', 'execute', 'execute'),
  ('state_now', 'execute', 'execute');
select weir.renew_grants();
