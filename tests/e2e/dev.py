#!/usr/bin/env python3
"""weir dev: one process without any server. No database is used, and none may be, but as a source of changes."""
import argparse
import contextlib
import http.client
import json
import os
import random
import re
import resource
import shutil
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Iterator, Optional

from support import FINAL, arguments, check, equal, run_all, say, wait_for

CONFIG = """
[cluster]
ttl = "3s"
[stream.books]
mode = "single"
[stream.mails]
mode = "parallel"
partitions = 4
[action.book]
type = "exec"
stream = "books"
command = ["/bin/sh", "-c", "echo $WEIR_TASK_ID >> ran"]
[action.mail]
type = "noop"
stream = "mails"
"""
ELSEWHERE = {"DATABASE_URL": "nonsense://nobody@nowhere", "WEIR_DATABASE_URL": "postgres://127.0.0.1:1/none",
             "WEIR_DATABASE__SCHEMA": "No Such", "PGHOST": "/nonexistent", "PGSERVICE": "none"}


class reply:
    def __init__(self, status: int, body: bytes) -> None:
        self.status, self.body = status, body

    def json(self) -> Any:
        return json.loads(self.body)


class dev:
    """A `weir dev` in a folder of its own, started and started again."""

    def __init__(self, wanted: argparse.Namespace, name: str, config: str = "") -> None:
        self.program = str(wanted.build.resolve() / f"weir{wanted.suffix}")
        self.name, self.keep = name, wanted.keep
        self.folder = wanted.build.resolve() / "e2e" / f"dev_{name}_{os.getpid()}_{time.time_ns() // 10**6 % 10**8}"
        self.config, self.process, self.turn, self.address = config, None, 0, ""
        self.elsewhere = ELSEWHERE
        self.store = self.folder / ".weir" / "dev" / "weir.db"

    def __enter__(self) -> "dev":
        self.folder.mkdir(parents=True)
        if self.config:
            (self.folder / "weir.toml").write_text(self.config, encoding="utf-8")
        return self

    def __exit__(self, kind: Optional[type], problem: Any, trace: Any) -> None:
        if self.process and self.process.poll() is None:
            self.kill()
        if kind is None and not self.keep:
            shutil.rmtree(self.folder, ignore_errors=True)
        else:
            say(f"{self.name}: logs and store are in {self.folder}")

    def environment(self, **more: str) -> dict[str, str]:
        kept = {name: text for name, text in os.environ.items() if not re.match("WEIR_|PG|DATABASE_URL|HOME", name)}
        return {**kept, **self.elsewhere, "WEIR_LOG__FORMAT": "text", **more}

    def run(self, *arguments: str, **more: str) -> subprocess.CompletedProcess:
        return subprocess.run([self.program, *arguments], capture_output=True, text=True, timeout=60, cwd=self.folder,
                              env=self.environment(**more))

    def start(self, *arguments: str, **more: str) -> float:
        """Until the dashboard answers; the seconds that it took."""
        self.turn += 1
        self.log = self.folder / f"log{self.turn}"
        with self.log.open("wb") as log:
            begun = time.monotonic()
            self.process = subprocess.Popen([self.program, "dev", *arguments], stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, cwd=self.folder, env=self.environment(**more))

        def found() -> bool:
            text = self.log.read_text(encoding="utf-8", errors="replace")
            check(self.process.poll() is None, f"weir dev ended: {text[-2000:]}")
            told = re.search(r"dashboard +http://(\S+)/\n", text)
            self.address = told.group(1) if told else ""
            return bool(told) and self.ask("GET", "/").status == 200
        wait_for("the dashboard", found, 30, 0.02)
        return time.monotonic() - begun

    def wait_ready(self) -> None:
        wait_for("readiness", lambda: self.ask("GET", "/healthz/ready").status == 200, 30, 0.05)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        equal(self.process.wait(40), 0, "exit code after SIGTERM")

    def ask(self, method: str, path: str, body: Any = None) -> reply:
        connection = http.client.HTTPConnection(self.address, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, None if body is None else json.dumps(body))
            got = connection.getresponse()
            return reply(got.status, got.read())

    def enqueue(self, name: str, **more: Any) -> int:
        made = self.ask("POST", "/api/v1/tasks", {"name": name, **more})
        equal(made.status, 201, f"enqueue of {name}: {made.body!r}")
        return int(made.json()["id"])

    def task(self, number: int) -> dict[str, Any]:
        got = self.ask("GET", f"/api/v1/tasks/{number}")
        equal(got.status, 200, f"task {number}: {got.body!r}")
        return got.json()

    def cluster(self) -> dict[str, Any]:
        return self.ask("GET", "/api/v1/cluster").json()

    def unfinished(self) -> int:
        return sum(s["ready"] + s["in_progress"] + s["retry"] for s in self.cluster()["streams"])

    def wait_empty(self, seconds: float = 60) -> None:
        wait_for("an empty queue", lambda: self.unfinished() == 0, seconds, 0.1)

    def sql(self, text: str) -> list[tuple]:
        with contextlib.closing(sqlite3.connect(f"file:{self.store}?mode=ro", uri=True, timeout=30)) as look:
            return look.execute(text).fetchall()


