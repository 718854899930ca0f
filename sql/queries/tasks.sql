-- The task path of an owner: read, promote, finish, insert.

-- name: read_tasks
-- Many partitions, each from its own position, in one snapshot. A partition's unread rows are those of
-- transactions younger than the snapshot `seen` (one index range, which begins at the cursor), and of those
-- that were running then (one short range each, only if it has ended since). The first row carries the
-- snapshot of this statement.
--
-- Written so that every plan goes by task_read and stops at the limit, whatever the statistics say: the
-- anti-join is a scalar subquery, which is never planned as a hash of all attempts, and `between` hides
-- that there is one xid, else the order by id would look like that of the primary key.
select pg_current_snapshot()::text as taken, null::int as part_id, null::bigint as id, null::text as xid,
  null::text as name, null::text as key, null::text as data, null::text as created_by,
  null::bigint as created_us, null::text as trace, null::bigint as due_in_ms
union all
select null, r.part_id, t.id, t.xid::text, t.name, t.key, t.data::text, t.created_by, weir.to_us(t.created_at), t.trace,
  case when t.do_after > now() then ceil(extract(epoch from t.do_after - now()) * 1000)::bigint end
from unnest($1::int[], $2::bigint[], $3::pg_snapshot[], $4::pg_snapshot[], $5::xid8[], $6::bigint[], $7::bool[],
            $8::int[]) r(part_id, epoch, seen, upto, at_xid, at_id, recover, most)
cross join lateral (
  select u.*
  from (
    (
      select n.*
      from weir.task n
      where n.part_id = r.part_id
        and (n.xid, n.id) > (
          case when r.at_xid >= pg_snapshot_xmax(r.seen) then r.at_xid else pg_snapshot_xmax(r.seen) end,
          case when r.at_xid >= pg_snapshot_xmax(r.seen) then r.at_id else 0 end)
        and n.id > (select id_floor from weir.cluster)
        and n.epoch is distinct from r.epoch
        and (r.upto is null or pg_visible_in_snapshot(n.xid, r.upto))
        and case when r.recover then (select k.one from weir.accounted(n.part_id, n.id) k) is null else true end
      order by n.xid, n.id
      limit r.most
    )
    union all
    (
      select l.*
      from (select pg_snapshot_xip(r.seen)) late(xid)
      cross join lateral (
        select n.*
        from weir.task n
        where n.part_id = r.part_id
          and n.xid between late.xid and late.xid
          and n.id > case when late.xid = r.at_xid then r.at_id else 0 end
          and n.id > (select id_floor from weir.cluster)
          and n.epoch is distinct from r.epoch
          and case when r.recover then (select k.one from weir.accounted(n.part_id, n.id) k) is null else true end
        order by n.xid, n.id
        limit r.most
      ) l
      where late.xid >= r.at_xid
        and pg_visible_in_snapshot(late.xid, coalesce(r.upto, pg_current_snapshot()))
    )
  ) u
  order by u.xid, u.id
  limit r.most
) t

-- name: promote_tasks
-- Open tasks that became due, after the cursor; and for each partition a row without task that says how long
-- until the next one is. What runs under the asking epoch is left out, and what has a paused name. A former owner's
-- run comes with what is known of it; a fail-over of the database is no fault of whoever ran meanwhile. (Joined without
-- its limit, known_task would be looked up in every segment.)
with asked as materialized (
  select r.part_id, r.epoch, weir.from_us(r.after_us) as after_due, r.after_id, r.most
  from unnest($1::int[], $2::bigint[], $3::bigint[], $4::bigint[], $5::int[])
    r(part_id, epoch, after_us, after_id, most)
),
due as materialized (
  select d.*
  from asked r
  cross join lateral (
    select o.task_id, o.part_id, o.due, o.attempts, o.crashes, o.runs, o.epoch, o.since, o.state, o.marked
    from weir.open o
    where o.part_id = r.part_id
      and o.due <= now()
      and (o.due, o.task_id) > (r.after_due, r.after_id)
      and (o.state <> 'i' or o.epoch <> r.epoch)
      and not exists (select from weir.paused_name q where q.name = o.name and q.until > now())
    order by o.due, o.task_id
    limit r.most
  ) d
)
select d.part_id, t.id, t.xid::text, t.name, t.key, t.data::text, t.created_by, weir.to_us(t.created_at) as created_us,
  t.trace, d.attempts, d.crashes, d.runs, weir.to_us(d.due) as due_us, null::bigint as next_due_ms,
  l.epoch as left_epoch, weir.to_us(l.since) as left_us, l.ran_ms as left_ms, l.marked as left_marked,
  coalesce(l.ended_by, '') as left_ended_by
