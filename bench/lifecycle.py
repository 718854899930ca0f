#!/usr/bin/env python3
"""Whole lives of tasks through one node: enqueued by message, run (no-op), finished with history; each insert and
each finish committed synchronously. One by one for the latency, in bulk for the rate. Drive it by ./dev bench."""
import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

HOUSE = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(HOUSE / "tests" / "e2e"), str(HOUSE / "examples" / "partner")]

from by_message import flood, start  # noqa: E402
from support import arguments, check, scenario  # noqa: E402

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
        bulk = flood(s, url, "mail", count, 500).ended()
        drained(s, 1000 + count)
        whole = time.monotonic() - begin
        handed = s.number("select count(*) from weir.task where epoch is not null")
        s.stop_cleanly()
    return {"one_by_one_p50_ms": round(single["p50_ms"], 2), "one_by_one_p99_ms": round(single["p99_ms"], 2),
            "one_by_one_per_s": round(1000 / single["seconds"]), "enqueued_per_s": round(count / bulk["seconds"]),
            "lifecycles_per_s": round(count / whole), "handed_share": round(handed / (1000 + count), 2)}


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("--tasks", type=int, default=100000, help="of the bulk run (default 100000)")
    parser.add_argument("-o", dest="output", choices=["table", "json"], default="table")
    wanted = parser.parse_args()
    for _ in range(wanted.repeat):
        found = lifecycle(wanted, wanted.tasks)
        print(json.dumps(found) if wanted.output == "json" else
              "\n".join(f"{name:24}{value:>12}" for name, value in found.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