@contextlib.contextmanager
def limit(process: subprocess.Popen, most: int) -> Iterator[None]:
    """No file of that process grows beyond so many bytes, as on a full disk."""
    before = resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))
    try:
        yield
    finally:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, before)


def starts(wanted: argparse.Namespace) -> None:
    """Without anything: no configuration, no home, no database. It says how to use it, and what it says works."""
    with dev(wanted, "starts") as d:
        took = d.start()
        say(f"starts: the dashboard answers after {took:.2f} s")
        d.wait_ready()
        log = d.log.read_text(encoding="utf-8")
        for part in (str(d.store), "one node, no enqueue by SQL", "all tasks in memory", "done ones for 1d"):
            check(part in log, f"the greeting does not say '{part}': {log}")
        printed = next(line for line in log.splitlines() if " task enqueue " in line).split("enqueue", 1)[1].strip()
        said = ["weir", "--url", f"http://{d.address}", "task", "enqueue", "NAME", "--data", "'{\"a\": 1}'"]
        equal(printed, " ".join(said), "the command")
        done = d.run(*said[1:-1], '{"a": 1}')
        equal(done.returncode, 0, f"the printed command: {done.stderr}")
        curl = next(line.strip() for line in log.splitlines() if line.strip().startswith("curl "))
        done = subprocess.run(["/bin/sh", "-c", curl], capture_output=True, text=True, timeout=30)
        equal(json.loads(done.stdout)["data"], {"a": 1}, f"the printed curl: {done.stderr}")
        equal(len(d.ask("GET", "/api/v1/tasks").json()["items"]), 2, "tasks")
        for name in ("weir.db", "weir.db-wal", "weir.db-shm", "weir.db.lock"):
            mode = stat.S_IMODE((d.store.parent / name).stat().st_mode)
            equal(mode, 0o600, f"rights of {name}")

        begun = time.monotonic()
        second = d.run("dev")
        equal(second.returncode, 5, f"exit code of a second one: {second.stderr}")
        check(f"in use by process {d.process.pid}" in second.stderr, second.stderr)
        check(time.monotonic() - begun < 5, "a second one waits")
        d.stop()
        d.start()
        equal(len(d.ask("GET", "/api/v1/tasks").json()["items"]), 2, "tasks after a restart")
        d.stop()


def strange_files(wanted: argparse.Namespace) -> None:
    """What is not a store of this weir is refused, and left as it is."""
    with dev(wanted, "strange_files") as d:
        d.store.parent.mkdir(parents=True)
        d.store.write_text("my diary\n" * 2000, encoding="utf-8")
        refused = d.run("dev")
        equal(refused.returncode, 78, f"exit code for a text: {refused.stderr}")
        check("is not a store of weir dev" in refused.stderr and "move it away" in refused.stderr, refused.stderr)
        check(d.store.read_text(encoding="utf-8").startswith("my diary"), "the text was touched")
        d.store.unlink()
        with contextlib.closing(sqlite3.connect(d.store)) as other:
            other.executescript("create table mine(a); insert into mine values (1);")
        refused = d.run("dev")
        equal(refused.returncode, 78, f"exit code for another program's file: {refused.stderr}")
        check("is not a store of weir dev" in refused.stderr, refused.stderr)
        d.store.unlink()
        d.start()
        d.wait_ready()
        d.enqueue("a")
        d.stop()
        with contextlib.closing(sqlite3.connect(d.store)) as own:
            own.executescript("pragma user_version = 7;")
        refused = d.run("dev")
        equal(refused.returncode, 78, f"exit code for another version: {refused.stderr}")
        check("is a store of version 7" in refused.stderr, refused.stderr)


