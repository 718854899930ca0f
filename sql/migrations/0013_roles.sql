-- Who may do what: three roles beside the schema's owner. Which right of which object a role has is written in one
-- table, a row an object; a migration that makes a table, a view, a sequence or a function adds its row, and a test
-- refuses an object without one. Roles of PostgreSQL are global and this schema's name is not, so nothing is created
-- here: any login or group can be given a role of weir.

create table weir.role_right(
  object text primary key,
  everyone text not null default '',
  producer text not null default '',
  reader text not null default '',
  node text not null default '',
  constraint rights_are_words check (everyone || producer || reader || node ~ '^[a-z, ]*$')
);
comment on table weir.role_right is 'which rights weir''s roles have on each object of this schema';
comment on column weir.role_right.object is 'table, view, sequence or function (all of that name), without the schema';
comment on column weir.role_right.everyone is 'rights of every role of the database server; empty = none';
comment on column weir.role_right.producer is 'rights of programs that enqueue by SQL';
comment on column weir.role_right.reader is 'rights of those who look';
comment on column weir.role_right.node is 'rights of nodes, and of people who give orders';

-- Tables and views. What has happened stays as it was written: a node changes no task, no attempt, no migration.
insert into weir.role_right(object, reader, node)
values
  ('migration', 'select', 'select'),
  ('cluster', 'select', 'select, update'),
  ('node', 'select', 'select, insert, update'),
  ('beat', 'select', 'select, insert, update'),
  ('term', 'select', 'select, insert, update'),
  ('stream', 'select', 'select, insert, update'),
  ('route', 'select', 'select, insert'),
  ('partition', 'select', 'select, insert, update'),
  ('block', 'select', 'select, insert'),
  ('assignment', 'select', 'select, insert, update'),
  ('ownership', 'select', 'select, insert, update'),
  ('mark', 'select', 'select, insert, update'),
  ('task', 'select', 'select'),
  ('attempt', 'select', 'select, insert'),
  ('former_attempt', 'select', 'select'),
  ('open', 'select', 'select, insert, update, delete'),
  ('receipt', '', ''),
  ('request', 'select', 'select, insert, update, delete'),
  ('paused_name', 'select', 'select, insert, update, delete'),
  ('schedule', 'select', 'select, insert, update, delete'),
  ('cdc_controller', 'select', 'select, insert, update'),
  ('cdc_hash', 'select', 'select'),
  ('node_now', 'select', 'select'),
  ('stream_now', 'select', 'select'),
  ('partition_now', 'select', 'select'),
  ('schedule_now', 'select', 'select'),
  ('role_right', 'select', 'select'),
  ('grantee', 'select', 'select');

-- What a producer sees of message_queue is what the counting SELECTs need: no data, and no messages of actions.
insert into weir.role_right(object, producer, reader, node)
values ('message_queue', 'insert, count', 'select', 'select, insert');

-- Numbers of tasks are taken by functions that have the owner's rights.
insert into weir.role_right(object, node)
values
  ('task_id', ''),
  ('node_id', 'usage'),
  ('stream_id', 'usage'),
  ('request_request_id_seq', ''),
  ('schedule_schedule_id_seq', '');

-- Functions that read no table: they tell nobody anything, and views and checks call them as whoever asks.
insert into weir.role_right(object, everyone)
values
  ('tli', 'execute'),
  ('is_name', 'execute'),
  ('to_us', 'execute'),
  ('from_us', 'execute'),
  ('is_final', 'execute'),
  ('bucket', 'execute'),
  ('task_problem', 'execute'),
  ('check_data', 'execute'),
  ('state_of', 'execute');

insert into weir.role_right(object, producer, node)
values
  ('enqueue', 'execute', 'execute'),
  ('enqueue_many', 'execute', 'execute');

insert into weir.role_right(object, reader, node)
values
  ('accounted', 'execute', 'execute'),
  ('unread', 'execute', 'execute'),
  ('has_unfinished', 'execute', 'execute'),
  ('count_unfinished', 'execute', 'execute'),
  ('stream_differences', 'execute', 'execute'),
  ('deaths_in_a_row', 'execute', 'execute');

insert into weir.role_right(object, node)
values
  ('stream_of', 'execute'),
  ('add_partitions', 'execute'),
  ('reserve_parts', 'execute'),
  ('create_stream', 'execute'),
  ('keep_room', 'execute'),
  ('end_node', 'execute'),
  ('note_timeline', 'execute'),
  ('join_node', 'execute'),
  ('set_node_state', 'execute'),
  ('declare_dead', 'execute'),
  ('end_leader_session', 'execute'),
  ('begin_term', 'execute'),
  ('begin_ownership', 'execute'),
  ('acquire', 'execute'),
  ('renew_ownership', 'execute'),
  ('declare', 'execute'),
  ('change_stream', 'execute'),
  ('delete_stream', 'execute'),
  ('enqueue_rows', 'execute'),
  ('ask_tasks', 'execute'),
  ('requeue', 'execute'),
  ('add_schedule', 'execute'),
  ('declare_schedules', 'execute'),
  ('fire_schedule', 'execute'),
  ('trigger_schedule', 'execute'),
  ('cdc_stored', 'execute'),
  ('cdc_write', 'execute');

