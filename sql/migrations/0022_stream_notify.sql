-- Streams whose nodes are woken by what is enqueued by SQL. A hint and nothing more: every poll would find it, too.
alter table weir.stream
  add column notify bool not null default false;
comment on column weir.stream.notify
  is 'what is enqueued by SQL wakes its node; commits that notify wait for each other';
create index stream_notify on weir.stream(stream_id) where notify;

create function weir.wake_channel()
returns text
language sql
stable
set search_path = weir, pg_temp
as $$
  select left(current_schema(), 57) || '_tasks'
$$;
comment on function weir.wake_channel() is 'where nodes listen: the streams that got tasks, as numbers with commas';

create or replace view weir.stream_now as
select s.stream_id as id, s.name, s.mode, s.partitions, s.concurrency, s.pin, s.pin_policy, s.isolation,
  s.handover_delay_ms, s.async_finish,
  coalesce(s.paused_until > now(), false) as paused,
  case when s.paused_until > now() then weir.to_us(s.paused_until) end as paused_until_us,
  array(select r.name
        from weir.route r
        where r.stream_id = s.stream_id
        order by r.name) as routes,
  s.rate, s.breaker_failures, s.breaker_pause_ms, s.notify
from weir.stream s;
comment on view weir.stream_now is 'streams with their routes';

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
  set notify = coalesce((change ->> 'notify')::bool, s.notify),
      rate = case when change ? 'rate' then change ->> 'rate' else s.rate end,
      breaker_failures = coalesce((change ->> 'breaker_failures')::int, s.breaker_failures),
      breaker_pause_ms = coalesce((change ->> 'breaker_pause_ms')::bigint, s.breaker_pause_ms)
  where s.name = stream_name;
end
$$;

revoke all on function weir.wake_channel() from public;
insert into weir.role_right(object, node)
values ('wake_channel', 'execute');
select weir.renew_grants();