def works(wanted: argparse.Namespace) -> None:
    """What a node does with a configuration: streams, runs in a runner process, retries, newest wins, orders, limits of
    the API, schedules."""
    config = CONFIG + """
[action.picky]
type = "exec"
stream = "books"
command = ["/bin/sh", "-c", "test $WEIR_ATTEMPT = 3 || exit 75"]
retry = { every = "100ms", max_attempts = 5 }
[action.wrong]
type = "exec"
command = ["/bin/sh", "-c", "echo no such customer; exit 1"]
[action.who]
type = "exec"
stream = "books"
command = ["/bin/sh", "-c", "ps -o ppid= -p $PPID"]
[action.hold]
type = "exec"
stream = "books"
command = ["/bin/sleep", "4"]
[action.slow]
type = "exec"
command = ["/bin/sleep", "60"]
[schedule.often]
task = "mail"
every = "1s"
"""
    with dev(wanted, "works", config) as d:
        d.start()
        d.wait_ready()

        def ends(number: int, state: str) -> dict[str, Any]:
            wait_for(f"{state} of task {number}", lambda: d.task(number)["state"] == state, 30, 0.05)
            return d.task(number)
        picky = ends(d.enqueue("picky"), "DONE")
        equal([a["result"] for a in picky["attempts"]], ["retry", "retry", "success"], "attempts")
        equal(ends(d.enqueue("wrong"), "FAILED")["message"], "no such customer", "message of a failure")
        parent = ends(d.enqueue("who"), "DONE")["message"]
        check(parent.strip() != str(d.process.pid), "a single stream runs in the node's own process")

        ends(d.enqueue("hold"), "IN PROGRESS")  # what comes now waits behind it
        older, newer = (d.enqueue("book", key="k", data={"n": n}) for n in (1, 2))
        later = d.enqueue("book", key="later")
        equal(d.ask("POST", f"/api/v1/tasks/{later}:cancel").status, 200, "cancel")
        equal(ends(later, "CANCELLED")["attempts"][-1]["result"], "cancel", "result of a cancelled one")
        equal(ends(newer, "DONE")["attempts"][-1]["result"], "success", "the newest")
        equal(ends(older, "CANCELLED")["attempts"][-1]["result"], "superseded", "the older one of its key")

        slow = d.enqueue("slow")
        ends(slow, "IN PROGRESS")
        equal(d.ask("POST", f"/api/v1/tasks/{slow}:cancel").status, 200, "cancel of a running one")
        ends(slow, "CANCELLED")
        wait_for("ticks", lambda: len([t for t in d.ask("GET", "/api/v1/tasks?name=mail&state=done").json()["items"]
                                       if t["created_by"] == "schedule often"]) >= 2, 20)
        equal(d.ask("POST", "/api/v1/schedules/often:pause", {}).status, 200, "pause of a schedule")
        equal(d.ask("POST", "/api/v1/streams/books:pause", {}).status, 200, "pause")
        equal(d.ask("POST", "/api/v1/streams/books:resume").status, 200, "resume")
        equal(d.ask("POST", "/api/v1/streams/books:pin", {"node": "elsewhere"}).status, 200, "pin")
        equal(d.ask("POST", "/api/v1/streams/books:unpin").status, 200, "unpin")
        equal(d.ask("POST", "/api/v1/tasks", {"name": ""}).status, 422, "a bad name")
        equal(d.ask("POST", "/api/v1/tasks", {"name": "a", "stream": "none"}).status, 422, "a stream that is not there")
        equal(d.ask("GET", "/api/v1/tasks/999999").status, 404, "a task that is not there")
        equal(d.ask("POST", f"/api/v1/tasks/{newer}:requeue").status, 200, "requeue")
        actions = {row["action"] for row in d.ask("GET", "/api/v1/audit").json()["items"]}
        check({"stream.pause", "stream.resume", "stream.pin", "schedule.pause"} <= actions, f"audit: {actions}")
        check(b"weir_tasks_finished_total" in d.ask("GET", "/metrics").body, "no metrics")
        status = d.run("--url", f"http://{d.address}", "status", "-o", "json")
        equal(json.loads(status.stdout)["leader"]["node"], d.cluster()["nodes"][0]["name"], "leader")
        d.process.send_signal(signal.SIGHUP)
        wait_for("reading again", lambda: "was read again" in d.log.read_text(encoding="utf-8"), 10)
        check("needs a restart" not in d.log.read_text(encoding="utf-8"), "its own settings look changed")
        d.stop()


