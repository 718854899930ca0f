-- The election: an advisory lock that says who may try, a term that fences what the leader writes.

-- name: try_lock
-- in a statement of its own: inside a condition it may be evaluated twice, and counts twice
select pg_try_advisory_lock($1, $2)

-- name: unlock
select pg_advisory_unlock($1, $2)

-- name: begin_term
select timeline, term
from weir.begin_term($1)

-- name: renew_term
-- true while this very session holds the lock and the term is the one that runs
select exists (
    select
    from weir.term t
    where t.timeline = $1
      and t.term = $2
      and t.node_id = $3
      and t.ended_at is null
      and t.timeline = weir.tli()
      and not exists (select
                      from weir.term newer
                      where newer.term > t.term))
  and exists (
    select
    from pg_locks l
    where l.locktype = 'advisory'
      and l.granted
      and l.pid = pg_backend_pid()
      and l.classid = $4::int::oid
      and l.objid = $5::int::oid
      and l.objsubid = 2
      and l.database = (select oid from pg_database where datname = current_database()))

-- name: end_term
update weir.term
set ended_at = clock_timestamp(), reason = $4
where timeline = $1
  and term = $2
  and node_id = $3
  and ended_at is null
