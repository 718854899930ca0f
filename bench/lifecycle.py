#!/usr/bin/env python3
"""Whole lives of tasks through one node, as `weir bench` measures them; with --peers, graphile-worker does as much
between the rounds, with its best settings, in its better order: it keeps no history of what is done. Drive it by
./dev bench."""
import argparse
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from typing import Any

import peers

HOUSE = Path(__file__).resolve().parents[1]


def measure(weir: Path, url: str, tasks: int) -> dict[str, Any]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("WEIR_", "PG"))}
    done = subprocess.run([str(weir), "bench", "-q", "--tasks", str(tasks), "-o", "json", "--url", url],
                          env=environment, capture_output=True, text=True, timeout=1200)
    if done.returncode != 0:
        raise SystemExit(f"weir bench: exit code {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)["median"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="build directory, with weir in it")
    parser.add_argument("--suffix", default="", help="of the programs, as in -asan")
    parser.add_argument("--repeat", type=int, default=1, help="rounds; medians are shown")
    parser.add_argument("--tasks", type=int, default=100000, help="of the bulk run (default 100000)")
    parser.add_argument("--peers", action="store_true", help="graphile-worker beside it (needs npm)")
    parser.add_argument("-o", dest="output", choices=["table", "json"], default="table")
    wanted = parser.parse_args()
    url = os.environ.get("WEIR_TEST_DATABASE_URL", "")
    if not url:
        raise SystemExit("WEIR_TEST_DATABASE_URL is not set: it names the database for tests")
    folder = HOUSE / ".local" / "peers"
    if wanted.peers and (missing := peers.install(folder)):
        print(f"no peers: {missing}")
        return 1
    rounds = []
    for _ in range(wanted.repeat):
        found = measure(wanted.build / f"weir{wanted.suffix}", url, wanted.tasks)
        if wanted.peers:
            found["graphile_worker_per_s"] = max(peers.graphile(folder, url, wanted.tasks).values())
            found["ratio"] = round(found["bulk_lifecycles_per_s"] / found["graphile_worker_per_s"], 2)
        rounds.append(found)
        if wanted.output == "table":
            print("  ".join(f"{name} {value}" for name, value in found.items()), flush=True)
    middle = {name: median(each[name] for each in rounds) for name in rounds[0]}
    if wanted.peers:
        middle["graphile_worker_version"] = peers.version(folder)
    print(json.dumps({"median": middle, "rounds": rounds}) if wanted.output == "json" else
          "\n".join(f"{name:32}{value:>12}" for name, value in middle.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
