#!/usr/bin/env python3
"""The roles in earnest: the owner migrates, a node runs, a producer enqueues in plain SQL, a reader looks, each with a
login of its own; and what each tries beyond that is refused with the role it would need."""
import argparse
import json
import os
import pwd
import subprocess
import sys
from typing import Optional

from private_postgres import private_postgres
from support import arguments, check, equal, run_all, scenario, wait_for


def psql(url: str, text: str) -> tuple[str, str]:
    """What it prints, and the error's text."""
    done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", text], capture_output=True,
                          text=True, timeout=30)
    return done.stdout.strip(), done.stderr.strip()


class logins:
    """One login a role on a server of the scenario's own; none of them is a superuser."""

    def __init__(self, server: private_postgres, s: scenario) -> None:
        self.server, self.s = server, s
        names = ("owner", "node", "producer", "reader")
        made = "; ".join(f"create role app_{name} login" for name in names)
        check(psql(server.url, f"{made}; grant create on database weir to app_owner")[1] == "", "logins")

    def url(self, name: str) -> str:
        return f"postgres://app_{name}@127.0.0.1:{self.server.port}/weir"

    def weir(self, name: str, *words: str, code: Optional[int] = 0, user: str = "ann") -> str:
        done = self.s.direct(*words, WEIR_DATABASE__URL=self.url(name), WEIR_DATABASE__SCHEMA=self.s.schema,
                             WEIR_NODE__STATE_DIR=str(self.s.directory / "state"), USER=user)
        if code is not None:
            equal(done.returncode, code, f"weir {' '.join(words)} as {name}: {done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def sql(self, name: str, text: str) -> tuple[str, str]:
        return psql(self.url(name), text.replace("weir.", f"{self.s.schema}."))


def each_with_its_own(wanted: argparse.Namespace) -> None:
    """Migrate, run, enqueue, look: four logins; and nobody gets further than its role."""
    with private_postgres() as server, scenario(wanted, "roles", nodes=1, migrated=False, url=server.url) as s:
        who = logins(server, s)
        who.weir("owner", "db", "migrate")
        for role in ("node", "producer", "reader"):
            check("needs the role reader" in who.weir(role, "stream", "list", code=1), f"{role} before the grant")
            who.weir("owner", "db", "grant", role, "--to", f"app_{role}")
        s.cluster.url = who.url("node")
        s.cluster.write_config("n1", '[stream.books]\nmode = "single"\n'
                                     '[action.post]\nstream = "books"\ntype = "noop"\n')
        s.cluster.nodes["n1"].start([str(s.cluster.weir_program), "run", "--config", str(s.cluster.config("n1"))],
                                    s.cluster.environment())
        s.wait_active({"n1"})

        made, problem = who.sql("producer", "select weir.enqueue('post', 'k', '{\"pin\": 4711}')")
        equal(problem, "", "enqueue as producer")
        equal(who.sql("producer", "insert into weir.message_queue(task_name) values ('post')")[1], "", "the view")
        done = "select count(*) from weir.message_queue where task_name = 'post' and state = 'DONE'"
        wait_for("both done", lambda: who.sql("producer", done)[0] == "2", 20)
        for forbidden in ("select data from weir.message_queue", "select * from weir.task",
                          "update weir.task set data = '{}'", "select weir.ask_tasks('c', '{1}', null, 'me')",
                          "truncate weir.task"):
            check("permission denied" in who.sql("producer", forbidden)[1], f"as producer: {forbidden}")
        check(who.sql("producer", "delete from weir.message_queue")[1] != "", "a producer deletes from the view")
        check("needs the role reader" in who.weir("producer", "task", "list", code=1), "a producer lists tasks")
        for words in (("task", "enqueue", "post"), ("stream", "pause", "books"), ("schedule", "remove", "x")):
            answer = who.weir("producer", *words, code=1)
            check("needs the role node" in answer, f"the role that suffices for {words}: {answer}")

        shown = json.loads(who.weir("reader", "task", "show", made, "-o", "json"))
        equal((shown["state"], shown["data"], shown["created_by"]), ("DONE", {"pin": 4711}, "app_producer"), "the task")
        for words in (("status",), ("task", "list"), ("task", "errors"), ("task", "count", "post"), ("stream", "list"),
                      ("stream", "show", "books"), ("node", "list"), ("leader", "show"), ("leader", "history"),
                      ("schedule", "list"), ("cdc", "status"), ("audit", "list"), ("db", "status"),
                      ("task", "explain", made)):
            who.weir("reader", *words)
        for words in (("stream", "pause", "books"), ("task", "enqueue", "post"), ("task", "cancel", made),
                      ("node", "drain", "n1"), ("leader", "resign"), ("schedule", "add", "x", "--every", "1h"),
                      ("task", "requeue", made), ("stream", "create", "y", "--mode", "single"),
                      ("stream", "delete", "books", "--yes"), ("stream", "pin", "books", "n1")):
            answer = who.weir("reader", *words, code=1)
            check("permission denied" in answer and "needs the role node" in answer, f"reader, {words}: {answer}")
        equal(s.number("select count(*) from weir.audit where login = 'app_reader'"), 0, "rows of what was not done")

        for words in (("stream", "pause", "books"), ("stream", "resume", "books"), ("task", "pause", "post"),
                      ("task", "resume", "post"), ("schedule", "add", "nightly", "--every", "1h", "--task", "post"),
                      ("schedule", "trigger", "nightly"), ("task", "requeue", made), ("leader", "resign"),
                      ("stream", "create", "y", "--mode", "single"), ("stream", "set", "y", "concurrency=2"),
                      ("stream", "delete", "y")):
            who.weir("node", *words)
        audited = json.loads(who.weir("reader", "audit", "list", "-o", "json"))["items"]
        equal({(row["login"], row["way"], row["result"]) for row in audited if not row["action"].startswith("db.")},
              {("app_node", "cli", "ok")}, "who did what")
        check(all(row["who"].startswith("ann@") for row in audited if row["way"] == "cli"), f"who: {audited}")
        who.weir("node", "stream", "resume", "books", user="")
        newest = json.loads(who.weir("reader", "audit", "list", "--limit", "1", "-o", "json"))["items"][0]
        check(newest["who"].startswith(pwd.getpwuid(os.getuid()).pw_name + "@"), f"who, without USER: {newest}")
        for role in ("node", "producer", "reader"):
            check("owner" in who.weir(role, "db", "grant", "node", "--to", "app_reader", code=1), f"{role} grants")
            answer = who.weir(role, "db", "migrate", code=1)
            check(f'needs the owner of the schema "{s.schema}", which is "app_owner"' in answer, f"{role}: {answer}")
        for forbidden in ("delete from weir.task", "update weir.attempt set result = 'd'", "delete from weir.audit",
                          "insert into weir.audit(who) values ('x')", "alter table weir.task add x int"):
            check(who.sql("node", forbidden)[1] != "", f"as node: {forbidden}")

        s.wait_active({"n1"})
        wait_for("an empty queue", lambda: s.unfinished() == 0, 20, 0.2)
        log = s.cluster.nodes["n1"].log.read_text(errors="replace")
        check("permission denied" not in log, f"the node never needs more: {s.tail('n1')}")
        who.weir("owner", "db", "revoke", "reader", "--from", "app_reader")
        check("needs the role reader" in who.weir("reader", "status", code=1), "the reader's role is taken back")
        s.stop_cleanly()


SCENARIOS = {each.__name__: each for each in (each_with_its_own,)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
