"""How long a partition stands still that has many finished tasks behind it: its owner is killed, and from when the
partition was freed to the first start under the next owner. (That it is freed takes a ttl besides: a setting.)"""
from __future__ import annotations

from budget import figures
from place import PAD, noop_cluster, run, wait_for

DEEP = """
[stream.deep]
mode = "parallel"
partitions = 1
concurrency = 8
"""
CHUNK = 50_000


def measure(this: run) -> figures:
    with noop_cluster(this.wanted, "take_over", nodes=2, extra=DEEP) as c:
        c.start("n1", "n2")
        leader = c.cluster.status()["leader"]["node"]
        other = next(name for name in c.cluster.names if name != leader)
        c.cluster.weir("stream", "pin", "deep", other, "--policy", "prefer")
        wait_for("deep at the other node", lambda: c.cluster.owner("deep") == other, 60)
        part = int(c.value("select first_part from stream where name = 'deep'"))
        left = this.size.behind
        while left > 0:
            count = min(left, CHUNK)
            send(c, count)
            left -= count
            c.wait_ended()
        c.kill(other)
        send(c, 100)
        c.wait_ended(120)
        seconds = c.value(
            "select extract(epoch from min(a.started_at) - min(o.ended_at)) from attempt a join ownership o "
            f"on o.part_id = a.part_id and o.part_id = {part} and o.reason = 'dead' and a.epoch > o.epoch")
        return {"take_over": seconds, "take_over_behind": this.size.behind}


def send(c: noop_cluster, count: int) -> None:
    """Straight into the stream, a batch a transaction."""
    c.ask(f"select count(*) from enqueue_many((select jsonb_agg(jsonb_build_object('name', 'noop', 'stream', 'deep', "
          f"'data', jsonb_build_object('pad', '{PAD}'))) from generate_series(1, {count})))")
    c.ended += count
