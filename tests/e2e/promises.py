#!/usr/bin/env python3
"""What the seed system promises of actions and streams, kept by real nodes: streams side by side, timeouts, intervals
of retry, actions that come late, and an error handler that hears of everything."""
import argparse
import sys
import time
from typing import Any

from support import arguments, check, equal, run_all, say, scenario, wait_for
from private_postgres import private_postgres
from witnesses import session, witnesses

SINGLE = ("first", "second", "third")


def intervals(w: witnesses, stream: str) -> list[tuple[float, float, int]]:
    """(start, end, task) of each run in a stream; what has not ended yet runs on."""
    begun = {(e["id"], e["attempt"]): e["t"] for e in w.events("start", stream=stream)}
    over = {(e["id"], e["attempt"]): e["t"] for e in w.events("end", stream=stream)}
    return sorted((at, over.get(which, time.monotonic()), which[0]) for which, at in begun.items())


def same_stream_blocks_and_different_streams_run_side_by_side(wanted: argparse.Namespace) -> None:
    """Three single streams with a long task each, one of which takes 6 s: its own wait, the others don't. Nobody ever
    runs beside another of its stream, whatever its name and node."""
    with scenario(wanted, "streams", nodes=2) as s:
        w = witnesses(s)
        w.start_all()
        producer = session(s)
        blocker = producer.enqueue("first", None, {"ms": 6000, "do": "block"})
        w.wait_start(blocker)
        # Long enough that both have begun before one has ended, however late a runner starts.
        for task in [producer.enqueue(stream, None, {"ms": 2000}) for stream in ("second", "third")]:
            w.wait_start(task)
        for _ in range(20):
            for stream in SINGLE:
                for name in (stream, stream + "_short"):
                    producer.enqueue(name, None, {"ms": 10})
        for _ in range(40):
            producer.enqueue("wide", None, {"ms": 50})
        s.wait_empty(30)
        runs = {stream: intervals(w, stream) for stream in (*SINGLE, "wide")}
        for stream in SINGLE:
            equal(len(runs[stream]), 41, f"runs in {stream}")
            for before, after in zip(runs[stream], runs[stream][1:]):
                check(after[0] >= before[1], f"{stream}: task {after[2]} ran beside task {before[2]}")
        ended = w.events("end", id=blocker)[0]["t"]
        for stream in ("second", "third", "wide"):
            late = [task for _, end, task in runs[stream] if end > ended]
            equal(late, [], f"tasks of {stream} that had to wait for a task of another stream")
        check(any(a[0] < b[1] and b[0] < a[1] for a in runs["second"] for b in runs["third"]),
              "the streams took turns: they never ran at once")
        check(any(b[0] < a[1] for a, b in zip(runs["wide"], runs["wide"][1:])), "a parallel stream was not parallel")
        s.stop_cleanly()


def an_action_that_blocks_does_not_stop_the_others(wanted: argparse.Namespace) -> None:
    """It ignores every word for 12 s, with a timeout of 500 ms: in a runner process, on the threads of a parallel
    stream. What waits behind it is done long before it would have ended, and it is FAILED as timed out."""
    with scenario(wanted, "blocks", nodes=1) as s:
        w = witnesses(s)
        w.start_all()
        producer = session(s)
        begin = time.monotonic()
        stuck = [producer.enqueue(name, None, {"do": "block", "ms": 12000})
                 for name in ("first_short", *["wide_short"] * 4)]  # as many as the stream has threads
        for task in stuck:
            w.wait_start(task)
        behind = [producer.enqueue(name, None, {}) for name in ("first", "wide") for _ in range(20)]
        for task in behind:
            w.wait_state(task, "DONE", max(0.1, begin + 12 - time.monotonic()))
        say(f"  what waited behind them was done after {time.monotonic() - begin:.1f} s")
        for task in stuck:
            found = w.wait_state(task, "FAILED")
            # The second of its two attempts is the end.
            equal([a["result"] for a in found["attempts"]], ["timeout", "failure"], f"attempts of {task}")
            check("timed out after 500ms" in found["message"], found["message"])
        check(s.cluster.nodes["n1"].pid(), "the node ended")
        # Threads that were given up work on for their 12 s; nothing waits for them.
        s.stop_cleanly()


def retry_intervals_are_those_of_the_action(wanted: argparse.Namespace) -> None:
    """Fixed, list and exponential, each with its attempts; and the seed's: every hour, without end."""
    wanted_gaps = {"each_second": [(1.0, 1.0)] * 2, "listed": [(0.2, 0.2), (0.8, 0.8), (0.8, 0.8)],
                   "growing": [(0.1, 0.2), (0.2, 0.4), (0.4, 0.8), (0.5, 1.0)]}
    with scenario(wanted, "retries", nodes=1) as s:
        w = witnesses(s)
        w.start_all()
        producer = session(s)
        tasks = {name: [producer.enqueue(name, None, {"retries": 1000}) for _ in range(4)] for name in wanted_gaps}
        hourly = producer.enqueue("as_the_seed", None, {"retries": 1000})
        for name, gaps in wanted_gaps.items():
            seen = []
            for task in tasks[name]:
                found = w.wait_state(task, "FAILED")
                equal(len(found["attempts"]), len(gaps) + 1, f"attempts of {name}")
                equal(found["message"].count("not yet"), 1, f"message of {name}: {found['message']}")
                ends = {e["attempt"]: e["t"] for e in w.events("end", id=task)}
                for e in w.events("start", id=task)[1:]:
                    least, most = gaps[e["attempt"] - 2]
                    gap = e["t"] - ends[e["attempt"] - 1]
                    # Never early; how late is the machine's business, within reason.
                    check(least - 0.01 <= gap <= most + 1.5, f"{name}: attempt {e['attempt']} came after {gap:.2f} s")
                    seen.append(round(gap, 2))
            say(f"  {name}: waited {seen[:len(gaps)]}")
        waits = s.number(f"select extract(epoch from due - now())::int from weir.open where task_id = {hourly}")
        check(3500 < waits <= 3600, f"an hourly retry comes in {waits} s")
        equal(w.shown(hourly)["state"], "RETRY", "state of an hourly retry")
        s.stop_cleanly()


