"""Where the parts of ./dev bench measure: a schema of its own, real nodes whose one action does nothing, and the ways
that tasks come in. Everything goes through the command `weir`, `psql` and `pgbench`."""
from __future__ import annotations

import argparse
import glob
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Optional

HOUSE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOUSE / "tests" / "e2e"))
from support import check, equal, scenario, stat_of, tree_of, wait_for  # noqa: E402,F401

LOOK = 0.02  # seconds between two looks at the database: seldom enough not to be part of a load
BATCH = 500  # tasks of one statement by SQL; `weir task enqueue -` sends as many in one message
PAD = "x" * 90  # makes about 100 bytes of data
CONFIG = """
[log]
level = "warn"
format = "text"
[stream.bench]
mode = "parallel"
partitions = 4
concurrency = 8
[action.noop]
type = "noop"
stream = "bench"
"""


@dataclass(frozen=True)
class sizes:
    """How much of everything; what --quick takes is for a look, not for figures to keep."""

    tasks: int = 100_000  # of a load in bulk
    singles: int = 4_000  # one by one, of a peer
    samples: int = 300  # of a latency
    slow_samples: int = 60  # of one that waits for polls
    held_s: float = 20  # how long the transaction is open, under 2,000 tasks a second, before it is measured
    settle_s: float = 11  # before that: a session that has become idle tells its counts after ten seconds
    idle_s: float = 30
    behind: int = 1_000_000  # finished tasks behind a take-over
    pairs: int = 2  # of loads that are compared with each other

    @staticmethod
    def quick() -> "sizes":
        return sizes(tasks=10_000, singles=500, samples=50, slow_samples=10, held_s=2, idle_s=5, behind=5_000, pairs=1)


@dataclass(frozen=True)
class run:
    """What every part of one bench is given. `wanted` says where the programs are: build, suffix."""

    wanted: argparse.Namespace
    url: str
    size: sizes

    @property
    def weir(self) -> Path:
        return self.wanted.build.resolve() / f"weir{self.wanted.suffix}"


def program_of(wanted: argparse.Namespace, name: str) -> Path:
    """A program of this folder, as it was built."""
    return wanted.build.resolve() / "bench" / name


class sql_session:
    """One psql that stays connected: a statement costs a round trip, not a process."""

    END = "--end--"

    def __init__(self, url: str) -> None:
        self.child = subprocess.Popen(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url], text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def __enter__(self) -> "sql_session":
        return self

    def __exit__(self, *_: Any) -> None:
        self.child.kill()
        self.child.communicate()

    def ask(self, text: str) -> list[str]:
        assert self.child.stdin and self.child.stdout
        self.child.stdin.write(f"{text};\n\\echo {self.END}\n")
        self.child.stdin.flush()
        lines: list[str] = []
        while (line := self.child.stdout.readline().rstrip("\n")) != self.END:
            if line == "" and self.child.poll() is not None:
                raise RuntimeError(f"psql ended: {' '.join(lines)[-500:]}")
            lines.append(line)
        return lines

    def number(self, text: str) -> float:
        return float(self.ask(text)[0])


def program(name: str) -> str:
    """A program of PostgreSQL, which Debian keeps out of the PATH."""
    places = sorted(glob.glob(f"/usr/lib/postgresql/*/bin/{name}"))
    found = places[-1] if places else shutil.which(name)
    if found is None:
        raise RuntimeError(f"{name} is not installed: it is in Debian's package postgresql")
    return found


def pgbench(url: str, script: Path, clients: int, transactions: int) -> float:
    """Runs the script `transactions` times in each of `clients` sessions; the seconds it took."""
    command = [program("pgbench"), "-n", "-f", str(script), "-c", str(clients), "-j", str(min(clients, 2)), "-t",
               str(transactions), url]
    begin = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=1800)
    if done.returncode != 0:
        raise RuntimeError(f"pgbench: exit code {done.returncode}: {done.stderr.strip()[-500:]}")
    return time.monotonic() - begin


