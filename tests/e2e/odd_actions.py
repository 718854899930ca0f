#!/usr/bin/env python3
"""Actions that misbehave, in C++ and as programs: each ends as it should, its neighbours lose nothing, and
its node stands."""
import argparse
import signal
import subprocess
import sys
import time

from support import TTL, arguments, check, equal, run_all, scenario, wait_for


def history(s: scenario, task: int) -> tuple[str, list[str], str]:
    """State, the results of its attempts, and its message."""
    shown = s.cluster.weir_json("task", "show", str(task))
    return shown["state"], [a["result"] for a in shown["attempts"]], shown["message"] or ""


def expect(s: scenario, ids: dict[str, int], wanted: dict[str, tuple[str, list[str], str]]) -> None:
    """What it gave up on after its last try shows as failure, with the reason in the message."""
    wrong = []
    for what, (state, results, message) in wanted.items():
        seen = history(s, ids[what])
        gave_up = [*results[:-1], "failure"] if state == "FAILED" else results
        if seen[0] != state or seen[1] not in (results, gave_up) or message not in seen[2]:
            wrong.append(f"{what}: {seen}, not {(state, results, message)}")
    check(not wrong, "\n  ".join(["tasks that ended otherwise:", *wrong]))


RUNNER = {
    "succeed": ("DONE", ["success"], "attempt 1"),
    "throw": ("FAILED", ["retry"] * 2, "thrown on purpose"),
    "throw_number": ("FAILED", ["retry"] * 2, ""),
    "exit": ("FAILED", ["crash"] * 2, "status 3"),
    "abort": ("FAILED", ["crash"] * 2, "SIGABRT"),
    "segfault": ("FAILED", ["crash"] * 2, "SIGSEGV"),
    "kill": ("FAILED", ["crash"] * 2, "SIGKILL"),
    "never_end": ("FAILED", ["timeout"] * 2, ""),
    "fail": ("FAILED", ["failure"], "failed on purpose"),
    "retry": ("FAILED", ["retry"] * 2, "not yet"),
    "cancel": ("CANCELLED", ["cancel"], "not needed"),
    "snooze": ("DONE", ["snooze", "success"], "attempt 2"),
}
THREADS = {what: RUNNER[what] for what in RUNNER if what not in ("exit", "abort", "segfault", "kill")}


def in_cpp(wanted: argparse.Namespace) -> None:
    """Throws, exits, crashes, never ends: in a runner process and on a thread."""
    with scenario(wanted, "in_cpp", nodes=1) as s:
        s.cluster.node_program = wanted.build.resolve() / "tests" / "e2e" / f"odd-node{wanted.suffix}"
        s.start_nodes()
        pid = s.cluster.nodes["n1"].pid()
        runner = s.enqueue([{"name": "odd", "data": {"do": what}} for what in RUNNER])
        thread = s.enqueue([{"name": "odd_thread", "data": {"do": what}} for what in THREADS])
        beside = s.enqueue([{"name": name, "data": {"do": "sleep", "ms": 5}}
                            for name in ("long", "long_thread") for _ in range(100)])
        s.wait_empty(60)
        equal(s.cluster.nodes["n1"].pid(), pid, "the node's pid: it must survive its actions")
        expect(s, dict(zip(RUNNER, runner)), RUNNER)
        expect(s, dict(zip(THREADS, thread)), THREADS)
        done = s.number("select count(*) from weir.attempt where result = 'd' and task_id in "
                        f"({','.join(map(str, beside))})")
        equal(done, len(beside), "neighbours DONE")
        s.check_every_task_ended_once(len(runner) + len(thread) + len(beside))
        s.stop_cleanly()


