-- Which tasks a filter means, newest first: ids alone. Each statement finds them by another way that is cheap whatever
-- there is of history, and drivers/postgres/task_search.cpp picks the way. A way that would have to look at too many
-- looks at some, and says how far it got.
--
-- All take: $1 ids below this, $2 a stream, $3 a name, $4 a key, $5 states (each null for any), $6 at most so many,
-- $7 how many are looked at. All answer rows (id, null), and if they did not look at everything, one row (null,
-- looked_to): what is below that id was not looked at; or (null, null): too much for this way, whatever else was said.

-- name: ids_by_order
-- All tasks, one after the other.
with found as materialized (
  select x.id
  from (
    select t.id, t.part_id, t.name, t.key
    from weir.known_task t
    where t.id < $1::bigint
    order by t.id desc
    limit $7::int
  ) x
  where ($2::text is null or x.part_id = any (array(select p.part_id from weir.parts_of($2) p)))
    and ($3::text is null or x.name = $3)
    and ($4::text is null or x.key = $4)
    and ($5::text[] is null or (select s.state from weir.state_now(x.id) s) = any ($5))
  order by x.id desc
  limit $6::int
)
select f.id, null::bigint as looked_to
from found f
union all
select null, l.id
from (
  select t.id
  from weir.known_task t
  where t.id < $1
  order by t.id desc
  offset $7 - 1
  limit 1
) l
where (select count(*) from found) < $6

-- name: ids_by_failure
-- By the index of final failures.
with looked as (
  select a.task_id as id, a.part_id
  from weir.known_attempt a
  where a.result in ('f', 'X')
    and a.task_id < $1::bigint
  order by a.task_id desc
  limit $7::int
),
found as materialized (
  select x.id
  from looked x
  where ($2::text is null or x.part_id = any (array(select p.part_id from weir.parts_of($2) p)))
    and (($3::text is null and $4::text is null)
         or (select true
             from weir.known_task t
             where t.id = x.id
               and ($3 is null or t.name = $3)
               and ($4 is null or t.key = $4)
             limit 1))
    and ($5::text[] is null or true)
  order by x.id desc
  limit $6::int
)
select f.id, null::bigint as looked_to
from found f
union all
select null, l.id
from (
  select a.task_id as id
  from weir.known_attempt a
  where a.result in ('f', 'X')
    and a.task_id < $1
  order by a.task_id desc
  offset $7 - 1
  limit 1
) l
where (select count(*) from found) < $6

-- name: ids_by_outcome
-- By attempts that were no successes, one after the other: for outcomes that are rare.
with found as materialized (
  select x.id
  from (
    select a.task_id as id, a.part_id, a.result
    from weir.known_attempt a
    where a.task_id < $1::bigint
      and a.result <> 'd'
    order by a.task_id desc
    limit $7::int
  ) x
  where weir.is_final(x.result)
    and weir.state_of(false, null, x.result) = any ($5::text[])
    and ($2::text is null or x.part_id = any (array(select p.part_id from weir.parts_of($2) p)))
    and (($3::text is null and $4::text is null)
         or (select true
             from weir.known_task t
             where t.id = x.id
               and ($3 is null or t.name = $3)
               and ($4 is null or t.key = $4)
             limit 1))
  order by x.id desc
  limit $6::int
)
select f.id, null::bigint as looked_to
from found f
union all
select null, l.id
from (
  select a.task_id as id
  from weir.known_attempt a
  where a.task_id < $1
    and a.result <> 'd'
  order by a.task_id desc
  offset $7 - 1
  limit 1
) l
where (select count(*) from found) < $6

