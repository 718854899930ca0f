-- How many tasks of a stream a node starts in each interval: kept by the node itself, with no word to the database.
alter table weir.stream
  add column rate text constraint rate_is_starts_per_interval check (rate ~ '^([1-9][0-9]{0,5}|1000000)/[smh]$');
comment on column weir.stream.rate is 'starts at most so many of its tasks per second, minute or hour on each node';

create or replace view weir.stream_now as
select s.stream_id as id, s.name, s.mode, s.partitions, s.concurrency, s.pin, s.pin_policy, s.isolation,
  s.handover_delay_ms, s.async_finish,
  coalesce(s.paused_until > now(), false) as paused,
  case when s.paused_until > now() then weir.to_us(s.paused_until) end as paused_until_us,
  array(select r.name
        from weir.route r
        where r.stream_id = s.stream_id
        order by r.name) as routes,
  s.rate
from weir.stream s;
comment on view weir.stream_now is 'streams with their routes';

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
    ('handover_delay', s.handover_delay_ms || 'ms', (wanted ->> 'handover_delay_ms') || 'ms'),
    ('async_finish', s.async_finish::text, wanted ->> 'async_finish'),
    ('rate', s.rate, wanted ->> 'rate')
  ) d(setting, present, declared)
  where s.name = wanted ->> 'name'
    and d.present is distinct from d.declared
$$;

-- Settings that hold back what may start; what is missing in `change` stays.
create function weir.limit_stream(stream_name text, change jsonb)
returns void
language plpgsql
as $$
begin
  if change ->> 'rate' !~ '^([1-9][0-9]{0,5}|1000000)/[smh]$' then
    raise exception 'stream "%": rate must be such as 10/s, 10/m or 10/h, not "%"', stream_name, change ->> 'rate'
      using errcode = '22023';
  end if;
  update weir.stream s
  set rate = case when change ? 'rate' then change ->> 'rate' else s.rate end
  where s.name = stream_name;
end
$$;
comment on function weir.limit_stream(text, jsonb) is 'changes what holds back the starts of a stream';

create or replace function weir.create_stream(wanted jsonb)
returns int
language plpgsql
as $$
declare
  made int;
begin
  made := weir.create_stream(
    wanted ->> 'name', wanted ->> 'mode', (wanted ->> 'partitions')::int, (wanted ->> 'concurrency')::int,
    wanted ->> 'pin', wanted ->> 'pin_policy', wanted ->> 'isolation',
    (wanted ->> 'handover_delay_ms')::bigint, (wanted ->> 'async_finish')::bool);
  perform weir.limit_stream(wanted ->> 'name', wanted);
  return made;
end
$$;

revoke all on function weir.limit_stream(text, jsonb) from public;
insert into weir.role_right(object, node)
values ('limit_stream', 'execute');
