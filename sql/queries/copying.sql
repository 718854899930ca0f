-- Taking over what another store of weir had (`weir db copy`): the steps of one transaction.

-- name: begin_copy
-- Two copies stand in line here, and nodes that declare streams wait behind it.
lock table weir.stream in share row exclusive mode

-- name: copied_before
-- A store that was copied is written down as a node that has ended, whose machine it is.
select weir.to_us(n.registered_at)
from weir.node n
where n.machine = $1

-- name: copy_node
insert into weir.node as n(name, machine, version, address, http, labels, weight, actions, state, newest,
                           cluster_settings, ended_at)
values ($1, $2, $3, '', '', '{}', 0, '{}', 'stopped', false, '{}', weir.from_us($4))
returning n.node_id

-- name: stream_for_copy
-- What there is of the stream: unfinished tasks, owners, and how it differs. Where tasks are to come nobody can take a
-- partition until the end, since who owns one learns of what waits in weir.open when he takes it.
select weir.has_unfinished(s.stream_id),
  coalesce((select string_agg(distinct n.name, ', ' order by n.name)
            from (select p.owner
                  from weir.partition p
                  where $2::bool
                    and p.stream_id = s.stream_id
                  order by p.part_id
                  for update) l
            join weir.node n on n.node_id = l.owner), ''),
  to_json(array(select weir.stream_differences($1::jsonb)))
from weir.stream s
where s.name = $1::jsonb ->> 'name'

-- name: pause_copied_stream
update weir.stream
set paused_until = greatest(paused_until, case when $2::bool then 'infinity' else weir.from_us($3) end)
where name = $1

-- name: pause_copied_name
with counted as (
  update weir.cluster
  set pauses = pauses + 1
)
insert into weir.paused_name as q(name, until)
values ($1, case when $2::bool then 'infinity' else weir.from_us($3) end)
on conflict on constraint paused_name_pkey do update
set until = greatest(q.until, excluded.until)

-- name: route_for_copy
-- where tasks of the name go by now, and whether some wait in the stream of all that have no route
select (select s.name
        from weir.route r
        join weir.stream s on s.stream_id = r.stream_id
        where r.name = $1), weir.has_unfinished(1, $1)

-- name: copy_route
insert into weir.route(name, stream_id)
select $1::text, s.stream_id
from weir.stream s
where s.name = $2

-- name: schedule_there
select exists (select from weir.schedule s where s.name = $1)

-- name: place_schedule
update weir.schedule
set since = weir.from_us($2), next_at = weir.from_us($3),
  paused_until = case when $4::bool then 'infinity' else weir.from_us($5) end, last_at = weir.from_us($6),
  last_task = $7
where name = $1

-- name: keep_room_for_copy
select weir.keep_room()
where to_regclass('weir.task_' || (select s.last_value / 10000000 + 1 from weir.task_id s)) is null

-- name: copy_tasks
-- In their order: a higher id is newer.
with given as (
  select g.*
  from unnest($1::text[], $2::text[], $3::text[], $4::jsonb[], $5::text[], $6::bigint[], $7::bigint[], $8::text[])
    with ordinality g(stream, name, key, data, created_by, created_us, do_after_us, trace, ord)
  order by g.ord
  offset 0
),
numbered as materialized (
  select nextval('weir.task_id') as id, g.*
  from given g
),
placed as materialized (
  select n.*, s.first_part + weir.bucket(n.name, n.key, n.id, s.partitions) as part_id
  from numbered n
  join weir.stream s on s.name = n.stream
),
made as (
  insert into weir.task(id, part_id, name, key, data, do_after, created_at, created_by, trace)
  select p.id, p.part_id, p.name, p.key, p.data, weir.from_us(p.do_after_us), weir.from_us(p.created_us), p.created_by,
    p.trace
  from placed p
  order by p.id
)
select p.id, p.part_id
from placed p
order by p.ord

-- name: copy_attempts
insert into weir.attempt_row(task_id, started_at, epoch, took_ms, part_id, no, result, message)
select a.id, weir.from_us(a.started_us), 0, a.took_ms, a.part_id, a.no, a.result::"char", nullif(a.message, '')
from unnest($1::bigint[], $2::int[], $3::int[], $4::bigint[], $5::int[], $6::text[], $7::text[])
  a(id, part_id, no, started_us, took_ms, result, message)
order by a.id, a.no

-- name: copy_open
insert into weir.open(task_id, epoch, due, since, part_id, attempts, crashes, runs, state, marked, name, key)
select o.id, 0, weir.from_us(o.due_us), weir.from_us(o.since_us), o.part_id, o.attempts, o.crashes, o.runs,
  o.state::"char", o.marked, o.name, o.key
from unnest($1::bigint[], $2::int[], $3::text[], $4::bigint[], $5::bigint[], $6::int[], $7::int[], $8::int[],
            $9::bool[], $10::text[], $11::text[])
  o(id, part_id, state, due_us, since_us, attempts, crashes, runs, marked, name, key)
order by o.id

-- name: copy_requests
insert into weir.request(task_id, due, part_id, kind, asked_by)
select r.id, weir.from_us(r.due_us), r.part_id, r.kind::"char", r.asked_by
from unnest($1::bigint[], $2::int[], $3::text[], $4::bigint[], $5::text[]) r(id, part_id, kind, due_us, asked_by)
order by r.id

-- name: copy_totals
-- Of the partitions that tasks went to. The store counts as their first owner: attempts were its, and a run that it was
-- at is told by its next start.
with parts as materialized (
  select *
  from unnest($1::int[], $2::bigint[], $3::bigint[], $4::bigint[]) c(part_id, done, failed, cancelled)
),
owned as (
  insert into weir.ownership(part_id, timeline, epoch, node_id, acquired_at, ended_at, reason)
  select p.part_id, weir.tli(), 0, $5::int, weir.from_us($6), weir.from_us($6), 'stopped'
  from parts p
  on conflict do nothing
)
update weir.mark m
set done = m.done + p.done, failed = m.failed + p.failed, cancelled = m.cancelled + p.cancelled
from parts p
where m.part_id = p.part_id

-- name: copy_controller
insert into weir.cdc_controller(controller, pass, objects, started_at, finished_at, created, updated, deleted, failed,
                                round, name, go_on_after, problem)
values ($1, $2, $3, weir.from_us($4), weir.from_us($5), $6, $7, $8, $9, $10, $11, $12, nullif($13, ''))
on conflict on constraint cdc_controller_pkey do nothing

-- name: copy_objects
insert into weir.cdc_hash(controller, hash, round, object_id)
select $1::uuid, o.hash, o.round, o.object_id
from unnest($2::uuid[], $3::int[], $4::text[]) o(hash, round, object_id)
