"""The leader's largest decision, by a program that needs no database: bench/placement.cpp."""
from __future__ import annotations

import json
import subprocess

from budget import figures
from place import program_of, run


def measure(this: run) -> figures:
    done = subprocess.run([program_of(this.wanted, "weir_bench_placement")], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise RuntimeError(f"the placement moved more than it must: {done.stdout}{done.stderr}")
    found = json.loads(done.stdout)
    return {"placement": found.pop("placement_ms"), **{f"placement_{name}": value for name, value in found.items()}}