def split(count: int, parts: int) -> tuple[int, int]:
    """Size of a batch and how many each of `parts` sends, so that it is at least `count` in all, nearly."""
    batch = max(1, min(BATCH, count // parts))
    return batch, max(1, round(count / parts / batch))


def percentile(values: list[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[round(share * (len(ordered) - 1))]


class noop_cluster(scenario):
    """`with noop_cluster(wanted, "name", nodes=1) as c:` a fresh schema and nodes that are not started yet."""

    def __init__(self, wanted: argparse.Namespace, name: str, nodes: int = 1, extra: str = "") -> None:
        super().__init__(wanted, f"bench_{name}", nodes=nodes)
        self.extra = extra
        self.ended = 0  # tasks of the schema that have, once what was sent so far is done
        self.session: Optional[sql_session] = None

    def __enter__(self) -> "noop_cluster":
        super().__enter__()
        for name in self.cluster.names:
            self.cluster.write_config(name, CONFIG + self.extra)
        self.session = sql_session(self.url)
        self.ask(f"set search_path = {self.schema}")
        return self

    def __exit__(self, kind: Optional[type], problem: Any, trace: Any) -> None:
        if self.session:
            self.session.__exit__()
        if kind is None:
            try:
                self.stop_cleanly()
            except BaseException:
                super().__exit__(*sys.exc_info())
                raise
        super().__exit__(kind, problem, trace)

    def ask(self, text: str) -> list[str]:
        """Of the database, in the schema."""
        assert self.session
        return self.session.ask(text)

    def value(self, text: str) -> float:
        return float(self.ask(text)[0])

    # -- nodes

    def launch(self, *names: str) -> None:
        for name in names:
            self.cluster.nodes[name].start([str(self.cluster.weir_program), "run", "--config",
                                            str(self.cluster.config(name))], self.cluster.environment())

    def start(self, *names: str) -> None:
        """Starts them, and waits until all that run share the partitions of the load."""
        self.launch(*names)
        self.wait_active(set(names), 60)
        self.wait_spread()

    def stop(self, *names: str) -> None:
        for name in names:
            self.cluster.nodes[name].signal(15)
        for name in names:
            equal(self.cluster.nodes[name].ended(60), 0, f"exit code of {name}")

    def running(self) -> list[str]:
        return [name for name in self.cluster.names if self.cluster.nodes[name].pid()]

    def wait_spread(self) -> None:
        running = len(self.running())
        wait_for("partitions at all nodes", lambda: self.ask(
            "select count(distinct p.owner), count(*) filter (where p.owner is null) from partition p "
            "join stream s using (stream_id) where s.name = 'bench'") == [f"{min(running, 4)}|0"], 60)

    # -- ways in

    def lines(self, count: int, keys: Optional[list[str]] = None) -> Path:
        """A file of tasks as `weir task enqueue -` takes them."""
        file = self.directory / f"tasks_{count}_{len(keys or [])}.ndjson"
        if not file.exists():
            with open(file, "w", encoding="utf-8") as out:
                for n in range(count):
                    key = {"key": keys[n % len(keys)]} if keys else {}
                    out.write(json.dumps({"name": "noop", **key, "data": {"pad": PAD}}) + "\n")
        return file

    def send_by_message(self, count: int, keys: Optional[list[str]] = None, senders: int = 1) -> None:
        """Enqueues `count` tasks, answered when they are durable; several senders share them."""
        trouble: list[str] = []

        def send(share: int) -> None:
            with open(self.lines(share, keys), "rb") as tasks:
                done = subprocess.run([str(self.cluster.weir_program), "task", "enqueue", "-", "-q", "--config",
                                       str(self.cluster.config(self.running()[0]))], stdin=tasks, check=False,
                                      stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                                      env=self.cluster.environment(), timeout=1800)
            if done.returncode != 0:
                trouble.append(f"weir task enqueue: exit code {done.returncode}: {done.stderr.strip()[-500:]}")

        shares = [count // senders + (n < count % senders) for n in range(senders)]
        for share in set(shares):
            self.lines(share, keys)
        threads = [threading.Thread(target=send, args=(share,)) for share in shares]
        for each in threads:
            each.start()
        for each in threads:
            each.join()
        check(not trouble, "; ".join(trouble))
        self.ended += count

    def send_by_sql(self, count: int, clients: int = 2) -> int:
        """Enqueues about `count` tasks by weir.enqueue_many, 500 a statement; how many exactly."""
        batch, times = split(count, clients)
        script = self.directory / f"enqueue_{batch}.sql"
        tasks = json.dumps([{"name": "noop", "data": {"pad": PAD}}] * batch)
        script.write_text(f"select count(*) from {self.schema}.enqueue_many('{tasks}');\n", encoding="utf-8")
        pgbench(self.url, script, clients, times)
        self.ended += batch * times * clients
        return batch * times * clients

    # -- ends

    def wait_ended(self, seconds: float = 900) -> None:
        """Until everything that was sent has its durable outcome."""
        try:
            wait_for("the end of all tasks", lambda: self.value(
                "select coalesce(sum(done + failed + cancelled), 0) from mark") >= self.ended, seconds, LOOK)
        except TimeoutError as late:
            raise RuntimeError(f"{late}: {self.value('select sum(done + failed + cancelled) from mark'):g} of "
                               f"{self.ended}; {self.tail(self.running()[0])}") from None

    def rate(self, count: int, senders: int = 2) -> float:
        """Whole lives a second of a load in bulk by message."""
        begin = time.monotonic()
        self.send_by_message(count, senders=senders)
        self.wait_ended()
        return count / (time.monotonic() - begin)


def environment() -> dict[str, str]:
    """This process's, without anything that would configure weir or libpq from outside."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("WEIR_", "PG")) and k != "DATABASE_URL"}
