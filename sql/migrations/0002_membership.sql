-- Who is in the cluster: incarnations of nodes, their beats, and the terms of leaders.
--
-- A beat lives in a row of its own: rows that others lock for share starve updates by hundreds of
-- milliseconds. Lock order everywhere: beat, node, term, partition.
create sequence weir.node_id as int;

create table weir.node(
  node_id int primary key default nextval('weir.node_id'),
  name text not null constraint name_is_printable check (weir.is_name(name)),
  machine text not null,
  version text not null,
  address text not null,
  http text not null,
  labels jsonb not null check (jsonb_typeof(labels) = 'object'),
  weight int not null check (weight >= 0),
  actions text[] not null,
  state text not null default 'joining' check (state in ('joining', 'active', 'draining', 'stopped', 'dead')),
  newest bool not null default true,
  drain_wanted bool not null default false,
  declared bool not null default false,
  declarations jsonb,
  differences text[] not null default '{}',
  timeline int not null default weir.tli(),
  cluster_settings jsonb not null check (jsonb_typeof(cluster_settings) = 'object'),
  registered_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  constraint ended_means_stopped_or_dead check ((ended_at is not null) = (state in ('stopped', 'dead'))),
  constraint alive_means_newest check (newest or state in ('stopped', 'dead')),
  constraint declared_means_declarations check (not declared or declarations is not null)
);
alter sequence weir.node_id owned by weir.node.node_id;
-- with alive_means_newest: at most one live incarnation of a name
create unique index node_newest on weir.node(name) where newest;
comment on table weir.node is 'incarnations of nodes: one row for every registration';
comment on column weir.node.node_id is 'the incarnation';
comment on column weir.node.name is 'the configured name; what a pin and a wish name';
comment on column weir.node.machine is 'identifies the host, so that a state lock proves something';
comment on column weir.node.version is 'version of the program';
comment on column weir.node.address is 'where links listen, empty = off';
comment on column weir.node.http is 'where HTTP listens, empty = off';
comment on column weir.node.labels is 'free labels, text to text';
comment on column weir.node.weight is 'share of parallel partitions';
comment on column weir.node.actions is 'task names that it can perform';
comment on column weir.node.state is 'joining, active, draining; stopped and dead ones never write again';
comment on column weir.node.newest is 'true for the newest incarnation of its name';
comment on column weir.node.drain_wanted is 'somebody asked it to drain';
comment on column weir.node.declared is 'its declarations are written';
comment on column weir.node.declarations is 'what its configuration says of streams and routes';
comment on column weir.node.differences is 'declarations that differ from what is in force, a sentence each';
comment on column weir.node.timeline is 'timeline of the database when it registered';
comment on column weir.node.cluster_settings is 'its [cluster] section; the same on all nodes';
comment on column weir.node.registered_at is 'when it registered';
comment on column weir.node.ended_at is 'when it stopped or was declared dead';

create table weir.beat(
  node_id int primary key references weir.node,
  beat bigint not null default 0 check (beat >= 0),
  beat_at timestamptz not null default clock_timestamp(),
  ended bool not null default false
) with (fillfactor = 20);
comment on table weir.beat is 'signs of life, one row for every incarnation';
comment on column weir.beat.node_id is 'the incarnation';
comment on column weir.beat.beat is 'counted up by the node itself, about once a second';
comment on column weir.beat.beat_at is 'when, by the clock of the database: for people only';
comment on column weir.beat.ended is 'set when the incarnation is stopped or declared dead: no beat can follow';

create table weir.term(
  timeline int not null,
  term bigint not null check (term > 0),
  node_id int not null references weir.node,
  backend_pid int not null,
  elected_at timestamptz not null default clock_timestamp(),
  ended_at timestamptz,
  reason text,
  primary key (timeline, term),
  constraint reason_at_the_end check ((ended_at is null) = (reason is null))
);
create unique index term_running on weir.term((true)) where ended_at is null;
create index term_node on weir.term(node_id);
comment on table weir.term is 'the history of leaders; at most one term runs';
comment on column weir.term.timeline is 'timeline of the database; with the term it fences the writes of a leader';
comment on column weir.term.term is 'counts leaders';
comment on column weir.term.node_id is 'the leader';
comment on column weir.term.backend_pid is 'the session that holds the lock';
comment on column weir.term.elected_at is 'when it began';
comment on column weir.term.ended_at is 'when it ended, null = it runs';
comment on column weir.term.reason is 'why it ended: resigned, drained, lost, dead, superseded';