def a_node_that_joins_within_the_grace_runs_what_nobody_could(wanted: argparse.Namespace) -> None:
    """A task whose action no node has waits for one; without one it is CANCELLED with that message."""
    with scenario(wanted, "grace", nodes=2) as s:
        w = witnesses(s)
        w.start("n1")  # declares the streams and routes
        s.wait_active({"n1"})
        wait_for("the routes", lambda: s.number("select count(*) from weir.route where name = 'wide'") == 1, 10)
        s.stop_cleanly()
        file = s.cluster.write_config("n2", '[action.something_else]\ntype = "noop"\n')
        s.cluster.nodes["n2"].start([str(s.cluster.weir_program), "run", "--config", str(file)],
                                    s.cluster.environment())
        s.wait_active({"n2"})
        producer = session(s)
        waiting = producer.enqueue("wide", None, {})
        nobody = producer.enqueue("nobody_does_this", None, {})
        time.sleep(4)  # of the ten seconds of grace
        equal([w.shown(task)["state"] for task in (waiting, nobody)], ["READY"] * 2, "states within the grace")
        w.start("n1")
        found = w.wait_state(waiting, "DONE", 9)
        equal(w.events("end", id=waiting)[0]["node"], "n1", "the node that has the action")
        equal(found["message"], "attempt 1", "message")
        found = w.wait_state(nobody, "CANCELLED", 15)
        check("no node" in found["message"] and "nobody_does_this" in found["message"], found["message"])
        s.stop_cleanly()


def the_error_handler_sees_every_error(wanted: argparse.Namespace) -> None:
    """What actions and hooks do wrong, in runners and on threads, a declaration that is not in force, a database that
    goes away; not what actions answer. It throws once itself, and the node stands."""
    with private_postgres() as server, scenario(wanted, "errors", nodes=1, url=server.url) as s:
        w = witnesses(s)
        (s.directory / "hook_fails").touch()
        s.cluster.weir("stream", "create", "wide", "--mode", "parallel", "--partitions", "3")
        w.start_all()

        def heard(code: str, *words: str) -> bool:
            return any(e["code"] == code and all(word in e["message"] for word in words) for e in w.errors())

        def hears(code: str, *words: str, seconds: float = 10) -> None:
            try:
                wait_for("", lambda: heard(code, *words), seconds)
            except TimeoutError:
                raise AssertionError(f"no error {code} with {words}; there are {w.errors()}") from None

        hears("conflict", "declaration not in force", "wide")
        hears("action_failed", "stream first", "cannot be opened", "no login today")
        producer = session(s)
        answers = [producer.enqueue(name, None, data) for name in ("first_short", "wide_short")
                   for data in ({"retries": 1}, {"do": "fail"})]
        throw = {name: producer.enqueue(name, None, {"do": "throw"}) for name in ("first_short", "wide_short")}
        crash = producer.enqueue("second_short", None, {"do": "crash"})
        block = producer.enqueue("second_short", None, {"do": "block", "ms": 3000})
        slow = producer.enqueue("wide_short", None, {"ms": 3000})
        for name, task in throw.items():
            for number in (1, 2):
                hears("action_failed", f"stream {name.split('_')[0]} task {task} {name} attempt {number}: ",
                      "threw: thrown on purpose")
        hears("action_failed", f"task {crash} ", "crashed: ", "SIGABRT")
        hears("action_failed", f"task {block} ", "timed out after 500ms and did not end when asked to")
        hears("action_failed", f"task {slow} ", "timed out after 500ms: not yet")
        s.wait_empty(20)
        for task in answers:
            check(not any(f"task {task} " in e["message"] for e in w.errors()), "what an action answers is no error")
        producer.close()
        before = len(w.errors())
        server.stop("immediate")
        wait_for("errors of a database that is away", lambda: len(w.errors()) > before, 10)
        hears("unavailable", "beat failed")
        check(s.cluster.nodes["n1"].pid(), "the node ended with its database")
        server.start()
        s.wait_active({"n1"}, 20)
        again = session(s)
        w.wait_state(again.enqueue("first", None, {}), "DONE")
        s.stop_cleanly()


SCENARIOS: dict[str, Any] = {each.__name__: each for each in (
    same_stream_blocks_and_different_streams_run_side_by_side, an_action_that_blocks_does_not_stop_the_others,
    retry_intervals_are_those_of_the_action, a_node_that_joins_within_the_grace_runs_what_nobody_could,
    the_error_handler_sees_every_error)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
