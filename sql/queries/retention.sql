-- Retention: what a leader sees of it and does about it, and what a joining node says of it.

-- name: declare_retention
update weir.node
set retention = $2::jsonb
where node_id = $1
  and state in ('joining', 'active', 'draining')

-- name: look_at_retention
select weir.look_at_retention()

-- name: walk_retention
select upto, upto_created_us, more, gone, stays, unfinished, next_ms
from weir.walk_retention($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb)

-- name: empty_segment
select weir.empty_segment($1, $2, $3, $4, $5::pg_snapshot)

-- name: drop_segment
select weir.drop_segment($1, $2, $3, $4)
