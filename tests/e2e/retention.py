#!/usr/bin/env python3
"""Ended tasks go after the age of their state, by the hand of whichever node leads; nothing unfinished ever does."""
import argparse
import signal
import sys
import time

from support import arguments, check, equal, run_all, say, scenario, wait_for

CONFIG = """
[retention]
done = "3s"
cancelled = "3s"
[stream.work]
mode = "parallel"
partitions = 4
[stream.archive]
mode = "parallel"
partitions = 2
retention = { done = "1h" }
[action.work]
type = "noop"
stream = "work"
[action.store]
type = "noop"
stream = "archive"
[action.fail]
type = "exec"
stream = "work"
command = ["false"]
[action.again]
type = "exec"
stream = "work"
command = ["sh", "-c", "exit 75"]
retry = { every = "1h", max_attempts = 0 }
"""
SEGMENT = 10_000_000
STAY = {"DONE": 5, "FAILED": 5, "RETRY": 5, "READY": 5}


def start(s: scenario, name: str, crash_at: str = "") -> None:
    s.run_weir(name, CONFIG, crash_at)


def sql(s: scenario, text: str) -> str:
    return s.sql(text.replace("weir.", f"{s.schema}."))


def states(s: scenario) -> dict[str, int]:
    """Tasks by state, as SQL shows them to people."""
    rows = sql(s, "select state || '=' || count(*) from weir.message_queue group by state order by state")
    return {state: int(count) for state, count in (row.split("=") for row in rows.splitlines())}


def fill_segment(s: scenario) -> int:
    """The next id is in another segment, as after ten million tasks; which one."""
    sql(s, f"select setval('weir.task_id', (last_value / {SEGMENT} + 1) * {SEGMENT} - 1) from weir.task_id")
    sql(s, "select weir.keep_room()")
    return s.number(f"select (last_value + 1) / {SEGMENT} from weir.task_id")


def segments(s: scenario) -> list[int]:
    rows = sql(s, "select substr(c.relname, 6) from pg_inherits i join pg_class c on c.oid = i.inhrelid "
               "where i.inhparent = 'weir.task'::regclass order by substr(c.relname, 6)::int")
    return [int(row) for row in rows.split()]


def enqueue_what_stays(s: scenario, each: int) -> dict[str, list[int]]:
    """So many that end and are kept, fail, wait for a retry, and are for later; waits until they were tried."""
    open_before = s.number("select count(*) from weir.open")
    names = ("store", "fail", "again", "later")
    tasks = [{"name": "work", "do_after": "2126-11-28T00:00:00Z"} if name == "later" else {"name": name}
             for name in names for _ in range(each)]
    ids = s.enqueue(tasks)
    wait_for("all of them tried", lambda: s.number("select count(*) from weir.open") == open_before + 2 * each
             and s.number(f"select count(*) from weir.known_attempt where task_id >= {ids[0]}") == 3 * each, 30, 0.1)
    return {name: ids[n * each:(n + 1) * each] for n, name in enumerate(names)}


def ended_tasks_go(wanted: argparse.Namespace) -> None:
    """DONE and CANCELLED tasks vanish; FAILED, unfinished, and those of a stream with another age stay."""
    with scenario(wanted, "retention", nodes=1) as s:
        start(s, "n1")
        s.wait_active({"n1"})
        tasks = enqueue_what_stays(s, 5)
        done = s.enqueue([{"name": "work", "key": str(n)} for n in range(100)])
        cancelled = s.enqueue([{"name": "work", "do_after": "2126-11-28T00:00:00Z"}])[0]
        s.cluster.weir("task", "cancel", str(cancelled))
        at = time.monotonic()
        wait_for(f"{STAY} and no more", lambda: states(s) == STAY, 30, 0.1)
        say(f"  gone after {time.monotonic() - at:.1f} s")
        for task in (done[0], done[-1], cancelled):
            s.cluster.weir("task", "show", str(task), code=3)
        show = s.cluster.weir_json("task", "show", str(tasks["fail"][0]))
        equal((show["state"], len(show["attempts"])), ("FAILED", 1), "a failed task")
        equal(s.number("select count(*) from weir.attempt a where not exists "
                       "(select from weir.known_task t where t.id = a.task_id)"), 0, "attempts of nothing")
        equal(segments(s)[0], 0, "the segment that is being filled stays")
        s.stop_cleanly()


