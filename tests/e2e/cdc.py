#!/usr/bin/env python3
"""Change data capture from outside: tasks for each change, kill -9 in the middle of a pass, callbacks that fail and
that crash, and a node that knows its database from the environment alone."""
import argparse
import os
import signal
import sys
from collections import Counter
from typing import Any, Optional

from support import TTL, arguments, check, equal, run_all, say, scenario, tree_of, wait_for

CONTROLLER = "4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e"
CONFIG = """
[action.customers]
type = "cdc"
controller = "{controller}"
query = "{query}"
limit = 100000
[action."customers.create"]
type = "{type}"
{command}
[action."customers.update"]
type = "{type}"
{command}
[action."customers.delete"]
type = "{type}"
{command}
"""
PRINT = """#!/bin/sh
echo "$WEIR_TASK_NAME $WEIR_TASK_KEY $WEIR_DATABASE_URL$WEIR_ACTION__CUSTOMERS__SOURCE_URL" >> "$PRINTED"
"""


def query(s: scenario) -> str:
    return f"select id as object_id, md5(c::text)::uuid as hash from {s.schema}.customer c"


def prepare(s: scenario, kind: str) -> None:
    """A table of customers in the scenario's schema, and nodes that run `print.sh` (or nothing) for each change."""
    s.sql(f"create table {s.schema}.customer(id text primary key, name text)")
    for name in s.cluster.names:
        text = CONFIG.format(controller=CONTROLLER, query=query(s), type=kind,
                             command='command = ["./print.sh"]' if kind == "exec" else "")
        script = s.cluster.write_config(name, text).parent / "print.sh"
        script.write_text(PRINT, encoding="utf-8")
        script.chmod(0o755)


def environment(s: scenario) -> dict[str, str]:
    return {**s.cluster.environment(), "PRINTED": str(s.directory / "printed")}


def run_nodes(s: scenario) -> None:
    for name in s.cluster.names:
        s.cluster.nodes[name].start([str(s.cluster.weir_program), "run", "--config", str(s.cluster.config(name))],
                                    environment(s))
    s.wait_active(set(s.cluster.names))
    wait_for("an owner of the controller", lambda: s.cluster.owner(CONTROLLER), 15)


def one_pass(s: scenario) -> dict[str, Any]:
    """Runs a pass to its end; its task then."""
    task = s.enqueue([{"name": "customers"}])[0]

    def over() -> Optional[dict[str, Any]]:
        shown = s.cluster.weir_json("task", "show", str(task))
        return shown if shown["state"] in ("DONE", "FAILED", "CANCELLED") else None
    return wait_for("the end of a pass", over, 60, 0.2)


def printed(s: scenario) -> Counter:
    try:
        lines = (s.directory / "printed").read_text(encoding="utf-8").splitlines()
    except OSError:
        return Counter()
    return Counter(line.rstrip() for line in lines)


def tasks(wanted: argparse.Namespace) -> None:
    """Each change runs one program, with the object's id as the task's key; status tells, resync repeats."""
    with scenario(wanted, "tasks", nodes=2) as s:
        prepare(s, "exec")
        s.sql(f"insert into {s.schema}.customer select n, 'name' from generate_series(1, 200) n")
        run_nodes(s)
        done = one_pass(s)
        equal((done["state"], done["message"], done["stream"]), ("DONE", "200 created", CONTROLLER), "the first pass")
        s.wait_empty(30)
        equal(printed(s), Counter({f"customers.create {n}": 1 for n in range(1, 201)}), "what was run")
        s.sql(f"update {s.schema}.customer set name = 'other' where id in ('7', '8')")
        s.sql(f"delete from {s.schema}.customer where id = '9'")
        equal(one_pass(s)["message"], "2 updated, 1 deleted", "the second pass")
        equal(one_pass(s)["message"], "nothing has changed", "the third pass")
        s.wait_empty(15)
        for line in ("customers.update 7", "customers.update 8", "customers.delete 9"):
            equal(printed(s)[line], 1, line)
        shown = s.cluster.weir_json("cdc", "status")["items"]
        equal([(each["name"], each["objects"], each["pass"], each["problem"]) for each in shown],
              [("customers", 199, 3, None)], "cdc status")
        check("customers" in s.cluster.weir("cdc", "status").stdout, "its table")
        equal(s.cluster.weir("cdc", "resync", "custmers", code=3).stdout, "", "a name that is none")
        s.cluster.weir("cdc", "resync", "customers")
        equal(one_pass(s)["message"], "199 updated", "after resync")
        s.wait_empty(30)
        s.stop_cleanly()


def problems(wanted: argparse.Namespace) -> None:
    """A source that gives nonsense or is not there deletes nothing, and the task says why."""
    with scenario(wanted, "problems", nodes=1) as s:
        prepare(s, "noop")
        s.sql(f"insert into {s.schema}.customer select n, 'name' from generate_series(1, 150) n")
        run_nodes(s)
        equal(one_pass(s)["message"], "150 created", "the first pass")
        s.sql(f"alter table {s.schema}.customer rename to hidden")
        failed = one_pass(s)
        equal(failed["state"], "FAILED", "without its table")
        check(f'relation "{s.schema}.customer" does not exist' in failed["message"], failed["message"])
        s.sql(f"alter table {s.schema}.hidden rename to customer")
        s.sql(f"create table {s.schema}.saved as select * from {s.schema}.customer")
        s.sql(f"delete from {s.schema}.customer")
        failed = one_pass(s)
        equal(failed["state"], "FAILED", "with an empty table")
        check("nothing was deleted" in failed["message"], failed["message"])
        equal(s.cluster.weir_json("cdc", "status")["items"][0]["problem"], failed["message"], "status")
        s.sql(f"insert into {s.schema}.customer select * from {s.schema}.saved where id <> '7'")
        equal(one_pass(s)["message"], "1 deleted", "when it is back")
        equal(s.number("select count(*) from weir.task where name = 'customers.delete'"), 1, "deletes in all")
        s.stop_cleanly()


