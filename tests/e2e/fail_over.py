#!/usr/bin/env python3
"""A fail-over to a synchronous standby, by a url that names both servers; and the old primary that comes back."""
import argparse
import json
import signal
import sys
from typing import Any

from faults import check_partner, mails, updates
from private_postgres import private_postgres
from standby import ask, pair
from support import TTL, arguments, check, equal, run_all, say, scenario, wait_for


ONE = '{"name": "mail", "data": {"to": "a@b"}}\n'


def lead(s: scenario, servers: pair) -> None:
    """Of the test itself and of the command; nodes have to find the primary by themselves."""
    s.url = s.cluster.command_url = servers.primary.url


def all_newer(s: scenario, than: int) -> bool:
    """Every node is active, as an incarnation after that one."""
    found = s.incarnations()
    return set(found) == set(s.cluster.names) and min(found.values()) > than


def contents(s: scenario, server: private_postgres) -> dict[str, Any]:
    return json.loads(ask(server, """
        select json_build_object(
          'tasks', (select count(*) from weir.task), 'attempts', (select count(*) from weir.attempt),
          'owners', (select count(*) from weir.ownership), 'nodes', (select count(*) from weir.node),
          'terms', (select count(*) from weir.term), 'beats', (select sum(beat) from weir.beat))
        """.replace("weir.", f"{s.schema}.")))


def promoted(wanted: argparse.Namespace) -> None:
    """The primary is killed amid work and the standby promoted: nothing is lost, and within two ttl work goes on."""
    with pair("127.0.0.1", "", True) as servers, scenario(wanted, "promoted", url=servers.url) as s:
        lead(s, servers)
        s.cluster.start_partner()
        s.start_nodes()
        before = s.incarnations()
        s.enqueue(updates(800) + mails(400))
        wait_for("first updates", lambda: len(s.partner_events("update")) > 50, 15)
        at = servers.fail_over()
        lead(s, servers)
        again = wait_for("a login at the partner", lambda: s.partner_events("login", at), 2 * TTL + 3)[0]
        say(f"  {again['node']} went on {again['t'] - at:.1f} s after the fail-over")
        s.enqueue(updates(800, before=1) + mails(100))
        s.wait_empty(60)
        s.check_every_task_ended_once(2100)
        check_partner(s)
        after = s.incarnations()
        check(set(before) == set(after) and not set(before.values()) & set(after.values()),
              f"every node is a new incarnation: {before}, then {after}")
        s.stop_cleanly()


def old_primary(wanted: argparse.Namespace) -> None:
    """The old primary comes back, first in the url, while every session has to be opened anew: no node writes there,
    none ends, and what is enqueued by message arrives at the new one. So it is with nodes that are
    started anew."""
    with pair("127.0.0.1", "", True) as servers, scenario(wanted, "old_primary", url=servers.url) as s:
        lead(s, servers)
        s.start_nodes()
        s.enqueue(mails(10))
        s.wait_empty(20)
        servers.fail_over()
        lead(s, servers)
        s.wait_active(set(s.cluster.names), 30)
        wait_for("new incarnations", lambda: all_newer(s, 3), 20)
        before = s.incarnations()
        servers.standby.start()
        untouched = contents(s, servers.standby)
        answered = 10
        for _ in range(20):
            ask(servers.primary, "select pg_terminate_backend(pid) from pg_stat_activity "
                                 "where application_name like 'weir%'")
            done = s.cluster.weir("task", "enqueue", "-", "-o", "ndjson", given=ONE * 5, code=None)
            answered += sum("id" in json.loads(line) for line in done.stdout.splitlines())
        check(answered > 10, "nothing was enqueued by message")
        equal(contents(s, servers.standby), untouched, "what the old primary holds")
        s.wait_empty(30)
        stored = s.number("select count(*) from weir.task")
        check(answered <= stored, f"{answered} were accepted, {stored} are there")
        s.check_every_task_ended_once(stored)
        equal(s.incarnations(), before, "incarnations")
        for name in s.cluster.names:
            s.cluster.nodes[name].signal(signal.SIGKILL)
            s.cluster.nodes[name].ended(10)
        s.start_nodes()
        # Until they have joined, the status shows the ones that were killed.
        wait_for("nodes that are started anew to go on as others",
                 lambda: all_newer(s, max(before.values())), 20)
        equal(contents(s, servers.standby), untouched, "what the old primary holds after new starts")
        s.stop_cleanly()


SCENARIOS = {each.__name__: each for each in (promoted, old_primary)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
