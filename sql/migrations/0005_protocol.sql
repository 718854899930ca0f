-- The steps of the protocol that are more than one statement. Each runs as one call, so that no
-- connection that breaks can leave locks behind; inside, each statement sees what committed before it.
--
-- Lock order: beat, node, term, partition. Error classes: WE001 refused, WE002 conflict, WE003 not found.

-- Ends an incarnation: nothing of it can write afterwards. The beat row was closed by the caller.
create function weir.end_node(who int, how text, term_reason text)
returns void
language plpgsql
as $$
begin
  update weir.node
  set state = how, ended_at = clock_timestamp()
  where node_id = who;
  update weir.term
  set ended_at = clock_timestamp(), reason = term_reason
  where node_id = who
    and ended_at is null;
  perform
  from weir.partition
  where owner = who
  order by part_id
  for update;
  update weir.partition
  set owner = null, freed_by_crash = (how = 'dead')
  where owner = who;
  update weir.ownership
  set ended_at = clock_timestamp(), reason = how
  where node_id = who
    and ended_at is null;
end
$$;
comment on function weir.end_node(int, text, text) is 'ends an incarnation: state, term, partitions';

-- After a fail-over some ids may have been given that this timeline does not know: jump over them, once.
create function weir.note_timeline()
returns void
language plpgsql
as $$
begin
  if exists (select from weir.cluster where timeline <> weir.tli()) then
    update weir.cluster
    set timeline = weir.tli()
    where timeline <> weir.tli();
    if found then
      perform setval('weir.task_id', (select last_value + 1048576 from weir.task_id));
      perform setval('weir.node_id', (select last_value + 65536 from weir.node_id));
    end if;
  end if;
end
$$;
comment on function weir.note_timeline() is 'moves the ids of tasks and nodes ahead on a new timeline';

-- A new incarnation. Joining nodes wait for each other, so that two of one name cannot both succeed.
create function weir.join_node(facts jsonb)
returns int
language plpgsql
set lock_timeout = '1s'
as $$
declare
  before record;
  other record;
  made int;
begin
  lock table weir.node in share row exclusive mode;
  select n.node_id, n.state, n.machine
  into before
  from weir.node n
  where n.name = facts ->> 'name'
    and n.newest;
  if before.state in ('joining', 'active', 'draining') then
    raise exception 'the node name "%" is in use: node id % on machine %, state %',
      facts ->> 'name', before.node_id, before.machine, before.state
      using errcode = 'WE002',
            hint = 'stop that node, give this one another node.name, or wait until it is declared dead';
  end if;
  select n.name, s.key, s.value theirs, facts -> 'cluster_settings' ->> s.key mine
  into other
  from weir.node n
  cross join lateral (
    select k.key, n.cluster_settings ->> k.key as value
    from (select jsonb_object_keys(n.cluster_settings)
          union
          select jsonb_object_keys(facts -> 'cluster_settings')) k(key)
  ) s
  where n.newest
    and n.state in ('joining', 'active', 'draining')
    and n.cluster_settings -> s.key is distinct from facts -> 'cluster_settings' -> s.key
  order by n.node_id, s.key
  limit 1;
  if found then
    raise exception 'cluster.% is % here and % on node "%"',
      other.key, coalesce(other.mine, 'not set'), coalesce(other.theirs, 'not set'), other.name
      using errcode = 'WE002',
            hint = 'the [cluster] section must be the same on all nodes; to change it, stop all nodes first';
  end if;
  perform weir.note_timeline();
  update weir.node n
  set newest = false
  where n.name = facts ->> 'name'
    and n.newest;
  insert into weir.node as n(name, machine, version, address, http, labels, weight, actions, cluster_settings)
  values (facts ->> 'name', facts ->> 'machine', facts ->> 'version', facts ->> 'address', facts ->> 'http',
          facts -> 'labels', (facts ->> 'weight')::int,
          array(select jsonb_array_elements_text(facts -> 'actions')), facts -> 'cluster_settings')
  returning n.node_id into made;
  insert into weir.beat(node_id)
  values (made);
  return made;
end
$$;
comment on function weir.join_node(jsonb) is 'registers a new incarnation; returns its id';

-- joining -> active, active <-> draining, any -> stopped.
create function weir.set_node_state(me int, wanted text)
returns void
language plpgsql
set lock_timeout = '1s'
as $$
declare
  present text;
  born int;