-- For the owner alone, or for functions with the owner's rights.
insert into weir.role_right(object)
values
  ('forget_receipts'),
  ('lock_stream'),
  ('message_queue_insert'),
  ('queue_place'),
  ('make_message_queue'),
  ('place_message_queue'),
  ('seed_table'),
  ('row_problem'),
  ('history_part'),
  ('rows_to_move'),
  ('import_rows'),
  ('switch_message_queue'),
  ('rows_by_state'),
  ('message_queues'),
  ('give_rights'),
  ('grant_role'),
  ('revoke_role'),
  ('renew_grants');

-- Rights that a new table asks for are given to whoever has the role already.
create table weir.grantee(
  role text not null check (role in ('producer', 'reader', 'node')),
  grantee name not null,
  granted_at timestamptz not null default now(),
  granted_by text not null default session_user,
  primary key (role, grantee)
);
comment on table weir.grantee is 'who was given which role of weir';
comment on column weir.grantee.role is 'producer, reader or node';
comment on column weir.grantee.grantee is 'the role of PostgreSQL: a login or a group';
comment on column weir.grantee.granted_at is 'when';
comment on column weir.grantee.granted_by is 'the login that granted it';

-- These lock weir.task, or move sequences, which a node has no right to. None of them is on the path of tasks: there
-- a function with the owner's rights would cost, since PostgreSQL inlines none.
alter function weir.note_timeline() security definer;
alter function weir.note_timeline() set search_path = weir, pg_temp;
alter function weir.change_stream(text, jsonb) security definer;
alter function weir.change_stream(text, jsonb) set search_path = weir, pg_temp;
alter function weir.delete_stream(text) security definer;
alter function weir.delete_stream(text) set search_path = weir, pg_temp;

-- Ends the session that holds the leader's lock, where the caller may: one of its own login, or of a login that it is
-- a member of. Another login's session keeps the lock until it ends by itself, which costs time and no safety: what
-- the old leader writes is fenced by its term.
create function weir.end_leader_session(pid int, lock_class int, lock_object int)
returns bool
language sql
volatile
as $$
  select coalesce(bool_or(pg_terminate_backend(l.pid)), false)
  from pg_locks l
  join pg_stat_activity a on a.pid = l.pid
  where l.pid = end_leader_session.pid
    and l.locktype = 'advisory'
    and l.granted
    and l.classid = lock_class::oid
    and l.objid = lock_object::oid
    and l.database = (select oid from pg_database where datname = current_database())
    and l.pid <> pg_backend_pid()
    and pg_has_role(a.usesysid, 'usage')
$$;
comment on function weir.end_leader_session(int, int, int)
  is 'ends the session that holds the leader''s lock; false: it is gone, or of another login';

create or replace function weir.declare_dead(who int, seen_beat bigint, seen_timeline int, lock_class int,
                                             lock_object int)
returns bool
language plpgsql
set lock_timeout = '1s'
as $$
begin
  if seen_timeline is distinct from null and seen_timeline <> weir.tli() then
    return false;
  end if;
  update weir.beat
  set ended = true
  where node_id = who
    and not ended
    and (seen_beat is null or beat = seen_beat);
  if not found then
    return false;
  end if;
  -- A leader that hangs keeps its session and with it the lock.
  perform weir.end_leader_session(t.backend_pid, lock_class, lock_object)
  from weir.term t
  where t.node_id = who
    and t.ended_at is null;
  perform weir.end_node(who, 'dead', 'dead');
  return true;
end
$$;

-- The view message_queue, and the same view under the names that `database.message_queue` gave it.
create function weir.message_queues()
returns setof regclass
language sql
stable
as $$
  select 'weir.message_queue'::regclass
  union
  select t.tgrelid::regclass
  from pg_trigger t
  where t.tgfoid = 'weir.message_queue_insert'::regproc
$$;
comment on function weir.message_queues() is 'the view message_queue, wherever it stands';

-- Gives all rights of a role (everyone, producer, reader, node) to a receiver as SQL spells it: "public" or an
-- identifier. The right `count` is to see the columns that counting needs: not the data, not what actions said.
create function weir.give_rights(role text, receiver text)
returns void
language plpgsql
as $$
declare
  home constant oid := (select c.relnamespace from pg_class c where c.oid = 'weir.role_right'::regclass);
  given record;
