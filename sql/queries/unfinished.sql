-- What is unfinished, and what goes wrong, at a cost that does not grow with history.

-- name: unfinished_tasks
-- of a stream, a name, a key, in some states, each null for all. A key is looked up after the limit of weir.unread.
select x.id
from (
  (
    select o.task_id as id
    from weir.open o
    where ($1::text is null or o.part_id = any (array(select p.part_id from weir.parts_of($1) p)))
      and ($2::text is null or o.name = $2)
      and ($3::text is null or o.key = $3)
      and ($4::text[] is null or weir.state_of(true, o.state, null) = any ($4))
    order by o.task_id
    limit $5
  )
  union all
  select u.id
  from weir.partition p
  join weir.stream s on s.stream_id = p.stream_id
  join weir.mark k on k.part_id = p.part_id
  cross join lateral weir.unread(p.part_id, k.seen, k.upto, k.at_xid, k.at_id, $2,
                                 case when $3 is null then $5::bigint else 9223372036854775807 end) u
  where ($1 is null or s.name = $1)
    and ($3 is null or exists (select from weir.task t where t.id = u.id and t.key = $3))
    and ($4 is null or 'READY' = any ($4))
) x
order by x.id
limit $5

-- name: unfinished_at_least
-- How many that are, up to $5, of the first $6 in each state of weir.open and of the first $7 that are unread; and
-- whether there may be more.
with waiting as materialized (
  (
    select o.name, o.key
    from weir.open o
    where o.state = 'i'
      and ($4::text[] is null or 'IN PROGRESS' = any ($4))
      and ($1::text is null or o.part_id = any (array(select p.part_id from weir.parts_of($1) p)))
    limit $6::int
  )
  union all
  (
    select o.name, o.key
    from weir.open o
    where o.state = 'r'
      and ($4 is null or 'RETRY' = any ($4))
      and ($1 is null or o.part_id = any (array(select p.part_id from weir.parts_of($1) p)))
    limit $6
  )
  union all
  (
    select o.name, o.key
    from weir.open o
    where o.state = 'w'
      and ($4 is null or 'READY' = any ($4))
      and ($1 is null or o.part_id = any (array(select p.part_id from weir.parts_of($1) p)))
    limit $6
  )
),
unread as materialized (
  select p.part_id, u.id, u.name
  from weir.partition p
  join weir.stream s on s.stream_id = p.stream_id
  join weir.mark k on k.part_id = p.part_id
  cross join lateral weir.unread(p.part_id, k.seen, k.upto, k.at_xid, k.at_id, null, $7::int, true) u
  where ($4 is null or 'READY' = any ($4))
    and ($1 is null or s.name = $1)
  limit $7
),
found as (
  select
  from waiting w
  where ($2::text is null or w.name = $2)
    and ($3::text is null or w.key = $3)
  union all
  select
  from unread u
  where ($2 is null or u.name = $2)
    and ($3 is null or exists (select from weir.task t where t.id = u.id and t.key = $3))
    and (select k.one from weir.accounted(u.part_id, u.id) k) is null
  limit $5::int
)
select f.count,
  f.count = $5 or (select count(*) from waiting) >= $6 or (select count(*) from unread) >= $7 as capped
from (select count(*) from found) f

-- name: recent_errors
-- The newest failed tasks and the newest that wait for a retry, by name and by what their last failing run said.
with failed as (
  select a.task_id, a.result, a.message, a.started_at, a.took_ms
  from weir.known_attempt a
  where a.result in ('f', 'X')
  order by a.task_id desc
  limit $1
),
waiting as (
  select o.task_id, l.result, l.message, l.started_at, l.took_ms
  from (select w.task_id
        from weir.open w
        where w.state = 'r'
        order by w.task_id desc
        limit $1) o
  cross join lateral (
    select a.result, a.message, a.started_at, a.took_ms
    from weir.known_attempt a
    where a.task_id = o.task_id
      and a.result in ('r', 't', 'x')
    order by a.no desc
    limit 1
  ) l
)
select t.name, x.result::text, coalesce(x.message, ''), count(*), max(x.task_id),
  weir.to_us(max(x.started_at + x.took_ms * interval '1 millisecond')) as last_us
from (select * from failed union all select * from waiting) x
cross join lateral (select k.name from weir.known_task k where k.id = x.task_id limit 1) t
group by t.name, x.result, x.message
order by last_us desc, max(x.task_id) desc
limit $2
