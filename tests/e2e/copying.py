#!/usr/bin/env python3
"""From `weir dev` to PostgreSQL: a real process with tasks in every state is killed, `weir db copy` takes its store
over, and a node performs the rest. Nothing is lost, nothing is performed twice, and nothing happens by half."""
import argparse
import contextlib
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Optional

from dev import dev
from support import FINAL, arguments, check, equal, run_all, say, scenario, wait_for

CONFIG = """
[stream.books]
mode = "single"
[stream.mails]
mode = "parallel"
partitions = 4
concurrency = 4
breaker = { failures = 0 }
[action.book]
type = "exec"
stream = "books"
command = ["./act.sh"]
[action.mail]
type = "exec"
stream = "mails"
command = ["./act.sh"]
retry = { every = "1h", max_attempts = 3 }
[stream.reports]
mode = "single"
[action.report]
type = "exec"
stream = "reports"
command = ["./act.sh"]
"""
# Says which task it is at, in a file of both worlds.
SCRIPT = """#!/bin/sh
read -r task
echo "$task" | sed 's/.*"n": *\\([0-9]*\\).*/\\1/' >> RAN
case "$task" in
*'"do":"fail"'*) echo "no such customer"; exit 1;;
*'"do":"retry"'*) test "$WEIR_ATTEMPT" -gt 1 || { echo "not today"; exit 75; };;
*'"do":"wait"'*) test -e GO || sleep 600;;
esac
echo fine
"""
TTL = '[cluster]\nttl = "3s"\n'


def after(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))


class worlds:
    """A `weir dev`, a database that is to take its store over, and a file where both write down what they perform."""

    def __init__(self, wanted: argparse.Namespace, name: str, migrated: bool = True, more: str = "") -> None:
        self.stack = contextlib.ExitStack()
        self.s = self.stack.enter_context(scenario(wanted, f"copy_{name}", nodes=1, migrated=migrated))
        self.d = self.stack.enter_context(dev(wanted, f"copy_{name}", TTL + CONFIG + more))
        self.s.cluster.cluster_settings["ttl"] = "3s"
        self.config = self.s.cluster.write_config("n1", CONFIG + more)
        self.ran, self.go = self.d.folder / "ran", self.d.folder / "go"
        for folder in (self.d.folder, self.config.parent):
            script = folder / "act.sh"
            script.write_text(SCRIPT.replace("RAN", str(self.ran)).replace("GO", str(self.go)), encoding="utf-8")
            script.chmod(0o755)
        self.sent: list[int] = []

    def __enter__(self) -> "worlds":
        return self

    def __exit__(self, *problem: Any) -> Optional[bool]:
        return self.stack.__exit__(*problem)

    def enqueue(self, name: str, do: str = "", **more: Any) -> int:
        """The n of a task, which is the same in both worlds."""
        self.sent.append(len(self.sent) + 1)
        self.d.enqueue(name, data={"n": self.sent[-1], "do": do}, **more)
        return self.sent[-1]

    def copy(self, *more: str, code: Optional[int] = 0, seconds: float = 60) -> subprocess.CompletedProcess:
        return self.s.cluster.weir("db", "copy", "--from", str(self.d.store), *more, code=code, seconds=seconds)

    def copied(self, *more: str) -> dict[str, Any]:
        return json.loads(self.copy(*more, "-o", "json").stdout)

    def refused(self, code: int, *words: str, more: tuple[str, ...] = ()) -> str:
        before = self.rows()
        told = self.copy(*more, code=code).stderr
        for each in words:
            check(each in told, f"'{each}' is not in: {told}")
        equal(self.rows(), before, "rows after a refusal")
        return told

    def rows(self) -> dict[str, int]:
        tables = ("task", "attempt", "open", "stream", "route", "schedule", "node", "ownership", "request", "cdc_hash")
        return {each: self.s.number(f"select count(*) from weir.{each}") for each in tables}

    def mark(self, version: int) -> None:
        with contextlib.closing(sqlite3.connect(self.d.store)) as own:
            own.executescript(f"pragma user_version = {version};")

    def start_node(self) -> None:
        self.s.cluster.nodes["n1"].start([str(self.s.cluster.weir_program), "run", "--config", str(self.config)],
                                         self.s.cluster.environment())
        self.s.wait_active({"n1"})

    def tasks(self) -> dict[int, dict[str, Any]]:
        """What the database has, by n."""
        items = self.s.cluster.weir_json("task", "list", "--limit", "1000")["items"]
        found = {task["data"]["n"]: task for task in items if "n" in task["data"]}
        equal(len(found), len([task for task in items if "n" in task["data"]]), "tasks that are there once")
        return found

    def runs(self, n: int) -> int:
        return self.ran.read_text(encoding="utf-8").split().count(str(n))

    def show(self, task: dict[str, Any]) -> dict[str, Any]:
        return self.s.cluster.weir_json("task", "show", task["id"])


