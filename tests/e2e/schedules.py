#!/usr/bin/env python3
"""Schedules in real nodes: one tick is one task, through kill -9 of the leader, before and after it fires, and through
a stop of the whole cluster; what people order of them."""
import argparse
import json
import signal
import sys
import time
from typing import Any

from support import TTL, arguments, check, equal, run_all, say, scenario, wait_for

CONFIG = """
[action.beat]
type = "noop"
[action.rare]
type = "noop"
[schedule.beat]
task = "beat"
every = "1s"
missed = "all"
[schedule.nightly]
task = "rare"
cron = "30 2 * * *"
zone = "Europe/Berlin"
data = {{ n = {n} }}
"""


def start(s: scenario, name: str, n: int = 1, **environment: str) -> None:
    file = s.cluster.write_config(name, CONFIG.format(n=n))
    s.cluster.nodes[name].start([str(s.cluster.weir_program), "run", "--config", str(file)],
                                {**s.cluster.environment(), **environment})


def start_all(s: scenario) -> None:
    for name in s.cluster.names:
        start(s, name)
    s.wait_active(set(s.cluster.names))


def fired(s: scenario) -> int:
    return s.number("select count(*) from weir.task where created_by = 'schedule beat'")


def leader(s: scenario) -> str:
    found = wait_for("a leader", lambda: s.cluster.status()["leader"], 15)
    return found["node"]


def check_each_tick_once(s: scenario) -> int:
    """As many tasks as there were ticks, none before its tick, none much later than an outage explains."""
    s.cluster.weir("schedule", "pause", "beat")
    rows = json.loads(s.sql(f"""
        select json_build_object(
          'ticks', extract(epoch from date_trunc('second', last_at) - date_trunc('second', since))::int,
          'tasks', (select count(*) from {s.schema}.task where created_by = 'schedule beat'),
          'early', (select count(*)
                    from (select created_at, row_number() over (order by id) as n from {s.schema}.task
                          where created_by = 'schedule beat') t
                    where t.created_at < date_trunc('second', x.since) + t.n * interval '1 second'))
        from {s.schema}.schedule x where name = 'beat'"""))
    equal(rows["tasks"], rows["ticks"], "tasks of the ticks")
    equal(rows["early"], 0, "tasks before their ticks")
    s.wait_empty(20)
    s.check_every_task_ended_once(rows["tasks"])
    return rows["tasks"]


def kills(wanted: argparse.Namespace) -> None:
    """The leader is killed twice, and once it is stopped in an orderly way; no tick is lost or doubled."""
    with scenario(wanted, "kills") as s:
        start_all(s)
        wait_for("the first ticks", lambda: fired(s) >= 3, 20)
        for how in (signal.SIGKILL, signal.SIGTERM, signal.SIGKILL):
            name = leader(s)
            before = fired(s)
            at = time.monotonic()
            if how == signal.SIGKILL:
                s.kill(name)
            else:
                s.cluster.nodes[name].signal(how)
                equal(s.cluster.nodes[name].ended(30), 0, "exit code")
            wait_for("ticks of the next leader", lambda: fired(s) >= before + 3, TTL + 10)
            say(f"  {name} ended by {how.name}: three ticks more after {time.monotonic() - at:.1f} s")
            start(s, name)
            s.wait_active(set(s.cluster.names))
        say(f"  {check_each_tick_once(s)} ticks, each one task")
        s.stop_cleanly()


def crash_points(wanted: argparse.Namespace) -> None:
    """The leader dies just before it fires, and just after: with the answer, and without."""
    for point in ("before_fire:3", "after_fire:3"):
        with scenario(wanted, point.replace(":", "_"), nodes=2) as s:
            start(s, "n1", WEIR_CRASH_AT=point)
            equal(s.cluster.nodes["n1"].ended(20), -signal.SIGKILL, f"end at {point}")
            start(s, "n2")
            s.wait_active({"n2"})
            before = fired(s)
            wait_for("ticks of the next leader", lambda: fired(s) >= before + 3, TTL + 10)
            say(f"  {point}: {check_each_tick_once(s)} ticks, each one task")
            s.cluster.nodes["n2"].signal(signal.SIGTERM)
            equal(s.cluster.nodes["n2"].ended(30), 0, "exit code")


