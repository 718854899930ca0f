"""What a stranger's machine is to the tests of this folder: no settings of ours, and a program at work as a node."""
from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "examples" / "partner")]
from support import equal, scenario  # noqa: E402


def environment(**more: str) -> dict[str, str]:
    """This process's own without what would lead somewhere else."""
    return {**{k: v for k, v in os.environ.items() if not k.startswith(("CMAKE_", "PKG_CONFIG", "LD_LIBRARY"))}, **more}


def with_cache() -> dict[str, str]:
    """What makes a stranger's compiler a cached one."""
    if not shutil.which("ccache"):
        return {}
    return {"CMAKE_CXX_COMPILER_LAUNCHER": "ccache", "PATH": f"/usr/lib/ccache:{os.environ['PATH']}"}


def run(*command: str, code: int = 0, seconds: float = 300, **more: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, cwd=ROOT, env=environment(**more))
    if (done.returncode == 0) != (code == 0):
        raise AssertionError(f"{' '.join(command)}: exit code {done.returncode}\n"
                             f"{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout + done.stderr


def performs_a_task(build: Path, program: Path, weir: Path, **more: str) -> str:
    """It works as a node of its own cluster, whose command is `weir`. Returns what it logged."""
    with scenario(argparse.Namespace(build=build, suffix="", listen="127.0.0.1:0", keep=False), "stranger",
                  nodes=1) as s:
        s.cluster.weir_program = weir
        node = s.cluster.nodes["n1"]
        node.start([str(program), "--config", str(s.cluster.config("n1"))], {**s.cluster.environment(), **more})
        s.wait_active({"n1"})
        # A single stream: its runner process is the same program started again.
        s.cluster.weir("task", "enqueue", "customer_update", "--data", '{"customer_id": "42"}', "--wait=20s")
        equal(s.cluster.weir_json("task", "list")["items"][0]["message"], "synced 42", "the task's message")
        node.signal(signal.SIGTERM)
        equal(node.ended(20), 0, "the node's exit code")
        return node.log.read_text(encoding="utf-8")


def libraries_of(program: Path) -> list[str]:
    return re.findall(r"NEEDED +\S*\[?(lib[^\]\s]+)", run("objdump", "-p", str(program)))
