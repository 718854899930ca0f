"""Whole lives of tasks through one node, by message, as `weir bench` measures them: in bulk, and one by one."""
from __future__ import annotations

import json
import subprocess

from budget import figures
from place import environment, run


def measure(this: run) -> figures:
    done = subprocess.run([str(this.weir), "bench", "-q", "--tasks", str(this.size.tasks), "-o", "json", "--url",
                           this.url], env=environment(), capture_output=True, text=True, check=False, timeout=1800)
    if done.returncode != 0:
        raise RuntimeError(f"weir bench: exit code {done.returncode}: {done.stderr.strip()}")
    return json.loads(done.stdout)["median"]
