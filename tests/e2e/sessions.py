#!/usr/bin/env python3
"""Open and close hooks in real nodes: the session comes and goes with the stream, by order and by force."""
import argparse
import os
import re
import signal
import sys
import time

from support import TTL, arguments, check, equal, run_all, say, scenario, tree_of, wait_for

LINE = re.compile(r"stream ledger: logged (in under token (\d+)|out)")


def start(s: scenario) -> None:
    program = s.cluster.weir_program
    program = program.parent / "examples" / "session" / program.name.replace("weir", "session-node")
    environment = {**s.cluster.environment(), "LOGIN_FILE": str(s.directory / "login")}
    for name in s.cluster.names:
        s.cluster.nodes[name].start([str(program), "--config", str(s.cluster.config(name))], environment)
    s.wait_active(set(s.cluster.names))


def logins(s: scenario, name: str) -> list[str]:
    """What the node's log says of its sessions: the token of each login, "out" for a logout."""
    text = s.cluster.nodes[name].log.read_text(errors="replace")
    return [found.group(2) or "out" for found in LINE.finditer(text)]


def by_order(wanted: argparse.Namespace) -> None:
    """A move logs out here and in there, before there is any task; a drain at the end logs out, too."""
    with scenario(wanted, "by_order", nodes=2) as s:
        start(s)
        first = wait_for("an owner of ledger", lambda: s.cluster.owner("ledger"), 15)
        wait_for("its login", lambda: len(logins(s, first)) == 1, 10)
        other = next(name for name in s.cluster.names if name != first)
        equal(logins(s, other), [], f"sessions of {other}")
        s.cluster.weir("stream", "pin", "ledger", other)
        wait_for("a login there", lambda: len(logins(s, other)) == 1, 10)
        equal(logins(s, first)[1:], ["out"], f"end of the session of {first}")
        check(int(logins(s, other)[0]) > int(logins(s, first)[0]), "the token has grown")
        s.enqueue([{"name": "import", "data": {"rows": 1000}} for _ in range(5)])
        s.wait_empty(15)
        equal(s.number("select count(*) from weir.attempt where result = 'd' and message = '1000 rows'"), 5, "done")
        s.stop_cleanly()
        equal(logins(s, other)[-1], "out", f"the last of {other}")


def by_force(wanted: argparse.Namespace) -> None:
    """A killed runner is followed by another, logged in, without a task to wake it; a killed node by another node."""
    with scenario(wanted, "by_force", nodes=2) as s:
        start(s)
        first = wait_for("an owner of ledger", lambda: s.cluster.owner("ledger"), 15)
        wait_for("its login", lambda: len(logins(s, first)) == 1, 10)
        node = s.cluster.nodes[first].pid()
        runner = next(pid for pid, _ in tree_of(node) if pid != node)
        os.kill(runner, signal.SIGKILL)
        wait_for("a second login", lambda: len(logins(s, first)) == 2, 10)
        check(s.cluster.nodes[first].pid(), "the node lives on")
        at = s.kill(first)
        other = next(name for name in s.cluster.names if name != first)
        wait_for("a login there", lambda: len(logins(s, other)) == 1, TTL + 5)
        say(f"  {other} logged in {time.monotonic() - at:.1f} s after {first} was killed")
        check(int(logins(s, other)[0]) > int(logins(s, first)[-1]), "the token has grown")
        s.stop_cleanly()


SCENARIOS = {each.__name__: each for each in (by_order, by_force)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
