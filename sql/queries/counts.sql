-- How many tasks are where: at a cost that is bounded, whatever there is.

-- name: stream_counts
-- Every unfinished task once: unread beyond the mark, or in weir.open. Counted up to a cap per stream; of those behind
-- the marks so many are looked at. Under load most of those have ended since the mark moved: what became of them is
-- looked up for a whole block of ids at once, or one by one where there are few.
with behind as materialized (
  select s.stream_id, x.part_id, x.id, x.at
  from weir.stream s
  cross join lateral (
    select p.part_id, t.id, coalesce(t.do_after, t.created_at) as at
    from weir.partition p
    join weir.mark k on k.part_id = p.part_id
    cross join lateral weir.unread(p.part_id, k.seen, k.upto, k.at_xid, k.at_id, null, $2, true) t
    where p.stream_id = s.stream_id
    limit $2
  ) x
),
neighbours as materialized (
  select b.id / 1000 as block, count(*) as n
  from behind b
  group by b.id / 1000
),
accounted as materialized (
  select x.id
  from neighbours n
  cross join lateral (
    (
      select a.task_id as id
      from weir.attempt_row a
      where a.task_id >= n.block * 1000
        and a.task_id < n.block * 1000 + 1000
        and weir.is_final(a.result)
      order by a.task_id
      limit 1000
    )
    union all
    (
      select n.block * 1000 + u.place
      from weir.success a
      cross join lateral unnest(a.places) u(place)
      where a.block = n.block
      limit 1000
    )
    union all
    (
      select o.task_id
      from weir.open o
      where o.task_id >= n.block * 1000
        and o.task_id < n.block * 1000 + 1000
      order by o.task_id
      limit 1000
    )
  ) x
  where n.n >= 40
  union all
  select b.id
  from neighbours n
  join behind b on b.id / 1000 = n.block
  where case when n.n < 40 then (select k.one from weir.accounted(b.part_id, b.id) k) end is not null
),
unread as materialized (
  select b.stream_id, count(*) filter (where a.id is null) as n, count(*) as looked_at,
    max(extract(epoch from now() - b.at)) filter (where a.id is null) as oldest_seconds
  from behind b
  left join accounted a on a.id = b.id
  group by b.stream_id
)
select s.stream_id, coalesce(u.n, 0) as unread, u.oldest_seconds, o.waiting, o.retry, o.overdue_seconds,
  i.n as running, m.done, m.failed, m.cancelled, coalesce(u.looked_at >= $2, false) as more
from weir.stream s
left join unread u on u.stream_id = s.stream_id
cross join lateral (
  select count(*) filter (where x.state = 'w') as waiting,
    count(*) filter (where x.state = 'r') as retry,
    max(extract(epoch from now() - x.due)) filter (where x.state = 'w') as overdue_seconds
  from (select q.state, q.due
        from weir.partition p
        cross join lateral (
          select w.state, w.due
          from weir.open w
          where w.part_id = p.part_id
            and w.state <> 'i'
          order by w.due
          limit $1
        ) q
        where p.stream_id = s.stream_id
        limit $1) x
) o
cross join lateral (
  select count(*) as n
  from (select
        from weir.partition p
        cross join lateral (
          select
          from weir.open w
          where w.part_id = p.part_id
            and w.state = 'i'
          limit $1
        ) q
        where p.stream_id = s.stream_id
        limit $1) x
) i
cross join lateral (
  select coalesce(sum(k.done), 0) as done, coalesce(sum(k.failed), 0) as failed,
    coalesce(sum(k.cancelled), 0) as cancelled
  from weir.partition p
  join weir.mark k on k.part_id = p.part_id
  where p.stream_id = s.stream_id
) m
order by s.stream_id

-- name: count_unfinished
select count(*)
from (
  select
  from weir.open o
  where o.name = $1
  union all
  select
  from weir.partition p
  join weir.mark k on k.part_id = p.part_id
  cross join lateral weir.unread(p.part_id, k.seen, k.upto, k.at_xid, k.at_id, $1, $2) t
  limit $2
) x

-- name: count_ended
select coalesce(sum(m.done + m.failed + m.cancelled), 0)::bigint
from weir.mark m
