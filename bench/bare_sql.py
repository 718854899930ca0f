"""The ceiling: the rows that a task leaves behind, written by nothing but PostgreSQL's own load generator. Four
sessions each insert 500 tasks and commit, then that they succeeded and commit, into weir's own tables with all their
indexes and checks, in a schema that no node knows. The payloads come from the client, as they must for anybody."""
from __future__ import annotations

from budget import figures
from place import PAD, noop_cluster, pgbench, run, split

SESSIONS = 4
ENDED = "select sum(cardinality(places)) from success"


def script(schema: str, batch: int) -> str:
    payloads = ",".join([f'"{{\\"pad\\": \\"{PAD}\\"}}"'] * batch)
    return (f"with made as (insert into {schema}.task(part_id, epoch, name, data, created_by) "
            f"select 1 + n % 4, 1, 'noop', data, 'bench' from unnest('{{{payloads}}}'::jsonb[]) "
            "with ordinality d(data, n) returning id) select array_agg(id)::text as ids from made \\gset\n"
            f"insert into {schema}.success(block, part_id, epoch, started_at, first_place, last_place, places, "
            "after_us, took_ms) select id / 1000, 1 + n % 4, 1, clock_timestamp(), min(id % 1000), max(id % 1000), "
            "array_agg((id % 1000)::int2), array_agg(0), array_agg(0) "
            "from unnest(':ids'::bigint[]) with ordinality d(id, n) group by 1, 2;\n")


def measure(this: run) -> figures:
    with noop_cluster(this.wanted, "bare_sql") as c:
        batch, times = split(this.size.tasks, SESSIONS)
        file = c.directory / "life.sql"
        file.write_text(script(c.schema, batch), encoding="utf-8")
        pgbench(this.url, file, SESSIONS, max(1, times // 10))  # so that the pages and plans are there
        before = c.value(ENDED)
        seconds = pgbench(this.url, file, SESSIONS, times)
        made = c.value(ENDED) - before
        return {"bare_sql_per_s": made / seconds}