def taken_over(wanted: argparse.Namespace) -> None:
    """Tasks in every state, a kill, the copy, and a node that does the rest."""
    with worlds(wanted, "taken_over", more='[schedule.yearly]\ntask = "report"\ncron = "0 0 1 1 *"\n') as w:
        s, d = w.s, w.d
        d.start()
        d.wait_ready()
        equal(d.ask("POST", "/api/v1/streams/reports:pause", {}).status, 200, "pause")  # at the next beat
        done = [w.enqueue("mail") for _ in range(20)]
        failed = [w.enqueue("mail", "fail") for _ in range(3)]
        retried = [w.enqueue("mail", "retry") for _ in range(2)]
        states = lambda: {t["data"].get("n"): t["state"]  # noqa: E731
                          for t in d.ask("GET", "/api/v1/tasks?limit=200").json()["items"]}
        wait_for("the first tasks", lambda: all(
            states()[n] == state for some, state in ((done, "DONE"), (failed, "FAILED"), (retried, "RETRY"))
            for n in some), 30)
        soon = [w.enqueue("mail", do_after=after(20)) for _ in range(3)]
        later = [w.enqueue("mail", do_after=after(3600)) for _ in range(3)]
        cut_off = w.enqueue("book", "wait")
        wait_for("a long run", lambda: states()[cut_off] == "IN PROGRESS" and w.runs(cut_off) == 1, 30)
        behind = [w.enqueue("book") for _ in range(5)]
        older, newer = (w.enqueue("book", key="customer") for _ in range(2))
        cancelled = w.enqueue("book")
        number = {t["data"].get("n"): t["id"] for t in d.ask("GET", "/api/v1/tasks?limit=200").json()["items"]}
        equal(d.ask("POST", f"/api/v1/tasks/{number[cancelled]}:cancel").status, 200, "cancel")
        wait_for("a cancelled one", lambda: states()[cancelled] == "CANCELLED", 20)
        held = [w.enqueue("report") for _ in range(2)]
        triggered = d.ask("POST", "/api/v1/schedules/yearly:trigger")
        equal(triggered.status, 200, f"trigger: {triggered.body!r}")
        before = {n: d.task(int(number[n])) for n in retried + failed}
        d.kill()

        outlook = w.copied("--dry-run")
        equal(outlook["tasks"], {"unfinished": 19, "failed": 3, "done": 0, "cancelled": 0}, "what would be copied")
        equal(w.rows()["task"], 0, "tasks after a dry run")
        check(w.d.run("dev", "--help").returncode == 0 and d.sql("pragma user_version") == [(2,)], "a dry run marks it")
        told = w.copied()
        equal(told["tasks"], outlook["tasks"], "what was copied")
        equal(told["left"], {"unfinished": 0, "failed": 0, "done": 20, "cancelled": 1}, "what was not")
        equal((told["streams"], told["routes"], told["schedules"], told["differences"]), (3, 3, 1, []), "settings")
        w.refused(5, "was copied here at", "nothing was copied again")
        refused = d.run("dev")
        equal(refused.returncode, 5, f"weir dev on a copied store: {refused.stderr}")
        check("where its tasks live on" in refused.stderr, refused.stderr)

        was = w.tasks()
        equal(set(was), set(w.sent) - set(done) - {cancelled}, "tasks in the database")
        for n in retried + failed:
            there = w.show(was[n])
            for part in ("name", "key", "data", "created_by", "created_at", "state", "stream"):
                equal(there[part], before[n][part], f"{part} of task {n}")
            equal([(a["result"], a["message"], a["started_at"], a["node"]) for a in there["attempts"]],
                  [(a["result"], a["message"], a["started_at"], a["node"]) for a in before[n]["attempts"]],
                  f"attempts of task {n}")
        equal(sorted(int(t["id"]) for t in was.values()), [int(was[n]["id"]) for n in sorted(was)], "order of the ids")

        w.go.touch()
        w.start_node()
        ends = behind + soon + [cut_off, newer]
        wait_for("what is due", lambda: all(w.tasks()[n]["state"] == "DONE" for n in ends), 60, 0.3)
        now = w.tasks()
        for n, state in [*((n, "READY") for n in later + held), *((n, "RETRY") for n in retried),
                         *((n, "FAILED") for n in failed), (older, "CANCELLED")]:
            equal(now[n]["state"], state, f"state of task {n}")
        equal([a["result"] for a in w.show(now[cut_off])["attempts"]], ["interrupted", "success"], "of the run cut off")
        equal([a["result"] for a in w.show(now[older])["attempts"]], ["superseded"], "of the older one of a key")
        for n in done + failed + retried + behind + soon + [newer]:
            equal(w.runs(n), 1, f"runs of task {n}")
        equal(w.runs(cut_off), 2, "starts of the run that was cut off")
        for n in later + held + [older, cancelled]:
            equal(w.runs(n), 0, f"runs of task {n}")

        for n in retried:
            s.cluster.weir("task", "retry", now[n]["id"])
        s.cluster.weir("task", "requeue", now[failed[0]]["id"])
        s.cluster.weir("stream", "resume", "reports")
        wait_for("retries and what was paused",
                 lambda: s.number(f"select count(*) from weir.task t join weir.attempt a on a.task_id = t.id where "
                                  f"a.result = 'd' and (t.data ->> 'n')::int in "
                                  f"({', '.join(map(str, retried + held))})") == 4, 60, 0.3)
        for n in retried:
            equal(w.runs(n), 2, f"runs of task {n}, one in each world")
        wait_for("a failed one again", lambda: w.runs(failed[0]) == 2, 30)
        equal(s.number("select count(*) from weir.schedule where next_at > now() and last_task is not null"), 0,
              "schedules that were fired by their rule")
        equal(s.number(f"select count(*) from (select task_id from weir.attempt where result in {FINAL} "
                       "group by task_id having count(*) > 1) x"), 0, "tasks that ended twice")
        rows = [row for row in s.cluster.weir_json("audit", "list")["items"] if row["action"] == "db.copy"]
        equal([row["result"][:3] for row in rows], ["ref", "ok"], "rows of the audit")
        s.stop_cleanly()


