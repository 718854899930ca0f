-- Tasks and what became of them.
--
-- weir.task and weir.attempt are only ever inserted into, in segments of ten million ids; weir.open holds
-- the unfinished tasks that a mark has passed, and only the owner of a partition writes it. So nothing on
-- the hot path leaves dead rows behind. Columns are ordered by width: no padding.
create sequence weir.task_id;
comment on sequence weir.task_id is 'cache 1: the order of ids is the order of real time';

create table weir.task(
  id bigint not null default nextval('weir.task_id') check (id > 0),
  xid xid8 not null default pg_current_xact_id(),
  created_at timestamptz not null default now(),
  epoch bigint,
  do_after timestamptz,
  moved_from bigint,
  ext_id uuid,
  part_id int not null check (part_id > 0),
  name text not null check (octet_length(name) between 1 and 256),
  key text check (octet_length(key) between 1 and 512),
  data jsonb not null,
  created_by text,
  trace text,
  primary key (id)
) partition by range (id);
alter sequence weir.task_id owned by weir.task.id;
create index task_read on weir.task(part_id, xid, id);
create index task_key on weir.task(part_id, key, id) where key is not null;
comment on table weir.task is 'requests to do something; immutable';
comment on column weir.task.id is 'higher = newer';
comment on column weir.task.xid is 'the transaction that brought it: reading goes by commit visibility';
comment on column weir.task.created_at is 'start of that transaction';
comment on column weir.task.epoch is 'the owner that took it straight into its window; null = a poll must find it';
comment on column weir.task.do_after is 'not before this instant; null = at once';
comment on column weir.task.moved_from is 'the id it had in another partition';
comment on column weir.task.ext_id is 'the id that its producer gave it (message_queue_id)';
comment on column weir.task.part_id is 'its partition';
comment on column weir.task.name is 'which action performs it';
comment on column weir.task.key is 'which thing it is about; null = never superseded, not serial';
comment on column weir.task.data is 'what the action needs to know';
comment on column weir.task.created_by is 'who asked for it';
comment on column weir.task.trace is 'trace context';

create table weir.attempt(
  task_id bigint not null,
  started_at timestamptz not null,
  epoch bigint not null,
  took_ms int not null check (took_ms >= 0),
  part_id int not null,
  no int not null check (no > 0),
  result "char" not null check (result in ('d', 'r', 'f', 'z', 'c', 't', 'x', 'X', 'i', 's', 'm')),
  message text check (octet_length(message) between 1 and 2000),
  primary key (task_id, no)
) partition by range (task_id);
create index attempt_failed on weir.attempt(task_id) where result in ('f', 'X');
comment on table weir.attempt is 'runs that ended, and decisions that ended a task without a run';
comment on column weir.attempt.task_id is 'the task';
comment on column weir.attempt.started_at is 'when the run began, by the clock of its node';
comment on column weir.attempt.epoch is 'the owner it ran under; weir.ownership tells the node';
comment on column weir.attempt.took_ms is 'how long it took';
comment on column weir.attempt.part_id is 'the partition';
comment on column weir.attempt.no is 'counts the attempts of the task, from 1';
comment on column weir.attempt.result is 'd success, r retry, f failure, z snooze, c cancel, t timeout, x crash, '
  'X the last crash, i interrupted, s superseded, m moved; d f c s m X end the task';
comment on column weir.attempt.message is 'what the action said of it';

create function weir.is_final(result "char")
returns bool
language sql
immutable
parallel safe
as $$
  select result in ('d', 'f', 'c', 's', 'm', 'X')
$$;
comment on function weir.is_final("char") is 'true for the result of an attempt that ended its task';

