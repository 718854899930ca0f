"""Other queues on PostgreSQL, each through its public interface with the fastest settings that were found: their
packages come from npm into .local/peers, and a machine without npm does without them. What they promise differs:
graphile-worker deletes a job that is done and keeps no history of it, pg-boss keeps it for a while; neither stops what
a worker does that was taken for dead."""
from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from budget import figures
from place import LOOK, environment, run, sql_session

HERE = Path(__file__).resolve().parent
WORKERS = 2  # processes: more gained nothing on two cores
CALLERS = 16
PATIENCE = 600  # seconds


@dataclass(frozen=True)
class peer:
    name: str
    word: str  # of its figures
    program: str
    settings: str
    left: str  # of a schema: is any job left? "" = its workers count what has ended
    emptied: str  # after the first round, which only warms up


PEERS = (
    peer("graphile-worker", "graphile_worker", "graphile.mjs",
         f"{WORKERS} processes, concurrentJobs 24, localQueue 500, complete and fail batches without delay; add_jobs() "
         "of 1,000, add_job() prepared",
         "select count(*) from (select 1 from {0}._private_jobs limit 1) x",
         "analyze {0}._private_jobs; delete from {0}._private_jobs"),
    peer("pg-boss", "pg_boss", "pgboss.mjs",
         f"{WORKERS} processes, fetch() and complete() of 1,000; insert() of 1,000, send() with a pool of {CALLERS}",
         "",
         "analyze {0}.job; truncate {0}.job"),
)
PACKAGES = ("graphile-worker@0.18", "pg@8", "pg-boss@12")


def install(folder: Path) -> Optional[str]:
    """Why there are no peers here; None: they are in `folder`."""
    if shutil.which("npm") is None or shutil.which("node") is None:
        return "npm is not at hand"
    if not all((folder / "node_modules" / each.name).exists() for each in PEERS):
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder), *PACKAGES]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
        if done.returncode != 0:
            return f"npm install failed: {done.stderr.strip()[-300:]}"
    for each in PEERS:
        shutil.copy(HERE / "peers" / each.program, folder / each.program)
    return None


def describe(folder: Path) -> dict[str, dict[str, str]]:
    """Of each peer by name: version, settings, and the Node.js under it."""
    node = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout.strip()
    packages = {each.name: (folder / "node_modules" / each.name / "package.json").read_text(encoding="utf-8")
                for each in PEERS}
    return {each.name: {"version": json.loads(packages[each.name])["version"], "node": node,
                        "settings": each.settings} for each in PEERS}


class part:
    """One process of a peer."""

    def __init__(self, which: peer, folder: Path, *arguments: str) -> None:
        self.which, self.first, self.ended = which, 0.0, 0
        self.said: "queue.Queue[str]" = queue.Queue()
        self.child = subprocess.Popen(["node", which.program, *arguments], cwd=folder, text=True, env=environment(),
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        threading.Thread(target=self.listen, daemon=True).start()
        self.wait("ready")

    def listen(self) -> None:
        """Its lines: `first TIME` and `ended COUNT` are noted, the others are answers."""
        assert self.child.stdout
        for line in self.child.stdout:
            word, _, rest = line.strip().partition(" ")
            if word == "first":
                self.first = float(rest)
            elif word == "ended":
                self.ended = int(rest)
            else:
                self.said.put(line.strip())
        self.said.put("end of its output")

    def wait(self, word: str) -> None:
        line = self.said.get(timeout=PATIENCE)
        if line != word:
            raise RuntimeError(f"{self.which.name} said {line!r} instead of {word!r}")

    def begin(self, line: str) -> None:
        assert self.child.stdin
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()

    def end(self) -> None:
        self.child.kill()
        self.child.wait()


class trial:
    """A peer in a schema of its own, dropped at the end."""

    def __init__(self, which: peer, folder: Path, this: run) -> None:
        self.which, self.folder, self.url = which, folder, this.url
        self.schema = f"peer_{which.word}_{os.getpid()}"
        self.sql = sql_session(this.url)

    def __enter__(self) -> "trial":
        self.sql.ask(f"set client_min_messages = warning; drop schema if exists {self.schema} cascade")
        part(self.which, self.folder, self.url, self.schema, "migrate").child.wait(60)
        self.add(5000, "add", "1000")  # a first round, so that the tables are known to the planner
        self.sql.ask(self.which.emptied.format(self.schema))
        return self

    def __exit__(self, *_: object) -> None:
        self.sql.ask(f"drop schema if exists {self.schema} cascade")
        self.sql.__exit__()

    def add(self, count: int, *how: str) -> float:
        """Seconds that it took to take them."""
        producer = part(self.which, self.folder, self.url, self.schema, *how)
        try:
            begin = time.monotonic()
            producer.begin(str(count))
            producer.wait("done")
            return time.monotonic() - begin
        finally:
            producer.end()

    def wait_drained(self, workers: list[part], count: int) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if self.which.left:
                if self.sql.number(self.which.left.format(self.schema)) == 0:
                    return
            elif sum(each.ended for each in workers) >= count:
                return
            time.sleep(LOOK)
        raise RuntimeError(f"{self.which.name} did not drain {count} jobs within {PATIENCE} s")

    def bulk(self, count: int, at_once: bool) -> tuple[float, float]:
        """Whole lives a second, and jobs drained a second from the first start on; added first and drained then, or
        both at once."""
        producer = part(self.which, self.folder, self.url, self.schema, "add", "1000")
        workers = [part(self.which, self.folder, self.url, self.schema, "work") for _ in range(WORKERS)]
        try:
            begin = time.monotonic()
            if at_once:
                for each in workers:
                    each.begin("go")
            producer.begin(str(count))
            producer.wait("done")
            if not at_once:
                for each in workers:
                    each.begin("go")
            self.wait_drained(workers, count)
            end, clock = time.monotonic(), time.time()
            first = min(each.first for each in workers if each.first)
            return count / (end - begin), count / (clock - first)
        finally:
            for each in (producer, *workers):
                each.end()


def measure(this: run, which: peer, folder: Path) -> figures:
    with trial(which, folder, this) as t:
        then, drain = t.bulk(this.size.tasks, False)
        at_once, _ = t.bulk(this.size.tasks, True)
        singles = this.size.singles / t.add(this.size.singles, "one", str(CALLERS))
        word = which.word
        return {f"{word}_then_per_s": then, f"{word}_at_once_per_s": at_once, f"{word}_drain_per_s": drain,
                f"{word}_singles_per_s": singles, f"{word}_best_per_s": max(then, at_once)}
