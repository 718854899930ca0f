-- Moving over from episub/queue: its table is taken over in batches while producers go on inserting into it, and
-- in the end the view stands in its place, under its name.

-- A table of the seed: what it is called, and its primary key. Errors say why it is none. The session has it to itself
-- from then on, since two that move rows at once would mix up their order.
create function weir.seed_table(place text)
returns table(oid regclass, at_schema text, at_name text, id_column text)
language plpgsql
set lock_timeout = '3s'
as $$
#variable_conflict use_column
declare
  given record;
  found regclass;
  missing text;
  key_column text;
begin
  select * into given from weir.queue_place(place) p;
  found := to_regclass(format('%I.%I', given.at_schema, given.at_name));
  if found is null then
    raise exception 'there is no table %.%', given.at_schema, given.at_name
      using errcode = 'WE003', hint = 'name the table of episub/queue with --from SCHEMA.TABLE';
  end if;
  if exists (select from pg_trigger t
             where t.tgrelid = found and t.tgfoid = 'weir.message_queue_insert'::regproc) then
    raise exception '%.% is weir''s own view: it was moved over before', given.at_schema, given.at_name
      using errcode = 'WE001', hint = 'rows that stayed are in the table that was renamed, see the end of its name';
  end if;
  if (select c.relkind not in ('r', 'p') from pg_class c where c.oid = found) then
    raise exception '%.% is not a table', given.at_schema, given.at_name using errcode = '22023';
  end if;
  select string_agg(w.name, ', ')
  into missing
  from unnest(array['data', 'task_key', 'task_name', 'created_at', 'created_by', 'last_attempted', 'state',
                    'last_attempt_message', 'do_after']) w(name)
  where not exists (select from pg_attribute a
                    where a.attrelid = found and a.attname = w.name and not a.attisdropped);
  if missing is not null then
    raise exception 'table %.% is not one of episub/queue: it has no %', given.at_schema, given.at_name, missing
      using errcode = '22023', hint = 'name the right table with --from SCHEMA.TABLE';
  end if;
  select a.attname
  into key_column
  from pg_attribute a
  where a.attrelid = found
    and a.atttypid = 'uuid'::regtype
    and (a.attname = given.at_name || '_id'
         or exists (select from pg_index i
                    where i.indrelid = found and i.indisprimary and i.indnkeyatts = 1 and i.indkey[0] = a.attnum))
  order by a.attname = given.at_name || '_id' desc
  limit 1;
  if key_column is null then
    raise exception 'table %.% has no primary key of type uuid', given.at_schema, given.at_name
      using errcode = '22023', hint = format('the one of episub/queue is called %s_id', given.at_name);
  end if;
  begin
    perform pg_advisory_lock(2003134836, found::oid::int);
  exception
    when lock_not_available then
      raise exception 'table %.% is being moved over by another session', given.at_schema, given.at_name
        using errcode = 'WE001', hint = 'wait until it has ended';
  end;
  return query
  select found, given.at_schema, given.at_name, key_column;
end
$$;
comment on function weir.seed_table(text) is 'a table of episub/queue, checked and locked for this session';
revoke all on function weir.seed_table(text) from public;

-- What keeps a row of the seed from being a task here, null if nothing does.
create function weir.row_problem(name text, key text, data jsonb, state text, created_at timestamptz,
                                 do_after timestamptz)
returns text
language sql
immutable
parallel safe
as $$
  select case
    when state is null or state not in ('READY', 'IN PROGRESS', 'RETRY', 'DONE', 'FAILED', 'CANCELLED')
      then 'its state is none of the seed''s'
    when weir.task_problem(name, nullif(key, '')) is not null then weir.task_problem(name, nullif(key, ''))
    -- what is smaller than this cannot be unpacked to so much
    when pg_column_size(data) > 8000 and octet_length(data::text) > 1048576
      then 'the data is longer than 1 MiB of JSON text'
    when not created_at between timestamptz '1900-01-01Z' and timestamptz '9999-01-01Z'
      or not coalesce(do_after between timestamptz '1900-01-01Z' and timestamptz '9998-12-31Z', true)
      then 'a time in it is before 1900 or after 9998'
  end
$$;
comment on function weir.row_problem(text, text, jsonb, text, timestamptz, timestamptz)
  is 'what keeps a row of episub/queue from being a task';
revoke all on function weir.row_problem(text, text, jsonb, text, timestamptz, timestamptz) from public;

-- Where finished rows go: partition numbers that no stream has, as those of a stream that was deleted. Nobody reads
-- them, so nobody performs them again.
create function weir.history_part()
returns int
language plpgsql
as $$
declare
  found int;
begin
  select b.first_part
  into found
  from weir.block b
  where b.stream_id is null
    and b.former_name = 'message_queue'
  limit 1;
  if found is null then
    found := weir.reserve_parts(1);
    insert into weir.block(first_part, parts, former_name)
    values (found, 1, 'message_queue');
  end if;
  return found;
