#!/usr/bin/env python3
"""kill -9 of the gateway and owner at each named step of a task's path, while programs enqueue by message: what was
answered is there, nothing is enqueued twice, and every task ends once."""
import argparse
import os
import re
import signal
import sys
import time
from pathlib import Path

from support import arguments, check, equal, run_all, say, scenario, wait_for

from by_message import flood
from links import address

CONFIG = """
[stream.mail]
mode = "parallel"
partitions = 4
concurrency = 8
[stream.ledger]
mode = "single"
isolation = "thread"
[action.mail]
stream = "mail"
type = "noop"
[action.post]
stream = "ledger"
type = "noop"
"""
BATCHES, BATCH, KEYS = 60, 5, 100
NAMED = re.compile(r'crash_point\("(\w+)"\)')
STEPS = re.compile(r'ask<.*?>\(\*db, errors, "(\w+)"', re.S)


def crash_points() -> list[str]:
    """All that the sources name: a new one is swept without being listed here."""
    actors = Path(__file__).resolve().parents[2] / "actors"
    text = "".join(file.read_text(encoding="utf-8") for file in sorted(actors.glob("*.cpp")))
    steps = [f"{when}_{step}" for step in STEPS.findall(text) for when in ("before", "after")]
    return [*NAMED.findall(text), *steps]


def start(s: scenario, name: str, crash_at: str = "") -> None:
    s.run_weir(name, CONFIG, crash_at)


def crash_at(s: scenario, point: str) -> int:
    """n1 dies there, under load; the number of tasks that were enqueued."""
    # Passed often under load, some only when partitions change hands or people ask for something.
    rare = point.split("_")[1] in ("take", "release", "promote", "newer", "requests")
    s.cluster.weir("stream", "unpin", "ledger")
    start(s, "n1", point if rare else f"{point}:{7 + len(point) % 5}")
    node = s.cluster.nodes["n1"]
    if point.endswith("take"):  # at its first own partition, before it is of use to anybody
        s.cluster.weir("stream", "pin", "ledger", "n1")
        equal(node.ended(20), -signal.SIGKILL, f"end of n1 at {point}")
        start(s, "n1")
        s.wait_active({"n1", "n2"})
        return 0
    s.wait_active({"n1", "n2"})
    s.cluster.weir("stream", "pin", "ledger", "n1")
    wait_for("ledger at n1", lambda: s.cluster.owner("ledger") == "n1", 20, 0.02)
    url = f"weir://{address(s, 'n1')},{address(s, 'n2')}"
    running = [flood(s, url, name, BATCHES * BATCH, BATCH, keys=KEYS) for name in ("post", "mail")]
    if point.endswith("release"):
        s.cluster.weir("stream", "pin", "ledger", "n2")
    if point.endswith("promote"):
        s.cluster.weir("task", "enqueue", "post", "--in", "300ms")
    if point.endswith("requests"):
        later = s.cluster.weir_json("task", "enqueue", "post", "--in", "1h")["id"]
        s.cluster.weir("task", "cancel", str(later))
    told = [each.ended() for each in running]
    for each in told:
        equal((each["failed"], each["in_doubt"]), (0, 0), f"what was not enqueued at {point}: {each}")
    expected = sum(each["enqueued"] for each in told) + (1 if point.endswith(("promote", "requests")) else 0)
    if point.endswith("newer"):
        deep = flood(s, "weir://" + address(s, "n2"), "post", 6000, 500, keys=10)
        equal(deep.ended()["enqueued"], 6000, "enqueued behind a full window")
        expected += 6000
        running.append(deep)
    equal(node.ended(20), -signal.SIGKILL, f"end of n1 at {point}: it was not passed")
    start(s, "n1")
    s.wait_active({"n1", "n2"})
    ids = [i for each in running for i in each.ids()]
    equal(len(set(ids)), len(ids), "different ids")
    have = set(map(int, s.sql(f"select id from {s.schema}.task").split()))
    equal([i for i in ids if i not in have], [], f"acknowledged and lost at {point}")
    return expected


def sweep(wanted: argparse.Namespace) -> None:
    points = [p for p in crash_points() if os.environ.get("POINT", p) == p]
    check(points, "no crash points in the sources")
    with scenario(wanted, "crash_points", nodes=2) as s:
        start(s, "n2")
        s.wait_active({"n2"})
        accepted = 0
        for point in points:
            began = time.monotonic()
            accepted += crash_at(s, point)
            equal(s.number("select count(*) from weir.task"), accepted, f"tasks in the table after {point}")
            s.wait_empty(30)
            s.check_every_task_ended_once(accepted)
            s.cluster.nodes["n1"].signal(signal.SIGTERM)
            equal(s.cluster.nodes["n1"].ended(40), 0, "exit code of n1 after SIGTERM")
            say(f"  {point}: {time.monotonic() - began:.1f} s")
        say(f"{len(points)} points, {accepted} tasks")


if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), {"sweep": sweep}))
