#!/usr/bin/env python3
"""Faults one at a time: a dead node, a drain, a restart, a stopped process, a taken name, a database that
goes away. In each of them the work goes on, once, and nothing is lost."""
import argparse
import signal
import sys
import time
from typing import Any

from support import TTL, arguments, check, equal, run_all, say, scenario, wait_for
from partner_client import report
from private_postgres import private_postgres


def updates(count: int, customers: int = 10**6, before: int = 0) -> list[dict[str, Any]]:
    """Updates round by round of so many customers, after `before` rounds of earlier calls."""
    def update(i: int) -> dict[str, Any]:
        customer = f"c{i % customers}"
        return {"name": "customer_update", "key": customer,
                "data": {"customer_id": customer, "version": before + i // customers + 1}}
    return [update(i) for i in range(count)]


def mails(count: int) -> list[dict[str, Any]]:
    return [{"name": "mail", "data": {"to": f"m{i}@example.org"}} for i in range(count)]


def owner_of_partner(s: scenario) -> str:
    return wait_for("an owner of stream partner", lambda: s.cluster.owner("partner"), 15)


def login_after(s: scenario, since: float, seconds: float) -> dict[str, Any]:
    wait_for("a login at the partner", lambda: s.partner_events("login", since), seconds)
    return s.partner_events("login", since)[0]


def check_partner(s: scenario, **wanted: int) -> None:
    seen = report(s.cluster.partner_address())
    for name, value in {"overlaps": 0, "overlapping_updates": 0, "token_regressions": 0,
                        "version_regressions": 0, **wanted}.items():
        equal(seen[name], value, f"{name} at the partner")


def dead_node(wanted: argparse.Namespace) -> None:
    """A node that died and stays dead: another has its stream within ttl + 3 s, its mails as well."""
    with scenario(wanted, "dead_node") as s:
        s.cluster.start_partner()
        s.start_nodes()
        s.enqueue(updates(1000) + mails(500))
        wait_for("first updates", lambda: s.partner_events("update"), 15)
        victim = owner_of_partner(s)
        at = s.kill(victim)
        again = login_after(s, at, TTL + 3)
        check(again["node"] != victim, f"{victim} is dead and logged in")
        say(f"  {again['node']} took over from {victim} after {again['t'] - at:.1f} s")
        s.wait_empty(40)
        s.check_every_task_ended_once(1500)
        equal(s.number("select count(*) from weir.attempt where result = 'd'"), 1500, "tasks DONE")
        states = {n["name"]: n["state"] for n in s.cluster.status()["nodes"]}
        equal(states[victim], "dead", f"state of {victim}")
        check_partner(s, sessions=2)
        s.stop_cleanly()


def drain(wanted: argparse.Namespace) -> None:
    """SIGTERM in the middle of work: exit 0, the stream moves, every task has one attempt only."""
    with scenario(wanted, "drain") as s:
        s.cluster.start_partner()
        s.start_nodes()
        s.enqueue(updates(600) + mails(600))
        wait_for("first updates", lambda: len(s.partner_events("update")) > 50, 15)
        leaver = owner_of_partner(s)
        at = time.monotonic()
        s.cluster.nodes[leaver].signal(signal.SIGTERM)
        equal(s.cluster.nodes[leaver].ended(35), 0, f"exit code of {leaver}")
        say(f"  {leaver} ended after {time.monotonic() - at:.1f} s")
        again = login_after(s, at, 10)
        end = max(e["t"] for kind in ("eof", "reset") for e in s.partner_events(kind, at))
        say(f"  {again['node']} logged in {again['t'] - end:.3f} s after {leaver}'s session ended")
        s.wait_empty(30)
        s.check_every_task_ended_once(1200)
        equal(s.number("select count(*) from weir.attempt"), 1200, "attempts")
        check_partner(s, sessions=2, updates=600)
        s.stop_cleanly()


def restart(wanted: argparse.Namespace) -> None:
    """A killed node that is started again at once has its stream back within 2 s: the state lock proves
    that the old process and its runners are gone."""
    with scenario(wanted, "restart", nodes=1) as s:
        s.cluster.start_partner()
        s.start_nodes()
        s.enqueue(updates(800))
        times = []
        for _ in range(3):
            count = len(s.partner_events("update"))
            wait_for("updates", lambda: len(s.partner_events("update")) > count + 20, 15)
            s.kill("n1")
            at = time.monotonic()
            s.cluster.start_node("n1")
            took = login_after(s, at, TTL + 3)["t"] - at
            say(f"  n1 goes on {took:.2f} s after its start")
            times.append(took)
        check(sorted(times)[1] <= 2.0, f"n1 went on only after {times} s")
        s.wait_empty(30)
        s.check_every_task_ended_once(800)
        check_partner(s)
        s.stop_cleanly()


def stopped(wanted: argparse.Namespace) -> None:
    """SIGSTOP of the owner for longer than the ttl: its runner is killed by the kernel before another node
    takes over; after SIGCONT it comes back as a new incarnation and harms nobody."""
    with scenario(wanted, "stopped") as s:
        s.cluster.start_partner()
        s.start_nodes()
        s.enqueue(updates(1000))
        wait_for("first updates", lambda: s.partner_events("update"), 15)
        victim = owner_of_partner(s)
        before = {n["name"]: n["node_id"] for n in s.cluster.status()["nodes"]}[victim]
        at = time.monotonic()
        s.cluster.nodes[victim].signal(signal.SIGSTOP)
        again = login_after(s, at, TTL + 3)
        check(again["node"] != victim, f"{victim} is stopped and logged in")
        ended = max(e["t"] for kind in ("eof", "reset") for e in s.partner_events(kind, at))
        say(f"  {victim}'s session ended after {ended - at:.1f} s, {again['node']} logged in after "
            f"{again['t'] - at:.1f} s")
        s.cluster.nodes[victim].signal(signal.SIGCONT)

        def back() -> bool:
            nodes = {n["name"]: n for n in s.cluster.status()["nodes"]}
            return nodes[victim]["state"] == "active" and nodes[victim]["node_id"] != before
        wait_for(f"{victim} as a new incarnation", back, 20)

        def refused() -> int:
            return {n["name"]: n["late_writes_refused"] for n in s.cluster.status()["nodes"]}[victim]
        late = wait_for(f"a late write of {victim} in the status", refused, 5)
        equal(s.cluster.weir_json("node", "show", victim)["late_writes_refused"], late, "the same in node show")
        log = s.cluster.nodes[victim].log.read_text(errors="replace")
        lines = [line for line in log.splitlines() if "since this process started" in line]
        check(1 <= len(lines) <= 2, f"lines about late writes: {lines}")
        say(f"  {victim}: {lines[-1]}")
        s.wait_empty(30)
        s.check_every_task_ended_once(1000)
        check_partner(s)
        s.stop_cleanly()


def name_taken(wanted: argparse.Namespace) -> None:
    """The same name twice: exit 5, by the state lock and without it, and the first is not disturbed."""
    with scenario(wanted, "name_taken", nodes=2) as s:
        s.cluster.start_partner()
        s.cluster.start_node("n1")
        s.wait_active({"n1"})
        twin = s.cluster.write_config("n2")
        text = twin.read_text(encoding="utf-8").replace('name = "n2"', 'name = "n1"')
        for same_directory in (False, True):
            if same_directory:
                text = text.replace("/n2/state", "/n1/state")
            twin.write_text(text, encoding="utf-8")
            s.cluster.start_node("n2")
            equal(s.cluster.nodes["n2"].ended(2 * TTL + 5), 5, "exit code of a second n1")
            check("n1" in s.tail("n2"), f"the message names n1: {s.tail('n2')}")
        check(s.cluster.nodes["n1"].pid(), "the first n1 runs on")
        s.enqueue(mails(10))
        s.wait_empty(10)
        s.stop_cleanly()


def database_restart(wanted: argparse.Namespace) -> None:
    """PostgreSQL is stopped -m immediate twice, for 3 s and for longer than the ttl, while all is busy."""
    with private_postgres() as server, scenario(wanted, "database_restart", url=server.url) as s:
        s.cluster.start_partner()
        s.start_nodes()
        accepted = 0
        for turn, away in enumerate((3.0, TTL + 4)):
            s.enqueue(updates(1200, 300, before=4 * turn) + mails(300))
            accepted += 1500
            count = len(s.partner_events("update"))
            wait_for("updates", lambda: len(s.partner_events("update")) > count + 20, 15)
            server.stop("immediate")
            equal(s.cluster.weir("status", code=None).returncode, 4, "weir status without a database")
            time.sleep(away)
            for node in s.cluster.nodes.values():
                check(node.pid(), f"{node.name} ended with the database: {s.tail(node.name)}")
            server.start()
            s.wait_active(set(s.cluster.names), 30)
            s.wait_empty(40)
        s.check_every_task_ended_once(accepted)
        check_partner(s)
        s.stop_cleanly()


SCENARIOS = {each.__name__: each
             for each in (dead_node, drain, restart, stopped, name_taken, database_restart)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
