#!/usr/bin/env python3
"""What a steady load feels while something goes on beside it: throughput and p99 over time, as SVG. The tasks come by
message at a steady pace through one `weir task enqueue -`; what is drawn is read from the tables afterwards. Drive it
by ./dev bench --pressure."""
from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Optional

from place import HOUSE, PAD, noop_cluster, sql_session, wait_for
from plot import panel, svg

TICK = 0.1  # seconds between two bundles of the load
STREAMS = 1000
MANY = "".join(f'[stream.s{n}]\nmode = "parallel"\npartitions = 1\nconcurrency = 2\n' for n in range(STREAMS))
SLOW = """
[stream.slow]
mode = "parallel"
partitions = 1
concurrency = 4
[action.slow]
type = "exec"
command = ["/bin/sleep", "0.2"]
stream = "slow"
"""
task = dict[str, Any]


@dataclass
class load:
    """Enqueues `make(n, share)` for n = 0, 1, ... at `pace` a second for `seconds`; share is how much of the time is
    over. `happens` are calls at a share of the time, each in a thread of its own, and what the picture says of them."""

    pace: int
    seconds: float
    make: Callable[[int, float], task]
    happens: list[tuple[float, str, Callable[[], object]]] = field(default_factory=list)
    refused: int = 0
    trouble: list[str] = field(default_factory=list)

    def read_answers(self, child: subprocess.Popen) -> None:
        for line in child.stdout:
            self.refused += "id" not in json.loads(line)

    def act(self, what: str, call: Callable[[], object]) -> None:
        try:
            call()
        except Exception as problem:  # told by run()
            self.trouble.append(f"{what}: {problem}")

    def run(self, c: noop_cluster) -> float:
        """The time at which it began. Every task is answered when it returns."""
        child = subprocess.Popen([str(c.cluster.weir_program), "task", "enqueue", "-", "-o", "ndjson", "--config",
                                  str(c.cluster.config("n1"))], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                 stderr=subprocess.DEVNULL, text=True, env=c.cluster.environment())
        c.others.append(child)
        reader = threading.Thread(target=self.read_answers, args=(child,))
        reader.start()
        began, begin, sent = time.time(), time.monotonic(), 0
        timers = [threading.Timer(share * self.seconds, self.act, (what, call)) for share, what, call in self.happens]
        for each in timers:
            each.start()
        while (passed := time.monotonic() - begin) < self.seconds:
            due = int(self.pace * passed)
            child.stdin.write("".join(json.dumps(self.make(n, passed / self.seconds)) + "\n" for n in range(sent, due)))
            child.stdin.flush()
            sent = max(sent, due)
            time.sleep(TICK)
        child.stdin.close()
        reader.join()
        child.wait(60)
        for each in timers:
            each.join()
        c.ended += sent - self.refused
        if self.trouble:
            raise RuntimeError("; ".join(self.trouble))
        return began


@dataclass(frozen=True)
class scene:
    title: str
    names: tuple[str, ...] = ("noop",)
    nodes: int = 1
    extra: str = ""


SCENES = {
    "held": scene("A transaction is held open"),
    "streams": scene(f"{STREAMS:,} streams", nodes=2, extra=MANY),
    "hot_key": scene("One hot key"),
    "slow_stream": scene("A stream that is too slow for its load, beside a fast one", ("noop", "slow"), extra=SLOW),
    "nodes": scene("Nodes join and leave", nodes=3),
}


def plain(_: int, __: float) -> task:
    return {"name": "noop", "data": {"pad": PAD}}


def hot(n: int, share: float) -> task:
    return {**plain(n, share), "key": "hot" if 1 / 3 < share < 2 / 3 else f"key-{n}"}


def spread(n: int, share: float) -> task:
    return {**plain(n, share), "stream": f"s{n * 7919 % STREAMS}"}


def with_slow(n: int, share: float) -> task:
    return {"name": "slow"} if n % 25 == 0 and 1 / 3 < share < 2 / 3 else plain(n, share)


