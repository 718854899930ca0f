"""How soon a task starts, by the caller's clock: from when it hands the task over to the start of the action. (One
machine has one clock.) By message through one `weir task enqueue -`, by SQL through one psql, each waiting for its
answer; back to back, or with a pause so that everything is idle."""
from __future__ import annotations

import json
import random
import subprocess
import time
from typing import Callable

from budget import figures
from place import CONFIG, PAD, noop_cluster, percentile, run

TASK = json.dumps({"name": "noop", "data": {"pad": PAD}})
NOTIFY = CONFIG.replace("concurrency = 8", "concurrency = 8\nnotify = true")


class by_message:
    """One process that sends each line at once and answers when it is durable."""

    def __init__(self, c: noop_cluster) -> None:
        self.child = subprocess.Popen([str(c.cluster.weir_program), "task", "enqueue", "-", "-o", "ndjson", "--config",
                                       str(c.cluster.config("n1"))], text=True, bufsize=1, env=c.cluster.environment(),
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        c.others.append(self.child)

    def __call__(self) -> int:
        assert self.child.stdin and self.child.stdout
        self.child.stdin.write(TASK + "\n")
        return int(json.loads(self.child.stdout.readline())["id"])

    def end(self) -> None:
        self.child.communicate(timeout=60)


def waits(c: noop_cluster, enqueue: Callable[[], int], count: int, pause: tuple[float, float]) -> list[float]:
    """Milliseconds from hand-over to start, of `count` tasks with pauses (seconds, from and to) between them."""
    dice = random.Random(2)
    sent: dict[int, float] = {}
    for _ in range(count):
        at = time.time()
        sent[enqueue()] = at
        time.sleep(dice.uniform(*pause))
    c.ended += count
    c.wait_ended()
    rows = c.ask("select task_id, extract(epoch from started_at) from attempt where no = 1 "
                 f"and task_id in ({','.join(map(str, sent))})")
    return [1000 * (float(started) - sent[int(task)]) for task, started in (row.split("|") for row in rows)]


def by_sql(c: noop_cluster) -> Callable[[], int]:
    text = f"select {c.schema}.enqueue('noop', null, '{json.dumps({'pad': PAD})}')"
    return lambda: int(c.value(text))


def with_notify(this: run) -> figures:
    with noop_cluster(this.wanted, "notify") as c:
        c.cluster.config("n1").write_text(c.cluster.config("n1").read_text().replace(CONFIG, NOTIFY))
        c.start("n1")
        waits(c, by_sql(c), 10, (0, 0.01))
        found = waits(c, by_sql(c), this.size.samples, (0.01, 0.03))
        return {"start_by_sql_notify_p50": percentile(found, 0.5), "start_by_sql_notify_p99": percentile(found, 0.99)}


def measure(this: run) -> figures:
    with noop_cluster(this.wanted, "latency") as c:
        c.start("n1")
        one = by_message(c)
        waits(c, one, 20, (0, 0))
        busy = waits(c, one, this.size.samples * 3, (0, 0))
        idle = waits(c, one, this.size.samples, (0.01, 0.03))
        one.end()
        polled = waits(c, by_sql(c), this.size.slow_samples, (0.1, 0.7))
        handed = c.value("select count(*) from task where epoch is not null")
        if handed < len(busy) + len(idle):
            raise RuntimeError("tasks that were to come by message came by SQL: no gateway could be reached")
        worse = max(percentile(busy, 0.99), percentile(idle, 0.99))
        return {"start_back_to_back_p50": percentile(busy, 0.5), "start_back_to_back_p99": percentile(busy, 0.99),
                "start_idle_p50": percentile(idle, 0.5), "start_idle_p99": percentile(idle, 0.99),
                "start_by_message_p99": worse, "start_by_sql_p50": percentile(polled, 0.5),
                "start_by_sql_p99": percentile(polled, 0.99), **with_notify(this)}
