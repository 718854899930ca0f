#!/usr/bin/env python3
"""What people order of running nodes: move and delete a stream, let another lead, run once, start again
after a crash; and what explain says meanwhile."""
import argparse
import json
import os
import signal
import sys
import time
from typing import Any

from support import TTL, alive, arguments, check, equal, run_all, say, scenario, tree_of, wait_for

CONFIG = """
[stream.partner]
mode = "single"
[stream.ledger]
mode = "single"
[stream.mail]
mode = "parallel"
partitions = 4
[action.update]
stream = "partner"
type = "exec"
command = ["./update.sh"]
retry = { every = "1h", max_attempts = 5 }
[action.post]
stream = "ledger"
type = "noop"
[action.mail]
stream = "mail"
type = "noop"
"""
SCRIPT = """#!/bin/sh
read -r task
case "$task" in
*'"do":"retry"'*) echo "not today"; exit 75;;
*'"do":"wait"'*) sleep 20;;
*'"do":"nap"'*) sleep 3;;
esac
"""


def configure(s: scenario) -> None:
    for name in s.cluster.names:
        file = s.cluster.write_config(name, CONFIG)
        script = file.parent / "update.sh"
        script.write_text(SCRIPT, encoding="utf-8")
        script.chmod(0o755)


def run_node(s: scenario, name: str, *flags: str) -> None:
    s.cluster.nodes[name].start(
        [str(s.cluster.weir_program), "run", *flags, "--config", str(s.cluster.config(name))],
        s.cluster.environment())


def run_nodes(s: scenario, *flags: str) -> None:
    configure(s)
    for name in s.cluster.names:
        run_node(s, name, *flags)
    s.wait_active(set(s.cluster.names))
    wait_for("an owner of each partition", lambda: all_owned(s), 15)


def all_owned(s: scenario) -> bool:
    return all(p["owner"] for each in s.cluster.status()["streams"] for p in each["partitions"])


def owners(s: scenario, stream: str) -> list[str]:
    shown = s.cluster.weir_json("stream", "show", stream)
    return [p["owner"] for p in shown["partitions"]]


