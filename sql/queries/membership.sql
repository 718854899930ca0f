-- Registration, beats and the death of nodes.

-- name: identify
select weir.tli(), system_identifier, (select oid from pg_database where datname = current_database())
from pg_control_system()

-- name: find_node
select n.node_id, n.state, b.beat, n.timeline, n.machine
from weir.node n
join weir.beat b on b.node_id = n.node_id
where n.name = $1
  and n.newest

-- name: join_node
select j.node_id, weir.tli(), s.system_identifier, (select oid from pg_database where datname = current_database())
from weir.join_node($1::jsonb) j(node_id)
cross join pg_control_system() s

-- name: wake_channel
-- Where producers call: see stream.notify.
select weir.wake_channel()

-- name: beat
-- One round trip: counts up, and reads everybody else. Only the beat row decides whether it counts.
with mine as (
  update weir.beat b
  set beat = b.beat + 1, beat_at = clock_timestamp(), late_writes_refused = $2, resting = $3::jsonb
  from weir.node n
  where b.node_id = $1
    and not b.ended
    and n.node_id = b.node_id
    and n.timeline = weir.tli()
  returning n.timeline, n.state, n.drain_wanted, n.name, b.beat
),
parts as materialized (
  select p.part_id, p.stream_id
  from weir.partition p
  where p.owner = $1
  union
  select p.part_id, p.stream_id
  from mine
  join weir.assignment a on a.node = mine.name
  join weir.partition p on p.part_id = a.part_id
)
select mine.timeline, mine.state, mine.drain_wanted,
  (select coalesce(json_agg(x order by x.id), '[]') from weir.node_now x),
  (select coalesce(json_agg(x order by x.id), '[]')
   from weir.partition_now x
   where x.id in (select part_id from parts)),
  (select coalesce(json_agg(x order by x.id), '[]')
   from weir.stream_now x
   where x.id in (select stream_id from parts)),
  mine.beat,
  (select coalesce(json_agg(p.part_id), '[]')
   from parts p
   where exists (select from weir.request r where r.part_id = p.part_id)),
  (select coalesce(json_agg(q.name order by q.name), '[]')
   from weir.paused_name q
   where q.until > now()),
  (select c.pauses from weir.cluster c)
from mine

-- name: node_state
select state, timeline, weir.tli()
from weir.node
where node_id = $1

-- name: set_node_state
select weir.set_node_state($1, $2)

-- name: note_process_end
update weir.node
set ended_by = $2
where node_id = $1
  and ended_by is null

-- name: declare_dead
select weir.declare_dead($1, $2, $3, $4, $5)
