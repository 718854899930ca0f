-- What `weir doctor` looks at. Everything is read in transactions with settings of their own, so that it works through
-- a pooler, as any login, and in a database that has no weir yet.

-- name: doctor_begin
select set_config('statement_timeout', '5s', true), set_config('lock_timeout', '1s', true),
  set_config('search_path', 'pg_catalog', true)

-- name: doctor_clock
select (extract(epoch from clock_timestamp()) * 1000000)::bigint

-- name: doctor_server
-- Of a login that may not see a figure it is null.
select current_setting('server_version_num')::int, current_setting('server_version'), current_database(), current_user,
  r.rolsuper, r.rolsuper or pg_has_role(current_user, 'pg_read_all_stats', 'usage'), pg_is_in_recovery(),
  pg_encoding_to_char(d.encoding), coalesce(host(inet_server_addr()), ''), coalesce(inet_server_port(), 0),
  coalesce(host(inet_client_addr()), ''),
  coalesce((select s.ssl from pg_stat_ssl s where s.pid = pg_backend_pid()), false),
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
  (select sum(b.numbackends)::int from pg_stat_database b),
  r.rolconnlimit, d.datconnlimit,
  (select c.system_identifier from pg_control_system() c), d.oid::bigint,
  current_setting('synchronous_standby_names') <> '' and not exists (
    select
    from pg_stat_replication p
    where p.sync_state in ('sync', 'quorum'))
from pg_roles r
cross join pg_database d
where r.rolname = current_user
  and d.datname = current_database()

-- name: doctor_settings
select s.name, s.setting, s.source
from pg_settings s
where s.name = any ($1::text[])

-- name: doctor_age
-- How far the oldest database that takes connections is from running out of transaction ids, and of multixacts.
(select 'transaction', d.datname, age(d.datfrozenxid)::bigint
 from pg_database d
 where d.datallowconn
 order by 3 desc
 limit 1)
union all
(select 'multixact', d.datname, mxid_age(d.datminmxid)::bigint
 from pg_database d
 where d.datallowconn
 order by 3 desc
 limit 1)

-- name: doctor_sessions
-- Transactions of people and programs that are open for $1 seconds or longer, the oldest first.
select a.pid, a.usename, coalesce(a.application_name, ''), a.state like 'idle in transaction%',
  extract(epoch from clock_timestamp() - a.xact_start)::float8, a.backend_xmin is not null
from pg_stat_activity a
where a.datname = current_database()
  and a.backend_type = 'client backend'
  and a.pid <> pg_backend_pid()
  and a.xact_start < clock_timestamp() - $1 * interval '1 second'
order by a.xact_start
limit 20

-- name: doctor_prepared
select p.gid, p.owner, extract(epoch from clock_timestamp() - p.prepared)::float8
from pg_prepared_xacts p
where p.database = current_database()
order by p.prepared
limit 20

-- name: doctor_slots
-- Replication slots that nobody reads: what they keep from being removed.
select s.slot_name, coalesce(pg_wal_lsn_diff(w.here, s.restart_lsn), 0)::bigint,
  greatest(age(s.xmin), age(s.catalog_xmin))::bigint, coalesce(s.wal_status = 'lost', false)
from pg_replication_slots s
cross join lateral (
  select case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end as here
) w
where not s.active
order by 2 desc
limit 20

-- name: doctor_locks
-- Sessions that hold a table of the schema against writers, and are not weir's.
select a.pid, a.usename, coalesce(a.application_name, ''), min(c.relname),
  coalesce(extract(epoch from clock_timestamp() - a.xact_start), 0)::float8
from pg_locks l
join pg_class c on c.oid = l.relation
join pg_namespace n on n.oid = c.relnamespace
join pg_stat_activity a on a.pid = l.pid
where l.granted
  and l.database = (select d.oid from pg_database d where d.datname = current_database())
  and n.nspname = $1
  and c.relkind in ('r', 'p')
  and l.mode in ('ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock')
  and l.pid <> pg_backend_pid()
  and coalesce(a.application_name, '') not like 'weir %'
group by a.pid, a.usename, a.application_name, a.xact_start
order by a.pid
limit 20

-- name: doctor_tables
select c.relname, coalesce(t.n_live_tup, 0), coalesce(t.n_dead_tup, 0),
  coalesce(c.reloptions @> '{autovacuum_enabled=false}' or c.reloptions @> '{autovacuum_enabled=off}', false)
from pg_class c
join pg_namespace n on n.oid = c.relnamespace
left join pg_stat_all_tables t on t.relid = c.oid
where n.nspname = $1
  and c.relkind = 'r'
order by c.relname

-- name: doctor_indexes
select c.relname
from pg_index i
join pg_class c on c.oid = i.indexrelid
join pg_namespace n on n.oid = c.relnamespace
where n.nspname = $1
  and not i.indisvalid
  and c.relkind = 'i'
order by c.relname

-- name: doctor_room
-- Ids that there is still room for: the highest bound of the tasks' segments less the highest id.
select max((regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''?(\d+)'))[1]::bigint)
  - (select coalesce(max(t.id), 0) from weir.task t)
from pg_inherits i
join pg_class c on c.oid = i.inhrelid
where i.inhparent = 'weir.task'::regclass

-- name: doctor_deaths
-- Names whose incarnations were declared dead again and again within the last $1 seconds.
select n.name, count(*)
from weir.node n
where n.state = 'dead'
  and n.ended_at > clock_timestamp() - $1 * interval '1 second'
group by n.name
order by n.name

-- name: doctor_view_there
select to_regclass($1) is not null

-- name: doctor_session_number
select pg_backend_pid()
