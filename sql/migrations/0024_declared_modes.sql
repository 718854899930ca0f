-- Where the mode of a stream differs from a declaration, nothing else is told of it: what follows from the other mode
-- would make a single stream run several tasks at once.
create function weir.span(ms bigint)
returns text
language sql
immutable
as $$
  select case
    when ms % 86400000 = 0 and ms <> 0 then ms / 86400000 || 'd'
    when ms % 3600000 = 0 and ms <> 0 then ms / 3600000 || 'h'
    when ms % 60000 = 0 and ms <> 0 then ms / 60000 || 'm'
    when ms % 1000 = 0 then ms / 1000 || 's'
    else ms || 'ms'
  end
$$;
comment on function weir.span(bigint) is 'milliseconds as the configuration writes them';

create or replace function weir.stream_differences(wanted jsonb)
returns setof text
language sql
stable
as $$
  select format('stream "%s": %s is %s, declared %s', s.name, d.setting, coalesce(d.present, 'not set'),
                coalesce(d.declared, 'not set'))
  from weir.stream s
  cross join lateral (values
    ('mode', s.mode, wanted ->> 'mode'),
    ('partitions', s.partitions::text, wanted ->> 'partitions'),
    ('concurrency', s.concurrency::text, wanted ->> 'concurrency'),
    ('pin_policy', s.pin_policy, wanted ->> 'pin_policy'),
    ('isolation', s.isolation, wanted ->> 'isolation'),
    ('handover_delay', weir.span(s.handover_delay_ms), weir.span((wanted ->> 'handover_delay_ms')::bigint)),
    ('async_finish', s.async_finish::text, wanted ->> 'async_finish'),
    ('notify', s.notify::text, coalesce(wanted ->> 'notify', 'false')),
    ('rate', s.rate, wanted ->> 'rate'),
    ('breaker.failures', s.breaker_failures::text, wanted ->> 'breaker_failures'),
    ('breaker.pause', weir.span(s.breaker_pause_ms), weir.span((wanted ->> 'breaker_pause_ms')::bigint))
  ) d(setting, present, declared)
  where s.name = wanted ->> 'name'
    and d.present is distinct from d.declared
    and (d.setting = 'mode' or s.mode = wanted ->> 'mode')
$$;

-- The view in weir's own schema, for a schema from which somebody has dropped it.
create function weir.make_own_message_queue()
returns void
language plpgsql
as $$
begin
  create view weir.message_queue as
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
  from weir.known_task t
  left join weir.open o on o.task_id = t.id
  left join weir.former_attempt f on f.task_id = t.id
  left join lateral (
    select l.no, l.started_at, l.result, l.message
    from weir.known_attempt l
    where l.task_id = t.id
    order by l.no desc
    limit 1
  ) a on true;
  comment on view weir.message_queue is 'tasks as episub/queue shows them; takes its INSERT';
end
$$;
comment on function weir.make_own_message_queue() is 'creates the view message_queue';
revoke all on function weir.make_own_message_queue() from public;

create or replace function weir.place_message_queue(place text)
returns text
language plpgsql
as $$
declare
  wanted record;
  found regclass;
  home text;
begin
  if to_regclass('weir.message_queue') is null then
    perform weir.make_own_message_queue();
  end if;
  select n.nspname
  into home
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  where c.oid = 'weir.message_queue'::regclass;
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

insert into weir.role_right(object, everyone)
values ('span', 'execute');
insert into weir.role_right(object)
values ('make_own_message_queue');
select weir.renew_grants();
