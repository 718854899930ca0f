#!/usr/bin/env python3
"""The log in JSON: each line is an object, and each step has the name and the members that docs/operating.md tells."""
import argparse
import json
import re
import signal
import sys
from pathlib import Path
from typing import Any

from support import TTL, arguments, check, equal, run_all, scenario, wait_for

PAGE = Path(__file__).resolve().parents[2] / "docs" / "operating.md"
NODE = """
[log]
format = "json"
[stream.partner]
mode = "single"
[action.says]
type = "exec"
stream = "partner"
command = ["/bin/sh", "-c", "printf 'a \\"quoted\\" line\\n' >&2"]
[action.crashes]
type = "exec"
stream = "partner"
command = ["/bin/sh", "-c", "kill -9 $$"]
retry = { every = "1s", max_attempts = 1 }
"""


def told() -> dict[str, set[str]]:
    """Event -> members, of the page's table."""
    rows = re.findall(r"^\| ((?:`\w+\.\w+`(?:, )?)+) \| [^|]* \| ([^|]*) \|$", PAGE.read_text(encoding="utf-8"), re.M)
    table: dict[str, set[str]] = {}
    for names, members in rows:
        for name in re.findall(r"`(.+?)`", names):
            table[name] = set(re.findall(r"`(\w+)`", members))
    for each in ("run.trouble",):
        table[each] = table["run.said"]
    return table


def lines(s: scenario, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in s.cluster.nodes[name].log.read_text(encoding="utf-8").splitlines()]


def steps(wanted: argparse.Namespace) -> None:
    """Two nodes begin, one leads, tasks say something and crash, one node is killed, the other one ends."""
    table = told()
    check(len(table) > 12, f"events of the page: {sorted(table)}")
    with scenario(wanted, "log", nodes=2) as s:
        for name in s.cluster.names:
            file = s.cluster.write_config(name, NODE)
            s.cluster.nodes[name].start([str(s.cluster.weir_program), "run", "--config", str(file)],
                                        s.cluster.environment())
        s.wait_active({"n1", "n2"})
        said = s.cluster.weir("task", "enqueue", "says", "--wait=20s", "-o", "json")
        s.cluster.weir("task", "enqueue", "crashes", "--wait=20s", code=None)
        s.cluster.nodes["n2"].signal(signal.SIGKILL)
        s.cluster.nodes["n2"].ended(10)
        wait_for("n2's death", lambda: any(line.get("event") == "node.dead" for line in lines(s, "n1")), 3 * TTL + 20)
        s.cluster.nodes["n1"].signal(signal.SIGTERM)
        equal(s.cluster.nodes["n1"].ended(40), 0, "the end of n1")

        both = lines(s, "n1") + lines(s, "n2")
        for line in both:
            check({"ts", "level", "node", "msg"} <= set(line), f"members of {line}")
            if "event" in line:
                extra = set(line) - {"ts", "level", "node", "msg", "event"}
                check(line["event"] in table, f"{line['event']} is not in {PAGE.name}")
                check(extra <= table[line["event"]], f"{PAGE.name} does not tell of all members of {line}")
        seen = {line["event"]: line for line in both if "event" in line}
        for event in ("node.joined", "node.stopping", "node.dead", "leader.elected", "placement.changed",
                      "partition.taken", "link.up", "run.said", "run.trouble"):
            check(event in seen, f"{event} among {sorted(seen)}")
        equal(seen["node.dead"]["peer"], "n2", "who died")
        quoted = next(line for line in both if line.get("event") == "run.said")
        equal((quoted["task"], quoted["stream"], quoted["name"], quoted["attempt"]),
              (json.loads(said.stdout)["id"], "partner", "says", 1), "what the line is about")
        check('a "quoted" line' in quoted["msg"], quoted["msg"])
        mine = next(line for line in both if line.get("event") == "partition.taken" and line.get("stream") == "partner")
        equal((mine["slot"], mine["epoch"]), (0, 1), "the stream's first owner")


if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), {"steps": steps}))