end
$$;
comment on function weir.history_part() is 'the part_id of imported history';
revoke all on function weir.history_part() from public;

-- The oldest rows that can be moved, at most `most`, in the order of their creation. From one snapshot: whoever
-- inserted two rows one after the other has either both in it, or the older one alone. (A cursor over a table that
-- others write to would overtake rows that commit late, and then the older one of a key would get the higher id.)
create function weir.rows_to_move(from_table regclass, id_column text, history bool, most int)
returns setof uuid
language plpgsql
stable
as $$
begin
  return query execute format($sql$
    select q.%1$I
    from %2$s q
    where ($1 or q.state in ('READY', 'IN PROGRESS', 'RETRY'))
      and weir.row_problem(q.task_name::text, q.task_key::text, q.data::jsonb, q.state::text, q.created_at::timestamptz,
                           q.do_after::timestamptz) is null
    order by coalesce(q.created_at, '-infinity'), q.%1$I
    limit $2
  $sql$, id_column, from_table)
  using history, most;
end
$$;
comment on function weir.rows_to_move(regclass, text, bool, int) is 'ids of rows of episub/queue, oldest first';
revoke all on function weir.rows_to_move(regclass, text, bool, int) from public;

-- Moves rows of a table of the seed here: deleted there and inserted here by one statement, so that a crash at any
-- place loses none and doubles none; in the order of their creation, since a higher id is newer. Rows that somebody
-- has locked stay, and so do finished ones unless history is wanted. RETRY rows wait as long as they would have there.
-- Answers how many it moved as tasks and as history, and how many of the rows somebody holds: a newer row of the key of
-- such a one stays with it, and the caller begins anew from the oldest row.
create function weir.import_rows(from_table regclass, id_column text, history bool, rows uuid[])
returns table(tasks bigint, ended bigint, held bigint)
language plpgsql
set lock_timeout = '1s'
as $$
begin
  if to_regclass('weir.task_' || (select s.last_value / 10000000 + 1 from weir.task_id s)) is null then
    perform weir.keep_room();
  end if;
  return query execute format($sql$
    with picked as materialized (
      select q.%1$I as ext_id, q.task_name::text as name, nullif(q.task_key::text, '') as key, q.data::jsonb as data,
        q.created_at::timestamptz as created_at, q.created_by::text as created_by,
        q.last_attempted::timestamptz as last_attempted, q.state::text as state,
        nullif(q.last_attempt_message::text, '') as message, q.do_after::timestamptz as do_after
      from %2$s q
      where q.%1$I = any ($1)
        and ($2 is not null or q.state in ('READY', 'IN PROGRESS', 'RETRY'))
      for update skip locked
    ),
    held as materialized (
      select q.%1$I as ext_id, q.task_name::text as name, nullif(q.task_key::text, '') as key,
        q.created_at::timestamptz as created_at
      from %2$s q
      where q.%1$I = any ($1)
        and ($2 is not null or q.state in ('READY', 'IN PROGRESS', 'RETRY'))
        and not exists (select from picked p where p.ext_id = q.%1$I)
    ),
    judged as materialized (
      select p.*, p.state in ('DONE', 'FAILED', 'CANCELLED') as over,
        weir.row_problem(p.name, p.key, p.data, p.state, p.created_at, p.do_after) as problem
      from picked p
      where not exists (
        select
        from held h
        where h.name = p.name
          and h.key = p.key
          and (coalesce(h.created_at, '-infinity'), h.ext_id) < (coalesce(p.created_at, '-infinity'), p.ext_id))
    ),
    gone as (
      delete from %2$s d
      using judged j
      where d.%1$I = j.ext_id
        and j.problem is null
    ),
    wanted as (
      select j.*
      from judged j
      where j.problem is null
      order by coalesce(j.created_at, '-infinity'), j.ext_id
      offset 0
    ),
    numbered as materialized (
      select nextval('weir.task_id') as id, w.*
      from wanted w
    ),
    placed as materialized (
      select d.name, s.first_part, s.partitions
      from (select distinct n.name from numbered n where not n.over) d
      join weir.stream s on s.stream_id = weir.stream_of(d.name, null)
    ),
    routed as materialized (
      select n.*,
        case when n.over then $2 else p.first_part + weir.bucket(n.name, n.key, n.id, p.partitions) end as part_id,
        case
          when n.state in ('RETRY', 'IN PROGRESS') and n.last_attempted < timestamptz '9998-01-01Z'
            then greatest(n.do_after, n.last_attempted + interval '10 minutes')
          else n.do_after
        end as due
      from numbered n
      left join placed p on p.name = n.name and not n.over
    ),
    moved as (
      insert into weir.task as t(id, part_id, name, key, data, do_after, created_at, created_by, ext_id)
      select r.id, r.part_id, r.name, r.key, coalesce(nullif(r.data, 'null'), '{}'),
        case when not r.over then nullif(r.due, r.created_at) end, coalesce(r.created_at, now()), r.created_by, r.ext_id
      from routed r
      order by r.id
    ),
    attempts as (
      insert into weir.attempt(task_id, started_at, epoch, took_ms, part_id, no, result, message)
      select r.id, coalesce(r.last_attempted, r.created_at, now()), 0, 0, r.part_id, 1,
        case r.state when 'DONE' then 'd' when 'FAILED' then 'f' else 'c' end::"char",
        case when octet_length(r.message) > 2000 then left(r.message, 497) || '...' else r.message end
      from routed r
      where r.over
      order by r.id
    ),
    remembered as (
      insert into weir.former_attempt(task_id, at, message)
      select r.id, r.last_attempted,
        case when octet_length(r.message) > 2000 then left(r.message, 497) || '...' else r.message end
      from routed r
      where not r.over
        and r.last_attempted is not null
        and (r.state <> 'READY' or r.message is distinct from 'Created')
    )
    select count(*) filter (where not r.over), count(*) filter (where r.over), (select count(*) from held)
    from routed r
  $sql$, id_column, from_table)
  using rows, case when history then weir.history_part() end;
