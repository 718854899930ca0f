#!/usr/bin/env python3
"""What holds a stream back on its node, with real programs as actions: its rate, and its breaker when they fail."""
import argparse
import signal
import sys
import time
from pathlib import Path
from typing import Any

from support import arguments, check, equal, run_all, say, scenario, wait_for

CONFIG = """
[stream.paced]
mode = "parallel"
partitions = 4
concurrency = 16
rate = "5/s"
[action.note]
type = "exec"
stream = "paced"
command = ["./note"]
[stream.partner]
mode = "single"
breaker = { failures = 3, pause = "2s" }
[action.call]
type = "exec"
stream = "partner"
command = ["./call"]
retry = { every = "50ms", max_attempts = 0 }
"""
NOTE = "#!/bin/sh\ndate +%s.%N >> notes\n"
CALL = "#!/bin/sh\necho >> calls\n[ -e up ] || { echo partner is down; exit 75; }\n"


def start(s: scenario) -> Path:
    """One node with both streams; the folder of its programs."""
    file = s.cluster.write_config("n1", CONFIG)
    for name, text in (("note", NOTE), ("call", CALL)):
        program = file.parent / name
        program.write_text(text, encoding="utf-8")
        program.chmod(0o755)
    s.cluster.nodes["n1"].start([str(s.cluster.weir_program), "run", "--config", str(file)], s.cluster.environment())
    s.wait_active({"n1"})
    return file.parent


def lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").splitlines() if file.exists() else []


def explained(s: scenario, task: int) -> dict[str, Any]:
    return s.cluster.weir_json("task", "explain", str(task))


def a_stream_starts_at_its_rate(wanted: argparse.Namespace) -> None:
    """Five a second, told by explain; a drain waits for none of those that wait; another rate holds at once."""
    with scenario(wanted, "rate", nodes=1) as s:
        folder = start(s)
        tasks = s.enqueue([{"name": "note"} for _ in range(200)])
        wait_for("a first start", lambda: lines(folder / "notes"), 15)
        why = explained(s, tasks[-1])
        equal(why["reason"], "rate_limited", f"reason: {why['conclusion']}")
        check("the rate limit of stream paced (5/s)" in why["conclusion"], why["conclusion"])
        wait_for("15 starts", lambda: len(lines(folder / "notes")) >= 15, 20)
        times = sorted(float(each) for each in lines(folder / "notes")[:15])
        say(f"  15 starts in {times[-1] - times[0]:.2f} s")
        # 2.8 s apart; each program may take a while to write down when it was started.
        check(times[-1] - times[0] >= 2.3, f"15 starts in {times[-1] - times[0]:.2f} s")
        at = time.monotonic()
        s.cluster.nodes["n1"].signal(signal.SIGTERM)
        equal(s.cluster.nodes["n1"].ended(10), 0, "exit code")
        left = s.unfinished()
        say(f"  drained in {time.monotonic() - at:.1f} s with {left} tasks that had not started")
        check(left > 75, f"{left} tasks are left: the drain was to wait for no start")
        start(s)
        s.cluster.weir("stream", "set", "paced", "rate=off")
        equal(s.cluster.weir_json("stream", "show", "paced")["rate"], None, "rate")
        s.wait_empty(15)
        equal(len(lines(folder / "notes")), 200, "runs")
        s.stop_cleanly()


def a_stream_rests_while_its_runs_fail(wanted: argparse.Namespace) -> None:
    """Three failures in a row: it rests, one run is tried every two seconds, and its success ends the rest."""
    with scenario(wanted, "breaker", nodes=1) as s:
        folder = start(s)
        s.enqueue([{"name": "call"} for _ in range(5)])

        def warning() -> str:
            found = [w["message"] for w in s.cluster.status()["warnings"] if w["code"] == "stream_rests"]
            return found[0] if found else ""
        told = wait_for("a warning", warning, 15)
        check("stream partner rests on node n1 after" in told and "partner is down" in told, told)
        task = s.enqueue([{"name": "call"}])[0]
        before, at = len(lines(folder / "calls")), time.monotonic()
        why = explained(s, task)
        equal(why["reason"], "stream_rests", f"reason: {why['conclusion']}")
        check(before >= 3, f"{before} calls")
        wait_for("two runs that are tried", lambda: len(lines(folder / "calls")) >= before + 2, 15)
        took = time.monotonic() - at
        say(f"  after {before} calls two more took {took:.1f} s")
        check(took >= 1.9, f"two calls within {took:.1f} s of a stream that rests for 2 s each time")
        (folder / "up").touch()
        s.wait_empty(15)
        wait_for("no warning", lambda: not warning(), 5)
        log = s.cluster.nodes["n1"].log.read_text(errors="replace")
        check("stream partner: 3 runs failed in a row, the last one said: partner is down" in log, s.tail("n1"))
        check("stream partner: does not rest here any more" in log, s.tail("n1"))
        s.stop_cleanly()


SCENARIOS = {each.__name__: each for each in (a_stream_starts_at_its_rate, a_stream_rests_while_its_runs_fail)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
