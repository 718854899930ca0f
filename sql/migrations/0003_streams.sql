-- Streams, their partitions, who shall have them (assignment) and who has them (partition: the fence).
create sequence weir.stream_id as int;

create table weir.stream(
  stream_id int primary key default nextval('weir.stream_id'),
  name text not null unique constraint name_is_printable check (weir.is_name(name)),
  mode text not null check (mode in ('single', 'parallel')),
  partitions int not null check (partitions between 1 and 1024),
  first_part int not null unique check (first_part > 0),
  concurrency int not null check (concurrency between 1 and 1024),
  pin text check (weir.is_name(pin)),
  pin_policy text not null default 'strict' check (pin_policy in ('strict', 'prefer')),
  isolation text not null check (isolation in ('process', 'thread')),
  handover_delay_ms bigint not null default 0 check (handover_delay_ms >= 0),
  async_finish bool not null default false,
  paused_until timestamptz,
  created_at timestamptz not null default now(),
  constraint single_has_one_partition check (mode = 'parallel' or partitions = 1)
);
alter sequence weir.stream_id owned by weir.stream.stream_id;
comment on table weir.stream is 'lanes of tasks, with the settings in force';
comment on column weir.stream.stream_id is 'the stream; 1 is `default`, where names without a route go';
comment on column weir.stream.name is 'what people call it';
comment on column weir.stream.mode is 'single: one node at a time; parallel: split over all nodes';
comment on column weir.stream.partitions is 'how many units of ownership it has';
comment on column weir.stream.first_part is 'its partitions are first_part .. first_part + partitions - 1';
comment on column weir.stream.concurrency is 'runs at once on one node';
comment on column weir.stream.pin is 'the node that shall have it';
comment on column weir.stream.pin_policy is 'while the pinned node is away: strict waits, prefer runs elsewhere';
comment on column weir.stream.isolation is 'where actions run: in a runner process or on threads';
comment on column weir.stream.handover_delay_ms is 'how long a new owner waits after a crash of the old one';
comment on column weir.stream.async_finish is 'results commit without waiting for the disk';
comment on column weir.stream.paused_until is 'nothing starts before; infinity = until resumed';
comment on column weir.stream.created_at is 'when it was created';

create table weir.route(
  name text primary key constraint name_is_printable check (weir.is_name(name)),
  stream_id int not null references weir.stream
);
create index route_stream on weir.route(stream_id);
comment on table weir.route is 'task name -> stream';
comment on column weir.route.name is 'the task name';
comment on column weir.route.stream_id is 'where its tasks go';

create table weir.partition(
  part_id int primary key check (part_id > 0),
  stream_id int not null references weir.stream,
  slot int not null check (slot >= 0),
  owner int references weir.node,
  timeline int not null default weir.tli(),
  epoch bigint not null default 0 check (epoch >= 0),
  freed_by_crash bool not null default false,
  unique (stream_id, slot),
  constraint owned_is_not_freed check (owner is null or not freed_by_crash),
  constraint owned_has_an_epoch check (owner is null or epoch > 0)
) with (fillfactor = 50);
create index partition_owner on weir.partition(owner) where owner is not null;
comment on table weir.partition is
  'the fence: written only when ownership changes, locked for share by every write of an owner';
comment on column weir.partition.part_id is 'the partition, cluster-wide';
comment on column weir.partition.stream_id is 'its stream';
comment on column weir.partition.slot is 'its place in the stream, from 0';
comment on column weir.partition.owner is 'the incarnation that owns it, null = free';
comment on column weir.partition.timeline is 'timeline of the database when it was last taken';
comment on column weir.partition.epoch is 'counts its owners';
comment on column weir.partition.freed_by_crash is 'the last owner was declared dead: start carefully';

create table weir.block(
  first_part int primary key check (first_part > 0),
  parts int not null check (parts > 0),
  stream_id int references weir.stream,
  former_name text,
  constraint a_stream_or_its_former_name check ((stream_id is null) = (former_name is not null))
);
create index block_stream on weir.block(stream_id);
comment on table weir.block is 'which stream part_ids belong to, those of former partitions too, for history';
comment on column weir.block.first_part is 'the block is first_part .. first_part + parts - 1';
comment on column weir.block.parts is 'how many';
comment on column weir.block.stream_id is 'the stream, null = it was deleted';
comment on column weir.block.former_name is 'what the deleted stream was called';

create table weir.assignment(
  part_id int primary key references weir.partition on delete cascade,
  node text check (weir.is_name(node)),
  term bigint
) with (fillfactor = 50);
create index assignment_node on weir.assignment(node) where node is not null;
comment on table weir.assignment is 'what the leader wishes; not in the fence row, which hot statements lock';
comment on column weir.assignment.part_id is 'the partition';
comment on column weir.assignment.node is 'name of the node that shall own it, null = nobody';
comment on column weir.assignment.term is 'the term that wished it';

