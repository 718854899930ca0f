"""Other queues on PostgreSQL, each through its public interface with its best known settings, for bench/lifecycle.py:
their packages come from npm into .local/peers, and a machine without npm does without them."""
from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any, Optional

HERE = Path(__file__).resolve().parent
PACKAGES = ("graphile-worker@0.18", "pg@8")
WORKERS = 2  # processes: more gained nothing on two cores


def install(folder: Path) -> Optional[str]:
    """Why there are no peers here; None: they are in `folder`."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        return "npm is not at hand"
    if not (folder / "node_modules" / "graphile-worker").exists():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), *PACKAGES]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
        if done.returncode != 0:
            return f"npm install failed: {done.stderr.strip()[-300:]}"
    shutil.copy(HERE / "peers" / "graphile.mjs", folder / "graphile.mjs")
    return None


def version(folder: Path) -> str:
    return json.loads((folder / "node_modules" / "graphile-worker" / "package.json").read_text())["version"]


class part:
    """One process of the peer."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        environment = {k: v for k, v in os.environ.items() if not k.startswith("PG")}
        self.child = subprocess.Popen(["node", "graphile.mjs", *arguments], cwd=folder, text=True, env=environment,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.wait("ready")

    def wait(self, word: str) -> None:
        line = self.child.stdout.readline().strip()
        if line != word:
            raise RuntimeError(f"graphile-worker said {line!r} instead of {word!r}")

    def begin(self, line: str) -> None:
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    def end(self) -> None:
        self.child.kill()
        self.child.wait()


def graphile(folder: Path, url: str, count: int, batch: int = 1000) -> dict[str, Any]:
    """`count` jobs in bulk, first added and then drained, and both at once; the better rate is its figure."""
    schema = f"peer_{os.getpid()}"

    def sql(text: str) -> str:
        return subprocess.run(["psql", "-XqAt", "-d", url, "-c", text], capture_output=True, text=True,
                              check=True).stdout.strip()

    def drain(begin: float) -> float:
        while int(sql(f"select count(*) from (select 1 from {schema}._private_jobs limit 1) x")) > 0:
            time.sleep(0.02)  # the bench looks, it does not wait for a signal
        return count / (time.monotonic() - begin)

    def one(at_once: bool) -> float:
        parts = [part(folder, url, schema, "add", str(batch))]
        parts += [part(folder, url, schema, "work") for _ in range(WORKERS)]
        try:
            begin = time.monotonic()
            if at_once:
                for each in parts[1:]:
                    each.begin("go")
            parts[0].begin(str(count))
            parts[0].wait("done")
            if not at_once:
                for each in parts[1:]:
                    each.begin("go")
            return drain(begin)
        finally:
            for each in parts:
                each.end()

    sql(f"set client_min_messages = warning; drop schema if exists {schema} cascade")
    part(folder, url, schema, "migrate").child.wait(30)
    try:
        parts = part(folder, url, schema, "add", "1000")  # a first round, so that the tables are known to the planner
        parts.begin("5000")
        parts.wait("done")
        parts.end()
        sql(f"analyze {schema}._private_jobs; delete from {schema}._private_jobs")
        return {"then": round(one(False)), "at_once": round(one(True))}
    finally:
        sql(f"set client_min_messages = warning; drop schema {schema} cascade")
