#!/usr/bin/env python3
"""Programs that enqueue by actor message: durable when answered, through a gateway's death too, and by SQL
where no gateway can be reached."""
import argparse
import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from support import arguments, check, equal, run_all, say, scenario, wait_for
from witnesses import session

CONFIG = """
[stream.mail]
mode = "parallel"
partitions = 4
concurrency = 8
[stream.ledger]
mode = "single"
isolation = "thread"
[action.mail]
stream = "mail"
type = "noop"
[action.post]
stream = "ledger"
type = "noop"
"""


class flood:
    """One run of the producer."""

    def __init__(self, s: scenario, url: str, name: str, count: int, batch: int, keys: int = 0) -> None:
        program = s.cluster.weir_program.parent / "tests" / "e2e" / s.cluster.weir_program.name.replace("weir", "flood")
        self.file = Path(s.directory) / f"ids_{name}_{count}_{time.time_ns()}"
        self.child = subprocess.Popen([str(program), url, s.schema, name, str(count), str(batch), str(keys),
                                       str(self.file)], stdout=subprocess.PIPE, text=True)
        s.others.append(self.child)

    def ended(self) -> dict[str, Any]:
        out, _ = self.child.communicate(timeout=120)
        equal(self.child.returncode, 0, "exit code of the producer")
        return json.loads(out)

    def ids(self) -> list[int]:
        return [int(line) for line in self.file.read_text(encoding="utf-8").split()]


def start(s: scenario) -> str:
    """Starts the nodes; the url that names all gateways, n1 first."""
    for name in s.cluster.names:
        file = s.cluster.write_config(name, CONFIG)
        s.cluster.nodes[name].start([str(s.cluster.weir_program), "run", "--config", str(file)],
                                    s.cluster.environment())
    s.wait_active(set(s.cluster.names))
    nodes = {n["name"]: n for n in s.cluster.status()["nodes"]}
    return "weir://" + ",".join(nodes[name]["address"] for name in s.cluster.names if nodes[name]["address"])


def check_all_done(s: scenario, ids: list[int]) -> None:
    s.wait_empty(60)
    equal(len(set(ids)), len(ids), "different ids")
    have = set(map(int, s.sql(f"select id from {s.schema}.task").split()))
    equal(len([i for i in ids if i not in have]), 0, "acknowledged tasks that are lost")
    s.check_every_task_ended_once(len(have))


def gateway_owns_some(s: scenario) -> None:
    """Waits until n1, which the producers talk to, owns partitions of `mail`."""
    wait_for("partitions of n1", lambda: s.number(
        "select count(*) from weir.partition p join weir.node n on n.node_id = p.owner join weir.stream s "
        "on p.part_id between s.first_part and s.first_part + s.partitions - 1 "
        "where n.name = 'n1' and s.name = 'mail'"), 20)


def gateway(wanted: argparse.Namespace) -> None:
    """One by one and in bulk, with and without keys, from several programs at once."""
    with scenario(wanted, "gateway") as s:
        url = start(s)
        gateway_owns_some(s)
        one = flood(s, url, "mail", 500, 1)
        told = one.ended()
        say(f"one by one: {500 / told['seconds']:.0f}/s, p50 {told['p50_ms']:.1f} ms, p99 {told['p99_ms']:.1f} ms")
        many = [flood(s, url, "mail", 10000, 500), flood(s, url, "post", 2000, 100, keys=50)]
        results = [each.ended() for each in many]
        for result in (told, *results):
            equal((result["failed"], result["in_doubt"]), (0, 0), f"what was not enqueued: {result}")
        say(f"in bulk: {10000 / results[0]['seconds']:.0f}/s")
        check_all_done(s, [i for each in (one, *many) for i in each.ids()])
        handed = s.number("select count(*) from weir.task where epoch is not null")
        check(handed > 0, "no task was handed to its owner")
        say(f"{handed} tasks were handed without a read")
        s.stop_cleanly()


def gateway_dies(wanted: argparse.Namespace) -> None:
    """kill -9 of the gateway in use: the next one is taken, and what was acknowledged is done."""
    with scenario(wanted, "gateway_dies") as s:
        url = start(s)
        running = flood(s, url, "mail", 20000, 10, keys=2000)
        while not running.file.exists() or len(running.ids()) < 2000:
            check(running.child.poll() is None, "the producer ended early")
            time.sleep(0.02)  # its progress is in a file
        s.kill("n1")
        told = running.ended()
        say(f"{told['enqueued']} acknowledged, {told['in_doubt']} in doubt, {told['failed']} failed")
        equal(told["failed"], 0, f"failed: {told['last_error']}")
        equal((told["in_doubt"], told["enqueued"]), (0, 20000), "in doubt, and enqueued: a message is sent again")
        equal(s.number("select count(*) from weir.task"), 20000, "tasks in the table")
        check_all_done(s, running.ids())