end
$$;
comment on function weir.import_rows(regclass, text, bool, uuid[]) is 'moves rows of a table of episub/queue here';
revoke all on function weir.import_rows(regclass, text, bool, uuid[]) from public;

-- The cut-over: in one transaction the last rows are moved, the table gets another name, and the view takes its own,
-- with the rights that producers had. An INSERT that waits for this goes to the view. Refused while more than `most`
-- unfinished rows are left, since nobody can insert meanwhile. Finished rows that are not wanted, and rows with a
-- problem, stay in the renamed table. Answers its new name and what was moved.
create function weir.switch_message_queue(place text, history bool, most int)
returns table(renamed text, tasks bigint, ended bigint)
language plpgsql
set lock_timeout = '1s'
as $$
#variable_conflict use_column
declare
  old record;
  old_owner oid;
  new_name text;
  rows uuid[];
  step record;
  right_of record;
begin
  select * into old from weir.seed_table(place);
  execute format('lock table %s in access exclusive mode', old.oid);
  new_name := left(old.at_name, 59) || '_old';
  if to_regclass(format('%I.%I', old.at_schema, new_name)) is not null then
    raise exception 'the table would be renamed to %, which exists', new_name
      using errcode = 'WE001', hint = format('rename %s.%s first', old.at_schema, new_name);
  end if;
  rows := array(select r from weir.rows_to_move(old.oid, old.id_column, history, most + 1) r);
  if cardinality(rows) > most then
    raise exception 'more than % rows are still to be moved', most
      using errcode = 'WE001', hint = 'they come in faster than they are moved: try again, with a larger --batch';
  end if;
  select * into step from weir.import_rows(old.oid, old.id_column, history, rows);
  tasks := step.tasks;
  ended := step.ended;
  select c.relowner into old_owner from pg_class c where c.oid = old.oid;
  execute format('alter table %s rename to %I', old.oid, new_name);
  perform weir.make_message_queue(old.at_schema, old.at_name);
  for right_of in
    select a.grantee, a.privilege_type
    from pg_class c
    cross join lateral aclexplode(c.relacl) a
    where c.oid = old.oid
      and a.privilege_type in ('INSERT', 'SELECT')
    union
    select old_owner, p
    from unnest(array['INSERT', 'SELECT']) p
  loop
    execute format('grant %s on %I.%I to %s', right_of.privilege_type, old.at_schema, old.at_name,
                   case when right_of.grantee = 0 then 'public' else right_of.grantee::regrole::text end);
  end loop;
  renamed := quote_ident(old.at_schema) || '.' || quote_ident(new_name);
  return next;
end
$$;
comment on function weir.switch_message_queue(text, bool, int)
  is 'moves the last rows of a table of episub/queue and puts the view in its place';
revoke all on function weir.switch_message_queue(text, bool, int) from public;

-- What a table of the seed holds: rows by state, and by what keeps them from being tasks.
create function weir.rows_by_state(from_table regclass, id_column text)
returns table(state text, problem text, n bigint, example uuid)
language plpgsql
stable
as $$
begin
  return query execute format($sql$
    select x.state, x.problem, count(*), (array_agg(x.id order by x.created_at))[1]
    from (
      select q.%1$I as id, q.created_at, coalesce(q.state::text, '') as state,
        weir.row_problem(q.task_name::text, q.task_key::text, q.data::jsonb, q.state::text, q.created_at::timestamptz,
                         q.do_after::timestamptz) as problem
      from %2$s q
    ) x
    group by x.state, x.problem
    order by x.state, x.problem nulls first
  $sql$, id_column, from_table);
end
$$;
comment on function weir.rows_by_state(regclass, text) is 'counts of a table of episub/queue';
revoke all on function weir.rows_by_state(regclass, text) from public;