def neighbours(wanted: argparse.Namespace) -> None:
    """Four tasks share one runner; one crashes it, one never ends and has it killed. The innocents beside
    them are interrupted, which counts to nothing, and DONE in the end."""
    with scenario(wanted, "neighbours", nodes=1) as s:
        s.cluster.node_program = wanted.build.resolve() / "tests" / "e2e" / f"odd-node{wanted.suffix}"
        s.start_nodes()
        for what in ("never_end", "abort"):
            innocent = [{"name": "long_shared", "data": {"do": "sleep", "ms": 2500}} for _ in range(3)]
            guilty, *others = s.enqueue([{"name": "odd_shared", "data": {"do": what}}, *innocent])
            s.wait_empty(60)
            equal(history(s, guilty)[0], "FAILED", f"state of the task that does {what}")
            for task in others:
                state, results, message = history(s, task)
                check(state == "DONE", f"beside {what}: {state} {results} {message}")
                check(set(results[:-1]) <= {"interrupted", "crash"}, f"beside {what}: {results}")
        check(s.number("select count(*) from weir.attempt where result in ('i', 'x')") > 2, "nobody was hit")
        s.stop_cleanly()


def unknown(wanted: argparse.Namespace) -> None:
    """A task that no node has an action for is CANCELLED with that message, after a grace."""
    with scenario(wanted, "unknown", nodes=1) as s:
        s.start_nodes()
        task = s.enqueue([{"name": "nobody_does_this"}])[0]
        time.sleep(1)
        check(history(s, task)[0] != "CANCELLED", "cancelled without a grace")
        wait_for("its end", lambda: history(s, task)[0] == "CANCELLED", 30, 0.5)
        check("action" in history(s, task)[2], f"message: {history(s, task)[2]}")
        s.stop_cleanly()


def away(wanted: argparse.Namespace) -> None:
    """The only node that performs a name restarts, and another goes on for longer than that grace: its tasks wait."""
    with scenario(wanted, "away", nodes=2) as s:
        def start(name: str) -> None:
            command = [str(s.cluster.weir_program), "run", "--config", str(s.cluster.config(name))]
            s.cluster.nodes[name].start(command, s.cluster.environment())

        stream = '[stream.books]\nmode = "single"\n'
        for name, more in (("n1", '[action.mail]\n'), ("n2", '[action.book]\nstream = "books"\n')):
            s.cluster.write_config(name, f'{stream}{more}type = "noop"\n')
            start(name)
        s.wait_active({"n1", "n2"})
        s.cluster.nodes["n2"].signal(signal.SIGTERM)
        equal(s.cluster.nodes["n2"].ended(20), 0, "exit code")
        book, unknown_one = s.enqueue([{"name": "book"}, {"name": "nobody_does_this"}])
        wait_for("the end of the other one", lambda: history(s, unknown_one)[0] == "CANCELLED", 30, 0.5)
        time.sleep(2)
        check(history(s, book)[0] != "CANCELLED", "cancelled although its node may be back")
        said = s.cluster.weir("task", "explain", str(book)).stdout
        check("n2" in said, f"explain does not name the node that is away: {said}")
        start("n2")
        wait_for("its end", lambda: history(s, book)[0] == "DONE", 30, 0.5)
        s.stop_cleanly()


SCRIPT = """#!/bin/sh
read -r task
case "$task" in
*'"do":"ok"'*) echo noise; echo "did $WEIR_TASK_NAME $WEIR_TASK_ID key=${WEIR_TASK_KEY-none} on $WEIR_NODE"
  echo "attempt $WEIR_ATTEMPT token $WEIR_FENCING_TOKEN stream $WEIR_STREAM url=${WEIR_DATABASE_URL-hidden}";;
*'"do":"retry"'*) test "$WEIR_ATTEMPT" -gt 1 && { echo second; exit 0; }; echo again; exit 75;;
*'"do":"fail"'*) echo "no such customer"; exit 9;;
*'"do":"kill"'*) kill -9 $$;;
*'"do":"hang"'*) sleep 1000 & wait;;
*'"do":"big"'*) head -c 3000000 /dev/zero | tr '\\\\0' x; echo; echo end;;
esac
"""