def stays(what: str, found: Any, wanted: Any, seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        equal(found(), wanted, what)
        time.sleep(0.2)


def move(wanted: argparse.Namespace) -> None:
    """A single stream and a slot of a parallel one go where they are told, and stay there."""
    with scenario(wanted, "move") as s:
        run_nodes(s)
        time.sleep(4)  # new nodes settle: until then the leader moves nothing, afterwards perhaps something
        for stream in ("partner", "ledger"):
            for _ in range(2):
                before = owners(s, stream)[0]
                to = next(name for name in s.cluster.names if name != before)
                done = s.cluster.weir("stream", "move", stream, to)
                say(f"  {done.stderr.strip()}")
                at = time.monotonic()
                wait_for(f"{stream} on {to}", lambda: owners(s, stream) == [to], 6)
                say(f"  arrived after {time.monotonic() - at:.1f} s")
                log = s.cluster.nodes[to].log.read_text(encoding="utf-8")
                check(f"stream {stream}, slot 0 (partition " in log, f"the log of {to} names it: {s.tail(to)}")
                stays(f"owner of {stream}", lambda: owners(s, stream), [to], 2)
        before = owners(s, "mail")
        to = next(name for name in s.cluster.names if name != before[1])
        s.cluster.weir("stream", "move", "mail", to, "--slot", "1")
        wait_for(f"mail/1 on {to}", lambda: owners(s, "mail")[1] == to, 6)
        s.enqueue([{"name": name} for name in ("update", "post", "mail", "mail", "mail")])
        s.wait_empty(15)
        s.stop_cleanly()


def delete(wanted: argparse.Namespace) -> None:
    """A stream that a node owns and has a runner for is deleted; the node and the other streams go on."""
    with scenario(wanted, "delete", nodes=1) as s:
        run_nodes(s)
        first = s.enqueue([{"name": "update"}])[0]
        s.wait_empty(15)
        node = s.cluster.nodes["n1"]
        with_runner = tree_of(node.pid())
        check(len(with_runner) > 1, "the stream has no runner process")
        s.cluster.weir("task", "enqueue", "update", "--in", "3s")
        refused = s.cluster.weir("stream", "delete", "partner", code=5)
        check("1 unfinished task" in refused.stderr, refused.stderr)
        s.wait_empty(15)
        told = s.cluster.weir("stream", "delete", "partner").stderr
        check("warning: n1 performs update, whose tasks go to stream default" in told, told)
        equal(s.cluster.weir("stream", "show", "partner", code=3).stdout, "", "output")
        warned = {each["code"]: each["message"] for each in s.cluster.status()["warnings"]}
        check("declared by running node n1, but missing" in warned.get("stream_missing", ""), str(warned))
        wait_for("the end of its runner", lambda: not any(alive(*each) for each in with_runner[1:]), 10)
        kept = s.cluster.weir_json("task", "show", str(first))["stream"]
        equal(kept, "partner", "stream of a finished task")
        s.enqueue([{"name": "update"}, {"name": "post"}])  # the first goes to `default` now
        s.wait_empty(15)
        check(node.pid(), f"the node ended: {s.tail('n1')}")
        s.stop_cleanly()


def epochs(status: dict[str, Any]) -> list[int]:
    return [p["epoch"] for each in status["streams"] for p in each["partitions"]]


def resign(wanted: argparse.Namespace) -> None:
    """Another node leads, and running work does not notice."""
    with scenario(wanted, "resign") as s:
        run_nodes(s)
        before = s.cluster.status()
        ended = s.cluster.weir_json("leader", "resign")
        equal((ended["node"], ended["reason"]), (before["leader"]["node"], "resigned"), "the term that ended")

        def next_leader() -> Any:
            leader = s.cluster.weir_json("leader", "show")
            return leader if leader and leader["term"] > ended["term"] else None
        after = wait_for("another leader", next_leader, 5)
        check(after["node"] != ended["node"], f"{after['node']} leads again, with two others there")
        stays("epochs", lambda: epochs(s.cluster.status()), epochs(before), 2)
        for name in s.cluster.names:
            check(s.cluster.nodes[name].pid(), f"{name} ended")
        history = s.cluster.weir_json("leader", "history")["items"]
        equal([each["reason"] for each in history[:2]], [None, "resigned"], "history")
        s.stop_cleanly()


def explain(wanted: argparse.Namespace) -> None:
    """From `no node` to `done`, each stage with its reason."""
    with scenario(wanted, "explain", nodes=1) as s:
        configure(s)
        s.cluster.weir("stream", "create", "partner", "--mode", "single")

        def reason(task: int) -> str:
            return s.cluster.weir_json("task", "explain", str(task))["reason"]

        def add(*flags: str) -> int:
            return s.cluster.weir_json("task", "enqueue", "update", "--stream", "partner", *flags)["id"]
        waits = add("--key", "k", "--data", '{"do":"wait"}')
        equal(reason(waits), "no_nodes", "without a node")
        run_node(s, "n1")
        s.wait_active({"n1"})
        wait_for("a run", lambda: reason(waits) == "running", 15)
        behind, keyed, later = add(), add("--key", "k"), add("--in", "1h")
        equal(reason(behind), "queued", "behind a run")
        equal(reason(keyed), "key_busy", "behind a run of its key")
        equal(s.cluster.weir_json("task", "explain", str(keyed))["waits_for"], str(waits), "waits_for")
        equal(reason(later), "not_due", "later")
        s.cluster.weir("stream", "pause", "partner")
        equal(reason(behind), "paused", "in a paused stream")
        s.cluster.weir("stream", "resume", "partner")
        again = add("--data", '{"do":"retry"}')
        wait_for("a retry", lambda: reason(again) == "retry_later", 30)
        text = s.cluster.weir("task", "explain", str(again)).stdout
        check("not today" in text.splitlines()[0], text)
        wait_for("the end", lambda: reason(keyed) == "done", 15)
        s.cluster.nodes["n1"].signal(signal.SIGTERM)
        equal(s.cluster.nodes["n1"].ended(40), 0, "exit code")


def once(wanted: argparse.Namespace) -> None:
    """Runs what is due, leaves the rest, exits 0; the second time there is nothing to do."""
    with scenario(wanted, "once", nodes=1) as s:
        configure(s)
        s.cluster.weir("stream", "create", "partner", "--mode", "single")
        tasks = [{"name": name, "stream": "partner" if name == "update" else None}
                 for name in ("update", "post", "mail") for _ in range(200 if name == "mail" else 5)]
        s.enqueue([{k: v for k, v in each.items() if v} for each in tasks])
        s.cluster.weir("task", "enqueue", "mail", "--in", "1h")
        s.cluster.weir("task", "enqueue", "update", "--data", '{"do":"retry"}', "--stream", "partner")
        for turn in range(2):
            at = time.monotonic()
            done = s.cluster.weir("run", "--once", seconds=40)
            say(f"  run {turn + 1} took {time.monotonic() - at:.1f} s")
            check("nothing due is left" in done.stderr, done.stderr)
            equal(s.number("select count(*) from weir.attempt where result = 'd'"), len(tasks), "tasks DONE")
            equal(s.unfinished(), 2, "the one for later and the retry")
            equal(s.cluster.status()["nodes"][0]["state"], "stopped", "the node")


def once_after_death(wanted: argparse.Namespace) -> None:
    """What is due with a node that was killed a moment ago is not left there: its death is waited for."""
    with scenario(wanted, "once_after_death", nodes=2) as s:
        configure(s)
        run_node(s, "n1")
        s.wait_active({"n1"})
        wait_for("an owner of each partition", lambda: all_owned(s), 15)
        s.kill("n1")
        s.enqueue([{"name": "mail"} for _ in range(20)])
        done = s.direct("run", "--once", "--config", str(s.cluster.config("n2")))
        equal(done.returncode, 0, done.stderr)
        check("nothing due is left" in done.stderr, done.stderr)
        equal(s.number("select count(*) from weir.attempt where result = 'd'"), 20, "tasks DONE")
        equal(s.unfinished(), 0, "what is left")


def supervise(wanted: argparse.Namespace) -> None:
    """kill -9 of the node below: back within 2 s under a new incarnation. kill -9 of the process above:
    nothing is left. SIGTERM: a drain, exit 0."""
    with scenario(wanted, "supervise", nodes=1) as s:
        run_nodes(s, "--supervise")
        above = s.cluster.nodes["n1"]
        for turn in range(2):
            family = tree_of(above.pid())
            node = s.cluster.status()["nodes"][0]["node_id"]
            at = time.monotonic()
            os.kill(family[1][0], signal.SIGKILL)

            def back() -> bool:
                found = s.cluster.status()["nodes"][0]
                return found["node_id"] != node and found["state"] == "active"
            wait_for("the node again", back, 5)
            took = time.monotonic() - at
            say(f"  active again after {took:.1f} s")
            check(took < 2 + turn, "too slow")
            wait_for("all partitions owned", lambda: all_owned(s), 10)
        s.enqueue([{"name": name} for name in ("update", "post", "mail")])
        s.wait_empty(15)
        nap = s.enqueue([{"name": "update", "data": {"do": "nap"}}])[0]

        def shown() -> dict[str, Any]:
            return json.loads(s.cluster.weir("task", "show", str(nap), "-o", "json").stdout)
        wait_for("the nap in progress", lambda: shown()["state"] == "IN PROGRESS", 10)
        os.kill(tree_of(above.pid())[1][0], signal.SIGKILL)
        wait_for("the nap done", lambda: shown()["state"] == "DONE", 15)
        cut_short = shown()["attempts"][0]
        equal((cut_short["result"], cut_short["message"]),
              ("interrupted", "its node ended: it was killed by signal 9"), "the attempt that its node did not outlive")
        family = tree_of(above.pid())
        check(len(family) > 3, "no runner below the node")
        above.signal(signal.SIGKILL)
        equal(above.ended(5), -signal.SIGKILL, "its end")
        wait_for("the end of all below", lambda: not any(alive(*each) for each in family), TTL)
        run_node(s, "n1", "--supervise")
        s.wait_active({"n1"})
        family = tree_of(above.pid())
        above.signal(signal.SIGTERM)
        equal(above.ended(40), 0, "exit code after SIGTERM")
        check(not any(alive(*each) for each in family), "something of it still runs")
        equal(s.cluster.status()["nodes"][0]["state"], "stopped", "the node")


SCENARIOS = {each.__name__: each for each in (move, delete, resign, explain, once, once_after_death, supervise)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