class holder:
    """Somebody's transaction."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.session: Optional[sql_session] = None

    def begin(self) -> None:
        self.session = sql_session(self.url)
        self.session.ask("begin; select txid_current()")

    def end(self) -> None:
        if self.session:
            self.session.ask("commit")
            self.session.__exit__()


def load_of(name: str, c: noop_cluster, pace: int, seconds: float) -> load:
    other = holder(c.url)
    nothing: Callable[[], object] = lambda: None
    third, two = 1 / 3, 2 / 3
    if name == "held":
        return load(pace, seconds, plain, [(third, "held", other.begin), (two, "released", other.end)])
    if name == "streams":
        return load(pace, seconds, spread)
    if name == "hot_key":
        return load(pace, seconds, hot, [(third, "every task of one key", nothing), (two, "keys differ", nothing)])
    if name == "slow_stream":
        return load(pace, seconds, with_slow, [(third, "slow tasks come", nothing), (two, "they end", nothing)])
    return load(pace, seconds, plain, [
        (0.2, "n2, n3 join", lambda: c.launch("n2", "n3")), (0.4, "n2 stops", lambda: c.stop("n2")),
        (0.6, "n3 is killed", lambda: c.kill("n3"))])


def timeline(c: noop_cluster, name: str, began: float) -> list[tuple[float, float, float]]:
    """(second, tasks that ended in it, p99 in ms from insert to start of those that ran) of a task name."""
    rows = c.ask(
        f"select floor(extract(epoch from a.started_at) - {began}) as second, count(*), "
        "coalesce(1000 * percentile_cont(0.99) within group (order by extract(epoch from a.started_at - t.created_at)) "
        "filter (where a.result = 'd'), 0) from attempt a join task t on t.id = a.task_id "
        f"where t.name = '{name}' and t.created_at >= to_timestamp({began}) and a.result in ('d', 's') "
        "group by second order by second")
    found = {float(second): (float(count), float(wait)) for second, count, wait in (row.split("|") for row in rows)}
    last = max(found, default=0.0)
    return [(float(n), *found.get(float(n), (0.0, 0.0))) for n in range(int(last) + 1)]


def wait_owned(c: noop_cluster) -> None:
    wait_for("an owner of every partition",
             lambda: c.value("select count(*) from partition where owner is null") == 0, 120)


def play(wanted: argparse.Namespace, name: str) -> None:
    which = SCENES[name]
    with noop_cluster(wanted, f"pressure_{name}", which.nodes, which.extra) as c:
        for node in c.cluster.names[:2 if name == "streams" else 1]:
            c.start(node)  # one by one: declaring many streams takes its time
            wait_owned(c)
        load(wanted.pace, 1, plain).run(c)  # warms up
        c.wait_ended()
        this = load_of(name, c, wanted.pace, wanted.seconds)
        began = this.run(c)
        c.wait_ended(120)
        lines = {each: timeline(c, each, began) for each in which.names}
    seconds = max(wanted.seconds, *(line[-1][0] + 1 for line in lines.values() if line))
    events = [(share * wanted.seconds, what) for share, what, _ in this.happens]
    ended = {each: [(s, n) for s, n, _ in line] for each, line in lines.items()}
    waits = {each: [(s, w) for s, n, w in line if n] for each, line in lines.items()}
    panels = [panel("tasks that ended, per second", ended),
              panel("p99 from insert to start, ms", waits, logarithmic=True)]
    title = f"{which.title}: {wanted.pace:,} tasks a second by message"
    wanted.into.mkdir(parents=True, exist_ok=True)
    (wanted.into / f"pressure_{name}.svg").write_text(svg(title, panels, seconds, events), encoding="utf-8")
    steady = sorted(w for s, n, w in lines["noop"] if n)
    print(f"{name}: p99 of a second {steady[len(steady) // 2]:.1f} ms in the middle, {steady[-1]:.1f} ms at worst; "
          f"{this.refused} refused; {wanted.into / f'pressure_{name}.svg'}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench --pressure", description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="build directory, with weir in it")
    parser.add_argument("--suffix", default="", help="of the programs, as in -asan")
    parser.add_argument("--seconds", type=float, default=30, help="of each load (default 30)")
    parser.add_argument("--pace", type=int, default=1000, help="tasks a second (default 1000)")
    parser.add_argument("--only", nargs="+", choices=list(SCENES), default=list(SCENES))
    parser.add_argument("--into", type=Path, default=HOUSE / ".local" / "pressure", help="folder of the pictures")
    wanted = parser.parse_args()
    wanted.listen, wanted.keep = "127.0.0.1:0", False
    if not os.environ.get("WEIR_TEST_DATABASE_URL"):
        raise SystemExit("WEIR_TEST_DATABASE_URL is not set: it names the database for tests")
    for name in wanted.only:
        play(wanted, name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