begin
  for given in
    with wanted as (
      select r.object, a.word
      from weir.role_right r
      cross join lateral regexp_split_to_table(
        case give_rights.role when 'everyone' then r.everyone when 'producer' then r.producer
                              when 'reader' then r.reader when 'node' then r.node end, ' *, *') a(word)
      where a.word <> ''
    )
    select format('execute on function %s', p.oid::regprocedure) as what
    from wanted w
    join pg_proc p on p.proname = w.object and p.pronamespace = home
    where w.word = 'execute'
    union all
    select format(case when c.relkind = 'S' then '%s on sequence %s' else '%s on table %s' end, w.word, c.oid::regclass)
    from wanted w
    join pg_class c on (c.relname = w.object and c.relnamespace = home)
      or (w.object = 'message_queue' and c.oid in (select q from weir.message_queues() q))
    where w.word not in ('execute', 'count')
    union all
    select format('select (%s) on table %s', string_agg(quote_ident(a.attname), ', ' order by a.attnum),
                  a.attrelid::regclass)
    from wanted w
    cross join weir.message_queues() q
    join pg_attribute a on a.attrelid = q
    where w.word = 'count'
      and a.attnum > 0
      and a.attname not in ('data', 'last_attempt_message')
    group by a.attrelid
  loop
    execute format('grant %s to %s', given.what, receiver);
  end loop;
end
$$;
comment on function weir.give_rights(text, text) is 'grants what role_right says';

-- Makes a login or a group of PostgreSQL a producer, a reader or a node. Saying it again changes nothing.
create function weir.grant_role(role text, grantee text)
returns void
language plpgsql
as $$
#variable_conflict use_column
declare
  queue record;
begin
  if grant_role.role is null or grant_role.role not in ('producer', 'reader', 'node') then
    raise exception 'there is no role "%"', grant_role.role
      using errcode = '22023', hint = 'roles are producer, reader and node; whoever migrates is the owner';
  end if;
  if to_regrole(quote_ident(grant_role.grantee)) is null then
    raise exception 'the database server has no role "%"', grant_role.grantee
      using errcode = 'WE003', hint = 'create it first: create role NAME login';
  end if;
  execute format('grant usage on schema weir to %I', grant_role.grantee);
  for queue in
    select n.oid, n.nspname
    from weir.message_queues() q
    join pg_class c on c.oid = q
    join pg_namespace n on n.oid = c.relnamespace
    where not has_schema_privilege(grant_role.grantee, n.oid, 'usage')
  loop
    execute format('grant usage on schema %I to %I', queue.nspname, grant_role.grantee);
  end loop;
  perform weir.give_rights(grant_role.role, quote_ident(grant_role.grantee));
  insert into weir.grantee(role, grantee)
  values (grant_role.role, grant_role.grantee)
  on conflict do nothing;
end
$$;
comment on function weir.grant_role(text, text) is 'gives a role of weir to a role of the database server';

-- Takes it back; other roles of weir that it has stay.
create function weir.revoke_role(role text, grantee text)
returns void
language plpgsql
as $$
#variable_conflict use_column
declare
  left_over record;
begin
  delete from weir.grantee g
  where g.role = revoke_role.role
    and g.grantee = revoke_role.grantee;
  if not found then
    raise exception '"%" does not have the role "%"', revoke_role.grantee, revoke_role.role using errcode = 'WE003';
  end if;
  if to_regrole(quote_ident(revoke_role.grantee)) is null then
    return;
  end if;
  execute format('revoke all on all tables in schema weir from %I', revoke_role.grantee);
  execute format('revoke all on all sequences in schema weir from %I', revoke_role.grantee);
  execute format('revoke all on all functions in schema weir from %I', revoke_role.grantee);
  execute format('revoke usage on schema weir from %I', revoke_role.grantee);
  for left_over in select q::text as it from weir.message_queues() q loop
    execute format('revoke all on table %s from %I', left_over.it, revoke_role.grantee);
  end loop;
  for left_over in select g.role from weir.grantee g where g.grantee = revoke_role.grantee loop
    perform weir.grant_role(left_over.role, revoke_role.grantee);
  end loop;
end
$$;
comment on function weir.revoke_role(text, text) is 'takes a role of weir back';

-- After migrations: what is new is given to those who have the role, and a function that somebody forgot to keep from
-- everyone is kept from everyone.
create function weir.renew_grants()
returns void
language plpgsql
as $$
declare
  given record;
begin
  revoke execute on all functions in schema weir from public;
  perform weir.give_rights('everyone', 'public');
  delete from weir.grantee g
  where to_regrole(quote_ident(g.grantee)) is null;
  for given in select g.role, g.grantee from weir.grantee g loop
    perform weir.grant_role(given.role, given.grantee);
  end loop;
end
$$;
comment on function weir.renew_grants() is 'gives everybody again what his role has';

select weir.renew_grants();
