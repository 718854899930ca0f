-- When a node lets a stream rest because its runs fail in a row, and which streams rest now: a node says so with its
-- beat, so that what a dead node said is gone with it.
alter table weir.beat
  add column resting jsonb not null default '[]' check (jsonb_typeof(resting) = 'array');
comment on column weir.beat.resting
  is 'streams that rest on it: stream, failures in a row, left_ms of the rest at this beat, message of the last one';

alter table weir.stream
  add column breaker_failures int not null default 0 check (breaker_failures between 0 and 1000),
  add column breaker_pause_ms bigint not null default 60000 check (breaker_pause_ms > 0);
comment on column weir.stream.breaker_failures is 'a node lets it rest after so many failed runs in a row, 0 = never';
comment on column weir.stream.breaker_pause_ms is 'how long it rests before one run is tried';

create or replace view weir.node_now as
select n.node_id as id, n.name, n.machine, n.version, n.address, n.http, n.labels, n.weight, n.actions, n.state,
  n.timeline, n.drain_wanted, n.declared, n.differences || n.schedule_differences as differences,
  n.cluster_settings::text as cluster_settings, b.beat,
  extract(epoch from clock_timestamp() - b.beat_at)::float8 as beat_age, b.late_writes_refused, b.resting
from weir.node n
join weir.beat b on b.node_id = n.node_id
where n.newest;
comment on view weir.node_now is 'the newest incarnation of each name';

create or replace view weir.stream_now as
select s.stream_id as id, s.name, s.mode, s.partitions, s.concurrency, s.pin, s.pin_policy, s.isolation,
  s.handover_delay_ms, s.async_finish,
  coalesce(s.paused_until > now(), false) as paused,
  case when s.paused_until > now() then weir.to_us(s.paused_until) end as paused_until_us,
  array(select r.name
        from weir.route r
        where r.stream_id = s.stream_id
        order by r.name) as routes,
  s.rate, s.breaker_failures, s.breaker_pause_ms
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
    ('rate', s.rate, wanted ->> 'rate'),
    ('breaker.failures', s.breaker_failures::text, wanted ->> 'breaker_failures'),
    ('breaker.pause', s.breaker_pause_ms || 'ms', (wanted ->> 'breaker_pause_ms') || 'ms')
  ) d(setting, present, declared)
  where s.name = wanted ->> 'name'
    and d.present is distinct from d.declared
$$;

create or replace function weir.limit_stream(stream_name text, change jsonb)
returns void
language plpgsql
as $$
declare
  problem text := case
    when change ->> 'rate' !~ '^([1-9][0-9]{0,5}|1000000)/[smh]$'
      then format('rate must be such as 10/s, 10/m or 10/h, not "%s"', change ->> 'rate')
    when not (change ->> 'breaker_failures')::int between 0 and 1000 then 'breaker.failures must be 0 to 1000'
    when (change ->> 'breaker_pause_ms')::bigint <= 0 then 'breaker.pause must be above 0'
  end;
begin
  if problem is not null then
    raise exception 'stream "%": %', stream_name, problem using errcode = '22023';
  end if;
  update weir.stream s
  set rate = case when change ? 'rate' then change ->> 'rate' else s.rate end,
      breaker_failures = coalesce((change ->> 'breaker_failures')::int, s.breaker_failures),
      breaker_pause_ms = coalesce((change ->> 'breaker_pause_ms')::bigint, s.breaker_pause_ms)
  where s.name = stream_name;
end
$$;
