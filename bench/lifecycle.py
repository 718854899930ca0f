#!/usr/bin/env python3
"""Whole lives of tasks through one node: enqueued by message, run (no-op), finished with history; each insert and
each finish committed synchronously. One by one for the latency, in bulk (four producers, 500 tasks a
message) for the rate. With --peers, graphile-worker does as much in the same run, with its best settings, in its better
order: it keeps no history of what is done. Drive it by ./dev bench."""
import argparse
import json
import os
import sys
import time
from pathlib import Path
from statistics import median
from typing import Any

HOUSE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(HOUSE / "tests" / "e2e"), str(HOUSE / "examples" / "partner")]

from by_message import flood, start  # noqa: E402
from support import arguments, check, say, scenario  # noqa: E402

import peers  # noqa: E402

PRODUCERS = 4


def drained(s: scenario, expected: int) -> None:
    end = time.monotonic() + 120
    while s.number("select count(*) from weir.attempt where result = 'd'") < expected:
        check(time.monotonic() < end, "not drained in two minutes")
        time.sleep(0.05)  # the bench looks, it does not wait for a signal


def lifecycle(wanted: argparse.Namespace, count: int) -> dict[str, Any]:
    with scenario(wanted, "bench", nodes=1) as s:
        url = start(s)
        single = flood(s, url, "mail", 1000, 1).ended()
        drained(s, 1000)
        begin = time.monotonic()
        bulk = [flood(s, url, "mail", count // PRODUCERS, 500) for _ in range(PRODUCERS)]
        count = sum(each.ended()["enqueued"] for each in bulk)
        inserted = time.monotonic() - begin
        drained(s, 1000 + count)
        whole = time.monotonic() - begin
        handed = s.number("select count(*) from weir.task where epoch is not null")
        s.stop_cleanly()
    return {"one_by_one_p50_ms": round(single["p50_ms"], 2), "one_by_one_p99_ms": round(single["p99_ms"], 2),
            "one_by_one_per_s": round(1000 / single["seconds"]), "enqueued_per_s": round(count / inserted),
            "lifecycles_per_s": round(count / whole), "handed_share": round(handed / (1000 + count), 2)}


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--tasks", type=int, default=100000, help="of the bulk run (default 100000)")
    parser.add_argument("--peers", action="store_true", help="graphile-worker beside it (needs npm)")
    parser.add_argument("-o", dest="output", choices=["table", "json"], default="table")
    wanted = parser.parse_args()
    folder = HOUSE / ".local" / "peers"
    if wanted.peers and (missing := peers.install(folder)):
        say(f"no peers: {missing}")
        return 1
    rounds = []
    for _ in range(wanted.repeat):
        found = lifecycle(wanted, wanted.tasks)
        if wanted.peers:
            url = os.environ["WEIR_TEST_DATABASE_URL"]
            found["graphile_worker_per_s"] = max(peers.graphile(folder, url, wanted.tasks).values())
            found["ratio"] = round(found["lifecycles_per_s"] / found["graphile_worker_per_s"], 2)
        rounds.append(found)
        if wanted.output == "table":
            say("  ".join(f"{name} {value}" for name, value in found.items()))
    middle = {name: median(each[name] for each in rounds) for name in rounds[0]}
    if wanted.peers:
        middle["graphile_worker_version"] = peers.version(folder)
    print(json.dumps({"median": middle, "rounds": rounds}) if wanted.output == "json" else
          "\n".join(f"{name:26}{value:>12}" for name, value in middle.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
