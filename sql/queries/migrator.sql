-- Statements of the migrator and of every session's first look at the schema.

-- name: server_encoding
select current_setting('server_encoding')

-- name: has_migrations
select to_regclass('weir.migration') is not null

-- name: schema_owner
select pg_get_userbyid(c.relowner), pg_has_role(c.relowner, 'usage'), current_user
from pg_class c
where c.oid = to_regclass('weir.migration')

-- name: applied_migrations
select version, name, checksum
from weir.migration
order by version

-- name: oldest_program
-- (a schema that is older has no such column)
select coalesce((to_jsonb(c) ->> 'oldest_program')::int, 1)
from weir.cluster c

-- name: record_migration
insert into weir.migration(version, name, checksum)
values ($1, $2, $3)

-- name: migration_lock
select pg_advisory_lock($1, $2)

-- name: migration_unlock
select pg_advisory_unlock($1, $2)

-- name: drop_schema
drop schema weir cascade

-- name: adopt
select tasks_up_to, unfinished, nodes_ended, tokens_fall
from weir.adopt()

-- name: session_check
-- the version of the schema, whether its transaction numbers are those of this server, which server that is, and what
-- the oldest program is that may work with the schema (which may be older than the column)
select (select max(version) from weir.migration),
  (select c.system_identifier = s.system_identifier from weir.cluster c), s.system_identifier,
  case when not pg_is_in_recovery() then weir.tli() end,
  (select coalesce((to_jsonb(c) ->> 'oldest_program')::int, 1) from weir.cluster c)
from pg_control_system() s
