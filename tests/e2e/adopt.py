#!/usr/bin/env python3
"""A database is moved by dump and restore to another server, whose transaction numbers mean nothing of the first one's:
nodes refuse it and name the command, and after `weir db adopt` everything goes on where the copy was taken."""
import argparse
import json
import subprocess
import sys
from typing import Any

from private_postgres import private_postgres
from support import arguments, check, equal, run_all, scenario, wait_for

CONFIG = """
[stream.mail]
mode = "parallel"
partitions = 4
concurrency = 4
[stream.slow]
mode = "single"
[action.mail]
stream = "mail"
type = "exec"
command = ["./act.sh"]
retry = { every = "1h", max_attempts = 3 }
[action.slow]
stream = "slow"
type = "exec"
command = ["./act.sh"]
"""
SCRIPT = """#!/bin/sh
read -r task
case "$task" in
*'"do":"retry"'*) echo "not today"; exit 75;;
*'"do":"wait"'*) sleep 60;;
esac
"""


def configure(s: scenario) -> None:
    file = s.cluster.write_config("n1", CONFIG)
    script = file.parent / "act.sh"
    script.write_text(SCRIPT, encoding="utf-8")
    script.chmod(0o755)


def start(s: scenario) -> None:
    s.cluster.nodes["n1"].start([str(s.cluster.weir_program), "run", "--config", str(s.cluster.config("n1"))],
                                s.cluster.environment())
    s.wait_active({"n1"})


def move(s: scenario, to: private_postgres) -> None:
    """The schema as it is now, nodes at work or not."""
    dump = subprocess.run(["pg_dump", "-Fc", "-n", s.schema, "-d", s.url], check=True, capture_output=True, timeout=60)
    subprocess.run(["pg_restore", "-O", "-d", to.url], input=dump.stdout, check=True, capture_output=True, timeout=60)


def states(s: scenario) -> dict[str, int]:
    pages = s.cluster.weir_json("task", "list", "--limit", "1000")["items"]
    counts: dict[str, int] = {}
    for task in pages:
        counts[task["state"]] = counts.get(task["state"], 0) + 1
    return counts


def moved(wanted: argparse.Namespace) -> None:
    with private_postgres() as new, scenario(wanted, "adopt", nodes=1) as s:
        configure(s)
        start(s)
        s.enqueue([{"name": "mail", "key": str(n)} for n in range(30)])
        s.wait_empty(20)
        later = s.enqueue([{"name": "mail", "data": {"do": "retry"}}])[0]
        wait_for("the retry", lambda: states(s).get("RETRY") == 1, 10)
        cut_off = s.enqueue([{"name": "slow", "data": {"do": "wait"}}])[0]
        s.enqueue([{"name": "slow"}] * 5)
        wait_for("a long run", lambda: states(s).get("IN PROGRESS") == 1, 10)
        highest = s.number("select max(id) from weir.task")

        move(s, new)
        s.kill("n1")
        s.url = s.cluster.url = new.url
        configure(s)
        before = states_of_copy(s)
        equal(before, {"final": 30, "open": 2, "tasks": 37}, "what came along")
        refused = s.direct("run", "--config", str(s.cluster.config("n1")))
        equal(refused.returncode, 78, "a node on a copy")
        check("weir db adopt" in refused.stderr, refused.stderr)

        done = s.cluster.weir_json("db", "adopt")
        equal(done["unfinished"], 7, "unfinished tasks")
        equal(done["nodes_ended"], 1, "nodes that were alive in the copy")
        equal(s.cluster.weir("db", "adopt", code=None).returncode, 5, "to adopt what is at home")
        start(s)
        fresh = s.enqueue([{"name": "mail"}] * 3)
        check(min(fresh) > highest, "new ids begin above those of the copy")
        s.cluster.weir("task", "retry", str(later))
        s.cluster.weir("task", "cancel", str(cut_off))

        def left() -> list[dict[str, Any]]:
            return [t for t in s.cluster.weir_json("task", "list", "--limit", "1000")["items"]
                    if t["state"] not in ("DONE", "FAILED", "CANCELLED")]
        wait_for("all but the retry to end", lambda: [int(t["id"]) for t in left()] == [later], 30)
        told = json.loads(s.cluster.weir("task", "show", str(cut_off), "-o", "json").stdout)
        check(told["state"] in ("CANCELLED", "DONE"), str(told))
        equal(s.number("select count(*) from weir.attempt where result = 'd' and task_id <= "
                       f"{highest}"), 35, "successes of the copy's tasks")
        rows = s.cluster.weir_json("audit", "list")["items"]
        noted = [each["result"] for each in rows if each["action"] == "db.adopt"]
        equal(len(noted), 2, f"rows of the audit, the refused one too: {noted}")
        s.stop_cleanly()


def states_of_copy(s: scenario) -> dict[str, int]:
    return {"tasks": s.number("select count(*) from weir.task"), "open": s.number("select count(*) from weir.open"),
            "final": s.number("select count(*) from weir.attempt where result = 'd'")}


def planned(wanted: argparse.Namespace) -> None:
    """`db plan` tells the statements of a schema that is not there yet, and nothing of one that is."""
    with scenario(wanted, "plan", nodes=1, migrated=False) as s:
        plan = s.cluster.weir_json("db", "plan")["items"]
        check(len(plan) > 20 and all(s.schema in each["sql"] for each in plan), "every migration, for this schema")
        s.cluster.weir("db", "migrate", seconds=60)
        equal(s.cluster.weir_json("db", "plan")["items"], [], "once it is migrated")


SCENARIOS = {each.__name__: each for each in (moved, planned)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