def a_segment_goes(wanted: argparse.Namespace) -> None:
    """A full segment is emptied and dropped under way; what must stay is found, retried, and ends as ever."""
    with scenario(wanted, "segments", nodes=2) as s:
        for name in ("n1", "n2"):
            start(s, name)
        s.wait_active({"n1", "n2"})
        tasks = enqueue_what_stays(s, 5)
        s.enqueue([{"name": "work", "key": str(n)} for n in range(500)])
        fill_segment(s)
        wait_for("segment 0 dropped", lambda: 0 not in segments(s), 40, 0.1)
        equal(states(s), STAY, "what is left")
        equal(s.number("select count(*) from weir.kept"), 20, "tasks that outlived their segment")
        retried, later = tasks["again"][0], tasks["later"]

        def attempts() -> int:
            return len(s.cluster.weir_json("task", "show", str(retried))["attempts"])

        s.cluster.weir("task", "retry", str(retried))
        wait_for("another attempt", lambda: attempts() == 2, 20, 0.1)
        s.cluster.weir("task", "cancel", str(retried), str(later[0]))
        s.cluster.weir("task", "requeue", str(tasks["fail"][0]))
        s.cluster.weir("task", "explain", str(later[1]))
        listed = s.cluster.weir_json("task", "list", "--state", "failed")["items"]
        check(str(tasks["fail"][1]) in {item["id"] for item in listed}, f"failed tasks: {listed}")
        left = {"DONE": 5, "FAILED": 6, "RETRY": 4, "READY": 4}
        wait_for(f"{left}", lambda: states(s) == left, 30, 0.1)
        s.cluster.weir("task", "show", str(retried), code=3)
        s.stop_cleanly()


def a_dying_leader_loses_nothing(wanted: argparse.Namespace) -> None:
    """kill -9 of the leader before and after each thing that it does about a segment."""
    with scenario(wanted, "dying", nodes=1) as s:
        start(s, "n1")
        s.wait_active({"n1"})
        node, rounds = s.cluster.nodes["n1"], 0
        for at in [f"{when}_retention:{step}" for step in (1, 2, 3, 4) for when in ("before", "after")]:
            enqueue_what_stays(s, 2)
            rounds += 1
            s.enqueue([{"name": "work", "key": str(n)} for n in range(200)])
            present = fill_segment(s)
            wait_for("all work done", lambda: s.number("select count(*) from weir.open") == 4 * rounds and
                     s.number(f"select count(*) from weir.known_attempt where result in ('d', 'f')") >= 4 * rounds, 30)
            node.signal(signal.SIGKILL)
            node.ended(10)
            start(s, "n1", at)

            def gone() -> bool:
                return segments(s)[0] >= present

            wait_for(f"n1 dead {at}, or the segments gone", lambda: not node.pid() or gone(), 60, 0.05)
            say(f"  {at}: {'came to its end' if node.pid() else 'killed'}")
            if not node.pid():
                equal(node.ended(10), -signal.SIGKILL, f"end at {at}: {s.tail('n1')}")
                start(s, "n1")
            wait_for("old segments dropped", gone, 60, 0.1)
            stay = {state: 2 * rounds for state in STAY}
            wait_for(f"{stay} and no more", lambda: states(s) == stay, 30, 0.1)
        s.wait_active({"n1"})
        s.stop_cleanly()


SCENARIOS = {each.__name__: each for each in (ended_tasks_go, a_segment_goes, a_dying_leader_loses_nothing)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
