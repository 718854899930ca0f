-- What a node says of itself with each beat: it rides on a write that happens anyway.
alter table weir.beat
  add column late_writes_refused bigint not null default 0 check (late_writes_refused >= 0);
comment on column weir.beat.late_writes_refused
  is 'results of its process that came after another node had taken over, and were refused';

create or replace view weir.node_now as
select n.node_id as id, n.name, n.machine, n.version, n.address, n.http, n.labels, n.weight, n.actions, n.state,
  n.timeline, n.drain_wanted, n.declared, n.differences || n.schedule_differences as differences,
  n.cluster_settings::text as cluster_settings, b.beat,
  extract(epoch from clock_timestamp() - b.beat_at)::float8 as beat_age, b.late_writes_refused
from weir.node n
join weir.beat b on b.node_id = n.node_id
where n.newest;
comment on view weir.node_now is 'the newest incarnation of each name';