def refusals(wanted: argparse.Namespace) -> None:
    """Whatever is in the way is named, and nothing is done."""
    with worlds(wanted, "refusals") as w:
        s, d = w.s, w.d
        w.refused(3, "there is no store", "--from")
        d.store.parent.mkdir(parents=True)
        for text in ("", "my diary\n" * 3000):
            d.store.write_text(text, encoding="utf-8")
            w.refused(78, "is not a store of weir dev", "--from")
            equal(d.store.read_text(encoding="utf-8"), text, "a file of somebody else")
        shutil.rmtree(d.store.parent)

        d.start()
        d.wait_ready()
        equal(d.ask("POST", "/api/v1/streams/mails:pause", {}).status, 200, "pause")
        for _ in range(5):
            w.enqueue("mail", do_after=after(3600))
        w.refused(5, f"in use by process {d.process.pid}", "stop it")
        d.stop()
        words = ("is a store of version 7", "knows versions up to 2", "weir db copy", "begin anew")
        w.mark(7)
        told = w.refused(78, *words)
        made_by = d.run("version").stdout.split()
        check(any(f"go on with weir {word}," in told for word in made_by), f"{told} names none of {made_by}")
        told = d.run("dev").stderr
        check(all(each in told for each in words), told)
        w.mark(2)

        # Streams that are there already: owned by a node, or with tasks of their own.
        w.start_node()
        wait_for("an owner", lambda: s.number("select count(*) from weir.partition where owner is null") == 0, 20)
        w.refused(5, 'stream "mails" is owned by n1', "stop its nodes")
        s.stop_cleanly()
        own = s.enqueue([{"name": "mail", "data": {"n": 1000, "do": ""}}])[0]
        w.refused(5, 'stream "mails" has unfinished tasks here', "--merge")
        w.refused(5, 'stream "mails" has unfinished tasks here', "--merge", more=("--dry-run",))
        s.cluster.weir("stream", "set", "mails", "concurrency=7")
        told = w.copied("--merge")
        equal(told["tasks"]["unfinished"], 5, "tasks")
        equal([each.split(",")[0] for each in told["differences"]], ['stream "mails": concurrency is 7'], "differences")
        there = s.cluster.weir_json("stream", "show", "mails")
        check(there["paused"], f"the pause came along: {there}")
        s.cluster.weir("stream", "resume", "mails")
        w.start_node()
        for n in w.sent:
            s.cluster.weir("task", "retry", w.tasks()[n]["id"])
        s.wait_empty(30)
        for n in [*w.sent, 1000]:
            equal(w.runs(n), 1, f"runs of task {n}")
        equal(w.tasks()[1000]["id"], str(own), "the task that was there")
        s.stop_cleanly()


