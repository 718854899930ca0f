-- What `weir dev` keeps in weir.db: the tables of drivers/memory/tables.hpp. Times are microseconds since 1970, lengths
-- milliseconds; lists and objects are JSON text. Read it with sqlite3 while weir dev runs; write to it never.

-- what has been given and must not be given again; one row
create table counter(
  name text primary key,
  server integer not null,
  timeline integer not null,
  ids_of_timeline integer not null,
  next_task integer not null,
  next_request integer not null,
  next_node integer not null,
  next_schedule integer not null,
  next_part integer not null,
  next_stream integer not null,
  epoch_floor integer not null,
  pauses integer not null,
  next_xid integer not null
) strict, without rowid;

create table stream(
  stream_id integer primary key,
  name text not null,
  mode text not null check (mode in ('single', 'parallel')),
  partitions integer not null,
  concurrency integer not null,
  pin text,
  pin_policy text not null check (pin_policy in ('strict', 'prefer')),
  isolation text not null check (isolation in ('process', 'thread')),
  handover_delay integer not null,
  async_finish integer not null,
  notify integer not null,
  rate_starts integer not null,
  rate_interval integer not null,
  breaker_failures integer not null,
  breaker_pause integer not null,
  first_part integer not null,
  paused_forever integer not null,
  paused_until integer
) strict;

-- names of deleted streams, for history
create table former_stream(
  stream_id integer primary key,
  name text not null
) strict;

create table route(
  task_name text primary key,
  stream_id integer not null
) strict, without rowid;

-- who owns a partition under which epoch, how far it is read, and how many tasks have ended there
create table partition(
  part_id integer primary key,
  stream_id integer not null,
  slot integer not null,
  owner integer not null,
  timeline integer not null,
  epoch integer not null,
  freed_by_crash integer not null,
  free_since integer not null,
  assigned_to text not null,
  mark_seen text not null,
  mark_upto text,
  mark_at_xid integer not null,
  mark_at_id integer not null,
  done integer not null,
  failed integer not null,
  cancelled integer not null,
  deaths integer not null,
  acquired_at integer not null
) strict;

-- owners of partitions, whose runs may still have to be written down
create table owner(
  part_id integer not null,
  epoch integer not null,
  timeline integer not null,
  node_id integer not null,
  since integer not null default 0,
  ended integer,
  reason text not null default '',
  primary key (part_id, epoch)
) strict, without rowid;

-- incarnations of nodes
create table node(
  node_id integer primary key,
  name text not null,
  machine text not null,
  version text not null,
  address text not null,
  http text not null,
  labels text not null,
  weight integer not null,
  actions text not null,
  cluster_settings text not null,
  state text not null check (state in ('joining', 'active', 'draining', 'stopped', 'dead')),
  timeline integer not null,
  drain_wanted integer not null,
  declared integer not null,
  differences text not null,
  schedule_differences text not null,
  ended_by text not null,
  retention text not null
) strict;

create table term(
  term integer primary key,
  timeline integer not null,
  node_id integer not null,
  node_name text not null,
  elected_at integer not null,
  ended_at integer,
  reason text not null
) strict;

create table task(
  task_id integer primary key,
  xid integer not null,
  part_id integer not null,
  stream_id integer not null,
  handed_epoch integer not null,
  name text not null,
  key text,
  data text not null,
  created_by text not null,
  created_at integer not null,
  do_after integer,
  traceparent text not null default ''
) strict;

-- runs that have ended, and decisions; the one with a final result ends its task. Letters: domain/execution.hpp
create table attempt(
  task_id integer not null,
  number integer not null,
  started_at integer not null,
  took integer not null,
  epoch integer not null,
  node_id integer not null,
  result text not null,
  message text not null,
  primary key (task_id, number)
) strict, without rowid;

-- tasks that were read and wait (w), wait for their retry (r), or run (i)
create table open(
  task_id integer primary key,
  part_id integer not null,
  epoch integer not null,
  state text not null check (state in ('w', 'r', 'i')),
  due integer not null,
  since integer not null,
  attempts integer not null,
  crashes integer not null,
  runs integer not null,
  marked integer not null,
  name text not null,
  key text
) strict;

-- what people asked of tasks: cancel (c), retry (r), snooze (z)
create table request(
  task_id integer primary key,
  request_id integer not null,
  part_id integer not null,
  kind text not null check (kind in ('c', 'r', 'z')),
  due integer,
  asked_by text not null
) strict;

-- messages that were enqueued; sent again within the hour they get the same answer
create table receipt(
  token text primary key,
  ids text not null
) strict, without rowid;

create table paused_name(
  name text primary key,
  until integer
) strict, without rowid;

create table schedule(
  name text primary key,
  schedule_id integer not null,
  task text not null,
  key text,
  data text not null,
  every integer not null,
  cron text not null,
  zone text not null,
  missed text not null check (missed in ('skip', 'once', 'all')),
  since integer not null,
  next_at integer,
  paused_forever integer not null,
  paused_until integer,
  last_at integer,
  last_task integer not null
) strict, without rowid;

create table cdc(
  controller text primary key,
  name text not null,
  pass integer not null,
  round integer not null,
  go_on_after text,
  started_at integer,
  finished_at integer,
  created integer not null,
  updated integer not null,
  deleted integer not null,
  failed integer not null,
  problem text
) strict, without rowid;

create table cdc_object(
  controller text not null,
  object text not null,
  hash text not null,
  round integer not null,
  primary key (controller, object)
) strict, without rowid;

-- who ordered what
create table audit(
  audit_id integer primary key,
  at integer not null,
  who text not null,
  login text not null,
  way text not null,
  action text not null,
  object text not null,
  details text not null,
  result text not null,
  request text not null
) strict;

-- ranges of task ids that have rows or had
create table segment(
  number integer primary key
) strict;

-- tasks that outlived their segment
create table kept(
  task_id integer primary key
) strict;
