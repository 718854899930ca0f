"""Other queues on PostgreSQL, each through its public interface with the fastest settings that were found or that its
own documents and benchmark name. They come into .local/peers (bench/peer_kits.py); what cannot be had here is left out
with the reason. What they promise differs: docs/benchmarks.md says how."""
from __future__ import annotations

import os
import queue
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import peer_kits
from budget import figures
from place import LOOK, environment, run, sql_session

WORKERS = 2  # processes, unless a peer says otherwise: more gained nothing on two cores
CALLERS = 16
WARM = 2000  # jobs of a first round, so that the tables are known to the planner
PATIENCE = 600  # seconds


@dataclass(frozen=True)
class peer:
    name: str
    word: str  # of its figures
    kit: peer_kits.kit
    settings: str
    counts: bool  # its workers say how many jobs they have done; else only `left` tells
    left: str = ""  # of a schema: how many jobs, or whether any, are not completed yet; "" = `counts` is all of it
    emptied: str = ""  # of a schema after the first round; "" = its workers do that round, and everything is analyzed
    batch: int = 1000  # jobs a call
    workers: int = WORKERS  # processes
    share: int = 1  # one in so many jobs of a load, where it would take minutes
    own_database: bool = False  # because the name of its schema is not ours to choose


PEERS = (
    peer("graphile-worker", "graphile_worker", peer_kits.npm("graphile.mjs", ("graphile-worker@0.18", "pg@8")),
         f"{WORKERS} processes, concurrentJobs 24, localQueue 500, complete and fail batches without delay; add_jobs() "
         "of 1,000, add_job() prepared",
         counts=False, left="select count(*) from (select 1 from {0}._private_jobs limit 1) x",
         emptied="analyze {0}._private_jobs; delete from {0}._private_jobs"),
    peer("pg-boss", "pg_boss", peer_kits.npm("pgboss.mjs", ("pg-boss@12", "pg@8")),
         f"{WORKERS} processes, fetch() and complete() of 1,000; insert() of 1,000, send() with a pool of {CALLERS}",
         counts=True, emptied="analyze {0}.job; truncate {0}.job"),
    peer("River", "river", peer_kits.go("river", "github.com/riverqueue/river"),
         f"{WORKERS} processes, MaxWorkers 2,000, FetchCooldown 2 ms, FetchPollInterval 20 ms; InsertManyFast() of "
         f"5,000 (all as in its own benchmark, but for COPY), Insert() with a pool of {CALLERS}",
         counts=True, emptied="analyze {0}.river_job; truncate {0}.river_job", batch=5000),
    peer("Procrastinate", "procrastinate", peer_kits.pip("procrastinate", "procrastinate"),
         "4 processes, concurrency 10, delete_jobs always, psycopg in C; batch_defer_async() of 1,000, "
         f"defer_async() with a pool of {CALLERS}; a twentieth of the jobs",
         counts=False, left="select count(*) from (select 1 from {0}.procrastinate_jobs where status in ('todo', "
         "'doing') limit 1) x",
         emptied="analyze {0}.procrastinate_jobs; analyze {0}.procrastinate_events; "
         "truncate {0}.procrastinate_jobs, {0}.procrastinate_events, {0}.procrastinate_periodic_defers",
         workers=4, share=20),
    peer("Awa", "awa", peer_kits.pip("awa", "awa-pg"),
         f"its Python package: a compiled engine, handlers in Python; {WORKERS} processes, a queue in 4 partitions, "
         f"1,024 workers, no deadline; enqueue_many_copy() of 1,000, insert() with a pool of {CALLERS}; a fifth of the "
         "jobs",
         counts=True, left="select (select coalesce(sum(awa.sequence_next_value(seq_name) - 1), 0) from "
         "awa.queue_enqueue_heads) - (select coalesce(sum(completed_count), 0) from awa.receipt_completion_batches) - "
         "(select count(*) from awa.done_entries) - (select coalesce(sum(pruned_completed_count), 0) from "
         "awa.queue_terminal_rollups)", share=5, own_database=True),
)


def install(folder: Path) -> dict[str, str]:
    """Why a peer is not here, by name; the others are in `folder`."""
    reasons = {each.name: each.kit.install(folder / each.word) for each in PEERS}
    return {name: why for name, why in reasons.items() if why}


def describe(folder: Path, but: dict[str, str]) -> dict[str, dict[str, str]]:
    """Of each peer that is here by name: version, settings, and what it runs on."""
    return {each.name: {"version": each.kit.version(folder / each.word), "on": each.kit.runtime(folder / each.word),
                        "settings": each.settings} for each in PEERS if each.name not in but}


class part:
    """One process of a peer."""

    def __init__(self, which: peer, folder: Path, *arguments: str) -> None:
        self.which, self.first, self.ended = which, 0.0, 0
        self.said: "queue.Queue[str]" = queue.Queue()
        self.child = subprocess.Popen([*which.kit.command(folder), *arguments], text=True, env=environment(),
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
    """A peer in a schema (or database) of its own, dropped at the end."""

    def __init__(self, which: peer, folder: Path, this: run) -> None:
        self.which, self.folder, self.url = which, folder / which.word, this.url
        self.schema = f"peer_{which.word}_{os.getpid()}"
        self.outer = sql_session(this.url)
        if which.own_database:
            self.outer.ask(f"drop database if exists {self.schema} with (force)")
            self.outer.ask(f"create database {self.schema}")
            self.url = urlsplit(this.url)._replace(path=f"/{self.schema}").geturl()
        self.sql = sql_session(self.url)

    def __enter__(self) -> "trial":
        self.sql.ask(f"set client_min_messages = warning; drop schema if exists {self.schema} cascade")
        self.part("migrate").child.wait(PATIENCE)
        if self.which.emptied:
            self.add(WARM, "add", str(self.which.batch))
            self.sql.ask(self.which.emptied.format(self.schema))
        else:
            self.bulk(WARM, False)
            self.sql.ask("analyze")
        return self

    def __exit__(self, *_: object) -> None:
        self.sql.ask(f"drop schema if exists {self.schema} cascade")
        self.sql.__exit__()
        if self.which.own_database:
            self.outer.ask(f"drop database {self.schema} with (force)")
        self.outer.__exit__()

    def part(self, *how: str) -> part:
        return part(self.which, self.folder, self.url, self.schema, *how)

    def add(self, count: int, *how: str) -> float:
        """Seconds that it took to take them."""
        producer = self.part(*how)
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
            ended = not self.which.counts or sum(each.ended for each in workers) >= count
            if ended and (not self.which.left or self.sql.number(self.which.left.format(self.schema)) == 0):
                return
            time.sleep(LOOK)
        raise RuntimeError(f"{self.which.name} did not drain {count} jobs within {PATIENCE} s")

    def bulk(self, count: int, at_once: bool) -> tuple[float, float]:
        """Whole lives a second, and jobs drained a second from the first start on; added first and drained then, or
        both at once."""
        producer = self.part("add", str(self.which.batch))
        workers = [self.part("work") for _ in range(self.which.workers)]
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
        count = max(100, this.size.tasks // which.share)
        then, drain = t.bulk(count, False)
        at_once, _ = t.bulk(count, True)
        singles = this.size.singles / t.add(this.size.singles, "one", str(CALLERS))
        word = which.word
        return {f"{word}_then_per_s": then, f"{word}_at_once_per_s": at_once, f"{word}_drain_per_s": drain,
                f"{word}_singles_per_s": singles, f"{word}_best_per_s": max(then, at_once)}
