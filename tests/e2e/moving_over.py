#!/usr/bin/env python3
"""From a table of episub/queue to weir while producers go on inserting: with the importer killed in the middle, and
with what can go wrong on the way. The producers send the statement of the seed's addTask."""
import argparse
import json
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from support import arguments, check, equal, run_all, say, scenario, wait_for

ROOT = Path(__file__).resolve().parents[2]
CONFIG = """
[stream.shop]
mode = "parallel"
partitions = 4
[action.CUSTOMER]
stream = "shop"
type = "noop"
[action.SLOW]
stream = "shop"
type = "exec"
command = ["sleep", "60"]
"""
TABLE = """create table {0}.errand(
  errand_id uuid not null default gen_random_uuid(), data jsonb not null default '{{}}', task_key varchar(64) not null,
  task_name varchar(64) not null, created_at timestamptz default now(), created_by varchar(64) not null,
  last_attempted timestamptz not null default now(), state varchar(16) not null, last_attempt_message varchar not null,
  do_after timestamptz not null default now(), constraint errand_id_pk primary key (errand_id))"""
# What a Go program sends; its clock gives the times.
INSERT = ("insert into {0}.errand (errand_id, data, state, task_key, task_name, created_at, last_attempted, "
          "last_attempt_message, do_after, created_by) values (pg_catalog.gen_random_uuid(), $1, $2, $3, $4, $5, $6, "
          "'Created', $7, $8)")


