-- What looked for attempts by a join, which would look at all of history in the view that 0031 made of weir.attempt.

-- 0025 says what it does; all of history at once is read from the tables.
create or replace function weir.adopt()
returns table(tasks_up_to bigint, unfinished bigint, nodes_ended bigint, tokens_fall bool)
language plpgsql
as $$
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

create or replace function weir.requeue(tasks bigint[], who text)
returns table(task_id bigint, new_id bigint)
language plpgsql
as $$
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