def overloaded(wanted: argparse.Namespace) -> None:
    """More than a gateway holds while the database takes nothing: what is over is refused at once, the rest is there
    as soon as the database goes on, and the gateway is as before."""
    with scenario(wanted, "overloaded", nodes=1) as s:
        url = start(s)
        program = s.cluster.weir_program.parent / "tests" / "e2e" / s.cluster.weir_program.name.replace("weir", "pile")
        holder = session(s)
        holder.ask("begin")
        holder.ask("lock table weir.task in share mode")
        pile = subprocess.Popen([str(program), url.removeprefix("weir://"), "mail", "250"], text=True,
                                stdout=subprocess.PIPE)
        s.others.append(pile)
        equal(pile.stdout.readline(), "overloaded\n", "the first answer")
        holder.ask("commit")
        told = json.loads(pile.stdout.readline())
        equal(pile.wait(10), 0, "exit code")
        say(f"  refused after {told['first_refusal_s'] * 1000:.0f} ms: {told['answers']}")
        check(told["first_refusal_s"] < 5, "it was not refused at once")
        equal(set(told["answers"]), {"ok", "overloaded"}, "kinds of answers")
        check(told["answers"]["overloaded"] >= 40, "the gateway took more than it may hold")
        equal(s.number("select count(*) from weir.task"), told["enqueued"], "tasks in the table")
        equal(told["enqueued"], told["answers"]["ok"] * 500, "tasks enqueued")
        equal(flood(s, url, "mail", 100, 10).ended()["enqueued"], 100, "enqueued afterwards")
        s.wait_empty(60)
        s.stop_cleanly()


def no_gateway(wanted: argparse.Namespace) -> None:
    """Without links a database url works as well, by SQL; a gateway that is not there is named."""
    with scenario(wanted, "no_gateway", nodes=1) as s:
        s.cluster.listen = "off"
        equal(start(s), "weir://", "addresses of nodes that take no links")
        by_sql = flood(s, s.url, "mail", 1000, 100)
        equal(by_sql.ended()["enqueued"], 1000, "enqueued by SQL")
        check_all_done(s, by_sql.ids())
        told = flood(s, "weir://127.0.0.1:1", "mail", 1, 1).ended()
        equal(told["failed"], 1, "failed")
        check("127.0.0.1:1" in told["last_error"], told["last_error"])


def by_command(wanted: argparse.Namespace) -> None:
    """`weir task enqueue -` goes through a gateway; a bad line is refused alone; without nodes it goes by SQL."""
    with scenario(wanted, "by_command", nodes=1) as s:
        start(s)
        gateway_owns_some(s)
        lines = [json.dumps({"name": "mail", "data": {"n": n}}) for n in range(3000)]
        lines[1500] = '{"name": "mail", "stream": "nowhere"}'
        done = s.cluster.weir("task", "enqueue", "-", "-o", "ndjson", given="\n".join(lines), code=1)
        told = [json.loads(line) for line in done.stdout.splitlines()]
        equal([t["line"] for t in told], list(range(1, 3001)), "answered lines")
        equal([t["line"] for t in told if "id" not in t], [1501], "refused lines")
        check_all_done(s, [int(t["id"]) for t in told if "id" in t])
        check(s.number("select count(*) from weir.task where epoch is not null") > 0, "nothing went by message")
        s.stop_cleanly()
        done = s.cluster.weir("task", "enqueue", "-", given=lines[0])
        check("1 enqueued" in done.stderr, done.stderr)


def embedded(wanted: argparse.Namespace) -> None:
    """A program with CAF actors of its own runs a node on a thread, and enqueues through weir/caf.hpp."""
    with scenario(wanted, "embedded", nodes=1) as s:
        suffix = s.cluster.weir_program.name.replace("weir", "")
        program = s.cluster.weir_program.parent / "examples" / "embed" / f"embed{suffix}"
        with (s.directory / "embed.log").open("wb") as log:
            child = subprocess.Popen([str(program), "--config", str(s.cluster.config("n1"))], text=True, stderr=log,
                                     stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=s.cluster.environment())
        s.others.append(child)
        status = wait_for("the node", lambda: (found := s.cluster.status()) and s.cluster.active_nodes(found) == {"n1"}
                          and found, 20, 0.1)
        child.stdin.write("127.0.0.1:1\n" + status["nodes"][0]["address"] + "\n")
        child.stdin.flush()
        task = child.stdout.readline().split()
        equal(task[0], "task", "what the program says")
        s.wait_empty(20)
        equal(s.cluster.weir_json("task", "show", task[1])["message"], "shipped", "what became of it")
        child.stdin.close()
        equal(child.wait(30), 0, "exit code")


SCENARIOS = {"gateway": gateway, "gateway_dies": gateway_dies, "overloaded": overloaded, "no_gateway": no_gateway,
             "by_command": by_command, "embedded": embedded}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
