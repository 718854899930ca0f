-- What a leader reads and writes, and the declarations of a joining node.

-- name: load_catalog
select
  (select coalesce(json_agg(x order by x.id), '[]') from weir.node_now x),
  (select coalesce(json_agg(x order by x.id), '[]') from weir.stream_now x),
  (select coalesce(json_agg(x order by x.id), '[]') from weir.partition_now x),
  (select coalesce(json_agg(json_build_object('name', q.name, 'until_us', weir.to_us(q.until)) order by q.name), '[]')
   from weir.paused_name q
   where q.until > now())

-- name: assign
with leads as materialized (
  select term
  from weir.term
  where timeline = $2
    and term = $3
    and node_id = $1
    and ended_at is null
    and timeline = weir.tli()
  for share
),
wished as (
  update weir.assignment a
  set node = nullif(w.node, ''), term = leads.term
  from leads, unnest($4::int[], $5::text[]) w(part_id, node)
  where a.part_id = w.part_id
    and a.node is distinct from nullif(w.node, '')
  returning 1
)
select (select count(*) from leads), (select count(*) from wished)

-- name: declare
select to_json(weir.declare($1, $2::jsonb))

-- name: keep_room
with leads as materialized (
  select term
  from weir.term
  where timeline = $2
    and term = $3
    and node_id = $1
    and ended_at is null
    and timeline = weir.tli()
  for share
)
select weir.keep_room()
from leads