def changes(wanted: argparse.Namespace) -> None:
    """Change data capture from a PostgreSQL of its own, which is all that one is used for here."""
    source = os.environ.get("WEIR_TEST_DATABASE_URL", "")
    check(source, "WEIR_TEST_DATABASE_URL is not set: it names the database of the source")
    with dev(wanted, "changes", f"""
[action.customers]
type = "cdc"
controller = "4f0c0000-0000-4000-8000-000000000001"
source_url = "{source}"
query = "select n::text as object_id, md5(n::text)::uuid as hash from generate_series(1, 5) n"
[action."customers.create"]
type = "noop"
""") as d:
        d.elsewhere = {}  # libpq looks at it for the source
        for turn in range(2):
            d.start()
            d.wait_ready()
            number = d.enqueue("customers")
            wait_for("a pass", lambda: d.task(number)["state"] == "DONE", 30, 0.1)  # noqa: B023
            equal(d.task(number)["message"] == "5 created", turn == 0, "that it found five new ones")
            d.wait_empty()
            equal(len(d.ask("GET", "/api/v1/tasks?name=customers.create").json()["items"]), 5, "tasks of five objects")
            d.kill()


def kills(wanted: argparse.Namespace) -> None:
    """kill -9 at random moments under load: what was answered is there, and each task ends exactly once."""
    seed = int(os.environ.get("WEIR_TEST_SEED", time.time_ns() % 10**6))
    say(f"kills: seed {seed} (WEIR_TEST_SEED)")
    luck = random.Random(seed)
    rounds = 6
    with dev(wanted, "kills", CONFIG) as d:
        answered: set[int] = set()
        lock, over = threading.Lock(), threading.Event()
        sent = [0]

        def produce(number: int) -> None:
            own = random.Random(seed * 100 + number)
            while not over.is_set():
                body = {"name": own.choice(["book", "mail", "mail", "mail"]), "data": {"n": own.randrange(1000)}}
                if own.random() < 0.1:
                    body["do_after"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + own.randrange(5)))
                with lock:
                    sent[0] += 1
                try:
                    got = d.ask("POST", "/api/v1/tasks", body)
                except (OSError, http.client.HTTPException):
                    time.sleep(0.01)
                    continue
                if got.status == 201:
                    with lock:
                        answered.add(int(got.json()["id"]))
        slowest = 0.0
        for turn in range(rounds):
            slowest = max(slowest, d.start())
            d.wait_ready()
            with lock:
                known = sorted(answered)
            for number in luck.sample(known, min(20, len(known))):
                d.task(number)
            over.clear()
            producers = [threading.Thread(target=produce, args=(turn * 10 + n,)) for n in range(4)]
            for each in producers:
                each.start()
            time.sleep(luck.uniform(0.2, 2.5))
            d.kill()
            over.set()
            for each in producers:
                each.join()
        d.start()
        d.wait_ready()
        d.wait_empty(120)
        d.stop()
        kept = {row[0] for row in d.sql("select task_id from task")}
        lost = answered - kept
        check(not lost, f"answered and lost: {sorted(lost)[:10]} of {len(answered)}")
        check(len(answered) > 50, f"too little was going on: {len(answered)} tasks")
        check(len(kept) <= sent[0], "there are more tasks than were sent")
        equal(d.sql("select task_id from task t where 1 != (select count(*) from attempt a "
                    f"where a.task_id = t.task_id and a.result in {FINAL})"), [], "tasks that did not end exactly once")
        equal(d.sql("select count(*) from open")[0][0], 0, "rows left in open")
        equal(d.sql("pragma integrity_check"), [("ok",)], "the file")
        ran = {int(line) for line in (d.folder / "ran").read_text(encoding="utf-8").split()}
        books = {row[0] for row in d.sql("select t.task_id from task t join attempt a using (task_id) "
                                         "where t.name = 'book' and a.result = 'd'")}
        check(books <= ran, "a DONE task never ran")
        say(f"kills: {rounds} kills, {len(answered)} answered, {len(kept) - len(answered)} more that were under way, "
            f"0 lost, 0 ended twice; slowest start {slowest:.2f} s")


