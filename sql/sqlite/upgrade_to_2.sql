-- Tasks carry the trace context of whoever enqueued them.
alter table task add column traceparent text not null default '';
-- The history of owners; of those that were there before nobody knows more than that they were.
alter table owner add column since integer not null default 0;
alter table owner add column ended integer;
alter table owner add column reason text not null default '';