from due d
cross join lateral (select k.* from weir.known_task k where k.id = d.task_id limit 1) t
left join lateral (
  select d.epoch, d.since, d.marked and max(o.timeline) = weir.tli() as marked,
    -- Of a node that died nobody knows more than when it beat last.
    (extract(epoch from greatest(least(coalesce(max(o.ended_at), now()),
                                       (select b.beat_at from weir.beat b where b.node_id = max(o.node_id))),
                                 d.since) - d.since) * 1000)::bigint as ran_ms,
    (select n.ended_by from weir.node n where n.node_id = max(o.node_id)) as ended_by
  from weir.ownership o
  where o.part_id = d.part_id
    and o.epoch = d.epoch
) l on d.state = 'i'
union all
select r.part_id, null, null, null, null, null, null, null, null, null, null, null, null,
  (select ceil(extract(epoch from o.due - now()) * 1000)::bigint
   from weir.open o
   where o.part_id = r.part_id
     and (o.due, o.task_id) > (coalesce(l.due, r.after_due), coalesce(l.task_id, r.after_id))
     and (o.state <> 'i' or o.epoch <> r.epoch)
     and not exists (select from weir.paused_name q where q.name = o.name and q.until > now())
   order by o.due, o.task_id
   limit 1), null, null, null, null, null
from asked r
left join lateral (
  select d.due, d.task_id
  from due d
  where d.part_id = r.part_id
  order by d.due desc, d.task_id desc
  limit 1
) l on true

-- name: newer_tasks
select u.id, n.id
from unnest($1::int[], $2::bigint[], $3::text[], $4::text[]) u(part_id, id, name, key)
cross join lateral (
  select n.id
  from weir.task n
  where n.part_id = u.part_id
    and n.key = u.key
    and n.key is not null
    and n.id > u.id
    and n.name = u.name
    and n.id > (select id_floor from weir.cluster)
    and n.id <> all ($5::bigint[])
    and (n.do_after is null or n.do_after <= now())
    and (select k.one from weir.accounted(n.part_id, n.id) k) is null
  order by n.id desc
  limit 1
) n

-- name: read_requests
-- What people asked of unfinished tasks, after the cursor, with what weir.open knows of each.
select r.request_id, r.part_id, r.task_id, r.kind::text,
  ceil(extract(epoch from r.due - clock_timestamp()) * 1000)::bigint as due_in_ms, r.asked_by, t.name, t.key,
  exists (select from weir.known_attempt e where e.task_id = r.task_id and weir.is_final(e.result)) as ended,
  o.attempts, o.crashes, o.runs
from unnest($1::int[], $2::bigint[]) a(part_id, after_id)
cross join lateral (
  select q.*
  from weir.request q
  where q.part_id = a.part_id
    and q.request_id > a.after_id
  order by q.request_id
  limit $3
) r
join weir.known_task t on t.id = r.task_id
left join weir.open o on o.task_id = r.task_id
order by r.part_id, r.request_id

