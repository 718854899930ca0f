"""What every end-to-end scenario needs: a schema of its own, a directory for logs, and an end without
leftovers, however the scenario ends."""
import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
from pathlib import Path
from typing import Any, Callable, Mapping, Optional

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "examples" / "partner"))
from local_cluster import alive, background, children, local_cluster, stat_of, tree_of, wait_for  # noqa: E402,F401
from feeder import feeder  # noqa: E402

FINAL = "('d','f','c','s','m','X')"  # attempt results that end a task
TTL = 6.0


def say(text: str) -> None:
    print(text, flush=True)


def check(truth: Any, what: str) -> None:
    if not truth:
        raise AssertionError(what)


def equal(found: Any, wanted: Any, what: str) -> None:
    check(found == wanted, f"{what}: {found!r}, not {wanted!r}")


def arguments(description: str) -> argparse.ArgumentParser:
    """The flags that every scenario program takes from ctest."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--build", type=Path, required=True, help="build directory, with weir in it")
    parser.add_argument("--suffix", default="", help="of the programs, as in -asan")
    parser.add_argument("--listen", default="127.0.0.1:0", help="of the nodes' links; off: they work by polling")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--keep", action="store_true", help="keep logs and schema of a good run, too")
    parser.add_argument("only", nargs="*", help="names of scenarios; all without")
    return parser


class scenario:
    """`with scenario(wanted, "name") as s:` a fresh schema, a directory, a cluster of three nodes that is
    not started yet. On success all of it is removed; on failure the logs stay, and where is said."""

    def __init__(self, wanted: argparse.Namespace, name: str, nodes: int = 3, migrated: bool = True,
                 url: Optional[str] = None) -> None:
        self.url = url or os.environ.get("WEIR_TEST_DATABASE_URL", "")
        check(self.url, "WEIR_TEST_DATABASE_URL is not set: it names the database for tests")
        self.name, self.keep, self.migrated = name, wanted.keep, migrated
        stamp = f"{os.getpid()}_{time.time_ns() // 1_000_000 % 10**8}"
        self.schema = f"weir_e2e_{stamp}"
        self.directory = wanted.build.resolve() / "e2e" / f"{name}_{stamp}"
        self.cluster = local_cluster(wanted.build.resolve(), self.url, self.directory, self.schema, nodes,
                                     wanted.suffix, wanted.listen)
        self.others: list[subprocess.Popen] = []

    def __enter__(self) -> "scenario":
        self.directory.mkdir(parents=True)
        try:
            self.cluster.write_configs()
            if self.migrated:
                self.cluster.weir("db", "migrate", seconds=60)
        except BaseException:
            self.__exit__(*sys.exc_info())
            raise
        return self

    def __exit__(self, kind: Optional[type], problem: Any, trace: Any) -> None:
        self.kill_all()
        if kind is None and not self.keep:
            self.drop_schema()
            shutil.rmtree(self.directory, ignore_errors=True)
        else:
            if kind is not None and not self.keep:
                self.save_tables()
                self.drop_schema()
            say(f"{self.name}: logs are in {self.directory}")

    def kill_all(self) -> None:
        running = [c for c in (*children.values(), *self.others) if c.poll() is None]
        family = [each for child in running for each in tree_of(child.pid)]
        for child in running:
            child.kill()
            child.wait(10)
        try:
            wait_for("runners", lambda: not any(alive(*each) for each in family), TTL)
        except TimeoutError:
            for pid, started in family:
                if alive(pid, started):
                    say(f"{self.name}: process {pid} outlived its node; killing it")
                    os.kill(pid, signal.SIGKILL)
        children.clear()
        self.others.clear()

    def save_tables(self) -> None:
        """What the database knew when it went wrong, beside the logs."""
        for table in ("node", "term", "partition", "ownership", "mark", "open", "attempt"):
            try:
                rows = self.sql(f"select * from {self.schema}.{table} order by 1 desc limit 20000")
            except RuntimeError as problem:
                rows = str(problem)
            (self.directory / f"table_{table}.txt").write_text(rows, encoding="utf-8")

    def drop_schema(self) -> None:
        try:
            self.sql(f"set client_min_messages = warning; drop schema if exists {self.schema} cascade")
        except RuntimeError as problem:
            say(f"{self.name}: {problem}")

    # -- the database, without weir

    def sql(self, text: str) -> str:
        done = subprocess.run(["psql", "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", self.url, "-c", text],
                              capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"psql: {done.stderr.strip()}")
        return done.stdout.strip()

    def number(self, text: str) -> int:
        return int(self.sql(text.replace("weir.", f"{self.schema}.")))

    def direct(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
        """Runs `weir` with exactly these arguments, any exit code."""
        command = [str(self.cluster.weir_program), *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=30, cwd=self.directory,
                              env={**self.cluster.environment(), **environment})

    # -- the cluster

    def start_nodes(self) -> None:
        for name in self.cluster.names:
            self.cluster.start_node(name)
        self.wait_active(set(self.cluster.names))

    def wait_active(self, names: set[str], seconds: float = 20) -> dict[str, Any]:
        """Waits until these nodes are active and someone leads; the status then."""
        def ready() -> Optional[dict[str, Any]]:
            for name in names:
                if not self.cluster.nodes[name].pid():
                    raise AssertionError(f"node {name} ended: {self.tail(name)}")
            status = self.cluster.status()
            return status if status["leader"] and self.cluster.active_nodes(status) >= names else None
        return wait_for(f"active nodes {sorted(names)} and a leader", ready, seconds, 0.1)

    def run_weir(self, name: str, config: str, crash_at: str = "") -> None:
        """Starts the program `weir` as that node, which is to crash at a point of its code if one is named."""
        file = self.cluster.write_config(name, config)
        environment = self.cluster.environment()
        if crash_at:
            environment["WEIR_CRASH_AT"] = crash_at
        self.cluster.nodes[name].start([str(self.cluster.weir_program), "run", "--config", str(file)], environment)

    def incarnations(self) -> dict[str, int]:
        """Of the nodes that are shown as active, by name. Right after a kill that is the one that was killed."""
        return {n["name"]: int(n["node_id"]) for n in self.cluster.status()["nodes"] if n["state"] == "active"}

    def tail(self, name: str) -> str:
        return "\n".join(self.cluster.nodes[name].log.read_text(errors="replace").splitlines()[-5:])

    def unfinished(self) -> int:
        streams = self.cluster.status()["streams"]
        return sum(s["ready"] + s["in_progress"] + s["retry"] for s in streams)

    def wait_empty(self, seconds: float) -> None:
        try:
            wait_for("an empty queue", lambda: self.unfinished() == 0, seconds, 0.2)
        except TimeoutError as late:
            left = [t for state in ("READY", "IN PROGRESS", "RETRY")
                    for t in self.cluster.weir_json("task", "list", "--state", state)["items"]]
            few = "; ".join(f"{t['id']} {t['name']} {t['state']} {t['data']}" for t in left[:5])
            raise AssertionError(f"{late}; {len(left)} are left, of them {few}") from None

    def enqueue(self, tasks: list[dict[str, Any]]) -> list[int]:
        """Enqueues them in one command; the ids, in order."""
        feed = feeder(self.cluster, tasks, 0, chunk=len(tasks))
        feed.enqueue(tasks)
        return feed.ids

    def kill(self, name: str) -> float:
        """kill -9 of a node alone; what it started must end by itself before anyone may take over."""
        node = self.cluster.nodes[name]
        family = tree_of(node.pid())
        at = time.monotonic()
        node.signal(signal.SIGKILL)
        equal(node.ended(5), -signal.SIGKILL, f"end of {name}")
        wait_for(f"end of the processes that {name} started",
                 lambda: not any(alive(*each) for each in family), TTL - 1, 0.01)
        return at

    def stop_cleanly(self) -> None:
        """SIGTERM to all nodes: each drains and exits 0."""
        running = [n for n in self.cluster.nodes.values() if n.signal(signal.SIGTERM)]
        for node in running:
            equal(node.ended(40), 0, f"exit code of {node.name} after SIGTERM")

    def partner_events(self, kind: str, since: float = 0.0) -> list[dict[str, Any]]:
        """Events of the partner's log, times on the clock of time.monotonic()."""
        lines = (self.directory / "partner.jsonl").read_text(encoding="utf-8").splitlines()
        return [e for e in map(json.loads, lines) if e["event"] == kind and e["t"] >= since]

    def check_every_task_ended_once(self, accepted: int) -> None:
        equal(self.number("select count(*) from weir.task"), accepted, "tasks in the table")
        equal(self.number(f"select count(*) from weir.task t where not exists (select 1 from weir.attempt a "
                          f"where a.task_id = t.id and a.result in {FINAL})"), 0, "tasks without an end")
        equal(self.number(f"select count(*) from (select task_id from weir.attempt where result in {FINAL} "
                          f"group by task_id having count(*) > 1) twice"), 0, "tasks that ended twice")
        equal(self.number("select count(*) from weir.open"), 0, "rows left in open")


def run_all(wanted: argparse.Namespace, scenarios: Mapping[str, Callable[[argparse.Namespace], None]]) -> int:
    """Runs each scenario (or those named) `--repeat` times; the number that failed, at most 1."""
    unknown = [name for name in wanted.only if name not in scenarios]
    if unknown:
        say(f"no scenario {', '.join(unknown)}; there are {', '.join(scenarios)}")
        return 2
    failed = []
    for turn in range(wanted.repeat):
        for name in wanted.only or scenarios:
            start = time.monotonic()
            try:
                scenarios[name](wanted)
                how = "ok"
            except KeyboardInterrupt:
                return 130
            except Exception:
                traceback.print_exc()
                how = "FAILED"
                failed.append(name)
            say(f"{name}: {how} in {time.monotonic() - start:.1f} s (run {turn + 1} of {wanted.repeat})")
    return 1 if failed else 0
