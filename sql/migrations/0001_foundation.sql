-- The schema itself: what was applied to it, and which database cluster it belongs to.
--
-- How these files are written: lower case, one clause a line, every table and column with a comment,
-- checks that forbid impossible rows. The schema is always spelt `weir`, and only as `weir.NAME`,
-- `schema weir` or `search_path = weir`: exactly these places are replaced when it is configured otherwise.
create schema if not exists weir;
comment on schema weir is 'background tasks on several nodes behind one database';

create table weir.migration(
  version int primary key check (version > 0),
  name text not null,
  checksum text not null check (checksum ~ '^[0-9a-f]{64}$'),
  applied_at timestamptz not null default now(),
  applied_by text not null default session_user
);
comment on table weir.migration is 'the migrations that made this schema';
comment on column weir.migration.version is 'number of the file, from 1, without gaps';
comment on column weir.migration.name is 'name of the file without .sql';
comment on column weir.migration.checksum is 'sha256 of the file as it was applied; a file never changes afterwards';
comment on column weir.migration.applied_at is 'when';
comment on column weir.migration.applied_by is 'the role that applied it';

-- The timeline of the database: it changes when a standby is promoted. Fails on a standby, as it should
-- (pg_control_checkpoint() lags behind after a promotion).
create function weir.tli()
returns int
language sql
volatile
as $$
  select ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int
$$;
comment on function weir.tli() is 'the timeline of the database';

create table weir.cluster(
  one bool primary key default true check (one),
  system_identifier bigint not null,
  id_floor bigint not null default 0 check (id_floor >= 0),
  timeline int not null default weir.tli(),
  next_part int not null default 1 check (next_part > 0),
  settings jsonb not null default '{}' check (jsonb_typeof(settings) = 'object')
);
comment on table weir.cluster is 'the one row about the cluster';
comment on column weir.cluster.one is 'makes sure that there is one row';
comment on column weir.cluster.system_identifier is 'the database cluster whose transaction numbers these are';
comment on column weir.cluster.id_floor is 'tasks up to this id came from another database cluster: never read';
comment on column weir.cluster.timeline is 'the newest timeline that the ids of tasks and nodes were moved ahead for';
comment on column weir.cluster.next_part is 'the part_id that the next stream begins with';
comment on column weir.cluster.settings is 'settings that hold for the whole cluster';

insert into weir.cluster(system_identifier)
select system_identifier
from pg_control_system();

-- Names of tasks, streams and nodes: 1 to 64 characters, none of them a control character.
create function weir.is_name(value text)
returns bool
language sql
immutable
parallel safe
as $$
  select char_length(value) between 1 and 64 and value !~ '[\u0001-\u001f\u007f-\u009f]'
$$;
comment on function weir.is_name(text) is 'true for 1 to 64 printable characters';

-- Instants cross the driver as whole microseconds since the Unix epoch: exact, and of no time zone. Stable, as what
-- they are made of is declared: of an immutable function that calls a stable one nothing is inlined (PostgreSQL wiki,
-- "Inlining of SQL functions"), and a call for every row costs as much as its insert.
create function weir.to_us(at timestamptz)
returns bigint
language sql
stable
parallel safe
as $$
  select case when isfinite(at) then (extract(epoch from at) * 1000000)::bigint end
$$;
comment on function weir.to_us(timestamptz) is 'microseconds since the Unix epoch; null for infinity';

create function weir.from_us(us bigint)
returns timestamptz
language sql
stable
parallel safe
as $$
  select timestamptz '1970-01-01 00:00:00+00' + us * interval '1 microsecond'
$$;
comment on function weir.from_us(bigint) is 'the instant of so many microseconds since the Unix epoch';
