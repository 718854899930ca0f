"""witness-node in a scenario: what its actions wrote down, and producers with transactions of their own."""
import json
import subprocess
import threading
import time
from pathlib import Path
from typing import Any, Optional

from support import equal, scenario, wait_for


class witnesses:
    """The nodes of a scenario, as programs whose actions write down what they do."""

    def __init__(self, s: scenario) -> None:
        self.s = s
        self.file, self.errors_file = s.directory / "witness.jsonl", s.directory / "errors.jsonl"
        build, name = s.cluster.weir_program.parent, s.cluster.weir_program.name
        self.program = build / "tests" / "e2e" / name.replace("weir", "witness-node")

    def start(self, name: str) -> None:
        environment = {**self.s.cluster.environment(), "WITNESS": str(self.file), "ERRORS": str(self.errors_file),
                       "HOOK_FAILS": str(self.s.directory / "hook_fails")}
        self.s.cluster.nodes[name].start([str(self.program), "--config", str(self.s.cluster.config(name))], environment)

    def start_all(self) -> None:
        for name in self.s.cluster.names:
            self.start(name)
        self.s.wait_active(set(self.s.cluster.names))

    def events(self, kind: str = "", **wanted: Any) -> list[dict[str, Any]]:
        """Of one kind, with these members, in the order in which they were written."""
        return [e for e in lines_of(self.file)
                if kind in ("", e["event"]) and all(e[k] == v for k, v in wanted.items())]

    def errors(self) -> list[dict[str, str]]:
        return lines_of(self.errors_file)

    def starts(self, task: int) -> int:
        return len(self.events("start", id=task))

    def wait_start(self, task: int, count: int = 1) -> None:
        wait_for(f"start {count} of task {task}", lambda: self.starts(task) >= count, 15, 0.02)

    def shown(self, task: int) -> dict[str, Any]:
        return self.s.cluster.weir_json("task", "show", str(task))

    def wait_state(self, task: int, state: str, seconds: float = 20) -> dict[str, Any]:
        return wait_for(f"task {task} {state}", lambda: (t := self.shown(task))["state"] == state and t, seconds)


def lines_of(file: Path) -> list[dict[str, Any]]:
    """Whole lines only: the last one may be on its way."""
    if not file.exists():
        return []
    text = file.read_text(encoding="utf-8")
    return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]


class session:
    """A database session of a producer: statements in, answers out."""

    def __init__(self, s: scenario) -> None:
        self.schema = s.schema
        self.child = subprocess.Popen(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", s.url], text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        s.others.append(self.child)

    def ask(self, statement: str) -> list[str]:
        self.child.stdin.write(statement.replace("weir.", self.schema + ".") + ";\n\\echo --\n")
        self.child.stdin.flush()
        lines = []
        while (line := self.child.stdout.readline()) != "--\n":
            if not line:
                raise RuntimeError(f"psql ended at: {statement}")
            lines.append(line.rstrip("\n"))
        return lines

    def enqueue(self, name: str, key: Optional[str], data: dict[str, Any], delay: str = "0s") -> int:
        quoted = "null" if key is None else f"'{key}'"
        return int(self.ask(f"select weir.enqueue('{name}', {quoted}, '{json.dumps(data)}', "
                            f"do_after => now() + interval '{delay}')")[0])

    def close(self) -> None:
        self.child.stdin.close()
        equal(self.child.wait(10), 0, "exit code of psql")


class by_message:
    """`weir task enqueue -`: one process, one line in, one answer out, by message through a gateway."""

    def __init__(self, s: scenario) -> None:
        command = [str(s.cluster.weir_program), "task", "enqueue", "-", "-o", "ndjson", "-q", "--config",
                   str(s.cluster.config("n1"))]
        self.child = subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      env=s.cluster.environment())
        s.others.append(self.child)

    def enqueue(self, name: str, key: str, data: dict[str, Any]) -> int:
        self.child.stdin.write(json.dumps({"name": name, "key": key, "data": data}) + "\n")
        self.child.stdin.flush()
        answer = json.loads(self.child.stdout.readline())
        if "id" not in answer:
            raise RuntimeError(f"not enqueued: {answer}")
        return int(answer["id"])

    def close(self) -> None:
        self.child.stdin.close()
        equal(self.child.wait(20), 0, "exit code of weir task enqueue -")


class crew:
    """Threads whose exceptions are the scenario's."""

    def __init__(self) -> None:
        self.threads: list[threading.Thread] = []
        self.problems: list[BaseException] = []

    def start(self, work: Any, *arguments: Any) -> None:
        def guarded() -> None:
            try:
                work(*arguments)
            except BaseException as problem:  # for the thread that waits for us
                self.problems.append(problem)
        thread = threading.Thread(target=guarded, daemon=True)
        thread.start()
        self.threads.append(thread)

    def join(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        for thread in self.threads:
            thread.join(max(0.0, end - time.monotonic()))
        if self.problems:
            raise self.problems[0]
        equal([t.name for t in self.threads if t.is_alive()], [], "threads that hang")