create table weir.open(
  task_id bigint primary key,
  epoch bigint not null,
  due timestamptz not null,
  since timestamptz not null default clock_timestamp(),
  part_id int not null,
  attempts int not null default 0 check (attempts >= 0),
  crashes int not null default 0 check (crashes >= 0),
  runs int not null default 0 check (runs >= 0),
  state "char" not null check (state in ('w', 'r', 'i')),
  marked bool not null default false constraint only_runs_are_marked check (state = 'i' or not marked),
  name text not null,
  key text
);
create index open_due on weir.open(part_id, due, task_id);
create index open_key on weir.open(part_id, name, key, task_id) where key is not null;
create index open_running on weir.open(part_id) where state = 'i';
comment on table weir.open is 'unfinished tasks that the mark has passed; only the owner of the partition writes it';
comment on column weir.open.task_id is 'the task';
comment on column weir.open.epoch is 'the owner that wrote the row';
comment on column weir.open.due is 'when it shall run (again)';
comment on column weir.open.since is 'when it came into this state';
comment on column weir.open.part_id is 'the partition';
comment on column weir.open.attempts is 'runs that count to max_attempts';
comment on column weir.open.crashes is 'runs that took their process down';
comment on column weir.open.runs is 'all runs: the number of its last attempt';
comment on column weir.open.state is 'w waiting (READY), r RETRY, i IN PROGRESS';
comment on column weir.open.marked is 'written before it ran: the end of its node counts as its crash';
comment on column weir.open.name is 'the task name, for superseding';
comment on column weir.open.key is 'the task key, for superseding';

-- A message of tasks whose sender may have to send it again: the answer it was given. The token begins with its
-- sender's time (RFC 9562, version 7), so that new rows lie side by side, and old ones are one range.
create table weir.receipt(
  token uuid primary key,
  xid xid8 not null default pg_current_xact_id(),
  ids bigint[] not null
);
comment on table weir.receipt is 'messages that were enqueued; sent again within the hour they get the same answer';
comment on column weir.receipt.token is 'chosen by the sender, UUID version 7';
comment on column weir.receipt.xid is 'the transaction that enqueued it';
comment on column weir.receipt.ids is 'the tasks, in the order of the message';

-- Nobody sends a message again after an hour. In portions, because the leader waits.
create function weir.forget_receipts()
returns bigint
language sql
security definer
set search_path = weir, pg_temp
as $$
  with old as (
    delete from weir.receipt
    where token in (
      select token
      from weir.receipt
      where token < (lpad(to_hex(((extract(epoch from now()) - 3600) * 1000)::bigint), 12, '0')
                     || repeat('0', 20))::uuid
      order by token
      limit 100000
    )
    returning 1
  )
  select count(*)
  from old
$$;
comment on function weir.forget_receipts() is 'drops receipts older than an hour; returns how many';
revoke all on function weir.forget_receipts() from public;

-- Room for new tasks: two segments ahead of the newest id. A segment is made beside the tables and then
-- attached, which waits for nobody; the leader calls this now and then. Two callers wait for each other.
create function weir.keep_room()
returns int
language plpgsql
security definer
set search_path = weir, pg_temp
as $$
declare
  size constant bigint := 10000000;
  wanted bigint;
  parent text;
  made int := 0;
begin
  lock table only weir.task in share update exclusive mode;
  for wanted in
    select n
    from generate_series((select last_value / size from weir.task_id),
                         (select last_value / size + 2 from weir.task_id)) n
    where to_regclass('weir.task_' || n) is null
  loop
    foreach parent in array array['task', 'attempt'] loop
      execute format('create table weir.%I (like weir.%I including defaults including constraints)',
                     parent || '_' || wanted, parent);
      execute format('alter table only weir.%I attach partition weir.%I for values from (%s) to (%s)',
                     parent, parent || '_' || wanted, wanted * size, (wanted + 1) * size);
    end loop;
    made := made + 1;
  end loop;
  perform weir.forget_receipts();
  return made;
end
$$;
comment on function weir.keep_room()
  is 'makes the segments that new ids will need, and forgets old receipts; returns how many segments';
revoke all on function weir.keep_room() from public;
select weir.keep_room();

-- The slot of a task in its stream: the same in every version of the database and in every language. (Stable, so that
-- it is inlined: convert_to is declared so.)
create function weir.bucket(name text, key text, id bigint, slots int)
returns int
language sql
stable
parallel safe
as $$
  select case
    when key is null then (id % slots)::int
    else (('x' || encode(substr(sha256(convert_to(name || chr(1) || key, 'UTF8')), 1, 4), 'hex'))::bit(32)::bigint
          & 2147483647)::int % slots
  end
$$;
comment on function weir.bucket(text, text, bigint, int)
  is 'first four bytes of sha256(name, chr(1), key), or the id without a key, modulo the slots';