-- name: ids_by_key
-- By the index of keys, in each partition that there ever was. A key with more tasks than are looked at in one
-- partition: what is below the last of them waits for the next page, of all partitions.
with looked as materialized (
  select t.id, t.name, p.part_id
  from (
    select w.part_id
    from weir.parts_of($2::text) w
    union all
    select b.first_part + slot
    from weir.block b
    cross join lateral generate_series(0, b.parts - 1) slot
    where $2 is null
  ) p
  cross join lateral (
    select t.id, t.name
    from weir.known_task t
    where t.part_id = p.part_id
      and t.key = $4::text
      and t.id < $1::bigint
    order by t.id desc
    limit $7::int
  ) t
),
most as (
  select max(x.id) as id
  from (
    select min(l.id) as id
    from looked l
    group by l.part_id
    having count(*) = $7
  ) x
),
found as materialized (
  select l.id
  from looked l
  where l.id >= coalesce((select m.id from most m), 0)
    and ($3::text is null or l.name = $3)
    and ($5::text[] is null or (select s.state from weir.state_now(l.id) s) = any ($5))
  order by l.id desc
  limit $6::int
)
select f.id, null::bigint as looked_to
from found f
union all
select null, m.id
from most m
where m.id is not null

-- name: ids_by_stream
-- All tasks of a stream that has few.
with looked as materialized (
  select t.id, t.name, t.key
  from weir.parts_of($2::text) p(part_id)
  cross join lateral (
    (
      select t.id, t.name, t.key
      from weir.task t
      where t.part_id = p.part_id
      order by t.xid, t.id
      limit $7::int + 1
    )
    union all
    (
      select k.id, k.name, k.key
      from weir.kept k
      where k.part_id = p.part_id
      order by k.key, k.id
      limit $7 + 1
    )
  ) t
  limit $7 + 1
),
found as materialized (
  select l.id
  from looked l
  where (select count(*) from looked) <= $7
    and l.id < $1::bigint
    and ($3::text is null or l.name = $3)
    and ($4::text is null or l.key = $4)
    and ($5::text[] is null or (select s.state from weir.state_now(l.id) s) = any ($5))
  order by l.id desc
  limit $6::int
)
select f.id, null::bigint as looked_to
from found f
union all
select null, null
where (select count(*) from looked) > $7

-- name: ids_unfinished
-- What is in weir.open, and what is unread.
with unread as materialized (
  select u.id, u.name
  from weir.partition p
  join weir.stream s on s.stream_id = p.stream_id
  join weir.mark k on k.part_id = p.part_id
  cross join lateral weir.unread(p.part_id, k.seen, k.upto, k.at_xid, k.at_id, $3::text, $7::int + 1) u
  where 'READY' = any ($5::text[])
    and ($2::text is null or s.name = $2)
  limit $7 + 1
),
running as materialized (
  select o.task_id, o.part_id, o.name, o.key
  from weir.open o
  where o.state = 'i'
    and 'IN PROGRESS' = any ($5)
),
found as materialized (
  (
    select u.id
    from unread u
    where u.id < $1::bigint
      and ($4::text is null or (select t.key from weir.task t where t.id = u.id limit 1) = $4)
  )
  union all
  (
    select r.task_id
    from running r
    where r.task_id < $1
      and ($2 is null or r.part_id = any (array(select p.part_id from weir.parts_of($2) p)))
      and ($3 is null or r.name = $3)
      and ($4 is null or r.key = $4)
  )
  union all
  (
    select o.task_id
    from weir.open o
    where o.state = 'r'
      and 'RETRY' = any ($5)
      and o.task_id < $1
      and ($2 is null or o.part_id = any (array(select p.part_id from weir.parts_of($2) p)))
      and ($3 is null or o.name = $3)
      and ($4 is null or o.key = $4)
    order by o.task_id desc
    limit $6::int
  )
  union all
  (
    select o.task_id
    from weir.open o
    where o.state = 'w'
      and 'READY' = any ($5)
      and o.task_id < $1
      and ($2 is null or o.part_id = any (array(select p.part_id from weir.parts_of($2) p)))
      and ($3 is null or o.name = $3)
      and ($4 is null or o.key = $4)
    order by o.task_id desc
    limit $6
  )
  order by 1 desc
  limit $6
)
select f.id, null::bigint as looked_to
from found f
union all
select null, null
where (select count(*) from unread) > $7