begin
  if wanted = 'stopped' then
    update weir.beat
    set ended = true
    where node_id = me
      and not ended;
  end if;
  select n.state, n.timeline
  into present, born
  from weir.node n
  where n.node_id = me
  for update;
  if present is null or present in ('stopped', 'dead') or (wanted = 'joining' and present <> 'joining') then
    raise exception 'node % is %, it cannot become %', me, coalesce(present, 'unknown'), wanted
      using errcode = 'WE001';
  end if;
  if born <> weir.tli() then
    raise exception 'node % belongs to timeline %, the database is on timeline %', me, born, weir.tli()
      using errcode = 'WE001';
  end if;
  if wanted = 'stopped' then
    perform weir.end_node(me, 'stopped', 'resigned');
  else
    update weir.node
    set state = wanted
    where node_id = me;
  end if;
end
$$;
comment on function weir.set_node_state(int, text) is 'moves an incarnation to another state';

-- Compare-and-set on the beat row. It is closed, not only looked at: a beat that waits for its lock finds
-- no row to count up. seen_beat null = on proof instead of observation.
create function weir.declare_dead(who int, seen_beat bigint, seen_timeline int, lock_class int, lock_object int)
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
  perform pg_terminate_backend(l.pid)
  from weir.term t
  join pg_locks l on l.pid = t.backend_pid
  where t.node_id = who
    and t.ended_at is null
    and l.locktype = 'advisory'
    and l.granted
    and l.classid = lock_class::oid
    and l.objid = lock_object::oid
    and l.database = (select oid from pg_database where datname = current_database())
    and l.pid <> pg_backend_pid();
  perform weir.end_node(who, 'dead', 'dead');
  return true;
end
$$;
comment on function weir.declare_dead(int, bigint, int, int, int)
  is 'declares an incarnation dead; false: it has beaten since, or had ended';

-- Begins a term. The caller holds the advisory lock: whoever led before has lost it.
create function weir.begin_term(me int)
returns table(timeline int, term bigint)
language plpgsql
set lock_timeout = '1s'
as $$
#variable_conflict use_column
begin
  perform
  from weir.node n
  where n.node_id = me
    and n.state in ('joining', 'active', 'draining')
    and n.timeline = weir.tli()
  for share;
  if not found then
    raise exception 'node % is not alive on this timeline, it cannot lead', me using errcode = 'WE001';
  end if;
  perform weir.note_timeline();
  update weir.term t
  set ended_at = clock_timestamp(),
      reason = case when t.node_id = me then 'superseded' else 'lost' end
  where t.ended_at is null;
  return query
  insert into weir.term as t(timeline, term, node_id, backend_pid)
  select weir.tli(), coalesce(max(o.term), 0) + 1, me, pg_backend_pid()
  from weir.term o
  returning t.timeline, t.term;
end
$$;
comment on function weir.begin_term(int) is 'begins a new term of leadership';

-- What a new owner starts from: the mark under its epoch, and what waits in weir.open.
create function weir.begin_ownership(me int, part int, new_epoch bigint)
returns table(seen text, upto text, at_xid text, at_id bigint, next_due_ms bigint, keyed json)
language plpgsql
as $$
#variable_conflict use_column
begin
  insert into weir.ownership(part_id, timeline, epoch, node_id)
  values (part, weir.tli(), new_epoch, me);
  return query
  update weir.mark m
  set epoch = new_epoch
  where m.part_id = part
  returning m.seen::text, m.upto::text, m.at_xid::text, m.at_id,
    (select ceil(extract(epoch from o.due - clock_timestamp()) * 1000)::bigint
     from weir.open o
     where o.part_id = part
     order by o.due
     limit 1),
    (select coalesce(json_agg(json_build_array(o.task_id, o.name, o.key, o.runs) order by o.task_id), '[]')
     from weir.open o
     where o.part_id = part
       and o.key is not null);
end
$$;
comment on function weir.begin_ownership(int, int, bigint) is 'moves the mark to a new epoch and reads what it says';

-- Owners of a partition that died one after the other: the last, and those before it until one that lived for a minute
-- or let go by itself.
create function weir.deaths_in_a_row(part int)
returns int
language sql
stable
as $$
  select count(*)::int
  from weir.ownership o
  where o.part_id = part
    and o.reason = 'dead'
    and (o.timeline, o.epoch) >= (
      select e.timeline, e.epoch
      from weir.ownership e
      where e.part_id = part
        and (e.reason not in ('dead', 'renewed') or e.ended_at - e.acquired_at >= interval '1 minute')
      union all
      select 0, 0
      order by timeline desc, epoch desc
      limit 1)