-- One row if a task is accounted for without reading it: it has ended, or it is in weir.open. Asked as
-- `(select k.one from weir.accounted(t.id) k) is null`, which is inlined and stays two index probes whatever the
-- statistics say; as `not exists` it could be planned as a hash of all attempts. (A function that returns a
-- bool would not be inlined: its body has subqueries.)
create function weir.accounted(task bigint)
returns table(one int)
language sql
stable
rows 1
as $$
  select a.no
  from weir.attempt a
  where a.task_id = task
    and weir.is_final(a.result)
  union all
  select o.part_id
  from weir.open o
  where o.task_id = task
  limit 1
$$;
comment on function weir.accounted(bigint) is 'a row if the task has ended or is in weir.open';

-- Unfinished tasks of a partition (of a name) that are not in weir.open, at most `most`: with weir.open, every
-- unfinished task once. What lies beyond the mark is a range of the index that begins at the mark's cursor, and
-- below that bound the rows of transactions that were still running when `seen` or `upto` were taken.
-- (How it is written: see the statement read_tasks.)
create function weir.unread(part int, seen pg_snapshot, upto pg_snapshot, at_xid xid8, at_id bigint,
                            only_name text, most bigint)
returns table(id bigint, name text, created_at timestamptz, do_after timestamptz)
language sql
stable
as $$
  (
    select t.id, t.name, t.created_at, t.do_after
    from weir.task t
    where t.part_id = part
      and (t.xid, t.id) > (case when at_xid >= pg_snapshot_xmax(seen) then at_xid else pg_snapshot_xmax(seen) end,
                           case when at_xid >= pg_snapshot_xmax(seen) then at_id else 0 end)
      and t.id > (select id_floor from weir.cluster)
      and (only_name is null or t.name = only_name)
      and (select k.one from weir.accounted(t.id) k) is null
    order by t.xid, t.id
    limit most
  )
  union all
  (
    select l.id, l.name, l.created_at, l.do_after
    from (select pg_snapshot_xip(seen) union select pg_snapshot_xip(upto)) late(xid)
    cross join lateral (
      select t.id, t.name, t.created_at, t.do_after
      from weir.task t
      where t.part_id = part
        and t.xid between late.xid and late.xid
        and t.id > (select id_floor from weir.cluster)
        and (t.xid, t.id) <= (case when at_xid >= pg_snapshot_xmax(seen) then at_xid else pg_snapshot_xmax(seen) end,
                              case when at_xid >= pg_snapshot_xmax(seen) then at_id else 0 end)
        and (upto is null or not pg_visible_in_snapshot(t.xid, upto)
             or (not pg_visible_in_snapshot(t.xid, seen) and (t.xid, t.id) > (at_xid, at_id)))
        and (only_name is null or t.name = only_name)
        and (select k.one from weir.accounted(t.id) k) is null
      order by t.xid, t.id
      limit most
    ) l
    where pg_visible_in_snapshot(late.xid, pg_current_snapshot())
  )
$$;
comment on function weir.unread(int, pg_snapshot, pg_snapshot, xid8, bigint, text, bigint)
  is 'unfinished tasks of a partition that are not in weir.open';

-- True while tasks of a stream (or of a name) are unfinished.
create function weir.has_unfinished(stream int, task_name text default null)
returns bool
language sql
stable
as $$
  select exists (select
                 from weir.partition p
                 join weir.open o on o.part_id = p.part_id
                 where p.stream_id = stream
                   and (task_name is null or o.name = task_name))
      or exists (select
                 from weir.partition p
                 join weir.mark m on m.part_id = p.part_id
                 cross join lateral weir.unread(p.part_id, m.seen, m.upto, m.at_xid, m.at_id, task_name, 1) u
                 where p.stream_id = stream)
$$;
comment on function weir.has_unfinished(int, text) is 'true while tasks of the stream (of the name) are unfinished';

-- How many they are, counted up to `most`.
create function weir.count_unfinished(stream int, most bigint)
returns bigint
language sql
stable
as $$
  select count(*)
  from (
    select
    from weir.partition p
    join weir.open o on o.part_id = p.part_id
    where p.stream_id = stream
    union all
    select
    from weir.partition p
    join weir.mark m on m.part_id = p.part_id
    cross join lateral weir.unread(p.part_id, m.seen, m.upto, m.at_xid, m.at_id, null, most) u
    where p.stream_id = stream
    limit most
  ) x
$$;
comment on function weir.count_unfinished(int, bigint) is 'unfinished tasks of the stream, at most `most`';
