-- Moving over from episub/queue.

-- name: place_message_queue
select weir.place_message_queue($1)

-- name: seed_table
select s.oid::oid, quote_ident(s.at_schema) || '.' || quote_ident(s.at_name), s.id_column
from weir.seed_table($1) s

-- name: rows_to_move
select r::text
from weir.rows_to_move($1::oid, $2, $3::bool, $4::int) r

-- name: import_rows
select r.tasks, r.ended, r.held
from weir.import_rows($1::oid, $2, $3::bool, $4::uuid[]) r

-- name: switch_message_queue
select s.renamed, s.tasks, s.ended
from weir.switch_message_queue($1, $2::bool, $3::int) s

-- name: rows_by_state
-- of a table of the seed, with what keeps some of them from being tasks
select r.state, r.problem, r.n, r.example::text
from weir.rows_by_state($1::oid, $2) r

-- name: table_holders
-- sessions whose transactions have used the table and are not over
select a.pid, coalesce(a.application_name, ''), coalesce(host(a.client_addr), 'here'),
  extract(epoch from clock_timestamp() - a.xact_start)::float8
from pg_locks l
join pg_stat_activity a on a.pid = l.pid
where l.locktype = 'relation'
  and l.relation = $1::oid
  and l.granted
  and l.database = (select oid from pg_database where datname = current_database())
  and a.pid <> pg_backend_pid()
order by a.xact_start
limit 5
