#!/usr/bin/env python3
"""A task that takes its whole node down, again and again, is found and FAILED after its crashes are used up; the
innocents beside it lose nothing."""
import argparse
import sys
import time
from typing import Any

from support import arguments, check, equal, run_all, say, scenario
from witnesses import session, witnesses


def results(shown: dict[str, Any]) -> list[str]:
    return [attempt["result"] for attempt in shown["attempts"]]


def restart_until(w: witnesses, task: int, seconds: float) -> int:
    """Starts nodes that ended again, as systemd would, until the task has FAILED. How often a node ended."""
    deaths, end = 0, time.monotonic() + seconds
    while w.shown(task)["state"] != "FAILED":
        check(time.monotonic() < end, f"not FAILED after {seconds:g} s and {deaths} deaths")
        for name in w.s.cluster.names:
            if not w.s.cluster.nodes[name].pid():
                deaths += 1
                w.start(name)
        time.sleep(0.2)
    return deaths


def a_task_that_kills_its_node_is_found(wanted: argparse.Namespace) -> None:
    """On threads of a parallel stream: it crashes three times with a mark, then it is FAILED. Of the innocents that ran
    beside it, in its partition and in others, none is held guilty more than once, and all are DONE."""
    with scenario(wanted, "poison", nodes=2) as s:
        w = witnesses(s)
        w.start_all()
        producer = session(s)
        before = [producer.enqueue("wide", None, {"ms": 300}) for _ in range(40)]
        poison = producer.enqueue("deadly", None, {"do": "crash", "ms": 100})
        beside = [producer.enqueue("wide", key, {"ms": 300}) for key in (None, "k1", "k2", "k3") for _ in range(10)]
        deaths = restart_until(w, poison, 90)
        shown = w.shown(poison)
        # A death before anything was marked is nobody's fault.
        equal([r for r in results(shown) if r != "interrupted"], ["crash"] * 3, "results of the poison")
        check("crashed 3 times" in shown["message"], shown["message"])
        check(3 <= deaths <= 8, f"{deaths} nodes ended")
        s.wait_active(set(s.cluster.names))
        s.wait_empty(60)
        blamed = 0
        for task in before + beside:
            found = w.shown(task)
            check(found["state"] == "DONE" or "superseded" in found["message"], f"{task}: {found}")
            crashes = results(found).count("crash")
            check(crashes <= 1, f"innocent task {task} is held guilty {crashes} times: {results(found)}")
            blamed += crashes
        say(f"  {deaths} nodes ended; {blamed} of {len(before + beside)} innocents were beside it while it was unknown")
        s.stop_cleanly()


def a_run_that_its_node_did_not_outlive_is_shown(wanted: argparse.Namespace) -> None:
    """kill -9 under a long task: its attempt is `interrupted`, names the node that ran it, and counts to nothing."""
    with scenario(wanted, "outlived", nodes=2) as s:
        w = witnesses(s)
        w.start_all()
        producer = session(s)
        for name in ("wide", "first"):  # on a thread, and in a runner
            task = producer.enqueue(name, None, {"ms": 4000})
            w.wait_start(task)
            time.sleep(1.5)  # from when on a run is shown as IN PROGRESS
            first = w.events("start", id=task)[0]["node"]
            w.s.cluster.nodes[first].signal(9)
            w.s.cluster.nodes[first].ended(10)
            found = w.wait_state(task, "DONE", 30)
            equal(results(found), ["interrupted", "success"], f"results of the task in {name}")
            equal(found["attempts"][0]["node"], first, "the node of its first attempt")
            check("its node ended" in found["attempts"][0]["message"], found["attempts"][0]["message"])
            equal([a["attempt"] for a in found["attempts"]], [1, 2], "attempt numbers")
            w.start(first)
            s.wait_active(set(s.cluster.names))
        s.stop_cleanly()


SCENARIOS: dict[str, Any] = {each.__name__: each for each in (a_task_that_kills_its_node_is_found,
                                              a_run_that_its_node_did_not_outlive_is_shown)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
