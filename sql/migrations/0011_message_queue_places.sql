-- message_queue where producers of episub/queue look for it: the view under any name, in any schema. And two things
-- that people need who look for what goes wrong.

-- A far future is a mistake, and one that would stop the reading of its whole partition.
alter table weir.task add constraint do_after_is_before_the_year_9999 check (do_after < timestamptz '9999-01-01Z');

-- What waits for a retry, for those who ask what goes wrong.
create index open_retry on weir.open(task_id) where state = 'r';

-- What a task had behind it in the table that it was moved from. Not an attempt: those are numbered by the owner.
create table weir.former_attempt(
  task_id bigint primary key,
  at timestamptz not null,
  message text
);
comment on table weir.former_attempt is 'the last attempt of moved tasks, as their former table told it';
comment on column weir.former_attempt.task_id is 'the task, as it is called here';
comment on column weir.former_attempt.at is 'last_attempted';
comment on column weir.former_attempt.message is 'last_attempt_message';

create or replace view weir.message_queue as
select
  coalesce(t.ext_id, ('00000000-0000-4000-8000-' || lpad(to_hex(t.id), 12, '0'))::uuid) as message_queue_id,
  t.data,
  t.key::varchar as task_key,
  t.name::varchar as task_name,
  t.created_at,
  t.created_by::varchar as created_by,
  coalesce(a.started_at, f.at, t.created_at) as last_attempted,
  weir.state_of(o.task_id is not null, o.state, a.result)::varchar as state,
  coalesce(a.message, case when a.no is not null then '' else coalesce(f.message, 'Created') end)::varchar
    as last_attempt_message,
  coalesce(o.due, t.do_after, t.created_at) as do_after
from weir.task t
left join weir.open o on o.task_id = t.id
left join weir.former_attempt f on f.task_id = t.id
left join lateral (
  select l.no, l.started_at, l.result, l.message
  from weir.attempt l
  where l.task_id = t.id
  order by l.no desc
  limit 1
) a on true;

-- The seed calls the primary key TABLE_id: the trigger's argument says how, where it is not message_queue_id. Its
-- producers write the JSON null where they have no data.
create or replace function weir.message_queue_insert()
returns trigger
language plpgsql
security definer
set search_path = weir, pg_temp
as $$
declare
  given uuid;
  made bigint;
begin
  if coalesce(new.state, 'READY') <> 'READY' then
    raise exception 'message_queue takes READY rows only, this one is %', new.state
      using errcode = '22023', hint = 'history is imported by: weir db import-message-queue';
  end if;
  perform weir.check_data(new.data, '');
  if tg_nargs = 0 then
    given := new.message_queue_id;
  else
    execute format('select ($1).%I', tg_argv[0]) into given using new;
  end if;
  select r.id
  into made
  from weir.enqueue_rows(array[new.task_name::text], array[new.task_key::text],
                         array[nullif(new.data, 'null')], array[null::text],
                         array[new.do_after], array[new.created_by::text], array[given]) r;
  if given is null then
    given := ('00000000-0000-4000-8000-' || lpad(to_hex(made), 12, '0'))::uuid;
    if tg_nargs = 0 then
      new.message_queue_id := given;
    else
      new := jsonb_populate_record(new, jsonb_build_object(tg_argv[0], given));
    end if;
  end if;
  new.state := 'READY';
  return new;
end
$$;

-- SCHEMA.NAME as people write it, each part quoted or not; without a schema it is `public`.
create function weir.queue_place(place text)
returns table(at_schema text, at_name text)
language plpgsql
immutable
as $$
declare
  parts text[];
begin
  begin
    parts := parse_ident(place);
  exception
    when invalid_parameter_value then
      parts := '{}';
  end;
  if cardinality(parts) not in (1, 2) then
    raise exception '"%" is no name of a table', place
      using errcode = '22023', hint = 'write it as SCHEMA.NAME, for example public.message_queue';
  end if;
  return query
  select case when cardinality(parts) = 2 then parts[1] else 'public' end, parts[cardinality(parts)];
end
$$;
comment on function weir.queue_place(text) is 'the schema and the name in SCHEMA.NAME';

-- Whoever may attach it to a table of his own would run code of his as weir's owner; inserting needs no such right.
revoke all on function weir.message_queue_insert() from public;
revoke all on function weir.queue_place(text) from public;

-- The view under another name, in another schema.
create function weir.make_message_queue(at_schema text, at_name text)
returns void
language plpgsql
as $$
declare
  id_column text := left(at_name, 60) || '_id';
begin
  execute format('create view %I.%I as select q.message_queue_id as %I, q.data, q.task_key, q.task_name, '
                 'q.created_at, q.created_by, q.last_attempted, q.state, q.last_attempt_message, q.do_after '
                 'from weir.message_queue q', at_schema, at_name, id_column);
  execute format('comment on view %I.%I is %L', at_schema, at_name,
                 'tasks of weir as episub/queue shows them; takes its INSERT');
  execute format('create trigger message_queue_insert instead of insert on %I.%I for each row '
                 'execute function weir.message_queue_insert(%L)', at_schema, at_name, id_column);
end
$$;
comment on function weir.make_message_queue(text, text) is 'creates the view message_queue at another place';
revoke all on function weir.make_message_queue(text, text) from public;

-- Puts the view where the configuration wants it: `there` if it is, `placed` if it was made now, `table` if a table
-- stands there, which only a switch may replace, `off` if nothing is wanted: then the view takes no rows.
create function weir.place_message_queue(place text)
returns text
language plpgsql
as $$
declare
  wanted record;
  found regclass;
  home text := (select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace
                where c.oid = 'weir.message_queue'::regclass);
begin
  if place = '' then
    drop trigger if exists message_queue_insert on weir.message_queue;
    return 'off';
  end if;
  select * into wanted from weir.queue_place(place);
  if wanted.at_schema = home and wanted.at_name = 'message_queue' then
    if exists (select from pg_trigger t where t.tgrelid = 'weir.message_queue'::regclass) then
      return 'there';
    end if;
    create trigger message_queue_insert
    instead of insert on weir.message_queue
    for each row execute function weir.message_queue_insert();
    return 'placed';
  end if;
  if to_regnamespace(quote_ident(wanted.at_schema)) is null then
    raise exception 'there is no schema "%" for message_queue', wanted.at_schema
      using errcode = '22023', hint = 'create it, or set database.message_queue to another place';
  end if;
  found := to_regclass(format('%I.%I', wanted.at_schema, wanted.at_name));
  if found is null then
    perform weir.make_message_queue(wanted.at_schema, wanted.at_name);
    return 'placed';
  end if;
  if exists (select
             from pg_trigger t
             where t.tgrelid = found
               and t.tgfoid = 'weir.message_queue_insert'::regproc) then
    return 'there';
  end if;
  return 'table';
end
$$;
comment on function weir.place_message_queue(text) is 'puts the view message_queue where it is wanted';
revoke all on function weir.place_message_queue(text) from public;