def full_disk(wanted: argparse.Namespace) -> None:
    """A disk that takes nothing refuses enqueues with 503 and loses nothing; once it does, all goes on by itself."""
    with dev(wanted, "full_disk", CONFIG) as d:
        d.start()
        d.wait_ready()
        before = [d.enqueue("mail") for _ in range(20)]
        with limit(d.process, 4096):  # not one page more, wherever SQLite wants to put it
            refused = 0
            until = time.monotonic() + 5
            while time.monotonic() < until and refused < 20:
                got = d.ask("POST", "/api/v1/tasks", {"name": "mail"})
                check(got.status != 201, "an enqueue was answered that no disk has")
                equal(got.status, 503, f"status on a full disk: {got.body!r}")
                refused += 1
            check(refused >= 1, "nothing was refused")
        wait_for("an enqueue that is taken again",
                 lambda: d.ask("POST", "/api/v1/tasks", {"name": "mail"}).status == 201, 30, 0.1)
        d.wait_ready()
        for number in before:
            d.task(number)
        d.wait_empty()
        equal({d.task(number)["state"] for number in before}, {"DONE"}, "states")
        d.stop()
        kept = d.sql("select count(*) from task")[0][0]
        ended = d.sql(f"select count(*) from attempt where result in {FINAL}")[0][0]
        equal(ended, kept, "ends of tasks")
        say(f"full_disk: {refused} refused with 503, {kept} kept, none lost")


def demo(wanted: argparse.Namespace) -> None:
    """Streams, tasks that come by themselves, some of which fail or are tried again, a schedule."""
    with dev(wanted, "demo") as d:
        took = d.start("--demo")
        d.wait_ready()

        def lively() -> bool:
            streams = {s["name"]: s for s in d.cluster()["streams"]}
            return {"demo_orders", "demo_mails"} <= set(streams) and all(
                streams[name]["done"] > 3 for name in ("demo_orders", "demo_mails"))
        wait_for("tasks that are done", lively, 60, 0.2)
        results = lambda: {row["result"] for t in d.ask("GET", "/api/v1/tasks?limit=200").json()["items"]  # noqa: E731
                           for row in d.task(int(t["id"]))["attempts"]}
        wait_for("a retry", lambda: "retry" in results(), 60, 1)
        equal([s["name"] for s in d.ask("GET", "/api/v1/schedules").json()["items"]], ["demo_report"], "schedules")
        equal({s["name"]: s["mode"] for s in d.ask("GET", "/api/v1/streams").json()["items"]}["demo_orders"], "single",
              "mode")
        d.stop()
        say(f"demo: the dashboard answers after {took:.2f} s")


def ports(wanted: argparse.Namespace) -> None:
    """Its own port is taken: another one, said. One that somebody chose is taken: an error."""
    with dev(wanted, "ports") as first, dev(wanted, "ports_too") as second:
        first.start()
        second.start()
        check(first.address != second.address, "two at one address")
        second.stop()
        refused = second.run("dev", WEIR_HTTP__LISTEN=first.address)
        check(refused.returncode != 0 and "http.listen" in refused.stderr, refused.stderr)
        first.stop()


if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(),
                     {"starts": starts, "ports": ports, "strange_files": strange_files, "works": works,
                      "changes": changes, "kills": kills, "full_disk": full_disk, "demo": demo}))