CONFIG = """
[stream.tools]
mode = "{mode}"
[action.tool]
stream = "tools"
type = "exec"
command = ["./tool.sh"]
timeout = "2s"
retry = {{ every = "100ms", max_attempts = 2 }}
max_crashes = 2
[action.missing]
stream = "tools"
type = "exec"
command = ["./no-such-program"]
retry = {{ every = "100ms", max_attempts = 2 }}
[action.nothing]
type = "noop"
"""

EXEC = {
    "ok": ("DONE", ["success"], "attempt 1 token "),
    "retry": ("DONE", ["retry", "success"], "second"),
    "fail": ("FAILED", ["failure"], "no such customer"),
    "kill": ("FAILED", ["crash"] * 2, "SIGKILL"),
    "hang": ("FAILED", ["timeout"] * 2, ""),
    "big": ("DONE", ["success"], "end"),
}


def exec_actions(wanted: argparse.Namespace, mode: str) -> None:
    with scenario(wanted, f"exec_{mode}", nodes=1) as s:
        file = s.cluster.write_config("n1", CONFIG.format(mode=mode))
        script = file.parent / "tool.sh"
        script.write_text(SCRIPT, encoding="utf-8")
        script.chmod(0o755)
        node = s.cluster.nodes["n1"]
        environment = {**s.cluster.environment(), "WEIR_DATABASE_URL": s.url}
        node.start([str(s.cluster.weir_program), "run", "--config", str(file)], environment)
        s.wait_active({"n1"})
        ids = dict(zip(EXEC, s.enqueue([{"name": "tool", "data": {"do": what}} for what in EXEC])))
        others = s.enqueue([{"name": "missing"}, {"name": "nothing"}])
        s.wait_empty(40)
        check(node.pid(), f"the node ended: {s.tail('n1')}")
        expect(s, ids, EXEC)
        message = history(s, ids["ok"])[2]
        check(message.endswith(" stream tools url=hidden"), f"message of ok: {message}")
        state, _, message = history(s, others[0])
        check(state == "FAILED" and "no-such-program" in message, f"missing program: {state}, {message}")
        equal(history(s, others[1])[0], "DONE", "state of a noop")
        equal(processes_with("sleep 1000"), [], "children of a hung program that still run")
        s.stop_cleanly()


def processes_with(words: str) -> list[str]:
    done = subprocess.run(["ps", "-eo", "pid=,stat=,args="], capture_output=True, text=True, timeout=10)
    return [line for line in done.stdout.splitlines() if line.split(None, 2)[2:] == [words]]


def exec_single(wanted: argparse.Namespace) -> None:
    """The daemon with exec actions from its configuration, in a runner process."""
    exec_actions(wanted, "single")


def exec_parallel(wanted: argparse.Namespace) -> None:
    """The same on threads."""
    exec_actions(wanted, "parallel")


def poison(wanted: argparse.Namespace) -> None:
    """kill -9 of a node in the middle of long tasks on threads and in a runner, while it restarts: the
    interrupted ones run again and are DONE; the runner's long task is not counted as a crash."""
    with scenario(wanted, "poison", nodes=1) as s:
        s.cluster.node_program = wanted.build.resolve() / "tests" / "e2e" / f"odd-node{wanted.suffix}"
        s.start_nodes()
        ids = s.enqueue([{"name": name, "data": {"do": "sleep", "ms": 4000}}
                         for name in ("long", "long_thread", "long_thread")])

        def running() -> bool:
            return all(history(s, task)[0] == "IN PROGRESS" for task in ids)
        wait_for("long tasks IN PROGRESS", running, 15)
        s.kill("n1")
        s.cluster.start_node("n1")
        s.wait_empty(TTL + 20)
        for task in ids:
            state, results, message = history(s, task)
            check(state == "DONE" and results[-1] == "success", f"task {task}: {state} {results} {message}")
            check(set(results[:-1]) <= {"interrupted", "crash"}, f"task {task}: {results}")
        s.stop_cleanly()


SCENARIOS = {each.__name__: each
             for each in (in_cpp, neighbours, exec_single, exec_parallel, poison, unknown, away)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
