#!/usr/bin/env python3
"""One command serves two databases: each cell has a node process of its own, the end of one is none of the
other, and one signal drains both."""
import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import Iterator

from support import arguments, check, equal, run_all, scenario, tree_of, wait_for

CONFIG = """
[log]
format = "text"
[stream.mail]
mode = "parallel"
partitions = 4
[action.mail]
stream = "mail"
type = "noop"
"""


@contextmanager
def another_database() -> Iterator[str]:
    """The url of a database of its own beside the one for tests."""
    url = os.environ["WEIR_TEST_DATABASE_URL"]
    name = f"weir_cells_{os.getpid()}_{time.time_ns() // 1_000_000 % 10**8}"

    def ask(text: str) -> None:
        subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", text], check=True, timeout=60)
    ask(f"create database {name}")
    try:
        yield re.sub(r"/[^/?]*(\?|$)", rf"/{name}\1", url, count=1) if "://" in url else f"{url} dbname={name}"
    finally:
        ask(f"drop database {name} with (force)")


def serve_and_empty(s: scenario, count: int) -> None:
    s.enqueue([{"name": "mail"}] * count)
    s.wait_empty(20)


def side_by_side(wanted: argparse.Namespace) -> None:
    with another_database() as url, scenario(wanted, "cell_eu", nodes=1) as eu, \
            scenario(wanted, "cell_us", nodes=1, url=url) as us:
        cells = [str(s.cluster.write_config("n1", CONFIG)) for s in (eu, us)]
        command = [str(eu.cluster.weir_program), "run", "--supervise"]
        above = eu.cluster.nodes["n1"]
        above.start(command + [word for file in cells for word in ("--cell", file)], eu.cluster.environment())
        for s in (eu, us):
            wait_for("a node in each database", s.incarnations, 20)
        serve_and_empty(eu, 20)
        serve_and_empty(us, 30)
        eu.check_every_task_ended_once(20)
        us.check_every_task_ended_once(30)

        killed, untouched = eu.incarnations(), us.incarnations()
        told = above.log.read_text(encoding="utf-8")
        cell_of_eu = int(re.findall(rf"cell {re.escape(cells[0])}: process (\d+) is started", told)[0])
        os.kill(tree_of(cell_of_eu)[1][0], signal.SIGKILL)
        wait_for("the killed cell's node again", lambda: eu.incarnations() not in ({}, killed), 20)
        equal(us.incarnations(), untouched, "the node of the other cell")

        os.kill(cell_of_eu, signal.SIGTERM)
        wait_for("the end of one cell", lambda: not tree_of(cell_of_eu)[1:], 40)
        serve_and_empty(us, 10)
        check(above.pid(), "the command lives as long as one of its cells")
        above.signal(signal.SIGTERM)
        equal(above.ended(40), 0, "exit code once both have drained")
        for s in (eu, us):
            equal(s.cluster.status()["nodes"][0]["state"], "stopped", "the node")


def refused(wanted: argparse.Namespace) -> None:
    """What cannot work is said before anything is started."""
    with scenario(wanted, "cells_refused", nodes=2) as s:
        files = [str(s.cluster.write_config(name, CONFIG)) for name in s.cluster.names]
        both = s.direct("run", "--cell", files[0], "--cell", files[1])
        equal(both.returncode, 78, "two cells of one database")
        check("mean the same database and schema" in both.stderr, both.stderr)
        equal(json.loads(s.cluster.weir("node", "list", "-o", "json").stdout)["items"], [], "nodes that joined")


SCENARIOS = {each.__name__: each for each in (side_by_side, refused)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
