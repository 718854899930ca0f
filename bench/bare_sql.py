"""The ceiling: the rows that a task leaves behind, written by nothing but PostgreSQL's own load generator. Four
sessions each insert 500 tasks and commit, then their 500 attempts and commit, into weir's own tables with all their
indexes and checks, in a schema that no node knows. The payloads come from the client, as they must for anybody."""
from __future__ import annotations

from budget import figures
from place import PAD, noop_cluster, pgbench, run, split

SESSIONS = 4


def script(schema: str, batch: int) -> str:
    payloads = ",".join([f'"{{\\"pad\\": \\"{PAD}\\"}}"'] * batch)
    return (f"with made as (insert into {schema}.task(part_id, epoch, name, data, created_by) "
            f"select 1 + n % 4, 1, 'noop', data, 'bench' from unnest('{{{payloads}}}'::jsonb[]) "
            "with ordinality d(data, n) returning id) select array_agg(id)::text as ids from made \\gset\n"
            f"insert into {schema}.attempt(task_id, started_at, epoch, took_ms, part_id, no, result) "
            "select id, clock_timestamp(), 1, 0, 1 + id % 4, 1, 'd' from unnest(':ids'::bigint[]) id order by id;\n")


def measure(this: run) -> figures:
    with noop_cluster(this.wanted, "bare_sql") as c:
        batch, times = split(this.size.tasks, SESSIONS)
        file = c.directory / "life.sql"
        file.write_text(script(c.schema, batch), encoding="utf-8")
        pgbench(this.url, file, SESSIONS, max(1, times // 10))  # so that the pages and plans are there
        before = c.value("select count(*) from attempt")
        seconds = pgbench(this.url, file, SESSIONS, times)
        made = c.value("select count(*) from attempt") - before
        return {"bare_sql_per_s": made / seconds}
