-- Change data capture: what is kept, and reading a source.

-- name: cdc_begin
insert into weir.cdc_controller as c(controller, name, pass, started_at)
values ($1, $2, 1, clock_timestamp())
on conflict (controller) do update
set name = excluded.name, pass = c.pass + 1, started_at = excluded.started_at, finished_at = null
returning c.pass, c.round, c.go_on_after, c.objects

-- name: cdc_stored
-- The caller cuts at the end of its range: as a condition here it would make the last page read all the rest.
select s.object_id, s.hash, s.stale
from weir.cdc_stored($1, $2, $3, $4) s

-- name: cdc_write
select weir.cdc_write($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: cdc_finish
update weir.cdc_controller c
set finished_at = clock_timestamp(), created = $3, updated = $4, deleted = $5, failed = $6, problem = $7,
  go_on_after = $8
where c.controller = $1
  and c.pass = $2

-- name: cdc_controllers
select c.controller, c.name, c.objects, c.pass, c.round, c.go_on_after, weir.to_us(c.started_at),
  weir.to_us(c.finished_at), c.created, c.updated, c.deleted, c.failed, c.problem
from weir.cdc_controller c
order by c.name, c.controller

-- name: cdc_resync
update weir.cdc_controller c
set round = c.round + 1, go_on_after = null
where c.controller = $1

-- name: cdc_source_begin
-- In a database that need not be weir's: nothing here may name one of its tables.
begin transaction isolation level repeatable read read only

-- name: cdc_source_settings
select set_config('statement_timeout', $1, true), set_config('lock_timeout', $1, true),
  set_config('idle_in_transaction_session_timeout', $1, true), set_config('cursor_tuple_fraction', '1', true)

-- name: cdc_source_open
-- %query%, %after% and %upto% are put in as text: a cursor takes no parameters.
declare cdc_source no scroll cursor for
select q.object_id::text, q.hash::text
from (
%query%
) q
where (%after%::text is null or q.object_id::text collate "C" > %after%)
  and (%upto%::text is null or q.object_id is null or q.object_id::text collate "C" <= %upto%)
order by q.object_id::text collate "C" nulls first

-- name: cdc_source_page
fetch forward 5000 from cdc_source

-- name: cdc_source_end
rollback