def as_documented(wanted: argparse.Namespace) -> None:
    """The commands of docs/dev.md, from the folder of `weir dev`; without the first of them the database is refused."""
    page = (Path(__file__).resolve().parents[2] / "docs" / "dev.md").read_text(encoding="utf-8")
    commands = [line.split("#")[0].split()[1:] for line in page.splitlines() if line.startswith("weir db ")]
    equal([each[:2] for each in commands], [["db", "migrate"], ["db", "copy"], ["db", "copy"]], "commands of the page")
    with worlds(wanted, "as_documented", migrated=False) as w:
        s, d = w.s, w.d
        d.start()
        d.wait_ready()
        number = d.enqueue("mail", data={"n": 1, "do": "fail"})
        wait_for("the end of it", lambda: d.task(number)["state"] == "FAILED", 20)
        d.stop()
        d.elsewhere = {"WEIR_DATABASE__URL": s.url, "WEIR_DATABASE__SCHEMA": s.schema}
        refused = d.run("db", "copy")
        equal(refused.returncode, 78, f"exit code without a schema: {refused.stderr}")
        check("weir db migrate" in refused.stderr, refused.stderr)
        for command in commands:
            done = d.run(*command)
            equal(done.returncode, 0, f"{command}: {done.stderr}")
        check("copied from" in done.stdout and "1 failed task" in done.stdout, done.stdout)
        check("weir dev refuses this store from now on" in done.stderr, done.stderr)
        equal(w.rows()["task"], 1, "tasks")