def away(wanted: argparse.Namespace) -> None:
    """The whole cluster is away for longer than it may take to mend itself: each policy is kept."""
    with scenario(wanted, "away", nodes=1) as s:
        for policy in ("skip", "once", "all"):
            s.cluster.weir("schedule", "add", policy, "--every", "2s", "--task", "beat", "--missed", policy)
        start(s, "n1")
        s.wait_active({"n1"})

        def tasks(name: str) -> int:
            return s.number(f"select count(*) from weir.task where created_by = 'schedule {name}'")
        wait_for("ticks of all", lambda: all(tasks(p) >= 2 for p in ("skip", "once", "all")), 20)
        s.cluster.nodes["n1"].signal(signal.SIGTERM)
        equal(s.cluster.nodes["n1"].ended(30), 0, "exit code")
        before = {p: tasks(p) for p in ("skip", "once", "all")}
        time.sleep(TTL + 8)  # time itself is what is tested: seven ticks or so
        start(s, "n1")
        wait_for("what was missed", lambda: tasks("all") >= before["all"] + 7, 20)
        s.cluster.weir("schedule", "pause", "all")
        made = {p: tasks(p) - before[p] for p in before}
        say(f"  tasks since the stop: {made}")
        # one for what was missed, and those since
        check(made["once"] <= made["all"] - 5, f"once: {made}")
        check(1 <= made["skip"] <= made["once"], f"skip: {made}")
        s.stop_cleanly()


def orders(wanted: argparse.Namespace) -> None:
    """Differences are shown, a removed schedule makes room, a trigger enqueues, a pause holds."""
    with scenario(wanted, "orders", nodes=2) as s:
        start(s, "n1", n=1)
        s.wait_active({"n1"})
        start(s, "n2", n=2)
        s.wait_active({"n1", "n2"})

        def show(name: str) -> Any:
            return s.cluster.weir_json("schedule", "show", name)

        def warnings() -> list[str]:
            return [w["message"] for w in s.cluster.status()["warnings"] if w["code"] == "declaration_differs"]
        equal(show("nightly")["data"], {"n": 1}, "the first declaration")
        check(any("schedule" in w and "weir schedule remove" in w for w in warnings()), f"warnings: {warnings()}")
        s.cluster.weir("schedule", "remove", "nightly")
        wait_for("the declaration of n2", lambda: "nightly" in
                 [x["name"] for x in s.cluster.weir_json("schedule", "list")["items"]], 15)
        equal(show("nightly")["data"], {"n": 2}, "the one that had to wait")
        equal(warnings(), [], "warnings")

        task = s.cluster.weir("schedule", "trigger", "nightly").stdout.strip()
        wait_for("its end", lambda: s.cluster.weir_json("task", "show", task)["state"] == "DONE", 15)
        ended = s.cluster.weir_json("task", "show", task)
        check(ended["created_by"].startswith("schedule nightly, triggered by "), ended["created_by"])
        equal(ended["data"], {"n": 2}, "data")
        local = [x["local"][11:] for x in s.cluster.weir_json("schedule", "next", "nightly", "-n", "2")["items"]]
        check(all(text.startswith("02:30:00+0") for text in local), f"local times {local}")

        wait_for("ticks", lambda: fired(s) >= 2, 15)
        s.cluster.weir("schedule", "pause", "beat")
        before = fired(s)
        time.sleep(3)  # three ticks that must not be fired
        equal(fired(s), before, "tasks of a paused schedule")
        s.cluster.weir("schedule", "resume", "beat")
        wait_for("ticks after the pause", lambda: fired(s) >= before + 2, 15)
        s.cluster.weir("schedule", "pause", "beat")
        ticks = s.number("select extract(epoch from last_at - date_trunc('second', since))::int from weir.schedule "
                         "where name = 'beat'")
        check(fired(s) <= ticks - 2, f"ticks of the pause are dropped, also where all are wanted: {ticks}, {fired(s)}")
        equal(s.direct("schedule", "show", "x", "--config", str(s.cluster.config("n1"))).returncode, 3, "exit code")
        s.stop_cleanly()


SCENARIOS = {each.__name__: each for each in (kills, crash_points, away, orders)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
