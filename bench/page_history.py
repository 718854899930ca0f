"""A schema with a long history, made by bare SQL in the shape that nodes leave behind: what pages.py asks for. Besides
the finished tasks there is some of everything else that a page shows."""
from __future__ import annotations

from typing import Callable

from place import PAD, noop_cluster

PORTION = 250_000  # tasks of one statement
RELICS = 2_000  # the oldest tasks of all: of a name and a stream that have been idle ever since
WAITING, RETRYING, UNREAD = 20_000, 2_000, 20_000  # unfinished: deferred, to be tried again, of a paused stream
STREAMS, NODES, SCHEDULES, ORDERS = 50, 100, 200, 100_000  # others, past ones, rules, rows of the audit
CONFIG = """
[http]
listen = "127.0.0.1:0"
[stream.rare]
mode = "parallel"
partitions = 1
[stream.held]
mode = "parallel"
partitions = 1
[action.seldom]
type = "noop"
stream = "bench"
[action.relic]
type = "noop"
stream = "rare"
[action.held]
type = "noop"
stream = "held"
"""

# One in a thousand is `seldom`, the others `noop`; one in ten has one of 100,000 keys; one in 5,000 failed, one in 333
# was superseded, one in a thousand needed two attempts.
FILL = f"""
with made as (
  insert into task(part_id, created_at, name, key, data, created_by)
  select case when n <= {RELICS} then r.first_part else b.first_part + bucket(w.name, w.key, n, b.partitions) end,
    now() - ($total - n) * interval '1 millisecond', w.name, w.key, '{{"pad": "{PAD}"}}', 'bench'
  from generate_series($first, $last) n
  cross join lateral (
    select case when n <= {RELICS} then 'relic' when n % 1000 = 7 then 'seldom' else 'noop' end as name,
      case when n % 10 = 3 then 'k' || n::bigint * 7919 % 100000 end as key
  ) w
  cross join (select first_part, partitions from stream where name = 'bench') b
  cross join (select first_part from stream where name = 'rare') r
  returning id, part_id, created_at
),
ran as (
  select m.*, case when m.id % 5000 = 11 then 'f' when m.id % 333 = 5 then 's' else 'd' end as result,
    case when m.id % 1000 = 9 then 2 else 1 end as attempts
  from made m
),
told as (
  insert into attempt_row(task_id, started_at, epoch, took_ms, part_id, no, result, message)
  select r.id, r.created_at, 1, 3, r.part_id, no, (case when no < r.attempts then 'r' else r.result end)::"char",
    case when no < r.attempts then 'try again' when r.result = 'f' then 'error ' || r.id / 5000 % 7
         when r.result = 's' then 'superseded by ' || r.id + 1 end
  from ran r
  cross join lateral generate_series(1, r.attempts) no
  where r.result <> 'd'
    or r.attempts > 1
)
insert into success(started_at, epoch, block, part_id, first_place, last_place, places, after_us, took_ms)
select max(r.created_at), 1, r.id / 1000, r.part_id, min(r.id % 1000), max(r.id % 1000),
  array_agg((r.id % 1000)::int2 order by r.id), array_agg(0), array_agg(3)
from ran r
where r.result = 'd'
  and r.attempts = 1
group by r.id / 1000, r.part_id, r.id / 500
"""
# Everything is read, whatever was inserted so far, and its outcomes are counted.
MARK = """
update mark m
set seen = pg_current_snapshot(), upto = null, at_xid = '0', at_id = 0, done = f.done, failed = f.failed,
  cancelled = f.cancelled
from (
  select part_id, sum(successes) + count(*) filter (where result = 'd') as done,
    count(*) filter (where result = 'f') as failed, count(*) filter (where result = 's') as cancelled
  from (
    select part_id, null as result, cardinality(places) as successes
    from success
    union all
    select part_id, result, 0
    from attempt_row
  ) x
  group by part_id
) f
where f.part_id = m.part_id
"""
RETRIES = f"""
with made as (
  insert into task(part_id, name, data)
  select b.first_part, 'noop', '{{}}'
  from stream b
  cross join generate_series(1, {RETRYING})
  where b.name = 'bench'
  returning id, part_id, name
),
failed as (
  insert into attempt_row(task_id, started_at, epoch, took_ms, part_id, no, result, message)
  select m.id, now(), 1, 3, m.part_id, 1, 'r', 'try again' from made m
)
insert into open(task_id, epoch, due, part_id, attempts, runs, state, name)
select m.id, 1, now() + interval '1 day', m.part_id, 1, 1, 'r', m.name
from made m
"""
AROUND = (
    f"""select create_stream('other_' || n, 'single', 1, 1, null, 'strict', 'process', 0, false)
    from generate_series(1, {STREAMS}) n""",
    f"""insert into node(node_id, name, machine, version, address, http, labels, weight, actions, state,
      cluster_settings, ended_at)
    select nextval('node_id'), 'past ' || n, 'gone', '1', '', '', '{{}}', 100, '{{}}', 'stopped', '{{}}', now()
    from generate_series(1, {NODES}) n""",
    f"""insert into schedule(name, task, every_ms, missed)
    select 'rule_' || n, 'noop', 86400000, 'skip' from generate_series(1, {SCHEDULES}) n""",
    f"""insert into audit(at, who, login, way, action, object, details, result)
    select now() - ({ORDERS} - n) * interval '1 minute', 'ann', 'weir', 'http', 'task.retry', 'task ' || n, '{{}}',
      'done'
    from generate_series(1, {ORDERS}) n""",
)


def fill(c: noop_cluster, rows: int, tell: Callable[[str], None]) -> None:
    """While no node runs, after one has: its streams are there, and its epoch is 1."""
    c.ask("set synchronous_commit = off")
    for first in range(1, rows + 1, PORTION):
        last = min(first + PORTION - 1, rows)
        c.ask(FILL.replace("$first", str(first)).replace("$last", str(last)).replace("$total", str(rows)))
        c.ask("select keep_room()")
        tell(f"  {last:,} of {rows:,} tasks")
    c.ask(RETRIES)
    c.ask(MARK)
    for statement in AROUND:
        c.ask(statement)
    c.ask("update stream set paused_until = 'infinity' where name = 'held'")
    c.ask(f"select count(*) from enqueue_many((select jsonb_agg(jsonb_build_object('name', 'held')) "
          f"from generate_series(1, {UNREAD})))")
    c.ask(f"select count(*) from enqueue_many((select jsonb_agg(jsonb_build_object('name', 'noop', 'do_after', "
          f"now() + interval '1 day')) from generate_series(1, {WAITING})))")
    tables = c.ask("select c.oid::regclass from pg_class c join pg_class t on t.oid = 'task'::regclass "
                   "where c.relkind = 'r' and c.relnamespace = t.relnamespace")
    c.ask(f"vacuum (analyze) {', '.join(tables)}")  # what autovacuum does of itself in minutes
