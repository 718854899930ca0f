#!/usr/bin/env python3
"""Nodes that work through a pgbouncer in transaction mode, with beats and locks past it. What a pooler remembers of its
server must not hold up anybody: it tells every client the state that the server was in when it first met it."""
import argparse
import sys
import time
from contextlib import ExitStack, contextmanager
from typing import Iterator

from pooler import pooler
from private_postgres import private_postgres
from standby import ask, pair
from support import TTL, arguments, run_all, say, scenario, wait_for

CONFIG = """
[action.sum]
type = "noop"
"""
SOON = 5.0  # seconds for a task, with nothing in its way
GIVEN_UP = 5.0  # seconds after which the pooler gives up a client whose server is away


@contextmanager
def node_through(wanted: argparse.Namespace, name: str, url: str, *poolers: pooler) -> Iterator[scenario]:
    """The command goes to the database itself, the node through the poolers."""
    with scenario(wanted, name, nodes=1, url=url) as s:
        places = ",".join(f"{each.host}:{each.port}" for each in poolers)
        s.cluster.command_url = url
        s.cluster.url_of["n1"] = f"postgres://weir@{places}/weir"
        s.cluster.direct_url_of["n1"] = url
        s.cluster.write_config("n1", CONFIG)
        yield s
        s.stop_cleanly()


def start(s: scenario) -> None:
    s.cluster.nodes["n1"].start([str(s.cluster.weir_program), "run", "--config", str(s.cluster.config("n1"))],
                                s.cluster.environment())


def perform(s: scenario, url: str, seconds: float) -> float:
    """Seconds that a task took from its enqueue to its end."""
    at = time.monotonic()
    s.url = url
    task = s.number("select weir.enqueue('sum')")
    wait_for("the end of a task", lambda: s.number(
        f"select count(*) from weir.attempt where task_id = {task} and result = 'd'"), seconds, 0.1)
    return time.monotonic() - at


def read_only(wanted: argparse.Namespace) -> None:
    """The pooler is started while the database is read-only, and a client met it then."""
    with private_postgres() as server:
        def set_read_only(value: str) -> None:
            ask(server, f"alter system set default_transaction_read_only = {value}")
            ask(server, "select pg_reload_conf()")
            wait_for("the setting", lambda: ask(server, "show default_transaction_read_only") == value, 10)
        set_read_only("on")
        with pooler(server.host, server.port) as between:
            ask(server, "show default_transaction_read_only", between.port)
            set_read_only("off")
            with node_through(wanted, "read_only", server.url, between) as s:
                start(s)
                s.wait_active({"n1"})
                say(f"  a task after {perform(s, server.url, SOON):.1f} s")


def fail_over(wanted: argparse.Namespace) -> None:
    """A pooler in front of each server: the second one met its server as a standby. After a fail-over the node goes on
    through it, also when the old primary has come back as a standby behind the first."""
    with ExitStack() as stack:
        servers = stack.enter_context(pair("127.0.0.1", "", True))
        first, second = (stack.enter_context(pooler(each.host, each.port))
                         for each in (servers.primary, servers.standby))
        ask(servers.standby, "select 1", second.port)
        s = stack.enter_context(node_through(wanted, "fail_over", servers.url, first, second))
        start(s)
        s.wait_active({"n1"})
        say(f"  a task after {perform(s, servers.url, SOON):.1f} s")
        servers.fail_over()
        say(f"  {perform(s, servers.primary.url, TTL + 3 + GIVEN_UP + SOON):.1f} s after a fail-over")
        servers.remake_standby()
        s.cluster.nodes["n1"].signal(15)
        s.cluster.nodes["n1"].ended(30)
        start(s)
        took = perform(s, servers.primary.url, TTL + GIVEN_UP + SOON)
        say(f"  {took:.1f} s where the old primary is a standby now")


SCENARIOS = {each.__name__: each for each in (read_only, fail_over)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
