"""What goes wrong in a chaotic run: drawn from a seed, done to real processes, undone in the end."""
from __future__ import annotations

import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Callable, Optional

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from private_postgres import private_postgres  # noqa: E402
from support import TTL, scenario, tree_of, wait_for  # noqa: E402


class faults:
    """`step` does one; every time-out and wait is drawn from the seed, so that a seed repeats a schedule."""

    def __init__(self, s: scenario, server: private_postgres, seed: int, tell: Callable[[str], None]) -> None:
        self.s, self.server, self.tell = s, server, tell
        self.random = random.Random(seed)
        self.due: list[tuple[float, Callable[[], None]]] = []  # what is to be undone, and when
        self.down: dict[str, float] = {}  # nodes that are to stay away until then
        self.stopped: set[str] = set()
        self.away = False
        self.counts: dict[str, int] = {}
        self.kinds: list[tuple[int, Callable[[], Optional[str]]]] = [
            (4, self.kill_node), (2, self.kill_leader), (2, self.kill_runner), (2, self.stop_node),
            (3, self.end_sessions), (2, self.drain_node), (2, self.pin), (1, self.database_away), (1, self.kill_two)]

    def step(self) -> None:
        """Undoes what is due, then does one fault, and waits a moment."""
        self.undo()
        kind = self.random.choices([k for _, k in self.kinds], [w for w, _ in self.kinds])[0]
        if self.away and kind not in (self.kill_node, self.stop_node):
            return
        done = kind()
        if done:
            name = kind.__name__
            self.counts[name] = self.counts.get(name, 0) + 1
            self.tell(done)

    def undo(self, everything: bool = False) -> None:
        ready = [entry for entry in self.due if everything or entry[0] <= time.monotonic()]
        self.due = [entry for entry in self.due if entry not in ready]
        for _, what in sorted(ready, key=lambda entry: entry[0]):
            what()
        for name in self.s.cluster.names:  # as systemd would: whatever ended them
            node_is_due = everything or self.down.get(name, 0.0) <= time.monotonic()
            if node_is_due and not self.s.cluster.nodes[name].pid():
                self.s.cluster.start_node(name)

    def heal(self) -> None:
        """All nodes run, nothing is stopped or pinned, the database is there."""
        def all_active() -> bool:
            self.undo(everything=True)  # one that was draining all along ends first
            return self.s.cluster.active_nodes(self.s.cluster.status()) >= set(self.s.cluster.names)
        wait_for("all nodes to be active", all_active, 60, 0.5)
        self.s.cluster.weir("stream", "unpin", "partner")

    # -- the faults: a sentence about what was done, None if there was nothing to do it to

    def later(self, least: float, most: float, what: Callable[[], None]) -> float:
        wait = self.random.uniform(least, most)
        self.due.append((time.monotonic() + wait, what))
        return wait

    def stays_away(self, name: str, least: float, most: float) -> float:
        wait = self.random.uniform(least, most)
        self.down[name] = time.monotonic() + wait
        return wait

    def running(self) -> list[str]:
        return [n for n in self.s.cluster.names if n not in self.stopped and self.s.cluster.nodes[n].pid()]

    def any_node(self) -> Optional[str]:
        names = self.running()
        return self.random.choice(names) if names else None

    def kill(self, name: str) -> str:
        self.s.cluster.nodes[name].signal(signal.SIGKILL)
        wait = self.stays_away(name, 0, 12 if self.random.random() < 0.3 else 2)
        return f"kill -9 {name}, started again after {wait:.1f} s"

    def kill_node(self) -> Optional[str]:
        name = self.any_node()
        return name and self.kill(name)

    def kill_two(self) -> Optional[str]:
        names = self.running()
        return "; ".join(self.kill(n) for n in self.random.sample(names, 2)) if len(names) > 2 else None

    def kill_leader(self) -> Optional[str]:
        leader = self.s.cluster.status()["leader"]
        return f"the leader: {self.kill(leader['node'])}" if leader and leader["node"] in self.running() else None

    def kill_runner(self) -> Optional[str]:
        name = self.any_node()
        if not name:
            return None
        family = tree_of(self.s.cluster.nodes[name].pid())[1:]
        if not family:
            return None
        pid, _ = self.random.choice(family)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return None
        return f"kill -9 {pid}, a runner of {name}"

    def stop_node(self) -> Optional[str]:
        name = self.any_node()
        if not name:
            return None
        self.stopped.add(name)
        self.s.cluster.nodes[name].signal(signal.SIGSTOP)

        def go_on() -> None:
            self.stopped.discard(name)
            self.s.cluster.nodes[name].signal(signal.SIGCONT)
        wait = self.later(1, TTL + 5, go_on)
        return f"SIGSTOP {name} for {wait:.1f} s"

    def drain_node(self) -> Optional[str]:
        name = self.any_node()
        if not name:
            return None
        self.s.cluster.nodes[name].signal(signal.SIGTERM)
        wait = self.stays_away(name, 0, 6)
        return f"SIGTERM {name}, started again {wait:.1f} s later or when it has ended"

    def end_sessions(self) -> Optional[str]:
        count = self.s.sql("select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name like "
                           f"'weir%' and random() < {self.random.choice((0.1, 0.5, 1.0))}")
        return f"{count} database sessions ended"

    def pin(self) -> Optional[str]:
        name = self.random.choice(self.s.cluster.names)
        self.s.cluster.weir("stream", "pin", "partner", name, "--policy", self.random.choice(("strict", "prefer")),
                            code=None)
        return f"the single stream is pinned to {name}"

    def database_away(self) -> Optional[str]:
        self.server.stop(self.random.choice(("immediate", "fast")))
        self.away = True

        def come_back() -> None:
            self.server.start()
            self.away = False
        wait = self.later(0.5, TTL + 4, come_back)
        return f"PostgreSQL is away for {wait:.1f} s"
