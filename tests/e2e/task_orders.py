#!/usr/bin/env python3
"""What people ask of tasks while nodes run them: cancel, retry, snooze, requeue, pause and resume a name."""
import argparse
import json
import sys
from typing import Any

from support import arguments, check, equal, run_all, scenario, wait_for

CONFIG = """
[stream.partner]
mode = "single"
[stream.mail]
mode = "parallel"
partitions = 4
[action.update]
stream = "partner"
type = "exec"
command = ["./work.sh"]
retry = { every = "1h", max_attempts = 5 }
[action.push]
stream = "mail"
type = "exec"
command = ["./work.sh"]
retry = { every = "1h", max_attempts = 5 }
[action.mail]
stream = "mail"
type = "noop"
"""
SCRIPT = """#!/bin/sh
read -r task
case "$task" in
*'"do":"retry"'*) if [ "$WEIR_ATTEMPT" = 1 ]; then echo "not today"; exit 75; fi;;
*'"do":"fail"'*) echo "no"; exit 1;;
*'"do":"wait"'*) sleep 60;;
esac
"""


class ordered_cluster:
    """Two nodes at work, and the words of this page."""

    def __init__(self, s: scenario) -> None:
        self.s = s
        for name in s.cluster.names:
            file = s.cluster.write_config(name, CONFIG)
            script = file.parent / "work.sh"
            script.write_text(SCRIPT, encoding="utf-8")
            script.chmod(0o755)
            s.cluster.nodes[name].start([str(s.cluster.weir_program), "run", "--config", str(file)],
                                        s.cluster.environment())
        s.wait_active(set(s.cluster.names))

    def add(self, name: str, do: str = "", *flags: str) -> str:
        made = self.s.cluster.weir_json("task", "enqueue", name, "--data", json.dumps({"do": do}).replace(" ", ""),
                                        *flags)
        return str(made["id"])

    def task(self, task: str) -> dict[str, Any]:
        return self.s.cluster.weir_json("task", "show", task)

    def wait_state(self, task: str, state: str, seconds: float = 15) -> dict[str, Any]:
        return wait_for(f"task {task} {state}",
                        lambda: (lambda now: now if now["state"] == state else None)(self.task(task)), seconds)

    def pause(self, name: str) -> None:
        """Returns when every node has heard of it: a beat that began afterwards has ended."""
        self.s.cluster.weir("task", "pause", name)
        beats = "select min(b.beat) from weir.beat b where not b.ended"
        before = self.s.number(beats)
        wait_for("the pause to arrive", lambda: self.s.number(beats) >= before + 2, 10)

    def order(self, verb: str, *words: str) -> list[dict[str, Any]]:
        return self.s.cluster.weir_json("task", verb, *words)["items"]


def of_one_task(wanted: argparse.Namespace) -> None:
    """A running task ends when it is cancelled, in a runner process and on a thread; a waiting one does not start; a
    retry is made at once; a snoozed one waits."""
    with scenario(wanted, "of_one_task", nodes=2) as s:
        c = ordered_cluster(s)
        for name in ("update", "push"):
            runs = c.add(name, "wait")
            c.wait_state(runs, "IN PROGRESS")
            behind = c.add(name) if name == "update" else None
            equal(c.order("cancel", runs)[0]["answer"], "asked its owner", "answer")
            ended = c.wait_state(runs, "CANCELLED")
            check("cancelled by" in ended["message"], ended["message"])
            if behind:
                c.wait_state(behind, "DONE")
            again = c.add(name, "retry")
            c.wait_state(again, "RETRY")
            c.order("retry", again)
            equal(c.wait_state(again, "DONE")["attempts"][0]["result"], "retry", "its first attempt")
            later = c.add(name, "", "--in", "1h")
            c.order("snooze", later, "--until", "2099-01-01T00:00:00Z")
            wait_for("the snooze", lambda: c.task(later)["do_after"].startswith("2099"), 10)
            c.order("cancel", later)
            equal(c.wait_state(later, "CANCELLED")["message"].split(" by ")[0], "cancelled", "its message")
        failed = c.add("update", "fail", "--key", "7")
        c.wait_state(failed, "FAILED")
        new = c.order("requeue", failed)[0]["new_id"]
        equal(c.wait_state(new, "FAILED")["key"], "7", "key of the copy")
        s.cluster.weir("task", "cancel", failed, code=5)
        s.wait_empty(15)
        equal(s.number("select count(*) from weir.request"), 0, "requests left")
        s.stop_cleanly()


def by_filter(wanted: argparse.Namespace) -> None:
    """A thousand tasks at once: counted first, ended after a yes, those of other names untouched."""
    with scenario(wanted, "by_filter", nodes=2) as s:
        c = ordered_cluster(s)
        c.pause("mail")
        s.enqueue([{"name": "mail", "key": str(n % 400)} for n in range(1000)])
        other = c.add("update", "", "--in", "1h")
        equal(s.cluster.weir_json("task", "cancel", "--name", "mail", "--dry-run")["count"], 1000, "preview")
        check("add --yes" in s.cluster.weir("task", "cancel", "--name", "mail", code=2).stderr, "no question")
        s.cluster.weir("task", "cancel", "--name", "mail", "--yes", seconds=60)
        wait_for("the end of all", lambda: s.unfinished() == 1, 30)
        equal(s.number("select count(*) from weir.attempt where result = 'c'"), 1000, "cancelled tasks")
        equal(c.task(other)["state"], "READY", "the other one")
        s.cluster.weir("task", "requeue", "--name", "mail", "--state", "cancelled", "--yes", seconds=60)
        s.cluster.weir("task", "resume", "mail")
        wait_for("the copies to end", lambda: s.unfinished() == 1, 30)
        equal(s.number("select count(*) from weir.attempt where result in ('d', 's')"), 1000, "ended copies")
        s.stop_cleanly()


def pause_a_name(wanted: argparse.Namespace) -> None:
    """No task of a paused name starts, those of other names in the same stream do, the marks pass them, and a kill of
    the owner changes nothing; resumed, all of them run, and of each key the newest."""
    with scenario(wanted, "pause_a_name", nodes=2) as s:
        c = ordered_cluster(s)
        c.pause("update")
        waits = [c.add("update", "", "--key", "k"), c.add("update", "", "--key", "k"), c.add("update")]
        c.wait_state(c.add("mail"), "DONE")
        equal(s.cluster.weir_json("task", "explain", waits[0])["reason"], "name_paused", "explain")
        owner = s.cluster.weir_json("stream", "show", "partner")["partitions"][0]["owner"]
        s.kill(owner)
        wait_for("another owner", lambda: s.cluster.weir_json("stream", "show", "partner")["partitions"][0]["owner"]
                 not in (None, owner), 15)
        c.wait_state(c.add("mail"), "DONE")
        equal([c.task(each)["state"] for each in waits], ["READY"] * 3, "paused tasks")
        s.cluster.weir("task", "resume", "update")
        c.wait_state(waits[1], "DONE")
        c.wait_state(waits[2], "DONE")
        equal(c.wait_state(waits[0], "CANCELLED")["message"], f"superseded by {waits[1]}", "the older one")
        s.wait_empty(15)


SCENARIOS = {each.__name__: each for each in (of_one_task, by_filter, pause_a_name)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
