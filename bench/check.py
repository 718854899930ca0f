#!/usr/bin/env python3
"""Has weir become slower? Compares two ratios of this very run with those of guard.json, and fails if one has fallen
behind: lifecycles in bulk to the same rows by bare SQL, and the instructions that a node itself spends on a task (as
valgrind counts them). Neither depends on how fast the machine is. With --record they are kept as the new measure."""
from __future__ import annotations

import argparse
import dataclasses
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from statistics import median

import bare_sql
import budget
import lifecycle
from place import program_of, run, sizes

GUARD = Path(__file__).with_name("guard.json")
# How far a figure may fall behind: the ratio of two loads swings by some percent from run to run, instructions by
# less than one, where the compiler is the same.
LEAST_SHARE, MOST_SHARE = 0.85, 1.05


def instructions_per_task(wanted: argparse.Namespace) -> float:
    """Of the tasks beyond the first ten thousand: what starting costs is in both counts."""

    def count(tasks: int) -> int:
        done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
                               program_of(wanted, "weir_bench_pure_path"), str(tasks)],
                              capture_output=True, text=True, check=False)
        found = re.search(r"Collected : (\d+)", done.stderr)
        if done.returncode != 0 or not found:
            raise SystemExit(f"valgrind ended with {done.returncode}: {done.stderr[-1000:]}")
        return int(found[1])

    return (count(20_000) - count(10_000)) / 10_000


def to_bare_sql(this: run, rounds: int) -> float:
    """In turns, so that both see the same machine."""
    found = []
    for number in range(1, rounds + 1):
        print(f"round {number} of {rounds}", file=sys.stderr, flush=True)
        weir, bare = lifecycle.measure(this)["bulk_lifecycles_per_s"], bare_sql.measure(this)["bare_sql_per_s"]
        found.append(budget.ratio(weir, bare))
    return median(found)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench --check", description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="build directory, with weir in it")
    parser.add_argument("--suffix", default="", help="of the programs, as in -asan")
    parser.add_argument("--repeat", type=int, default=3, help="rounds; the median counts")
    parser.add_argument("--tasks", type=int, default=sizes().tasks, help="of a round")
    parser.add_argument("--record", action="store_true", help="keep the figures as those to compare with")
    wanted = parser.parse_args()
    wanted.listen, wanted.keep = "127.0.0.1:0", False  # for the clusters
    this = run(wanted, os.environ["WEIR_TEST_DATABASE_URL"], dataclasses.replace(sizes(), tasks=wanted.tasks))
    found = {"bulk_to_bare_sql": budget.rounded(to_bare_sql(this, wanted.repeat)),
             "instructions_per_task": budget.rounded(instructions_per_task(wanted))}
    if wanted.record:
        GUARD.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
        print(f"recorded: {found}")
        return 0
    if not GUARD.exists():
        raise SystemExit(f"nothing was recorded yet to compare with: ./dev bench --check --record (made: {found})")
    kept = json.loads(GUARD.read_text(encoding="utf-8"))
    slower = []
    for name, value in found.items():
        least = name == "bulk_to_bare_sql"
        bound = kept[name] * (LEAST_SHARE if least else MOST_SHARE)
        held = value >= bound if least else value <= bound
        print(f"{name}: {value:g}, recorded {kept[name]:g}, {'at least' if least else 'at most'} {bound:.4g}: "
              f"{'held' if held else 'NOT HELD'}")
        slower += [] if held else [name]
    print(f"slower than recorded: {', '.join(slower)}" if slower else "no slower than recorded")
    return 1 if slower else 0


if __name__ == "__main__":
    sys.exit(main())
