#!/usr/bin/env python3
"""Upgrading a cluster without a stop: the schema first, then node by node, under load. With --previous BUILD (what
`./dev check upgrade` makes) the cluster begins with the programs of that build; without it a later program is played
by its mark in the schema. Nothing is lost, nothing runs twice, and the cluster says that it is mixed."""
import argparse
import signal
import sys
import threading
from pathlib import Path
from typing import Any, Callable

from support import arguments, check, equal, feeder, run_all, say, scenario, wait_for

CONFIG = """
[stream.ledger]
mode = "single"
[action.post]
type = "noop"
stream = "ledger"
[action.mail]
type = "noop"
"""
TASKS, SECONDS = 4000, 25.0


def start(s: scenario, name: str, program: Path) -> None:
    file = s.cluster.write_config(name, CONFIG)
    s.cluster.nodes[name].start([str(program), "run", "--config", str(file)], s.cluster.environment())


def under_load(s: scenario, work: Callable[[], None]) -> None:
    """Does it while tasks come in; then every one of them has ended well, by one run of its own."""
    tasks: list[dict[str, Any]] = [{"name": ("mail", "post")[n % 2], "data": {"n": n}} for n in range(TASKS)]
    feed = feeder(s.cluster, tasks, SECONDS, chunk=100)
    feeding = threading.Thread(target=feed.run)
    feeding.start()
    try:
        wait_for("load", lambda: feed.share() > 0.1 or feed.trouble, 20)
        work()
        check(feeding.is_alive(), "all tasks had come in before the work was over: make the load longer")
    finally:
        feeding.join()
    equal(feed.trouble, None, "trouble of the producer")
    s.wait_empty(30)
    equal(s.number("select count(*) from weir.known_attempt where result = 'd'"), TASKS, "tasks done")
    equal(s.number("select count(*) from weir.known_attempt where result not in ('d', 'i')"), 0, "other ends")


def restart(s: scenario, name: str, program: Path) -> None:
    """The node drains, ends well, and comes back by that program."""
    node = s.cluster.nodes[name]
    node.signal(signal.SIGTERM)
    equal(node.ended(40), 0, f"end of {name}")
    start(s, name, program)
    s.wait_active({name})


def newer_schema(wanted: argparse.Namespace) -> None:
    """Programs work on with a schema that a later one has migrated, sessions and nodes that are new included, until
    a migration says that they must not."""
    with scenario(wanted, "newer_schema") as s:
        program = s.cluster.weir_program
        for name in s.cluster.names:
            start(s, name, program)
        s.wait_active(set(s.cluster.names))

        def migrate_and_restart() -> None:
            s.sql(f"insert into {s.schema}.migration(version, name, checksum) "
                  f"select max(version) + 1, 'later', repeat('0', 64) from {s.schema}.migration")
            for name in s.cluster.names:
                restart(s, name, program)
        under_load(s, migrate_and_restart)
        check("may work with it" in s.cluster.weir("db", "status").stdout, "db status does not say that it fits")
        equal(s.cluster.weir("db", "migrate").returncode, 0, "exit code of a migration that has nothing to do")
        s.sql(f"update {s.schema}.cluster set oldest_program = (select max(version) from {s.schema}.migration)")
        node = s.cluster.nodes["n2"]
        node.signal(signal.SIGTERM)
        equal(node.ended(40), 0, "end of n2")
        start(s, "n2", program)
        equal(node.ended(20), 78, "exit code of a program that is too old")
        check("upgrade this program" in node.log.read_text(), "the log of n2 does not say what to do")


def from_previous(wanted: argparse.Namespace) -> None:
    """A cluster of the previous program becomes one of this program."""
    with scenario(wanted, "from_previous", migrated=False) as s:
        old, new = wanted.previous.resolve() / "weir", s.cluster.weir_program
        s.cluster.weir_program = old
        s.cluster.weir("db", "migrate", seconds=60)
        for name in s.cluster.names:
            start(s, name, old)
        s.wait_active(set(s.cluster.names))

        def upgrade() -> None:
            s.cluster.weir_program = new
            say(s.cluster.weir("db", "migrate", seconds=60).stdout.strip())
            for name in s.cluster.names:
                restart(s, name, new)
        under_load(s, upgrade)
        s.stop_cleanly()


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--previous", type=Path, help="build directory of the program before, with weir in it")
    given = parser.parse_args()
    scenarios = {"newer_schema": newer_schema}
    if given.previous:
        scenarios = {"from_previous": from_previous}
    sys.exit(run_all(given, scenarios))
