-- Figures of the whole cluster that only the database knows: for metrics, asked by the leader alone.

-- name: delays
-- What waits, of three kinds. A partition that nobody has owned yet is as old as its stream, or as the end of the
-- ownerships that it had before its partitions were made anew.
select 'unowned', s.name, greatest(max(extract(epoch from clock_timestamp() - free.since)), 0)::float8
from weir.stream s
left join weir.partition p on p.stream_id = s.stream_id and p.owner is null
left join lateral (
  select coalesce(
    (select o.ended_at
     from weir.ownership o
     where o.part_id = p.part_id
     order by o.timeline desc, o.epoch desc
     limit 1),
    greatest(
      s.created_at,
      (select max(o.ended_at)
       from weir.block b
       join weir.ownership o on o.part_id between b.first_part and b.first_part + b.parts - 1
       where b.stream_id = s.stream_id
         and b.first_part < s.first_part))) as since
  where p.part_id is not null
) free on true
group by s.stream_id, s.name
union all
(select 'schedule', c.name,
   coalesce(greatest(extract(epoch from clock_timestamp() - greatest(c.next_at, c.paused_until)), 0), 0)::float8
 from weir.schedule c
 where coalesce(c.paused_until <= now(), true)
 order by c.next_at, c.name
 limit $1)
union all
(select 'pass', c.name, extract(epoch from clock_timestamp() - last.since)::float8
 from weir.cdc_controller c
 join weir.stream s on s.name = c.controller::text
 join weir.partition p on p.stream_id = s.stream_id
 cross join lateral (
   select coalesce(
     (select a.started_at
      from (select t.xid, t.id
            from weir.task t
            where t.part_id = p.part_id
              and t.name = c.name
            order by t.xid desc, t.id desc
            limit $1) t
      cross join lateral (
        select s.started_at
        from weir.attempt s
        where s.task_id = t.id
          and s.result = 'd'
        limit 1
      ) a
      order by t.xid desc, t.id desc
      limit 1),
     (select min(t.created_at)
      from (select t.created_at
            from weir.task t
            where t.part_id = p.part_id
              and t.name = c.name
            order by t.xid desc, t.id desc
            limit $1) t)) as since
 ) last
 where last.since is not null
   and exists (select
               from weir.node n
               where n.state in ('joining', 'active', 'draining')
                 and c.name = any (n.actions))
 order by c.name, c.controller
 limit $1)
order by 1, 2

-- name: stored_bytes
select sum(pg_total_relation_size(c.oid))::bigint
from pg_class c
where c.relkind = 'r'
  and c.relnamespace = (select t.relnamespace from pg_class t where t.oid = 'weir.task'::regclass)