class producer(threading.Thread):
    """One connection that inserts one row after the other, each with a key of its own and each tenth with one that it
    shares with the others of its own."""

    def __init__(self, s: scenario, shop: str, number: int) -> None:
        super().__init__(daemon=True)
        self.number, self.sent, self.enough = number, 0, threading.Event()
        self.child = subprocess.Popen(["psql", "-XAt", "-d", s.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, text=True)
        s.others.append(self.child)
        self.types = "jsonb, text, text, text, timestamptz, timestamptz, timestamptz, text"
        self.child.stdin.write(f"prepare add({self.types}) as {INSERT.format(shop)};\n")
        self.told: list[str] = []

    def run(self) -> None:
        self.child.stdin.flush()
        equal(self.child.stdout.readline().strip(), "PREPARE", "the first answer")
        while not self.enough.is_set():
            self.sent += 1
            key = f"p{self.number}" if self.sent % 10 == 0 else f"p{self.number}-{self.sent}"
            at = f"{time.time():.6f}"
            self.child.stdin.write(
                f"execute add('{{\"n\": {self.sent}}}', 'READY', '{key}', 'CUSTOMER', to_timestamp({at}), "
                f"to_timestamp({at}), to_timestamp({at}), 'shop');\n")
            self.child.stdin.flush()
            self.told.append(self.child.stdout.readline().strip())

    def stop(self) -> None:
        self.enough.set()
        self.join(30)
        self.child.stdin.close()
        equal(self.child.wait(10), 0, "exit code of a producer")
        wrong = [line for line in self.told if line != "INSERT 0 1"]
        equal(wrong, [], f"what producer {self.number} was told of {self.sent} rows")


def shop_of(s: scenario, backlog: int) -> str:
    """A schema of the shop's own with the table, and so many rows in it, half of them finished."""
    shop = f"{s.schema}_shop"
    s.sql(f"create schema {shop}; {TABLE.format(shop)}")
    s.sql(f"insert into {shop}.errand(data, state, task_key, task_name, created_at, last_attempted, "
          f"last_attempt_message, created_by) select '{{}}', case n % 2 when 0 then 'READY' else 'DONE' end, "
          f"'b' || n, 'CUSTOMER', now() - n * interval '1 second', now() - n * interval '1 second', "
          f"'Created', 'shop' from generate_series(1, {2 * backlog}) n")
    return shop


def start(s: scenario) -> None:
    for name in s.cluster.names:
        file = s.cluster.write_config(name, CONFIG)
        s.cluster.nodes[name].start([str(s.cluster.weir_program), "run", "--config", str(file)],
                                    s.cluster.environment())
    s.wait_active(set(s.cluster.names))


def cut_over(wanted: argparse.Namespace) -> None:
    """Three kills of the importer while it moves, then the switch; producers notice nothing."""
    with scenario(wanted, "cut_over", nodes=2) as s:
        shop = shop_of(s, 6000)
        try:
            start(s)
            producers = [producer(s, shop, number) for number in range(4)]
            for each in producers:
                each.start()
            command = [str(s.cluster.weir_program), "db", "import-message-queue", "--from", f"{shop}.errand", "--batch",
                       "5", "--switch", "--config", str(s.cluster.config("n1"))]
            moved = 0
            for _ in range(3):
                child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                         env=s.cluster.environment())
                s.others.append(child)
                wait_for("some progress", lambda: s.number("select count(*) from weir.task") >= moved + 700, 30, 0.01)
                child.kill()
                check(child.wait(10) == -9, "the importer ended before it was killed")
                moved = s.number("select count(*) from weir.task")
                say(f"killed after {moved} tasks")
            began = time.monotonic()
            done = s.cluster.weir("db", "import-message-queue", "--from", f"{shop}.errand", "--switch", "-o", "json",
                                  seconds=60)
            told = json.loads(done.stdout)
            say(f"{told['tasks']} more in {time.monotonic() - began:.1f} s, "
                f"{sum(p.sent for p in producers)} were inserted meanwhile")
            equal(told["renamed"], f"{shop}.errand_old", "the table's new name")
            equal({row["state"]: row["count"] for row in told["left"]}, {"DONE": 6000}, "what stayed in the table")
            before = [p.sent for p in producers]
            wait_for("rows that go to the view", lambda: all(p.sent > b + 50 for p, b in zip(producers, before)), 20)
            for each in producers:
                each.stop()
            sent = sum(p.sent for p in producers)
            equal(s.number("select count(*) from weir.task"), 6000 + sent, "tasks")
            equal(s.number("select count(distinct ext_id) from weir.task"), 6000 + sent, "different rows")
            equal(s.number(f"select count(*) from {shop}.errand where task_key like 'p%'"), sent, "rows of the view")
            # of the rows of one producer the later ones are newer
            equal(s.number("select count(*) from (select (data ->> 'n')::int - lag((data ->> 'n')::int, 1, 0) over "
                           "(partition by split_part(key, '-', 1) order by id) as step from weir.task "
                           "where key like 'p%') x where step <> 1"), 0, "rows that were overtaken")
            s.wait_empty(60)
            s.check_every_task_ended_once(6000 + sent)
            equal(s.number("select count(*) from weir.attempt a join weir.task t on t.id = a.task_id where "
                           "a.result <> 'd' and t.key like '%-%'"), 0, "runs of keys of their own that did not succeed")
            for number in range(4):
                last = s.number("select (t.data ->> 'n')::int from weir.task t join weir.attempt a on a.task_id = t.id"
                                f" where t.key = 'p{number}' and a.result = 'd' order by t.id desc limit 1")
                equal(last, producers[number].sent // 10 * 10, f"the last data that was performed for p{number}")
            history = s.cluster.weir_json("db", "import-message-queue", "--from", f"{shop}.errand_old", "--history")
            equal((history["tasks"], history["history"], history["left"]), (0, 6000, []), "history")
            equal(len(s.cluster.weir_json("task", "list", "--stream", "message_queue", "--state", "done")["items"]), 50,
                  "a page of history")
            s.stop_cleanly()
        finally:
            s.sql(f"set client_min_messages = warning; drop schema {shop} cascade")


def words(wanted: argparse.Namespace) -> None:
    """What the command says: of nothing, of rows that can be no tasks, of a worker in the way, of what is done."""
    with scenario(wanted, "words", nodes=1) as s:
        shop = shop_of(s, 3)
        table = f"{shop}.errand"

        def run(*more: str, code: int = 0) -> subprocess.CompletedProcess:
            return s.cluster.weir("db", "import-message-queue", *more, code=code)

        try:
            check("--from SCHEMA.TABLE" in run(code=2).stderr, "how to name the table")
            check("no table" in run("--from", f"{shop}.nix", code=3).stderr, "a table that is not there")
            check("1 to 10000" in run("--from", table, "--batch", "0", code=2).stderr, "a batch of nothing")
            run("--from", table, "--follow", "--switch", code=2)
            s.sql(f"insert into {table}(state, task_key, task_name, created_by, last_attempt_message) values "
                  f"('READY', 'x', '', 'shop', '')")
            dry = run("--from", table, "--dry-run").stdout
            check("3 READY\n" in dry and "1 READY: the task name is missing (one is " in dry, dry)
            equal(s.number("select count(*) from weir.task"), 0, "tasks after a dry run")
            done = run("--from", table, code=1)
            check(done.stdout.startswith(f"3 tasks moved from {table}\n"), done.stdout)
            check("1 rows could not be moved" in done.stderr, done.stderr)
            s.sql(f"delete from {table} where task_key = 'x'")
            worker = subprocess.Popen(["psql", "-XAt", "-d", f"{s.url}?application_name=esync"], text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            s.others.append(worker)
            worker.stdin.write(f"begin; select 'holding' from {table} limit 1 for update;\n")
            worker.stdin.flush()
            while worker.stdout.readline().strip() != "holding":
                pass
            with subprocess.Popen([str(s.cluster.weir_program), "db", "import-message-queue", "--from", table,
                                   "--switch", "--config", str(s.cluster.config("n1"))], text=True,
                                  stderr=subprocess.PIPE, stdout=subprocess.PIPE,
                                  env=s.cluster.environment()) as child:
                line = child.stderr.readline()
                check("cannot be locked: it is held by process" in line and "esync" in line, line)
                worker.kill()
                equal(child.wait(30), 0, "exit code once the worker is gone")
                out = child.stdout.read()
            check(f"the table is called {table}_old now; {table} is weir's view" in out, out)
            check("was moved over before" in run("--from", table, code=5).stderr, "a second time")
            file = s.cluster.write_config("n1")
            file.write_text(file.read_text().replace("[cluster]", f'message_queue = "{table}_old"\n[cluster]'))
            told = s.cluster.weir("db", "migrate").stderr
            check(f"{table}_old is a table; `weir db import-message-queue --from {table}_old --switch`" in told, told)
            file.write_text(file.read_text().replace("_old", "_new"))
            check(f"made the view {table}_new" in s.cluster.weir("db", "migrate").stderr, "a view elsewhere")
            s.sql(f"insert into {table}_new(task_name) values ('CUSTOMER')")
            equal(s.number("select count(*) from weir.task"), 4, "tasks")
        finally:
            s.sql(f"set client_min_messages = warning; drop schema {shop} cascade")


def errors_and_clear(wanted: argparse.Namespace) -> None:
    """What goes wrong is told by name and message; clear ends what runs and what waits, after a yes."""
    with scenario(wanted, "errors_and_clear", nodes=1) as s:
        file = s.cluster.write_config("n1", CONFIG + '\n[action.BROKEN]\ntype = "exec"\ncommand = ["sh", "-c", '
                                                     '"echo no such customer; exit 1"]\n')
        s.cluster.nodes["n1"].start([str(s.cluster.weir_program), "run", "--config", str(file)],
                                    s.cluster.environment())
        s.wait_active({"n1"})
        s.enqueue([{"name": "BROKEN"}] * 3)
        s.wait_empty(20)
        groups = s.cluster.weir_json("task", "errors")["items"]
        equal([(g["name"], g["result"], g["message"], g["count"]) for g in groups],
              [("BROKEN", "failure", "no such customer", 3)], "errors")
        check("no such customer" in s.cluster.weir("task", "errors").stdout, "errors for people")
        slow = s.enqueue([{"name": "SLOW"}, {"name": "SLOW", "key": "k"}, {"name": "SLOW", "key": "l"}])
        later = s.cluster.weir_json("task", "enqueue", "CUSTOMER", "--in", "1h")
        wait_for("a run", lambda: s.cluster.weir_json("task", "show", str(slow[0]))["state"] == "IN PROGRESS", 20)
        refused = s.cluster.weir("task", "clear", code=2)
        check("cancel" in refused.stderr and "--yes" in refused.stderr, refused.stderr)
        equal(s.cluster.weir("task", "clear", "--name", "SLOW", "--dry-run").stdout, "3\n", "how many it would be")
        s.cluster.weir("task", "clear", "--name", "SLOW", "--yes")
        wait_for("their end", lambda: s.cluster.weir_json("task", "count", "SLOW")["count"] == 0, 20)
        equal(s.cluster.weir_json("task", "count", "CUSTOMER")["count"], 1, "what the filter did not mean")
        s.cluster.weir("task", "clear", "--yes")
        wait_for("its end", lambda: s.cluster.weir_json("task", "show", str(later["id"]))["state"] == "CANCELLED", 20)
        equal(s.unfinished(), 0, "unfinished tasks")
        equal(s.cluster.weir_json("task", "clear", "--yes"), {"cancelled": 0, "asked": 0}, "clearing nothing")
        s.stop_cleanly()


def moved_program(wanted: argparse.Namespace) -> None:
    """The programs of docs/from-episub-queue.md, beside a producer that stayed as it was."""
    with scenario(wanted, "moved_program", nodes=1) as s:
        programs = s.cluster.weir_program.parent / "examples" / "moved"
        suffix = s.cluster.weir_program.name.replace("weir", "")
        given = ROOT / "examples" / "moved" / "weir.toml"
        file = s.cluster.write_config("n1", given.read_text().split("\n\n")[1] + "\n")
        equal(s.direct("config", "check", "--config", str(given)).returncode, 0, "its check")
        s.cluster.nodes["n1"].start([str(programs / f"moved-node{suffix}"), "--config", str(file)],
                                    s.cluster.environment())
        s.wait_active({"n1"})
        address = s.cluster.status()["nodes"][0]["address"]
        told = subprocess.run([str(programs / f"moved-producer{suffix}"), f"weir://{address}", "42"], text=True,
                              capture_output=True, timeout=20, env=s.cluster.environment())
        equal(told.returncode, 0, told.stderr)
        s.sql(INSERT.format(s.schema).replace("errand_id", "message_queue_id").replace("errand", "message_queue")
              .replace("$1", "'{\"busy\": true}'").replace("$2", "'READY'").replace("$3", "'43'")
              .replace("$4", "'CUSTOMER'").replace("$5", "now()").replace("$6", "now()").replace("$7", "now()")
              .replace("$8", "'shop'"))
        def second() -> Any:
            found = s.cluster.weir_json("task", "list", "--key", "43")["items"]
            return found[0] if found and found[0]["state"] == "RETRY" else None
        shown = wait_for("a retry", second, 20)
        equal((shown["key"], shown["created_by"], shown["message"]), ("43", "shop", "the shop is busy"), "the task")
        first = s.cluster.weir_json("task", "show", told.stdout.split()[1])
        equal((first["state"], first["message"]), ("DONE", "updated"), "what became of the first")
        swept = ("task", "list", "--name", "SWEEP", "--state", "done")
        wait_for("a sweep", lambda: s.cluster.weir_json(*swept)["items"], 15)
        s.sql("select pg_terminate_backend(pid) from pg_stat_activity where application_name like 'weir n1 %'")
        wait_for("what the error handler prints", lambda: "shop: " in s.cluster.nodes["n1"].log.read_text(), 10)
        s.wait_active({"n1"})
        s.stop_cleanly()


SCENARIOS: dict[str, Any] = {each.__name__: each for each in (cut_over, words, errors_and_clear, moved_program)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