def killed(wanted: argparse.Namespace) -> None:
    """kill -9 of the runner, then of the node, in the middle of a pass over 20,000 objects: a task for each, none
    twice."""
    with scenario(wanted, "killed", nodes=2) as s:
        prepare(s, "noop")
        s.sql(f"insert into {s.schema}.customer select n, 'name' from generate_series(1, 20000) n")
        # Each write takes a little longer, so that there is a middle to be met.
        s.sql(f"create function {s.schema}.slow() returns trigger language plpgsql as "
              f"$$ begin perform pg_sleep(0.1); return new; end $$; "
              f"comment on function {s.schema}.slow() is 'of this test'; "
              f"create trigger slow before update on {s.schema}.cdc_controller for each row "
              f"execute function {s.schema}.slow()")
        run_nodes(s)
        s.enqueue([{"name": "customers"}])

        def kept() -> int:
            return s.number("select count(*) from weir.cdc_hash")

        def in_the_middle(after: int) -> int:
            return wait_for("a pass in its middle", lambda: kept() if kept() > after else 0, 30, 0.02)

        first = s.cluster.owner(CONTROLLER)
        at = in_the_middle(0)
        node = s.cluster.nodes[first].pid()
        runner = next(pid for pid, _ in tree_of(node) if pid != node)
        os.kill(runner, signal.SIGKILL)
        say(f"  runner killed with {at} kept")
        check(at < 10000, f"too late: {at}")
        at = in_the_middle(at + 1000)
        s.kill(first)
        say(f"  {first} killed with {at} kept")
        check(at < 19000, f"too late: {at}")
        wait_for("all of them", lambda: kept() == 20000, TTL + 60, 0.5)
        s.wait_empty(60)
        equal(s.number("select count(*) from weir.task where name = 'customers.create'"), 20000, "tasks")
        equal(s.number("select count(distinct key) from weir.task where name = 'customers.create'"), 20000, "objects")
        equal(s.number("select count(*) from weir.task where name like 'customers.%'"), 20000, "tasks in all")
        equal(s.number("select count(*) from weir.task t join weir.cdc_hash h on h.object_id = t.key "
                       "and h.hash::text = t.data ->> 'hash'"), 20000, "hashes that were enqueued")
        s.stop_cleanly()


def callbacks(wanted: argparse.Namespace) -> None:
    """Objects whose callback fails, or takes its process with it, do not keep the others from their turn."""
    with scenario(wanted, "callbacks", nodes=1) as s:
        s.sql(f"create table {s.schema}.customer(id text primary key, name text)")
        s.sql(f"insert into {s.schema}.customer select 'z' || n, 'name' from generate_series(1, 35) n "
              f"union all values ('poison', ''), ('refused', '')")
        calls = s.directory / "calls"
        program = s.cluster.weir_program.parent / s.cluster.weir_program.name.replace("weir", "cdc-node")
        program = next(s.cluster.weir_program.parent.rglob(program.name))
        s.cluster.nodes["n1"].start([str(program), "--config", str(s.cluster.config("n1"))],
                                    {**s.cluster.environment(), "CALLS_FILE": str(calls), "SOURCE_URL": s.url,
                                     "SOURCE_QUERY": query(s)})
        s.wait_active({"n1"})
        first = s.enqueue([{"name": "customers"}])[0]
        wait_for("the end of the first pass", lambda: s.unfinished() == 0, 30, 0.2)
        shown = s.cluster.weir_json("task", "show", str(first))
        equal([each["result"] for each in shown["attempts"]], ["crash", "success"], "its attempts")
        equal(shown["message"], '9 created, 1 failed, limit reached: the next pass goes on, '
                                'first: object "refused": the partner will not have it', "its message")
        for _ in range(3):
            one_pass(s)
        seen = Counter(calls.read_text(encoding="utf-8").split("\n")[:-1])
        for n in range(1, 36):
            equal(seen[f"create z{n}"], 1, f"calls for z{n}")
        check(seen["create poison"] >= 1 and seen["create refused"] >= 2, f"those that fail are tried again: {seen}")
        equal(s.number("select count(*) from weir.cdc_hash"), 35, "kept")
        check(s.cluster.nodes["n1"].pid(), "the node lives on")
        s.stop_cleanly()


def from_environment(wanted: argparse.Namespace) -> None:
    """The runner finds weir's database where its node found it; programs that it runs do not."""
    with scenario(wanted, "from_environment", nodes=1) as s:
        prepare(s, "exec")
        file = s.cluster.config("n1")
        plain = file.parent / "plain.toml"
        plain.write_text("".join(line for line in file.read_text(encoding="utf-8").splitlines(True)
                                 if not line.startswith("url =")), encoding="utf-8")
        s.sql(f"insert into {s.schema}.customer values ('1', 'name')")
        s.cluster.nodes["n1"].start(
            [str(s.cluster.weir_program), "run", "--config", str(plain)],
            {**environment(s), "WEIR_DATABASE_URL": s.url, "WEIR_ACTION__CUSTOMERS__SOURCE_URL": s.url})
        s.wait_active({"n1"})
        equal(one_pass(s)["message"], "1 created", "a pass")
        s.wait_empty(15)
        equal(printed(s), Counter({"customers.create 1": 1}), "what was run, and what it knew")
        s.stop_cleanly()


SCENARIOS = {each.__name__: each for each in (tasks, problems, killed, callbacks, from_environment)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