-- name: finish
-- Everything about results in one statement, fenced per partition: a partition that was lost is not in
-- `held`, and then none of its rows is anywhere below. Each task changes weir.open at most once. Attempts,
-- changes of weir.open, answers to requests and successes come in arrays of their own: most runs have only the last.
with held as materialized (
  select p.part_id, p.epoch
  from weir.partition p
  join unnest($2::int[], $3::bigint[]) h(part_id, epoch) on h.part_id = p.part_id and h.epoch = p.epoch
  where p.owner = $1
    and p.timeline = weir.tli()
  order by p.part_id
  for share of p
),
written as (
  insert into weir.attempt_row(task_id, started_at, epoch, took_ms, part_id, no, result, message)
  select a.id, weir.from_us(a.started_us), coalesce(a.epoch, held.epoch), a.took_ms, a.part_id, a.no,
    a.result::"char", a.message
  from unnest($4::int[], $5::bigint[], $6::bigint[], $7::int[], $8::text[], $9::bigint[], $10::int[], $11::text[])
    a(part_id, id, epoch, no, result, started_us, took_ms, message)
  join held on held.part_id = a.part_id
  order by a.id, a.no
),
succeeded as (
  insert into weir.success(block, part_id, epoch, started_at, first_place, last_place, places, after_us, took_ms)
  select s.block, s.part_id, held.epoch, weir.from_us(s.started_us), s.first_place, s.last_place, s.places::int2[],
    s.after_us::int[], s.took_ms::int[]
  from unnest($35::bigint[], $36::int[], $37::bigint[], $38::int2[], $39::int2[], $40::text[], $41::text[], $42::text[])
    s(block, part_id, started_us, first_place, last_place, places, after_us, took_ms)
  join held on held.part_id = s.part_id
  order by s.block, s.part_id
),
changed as materialized (
  select c.*, clock_timestamp() + c.due_in_ms * interval '1 millisecond' as due, held.epoch
  from unnest($12::int[], $13::bigint[], $14::text[], $15::text[], $16::bool[], $17::bigint[], $18::int[], $19::int[],
              $20::int[], $21::text[], $22::text[])
    c(part_id, id, change, state, marked, due_in_ms, attempts, crashes, runs, name, key)
  join held on held.part_id = c.part_id
),
removed as (
  delete from weir.open o
  using changed c
  where c.change = 'r'
    and o.task_id = c.id
),
put as (
  insert into weir.open as o(task_id, epoch, due, since, part_id, attempts, crashes, runs, state, marked, name, key)
  select c.id, c.epoch, c.due, case when c.state = 'i' then c.due else clock_timestamp() end, c.part_id, c.attempts,
    c.crashes, c.runs, c.state::"char", c.marked, c.name, c.key
  from changed c
  where c.change = 'p'
  order by c.id
  on conflict (task_id) do update
  set epoch = excluded.epoch, due = excluded.due, since = excluded.since, attempts = excluded.attempts,
    crashes = excluded.crashes, runs = excluded.runs, state = excluded.state, marked = excluded.marked
  returning o.part_id, case when o.state <> 'i' then o.due end as due
),
answered as (
  delete from weir.request q
  using unnest($23::int[], $24::bigint[], $25::bigint[]) r(part_id, id, request)
  join held on held.part_id = r.part_id
  where q.task_id = r.id
    and q.request_id = r.request
),
moved as (
  update weir.mark m
  set seen = k.seen, upto = k.upto, at_xid = k.at_xid, at_id = k.at_id, done = m.done + k.done,
    failed = m.failed + k.failed, cancelled = m.cancelled + k.cancelled
  from unnest($26::int[], $27::pg_snapshot[], $28::pg_snapshot[], $29::xid8[], $30::bigint[], $31::bigint[],
              $32::bigint[], $33::bigint[])
    k(part_id, seen, upto, at_xid, at_id, done, failed, cancelled)
  join held on held.part_id = k.part_id
  where m.part_id = held.part_id
    and m.epoch = held.epoch
)
select held.part_id, weir.to_us(p.due),
  case when $34::bool then set_config('synchronous_commit', 'off', true) end
from held
left join (select part_id, min(due) as due from put group by part_id) p on p.part_id = held.part_id
order by held.part_id