def by_halves(wanted: argparse.Namespace) -> None:
    """Killed in the middle, or two at once: all of it is there, or nothing."""
    many = 20_000
    with worlds(wanted, "by_halves") as w:
        s, d = w.s, w.d
        d.start()
        d.wait_ready()
        lines = "".join(json.dumps({"name": "mail", "data": {"n": n, "do": ""}, "do_after": after(3600)}) + "\n"
                        for n in range(1, many + 1))
        fed = subprocess.run([d.program, "--url", f"http://{d.address}", "task", "enqueue", "-"], input=lines,
                             text=True, capture_output=True, timeout=120, cwd=d.folder, env=d.environment())
        equal(fed.returncode, 0, f"feeding: {fed.stderr}")
        d.kill()
        command = [str(s.cluster.weir_program), "db", "copy", "--from", str(d.store), "--config", str(w.config)]
        begun = lambda: s.number("select count(*) from pg_stat_activity where application_name = "  # noqa: E731
                                 "'weir command copy' and query like '%with given as%'") > 0
        for _ in range(2):
            with subprocess.Popen(command, env=s.cluster.environment(), stderr=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL) as one:
                wait_for("a copy at work", begun, 30, 0.005)
                one.send_signal(signal.SIGKILL)
                one.wait(10)
            wait_for("the end of its session", lambda: s.number(
                "select count(*) from pg_stat_activity where application_name = 'weir command copy'") == 0, 30)
            equal(w.rows()["task"], 0, "tasks after a copy that was killed")
            equal(w.rows()["stream"], 1, "streams after a copy that was killed")
        at = time.monotonic()
        with subprocess.Popen(command, env=s.cluster.environment(), stderr=subprocess.PIPE, stdout=subprocess.PIPE,
                              text=True) as one:
            wait_for("a copy at work", begun, 30, 0.005)
            w.copy(code=5)  # the store is held
            out, err = one.communicate(timeout=60)
        equal(one.returncode, 0, f"the copy: {err}")
        took = time.monotonic() - at
        check(f"{many:,} unfinished tasks" in out, out)
        equal(w.rows()["task"], many, "tasks")

        # Another copy of the same file, as from a backup: the database knows it.
        twin = Path(d.store.parent) / "twin.db"
        shutil.copy(d.store, twin)
        told = s.cluster.weir("db", "copy", "--from", str(twin), code=5).stderr
        check("was copied here at" in told, told)
        equal(w.rows()["task"], many, "tasks after a second copy")
        say(f"by_halves: {many} tasks in {took:.1f} s, {many / took:.0f}/s; killed twice before, nothing was left")


def changes(wanted: argparse.Namespace) -> None:
    """What change data capture has handled stays handled; orders that nobody has answered come along."""
    source = os.environ.get("WEIR_TEST_DATABASE_URL", "")
    more = f"""
[action.customers]
type = "cdc"
controller = "4f0c0000-0000-4000-8000-00000000000c"
source_url = "{source}"
query = "select n::text as object_id, md5(n::text)::uuid as hash from generate_series(1, 2500) n"
[action."customers.create"]
type = "noop"
"""
    with worlds(wanted, "changes", more=more) as w:
        s, d = w.s, w.d
        d.elsewhere = {}
        d.start()
        d.wait_ready()
        first = d.enqueue("customers", data={})
        wait_for("a pass", lambda: d.task(first)["state"] == "DONE", 60, 0.1)
        d.wait_empty()
        d.kill()
        told = w.copied()
        equal((told["controllers"], told["tasks"]["unfinished"]), (1, 0), "controllers and tasks")
        handled = {row[0] for row in d.sql("select object from cdc_object")}
        equal(s.number("select objects from weir.cdc_controller"), len(handled), "objects of the controller")
        check(0 < len(handled) < 2500, f"the first pass stopped at its limit: {len(handled)}")
        w.start_node()
        again = s.enqueue([{"name": "customers", "data": {}}])[0]
        s.wait_empty(60)
        there = s.cluster.weir_json("task", "show", str(again))
        equal(there["state"], "DONE", "the pass in the cluster")
        found = s.sql(f"select key from {s.schema}.task where name = 'customers.create'").split()
        check(found and not handled & set(found), f"found new again: {len(handled & set(found))} of {len(found)}")
        s.stop_cleanly()


SCENARIOS = {each.__name__: each for each in (taken_over, refusals, as_documented, by_halves, changes)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