create table weir.ownership(
  part_id int not null,
  timeline int not null,
  epoch bigint not null,
  node_id int not null references weir.node,
  acquired_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  reason text check (reason in ('released', 'renewed', 'stopped', 'dead', 'deleted')),
  primary key (part_id, epoch, timeline),
  constraint reason_at_the_end check ((ended_at is null) = (reason is null))
);
create index ownership_running on weir.ownership(node_id) where ended_at is null;
comment on table weir.ownership is 'the history of owners; tells on which node an attempt ran';
comment on column weir.ownership.part_id is 'the partition';
comment on column weir.ownership.timeline is 'timeline of the database';
comment on column weir.ownership.epoch is 'the epoch';
comment on column weir.ownership.node_id is 'the owner';
comment on column weir.ownership.acquired_at is 'when it was taken';
comment on column weir.ownership.ended_at is 'when it ended, null = it lasts';
comment on column weir.ownership.reason is 'why it ended';

create table weir.mark(
  part_id int primary key references weir.partition on delete cascade,
  epoch bigint not null default 0,
  seen pg_snapshot not null default '1:1:',
  upto pg_snapshot,
  at_xid xid8 not null default '0',
  at_id bigint not null default 0,
  done bigint not null default 0 check (done >= 0),
  failed bigint not null default 0 check (failed >= 0),
  cancelled bigint not null default 0 check (cancelled >= 0),
  constraint cursor_needs_upto check (upto is not null or at_id = 0)
) with (fillfactor = 20);
-- every task visible in `seen`, and of those visible in `upto` every one up to (at_xid, at_id), is finished or
-- in weir.open
comment on table weir.mark is 'the low-water mark of reading: a snapshot with a cursor, never an id';
comment on column weir.mark.part_id is 'the partition';
comment on column weir.mark.epoch is 'the owner that may move it';
comment on column weir.mark.seen is 'everything visible in it was read';
comment on column weir.mark.upto is 'the snapshot that is being read, null = none';
comment on column weir.mark.at_xid is 'how far in upto: transaction';
comment on column weir.mark.at_id is 'how far in upto: task';
comment on column weir.mark.done is 'tasks that ended DONE, counted now and then';
comment on column weir.mark.failed is 'tasks that ended FAILED';
comment on column weir.mark.cancelled is 'tasks that ended CANCELLED';

-- The rows of a stream's partitions: a new contiguous block.
create function weir.add_partitions(stream int, first int, count int)
returns void
language sql
as $$
  insert into weir.block(first_part, parts, stream_id)
  values (first, count, stream);
  insert into weir.partition(part_id, stream_id, slot)
  select first + slot, stream, slot
  from generate_series(0, count - 1) slot;
  insert into weir.assignment(part_id)
  select first + slot
  from generate_series(0, count - 1) slot;
  insert into weir.mark(part_id)
  select first + slot
  from generate_series(0, count - 1) slot
$$;
comment on function weir.add_partitions(int, int, int) is 'adds the rows of `count` partitions from `first` on';

-- The first part_id of a new block; the row lock makes creators wait for each other.
create function weir.reserve_parts(count int)
returns int
language sql
as $$
  update weir.cluster
  set next_part = next_part + count
  returning next_part - count
$$;
comment on function weir.reserve_parts(int) is 'the first part_id of a new block of `count`';

create function weir.create_stream(
  name text, mode text, partitions int, concurrency int, pin text, pin_policy text, isolation text,
  handover_delay_ms bigint, async_finish bool)
returns int
language plpgsql
as $$
declare
  problem text := case
    when not coalesce(weir.is_name(name), false)
      then 'its name must be 1 to 64 printable characters'
    when mode is null or mode not in ('single', 'parallel') then 'mode must be single or parallel'
    when mode = 'single' and partitions <> 1 then 'a single stream has exactly one partition'
    when not coalesce(partitions between 1 and 1024, false) then 'partitions must be 1 to 1024'
    when not coalesce(concurrency between 1 and 1024, false) then 'concurrency must be 1 to 1024'
    when not weir.is_name(pin) then 'pin must be a node name, 1 to 64 printable characters'
    when not coalesce(handover_delay_ms >= 0, false) then 'handover_delay must not be negative'
  end;
  first int;
  made int;
begin
  if problem is not null then
    raise exception 'stream "%": %', name, problem using errcode = '22023';
  end if;
  first := weir.reserve_parts(partitions);
  insert into weir.stream as s(name, mode, partitions, first_part, concurrency, pin, pin_policy, isolation,
                               handover_delay_ms, async_finish)
  values (create_stream.name, create_stream.mode, create_stream.partitions, first, create_stream.concurrency,
          create_stream.pin, create_stream.pin_policy, create_stream.isolation,
          create_stream.handover_delay_ms, create_stream.async_finish)
  returning s.stream_id into made;
  perform weir.add_partitions(made, first, partitions);
  return made;
end
$$;
comment on function weir.create_stream(text, text, int, int, text, text, text, bigint, bool)
  is 'creates a stream with its partitions';

select weir.create_stream('default', 'parallel', 16, 16, null, 'strict', 'thread', 0, false);

revoke all on function weir.add_partitions(int, int, int) from public;
revoke all on function weir.reserve_parts(int) from public;
revoke all on function weir.create_stream(text, text, int, int, text, text, text, bigint, bool) from public;
