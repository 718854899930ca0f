"""Draining a backlog: enqueued by SQL while no node is up; from the first start of a task to the durable end of all."""
from __future__ import annotations

import time

from budget import figures
from place import noop_cluster, run


def measure(this: run) -> figures:
    with noop_cluster(this.wanted, "backlog") as c:
        c.start("n1")  # declares the stream and the route, and warms up
        c.send_by_sql(max(10, this.size.tasks // 10))
        c.wait_ended()
        c.stop("n1")
        last = c.value("select max(id) from task")
        count = c.send_by_sql(this.size.tasks)
        c.start("n1")
        c.wait_ended()
        end = time.time()  # one machine has one clock
        begin = c.value(f"select extract(epoch from min(started_at)) from attempt where task_id > {last:.0f}")
        return {"drain_per_s": count / (end - begin)}