-- name: insert_new_tasks
-- What the rows share comes once: $1 and $2 are the names and streams, $3 which of them each row has. Ids and
-- partitions are arrays, looked up by place, and the answer is one row: two thirds of what rows through enqueue_rows
-- cost. What needs a second look (a message that came before, a stream that there is not, another isolation of
-- transactions, which does not see that a stream has just changed) inserts nothing and answers no row; insert_tasks is
-- for that. A repeat that nobody can see yet breaks the key of receipts.
with placed as materialized (
  select array_agg(p.first_part) as first_parts, array_agg(p.partitions) as slots
  from (
    select s.first_part, s.partitions
    from unnest($1::text[], $2::text[]) with ordinality d(name, stream, ord)
    left join lateral (
      select s.first_part, s.partitions
      from weir.stream s
      where s.name = d.stream
      union all
      select s.first_part, s.partitions
      from weir.stream s
      where d.stream is null
        and s.stream_id = coalesce((select r.stream_id from weir.route r where r.name = d.name), 1)
    ) s on true
    order by d.ord
  ) p
),
numbered as materialized (
  select array(select nextval('weir.task_id') from generate_series(1, cardinality($3::int[]))) as list
),
routed as materialized (
  select array(select p.first_parts[u.place]
                 + weir.bucket(($1)[u.place], u.key, (select n.list from numbered n)[u.ord], p.slots[u.place])
               from unnest($3, $4::text[]) with ordinality u(place, key, ord)
               cross join placed p
               order by u.ord) as list
),
usable as materialized (
  select array_position(r.list, null) is null
    and current_setting('transaction_isolation') = 'read committed'
    and not exists (select from weir.receipt k where k.token = any ($12::uuid[])) as yes
  from routed r
),
-- Ids follow on one another unless somebody else enqueued meanwhile.
received as (
  insert into weir.receipt(token, first_id, tasks, ids)
  select m.token, n.list[m.upto - m.tasks + 1], m.tasks,
    case when n.list[m.upto] - n.list[m.upto - m.tasks + 1] + 1 <> m.tasks
      then n.list[m.upto - m.tasks + 1 : m.upto] end
  from (
    select t.token, t.tasks, sum(t.tasks) over (order by t.ord)::int as upto
    from unnest($12, $13::int[]) with ordinality t(token, tasks, ord)
  ) m
  cross join numbered n
  where m.token is not null
    and (select u.yes from usable u)
  order by m.token
),
held as materialized (
  select p.part_id, p.epoch
  from weir.partition p
  join unnest($10::int[], $11::bigint[]) h(part_id, epoch) on h.part_id = p.part_id and h.epoch = p.epoch
  where p.owner = $9::bigint
    and p.timeline = weir.tli()
    and p.part_id = any ((select r.list from routed r)::int[])
    and (select u.yes from usable u)
  order by p.part_id
  for share of p
),
-- An outer join keeps the size of the rows in the plan.
written as (
  insert into weir.task(id, part_id, epoch, name, key, data, do_after, created_by, trace)
  select (select n.list from numbered n)[u.ord], (select r.list from routed r)[u.ord], h.epoch, ($1)[u.place], u.key,
    u.data, case when weir.from_us(u.do_after) > now() then weir.from_us(u.do_after) end,
    coalesce(u.created_by, session_user), u.trace
  from unnest($3, $4, $5::jsonb[], $6::bigint[], $7::text[], $8::text[]) with ordinality
    u(place, key, data, do_after, created_by, trace, ord)
  left join held h on h.part_id = (select r.list from routed r)[u.ord]
    and (u.do_after is null or weir.from_us(u.do_after) <= now())
  where (select u.yes from usable u)
)
select n.list, r.list, array(select h.part_id from held h),
  array(select u.ord from unnest($6) with ordinality u(at, ord) where weir.from_us(u.at) > now()),
  pg_current_xact_id()::text, weir.to_us(now()), session_user
from numbered n
cross join routed r
where (select u.yes from usable u)

-- name: insert_tasks
-- With the fences of the partitions that the caller offers to take its rows straight into its window. What no row has
-- is an empty array; $10 and $11 are messages and how many of the rows, in their order, are each one's.
select id, xid::text, part_id, epoch is not null, created_by, (select weir.to_us(now())), repeats
from weir.enqueue_rows($1::text[], $2::text[], $3::jsonb[], $4::text[],
                       array(select weir.from_us(at) from unnest($5::bigint[]) with ordinality d(at, ord) order by ord),
                       $6::text[], null, $7::bigint, $8::int[], $9::bigint[],
                       array(select m.token
                             from unnest($10::uuid[], $11::int[]) with ordinality m(token, tasks, ord)
                             cross join lateral generate_series(1, m.tasks)
                             order by m.ord),
                       $12::text[])
order by repeats nulls first, id
