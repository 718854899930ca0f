#!/usr/bin/env python3
"""What `./dev up` starts: a page that is open stays where it is through the death of the node that served it."""
import argparse
import http.client
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from support import arguments, background, check, equal, run_all, scenario, wait_for

DEMO = Path(__file__).resolve().parents[2] / "examples" / "partner" / "demo.py"


def answers(address: str) -> bool:
    line = http.client.HTTPConnection(address, timeout=10)
    try:
        line.request("GET", "/")
        return line.getresponse().status == 200
    except OSError:
        return False
    finally:
        line.close()


def pages_stay(wanted: argparse.Namespace) -> None:
    """Up, kill -9 of n1, up again: the same addresses, each of which answers; no two nodes have the same."""
    with scenario(wanted, "demo", migrated=False) as s:
        directory = s.directory / "demo"

        def demo(verb: str, *flags: str) -> str:
            done = subprocess.run([sys.executable, "-B", str(DEMO), verb, "--dir", str(directory), *flags],
                                  capture_output=True, text=True, timeout=120, env=s.cluster.environment())
            equal(done.returncode, 0, f"demo {verb}: {done.stdout}{done.stderr}")
            return done.stdout

        def up() -> list[str]:
            said = demo("up", "--url", s.url, "--schema", s.schema, "--build", str(wanted.build.resolve()),
                        f"--suffix={wanted.suffix}", "--calm", "--seconds", "1")
            return re.findall(r"http://(127\.0\.0\.1:\d+)/", said.split("the dashboard:")[1])
        try:
            first = up()
            equal(len(set(first)), 3, f"places of three nodes: {first}")
            check(all(answers(address) for address in first), "each serves the page")
            node = background(directory, "n1")
            os.kill(node.pid(), signal.SIGKILL)
            wait_for("its end", lambda: not node.pid(), 10)
            check(not answers(first[0]), "it serves no more")
            equal(up(), first, "the same places")
            wait_for("its page again", lambda: answers(first[0]), 20)
            check(first[0] in demo("status"), "status tells it")
        finally:
            demo("down")


SCENARIOS = {each.__name__: each for each in (pages_stay,)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
