-- Taking and giving back partitions.

-- name: acquire
select epoch, timeline, unclean, seen, upto, at_xid, at_id, next_due_ms, keyed
from weir.acquire($1, $2, $3, $4)

-- name: renew_ownership
select epoch, timeline, weir.deaths_in_a_row($2) as unclean, seen, upto, at_xid, at_id, next_due_ms, keyed
from weir.renew_ownership($1, $2, $3)

-- name: release
with freed as (
  update weir.partition
  set owner = null, freed_by_crash = false
  where part_id = $2
    and owner = $1
    and epoch = $3
    and timeline = weir.tli()
  returning part_id
)
update weir.ownership o
set ended_at = clock_timestamp(), reason = 'released'
from freed
where o.part_id = freed.part_id
  and o.node_id = $1
  and o.ended_at is null
returning o.part_id