$$;
comment on function weir.deaths_in_a_row(int) is 'unclean ends of ownership since the last clean minute';

-- Takes a free partition. Waits for every transaction that holds the old fence, at most the lock timeout.
create function weir.acquire(me int, part int, timeline_waited bool, crash_waited bool)
returns table(epoch bigint, timeline int, unclean int, seen text, upto text, at_xid text, at_id bigint,
              next_due_ms bigint, keyed json)
language plpgsql
set lock_timeout = '1s'
as $$
#variable_conflict use_column
declare
  now_tli int := weir.tli();
  self record;
  was record;
  wished text;
  problem text;
begin
  select n.name, n.state, n.timeline
  into self
  from weir.node n
  where n.node_id = me
  for share;
  if self.state is null or self.state in ('stopped', 'dead') or self.timeline <> now_tli then
    raise exception 'node % is not alive on this timeline, it cannot take partitions', me
      using errcode = 'WE001';
  end if;
  perform weir.note_timeline();
  select p.owner, p.timeline, p.epoch, p.freed_by_crash
  into was
  from weir.partition p
  where p.part_id = part
  for update;
  select a.node
  into wished
  from weir.assignment a
  where a.part_id = part;
  problem := case
    when was.epoch is null then 'it does not exist'
    when was.owner is not null then format('node %s owns it', was.owner)
    when wished is distinct from self.name then format('it is wished for %s', coalesce(wished, 'nobody'))
    when was.timeline <> now_tli and not timeline_waited then 'the timeline of the database is too new'
    when was.freed_by_crash and not crash_waited then 'its last owner crashed and handover_delay has not passed'
  end;
  if problem is not null then
    raise exception 'partition % cannot be taken: %', part, problem using errcode = 'WE001';
  end if;
  update weir.partition p
  set owner = me, epoch = p.epoch + 1, timeline = now_tli, freed_by_crash = false
  where p.part_id = part;
  return query
  select was.epoch + 1, now_tli, case when was.freed_by_crash then greatest(weir.deaths_in_a_row(part), 1) else 0 end,
    b.*
  from weir.begin_ownership(me, part, was.epoch + 1) b;
end
$$;
comment on function weir.acquire(int, int, bool, bool) is 'takes a free partition under a new epoch';

-- Takes a new epoch on a partition that is mine already: afterwards every doubtful write is decided.
create function weir.renew_ownership(me int, part int, old_epoch bigint)
returns table(epoch bigint, timeline int, seen text, upto text, at_xid text, at_id bigint, next_due_ms bigint,
              keyed json)
language plpgsql
set lock_timeout = '1s'
as $$
#variable_conflict use_column
begin
  perform
  from weir.node n
  where n.node_id = me
    and n.state in ('joining', 'active', 'draining')
    and n.timeline = weir.tli()
  for share;
  if not found then
    raise exception 'node % is not alive on this timeline, it cannot renew', me using errcode = 'WE001';
  end if;
  update weir.partition p
  set epoch = p.epoch + 1
  where p.part_id = part
    and p.owner = me
    and p.epoch = old_epoch
    and p.timeline = weir.tli();
  if not found then
    raise exception 'partition % is no longer owned by node % under epoch %', part, me, old_epoch
      using errcode = 'WE001';
  end if;
  update weir.ownership o
  set ended_at = clock_timestamp(), reason = 'renewed'
  where o.part_id = part
    and o.ended_at is null;
  return query
  select old_epoch + 1, weir.tli(), b.*
  from weir.begin_ownership(me, part, old_epoch + 1) b;
end
$$;
comment on function weir.renew_ownership(int, int, bigint) is 'takes a new epoch on an owned partition';

revoke all on function weir.end_node(int, text, text) from public;
revoke all on function weir.join_node(jsonb) from public;
revoke all on function weir.set_node_state(int, text) from public;
revoke all on function weir.declare_dead(int, bigint, int, int, int) from public;
revoke all on function weir.note_timeline() from public;
revoke all on function weir.begin_term(int) from public;
revoke all on function weir.begin_ownership(int, int, bigint) from public;
revoke all on function weir.acquire(int, int, bool, bool) from public;
revoke all on function weir.renew_ownership(int, int, bigint) from public;
