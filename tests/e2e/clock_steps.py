#!/usr/bin/env python3
"""The database's clock is set by an hour, forwards and back: what is due by it is done, a tick is one task, and nobody
loses what it owns."""
import argparse
import json
import sys
import time
from contextlib import ExitStack

from private_postgres import private_postgres
from support import arguments, check, equal, run_all, say, scenario, wait_for
from wall_clock import wall_clock

HOUR = 3600
LOOK = 10.0  # seconds after which an owner asks again what is due by the database's clock
CONFIG = """
[action.sum]
type = "noop"
"""


class stepped:
    """A node at work on a PostgreSQL whose clock can be set."""

    def __init__(self, wanted: argparse.Namespace, name: str) -> None:
        self.stack = ExitStack()
        self.server = private_postgres()
        self.clock = wall_clock(self.server.directory / "clock")
        self.server.before = self.clock.before()
        self.stack.enter_context(self.server)
        self.s = self.stack.enter_context(scenario(wanted, name, nodes=1, url=self.server.url))

    def __enter__(self) -> "stepped":
        s = self.s
        file = s.cluster.write_config("n1", CONFIG)
        s.cluster.nodes["n1"].start([str(s.cluster.weir_program), "run", "--config", str(file)],
                                    s.cluster.environment())
        s.wait_active({"n1"})
        return self

    def __exit__(self, *problem: object) -> None:
        self.stack.__exit__(*problem)

    def state(self, task: int) -> str:
        return self.s.cluster.weir_json("task", "show", str(task))["state"]

    def enqueue(self, do_after: str) -> int:
        return self.s.number(f"select weir.enqueue('sum', do_after => clock_timestamp() + interval '{do_after}')")

    def wait_done(self, task: int, seconds: float) -> float:
        at = time.monotonic()
        wait_for(f"the end of task {task}", lambda: self.state(task) == "DONE", seconds, 0.1)
        return time.monotonic() - at

    def ownerships(self) -> int:
        return self.s.number("select count(*) from weir.ownership")


def due_times(wanted: argparse.Namespace) -> None:
    """A task is due when the database's clock says so: one that was to wait for half an hour is done soon after the
    clock went on by an hour. One that is due in a moment waits for the hour that the clock is set back by."""
    with stepped(wanted, "due_times") as at:
        owned = at.ownerships()
        task = at.enqueue("30 minutes")
        wait_for("it to be written down", lambda: at.s.number("select count(*) from weir.open") == 1, 10)
        at.clock.set(HOUR)
        say(f"  done {at.wait_done(task, LOOK + 5):.1f} s after the clock went on by an hour")
        task = at.enqueue("1 second")
        at.clock.set(0)
        at.wait_done(at.enqueue("0 seconds"), 5)
        time.sleep(2)  # longer than it was to wait
        equal(at.state(task), "READY", "a task that is due in an hour by a clock that was set back")
        at.clock.set(HOUR)
        say(f"  done {at.wait_done(task, LOOK + 5):.1f} s after the clock was right again")
        equal(at.ownerships(), owned, "ownerships: nobody lost one, nobody took one")
        at.s.stop_cleanly()


def ticks(wanted: argparse.Namespace) -> None:
    """Ticks that a clock jumps over are missed ones, and go by the schedule's choice. When it is set back no tick comes
    twice: it is quiet until the clock is there again."""
    with stepped(wanted, "ticks") as at:
        s = at.s
        for policy in ("skip", "once", "all"):
            s.cluster.weir("schedule", "add", policy, "--every", "1m", "--task", "sum", "--missed", policy)

        def made() -> dict[str, int]:
            return {p: s.number(f"select count(*) from weir.task where created_by = 'schedule {p}'")
                    for p in ("skip", "once", "all")}

        def next_ticks() -> str:
            return s.sql(f"select min(next_at) > clock_timestamp() from {s.schema}.schedule")
        wait_for("next ticks", lambda: next_ticks() == "t", 15)
        before = made()
        at.clock.set(HOUR)
        wait_for("what was missed", lambda: next_ticks() == "t", 15)
        jumped = {p: n - before[p] for p, n in made().items()}
        say(f"  tasks of a jump by an hour: {jumped}")
        check(60 <= jumped["all"] <= 61, f"a task for each tick: {jumped}")
        check(1 <= jumped["once"] <= 2, f"one task for all of them: {jumped}")
        check(jumped["skip"] <= jumped["once"], f"none, or the last one: {jumped}")
        at.clock.set(0)
        before = made()
        time.sleep(5)  # some looks of the leader
        equal(made(), before, "tasks of ticks that were fired before")
        at.clock.set(HOUR + 60)
        wait_for("the next tick", lambda: made()["all"] > before["all"], 15)
        rows = json.loads(s.sql(f"select json_agg(n) from (select count(*) as n from {s.schema}.attempt "
                                "where result = 'd' group by task_id) x"))
        equal(set(rows), {1}, "ends of each task")
        s.stop_cleanly()


SCENARIOS = {each.__name__: each for each in (due_times, ticks)}


if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
