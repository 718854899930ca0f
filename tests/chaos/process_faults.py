"""Faults of nodes and their runners: killed, stopped, drained; and what people order of the single stream."""
from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path
from typing import Callable, Optional

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from support import TTL, scenario, tree_of, wait_for  # noqa: E402
from schedule import fault, schedule  # noqa: E402

STREAM = "partner"
RESTART_PAUSE = 1.0  # of a node that ended by itself, as systemd would


class process_faults:
    """Also keeps the nodes running: whatever ended one, it is started again, at once or when it is due."""

    def __init__(self, s: scenario, plan: schedule, start_node: Callable[[str], None]) -> None:
        self.s, self.plan, self.start_node = s, plan, start_node
        self.down: dict[str, float] = {}  # nodes that are to stay away until then
        self.stopped: set[str] = set()
        self.cut: set[str] = set()  # those that cannot reach the database
        self.started: dict[str, float] = {}
        self.absences: list[dict] = []  # node, since, until: it did not run, or could not reach the database
        for weight, kind in ((4, self.kill_node), (2, self.kill_leader), (3, self.kill_owner), (2, self.kill_runner),
                             (2, self.stop_node), (1, self.stop_owner), (2, self.drain_node), (2, self.pin),
                             (1, self.kill_two), (1, self.resign)):
            plan.add(weight, kind)
        plan.watchers.append(self.keep_running)

    def keep_running(self, everything: bool) -> None:
        now = time.monotonic()
        for name in self.s.cluster.names:
            away = not self.s.cluster.nodes[name].pid()
            due = everything or self.down.get(name, 0.0) <= now
            if due and away and self.started.get(name, 0.0) + RESTART_PAUSE <= now:
                self.started[name] = now
                self.start_node(name)
                away = False
            self.note_absence(name, away or name in self.stopped or name in self.cut)

    def note_absence(self, name: str, away: bool) -> None:
        last = next((a for a in self.absences if a["node"] == name and a["until"] is None), None)
        if away and not last:
            self.absences.append({"node": name, "since": time.monotonic(), "until": None})
        elif last and not away:
            last["until"] = time.monotonic()

    def heal(self) -> None:
        """All nodes run, nothing is stopped or pinned."""
        def all_active() -> bool:
            self.plan.undo(everything=True)  # one that was draining all along ends first
            return self.s.cluster.active_nodes(self.s.cluster.status()) >= set(self.s.cluster.names)
        wait_for("all nodes to be active", all_active, 60, 0.5)
        self.s.cluster.weir("stream", "unpin", STREAM)

    # -- whom it hits

    def running(self) -> list[str]:
        return [n for n in self.s.cluster.names if n not in self.stopped and self.s.cluster.nodes[n].pid()]

    def any_node(self) -> Optional[str]:
        names = self.running()
        return self.plan.random.choice(names) if names else None

    def owner(self) -> Optional[str]:
        """The node of the last session at the partner, if it runs: the partner knows even without a database."""
        logins = self.s.partner_events("login")
        name = logins[-1]["node"] if logins else None
        return name if name in self.running() else None

    def leader(self) -> Optional[str]:
        if self.plan.hindrance:
            return None
        leader = self.s.cluster.status()["leader"]
        return leader["node"] if leader and leader["node"] in self.running() else None

    # -- what is done to it

    def kill(self, kind: str, names: list[str]) -> Optional[fault]:
        if not names:
            return None
        told, now = [], time.monotonic()
        for name in names:
            self.s.cluster.nodes[name].signal(signal.SIGKILL)
            wait = self.plan.random.uniform(0, 12 if self.plan.random.random() < 0.3 else 2)
            self.down[name] = time.monotonic() + wait
            self.started.pop(name, None)
            told.append(f"kill -9 {name}, started again after {wait:.1f} s")
        return fault(kind, "; ".join(told), names, t=now)

    def stop(self, kind: str, name: Optional[str]) -> Optional[fault]:
        if not name:
            return None
        done = fault(kind, "", [name], t=time.monotonic())
        self.stopped.add(name)
        self.s.cluster.nodes[name].signal(signal.SIGSTOP)

        def go_on() -> None:
            self.stopped.discard(name)
            self.s.cluster.nodes[name].signal(signal.SIGCONT)
            done.until = time.monotonic()
        wait = self.plan.later(1, TTL + 5, go_on)
        done.text = f"SIGSTOP {name} for {wait:.1f} s"
        return done

    # -- the kinds: None if there was nothing to do it to

    def kill_node(self) -> Optional[fault]:
        return self.kill("kill_node", [name] if (name := self.any_node()) else [])

    def kill_owner(self) -> Optional[fault]:
        return self.kill("kill_owner", [name] if (name := self.owner()) else [])

    def kill_leader(self) -> Optional[fault]:
        return self.kill("kill_leader", [name] if (name := self.leader()) else [])

    def kill_two(self) -> Optional[fault]:
        names = self.running()
        return self.kill("kill_two", self.plan.random.sample(names, 2)) if len(names) > 2 else None

    def kill_runner(self) -> Optional[fault]:
        name = self.any_node()
        family = tree_of(self.s.cluster.nodes[name].pid())[1:] if name else []
        if not family:
            return None
        pid, _ = self.plan.random.choice(family)
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return None
        return fault("kill_runner", f"kill -9 {pid}, a runner of {name}", [name])

    def stop_node(self) -> Optional[fault]:
        return self.stop("stop_node", self.any_node())

    def stop_owner(self) -> Optional[fault]:
        return self.stop("stop_owner", self.owner())

    def drain_node(self) -> Optional[fault]:
        name = self.any_node()
        if not name:
            return None
        self.s.cluster.nodes[name].signal(signal.SIGTERM)
        wait = self.plan.random.uniform(0, 6)
        self.down[name] = time.monotonic() + wait
        self.started.pop(name, None)
        return fault("drain_node", f"SIGTERM {name}, started again {wait:.1f} s later or when it has ended", [name])

    def pin(self) -> Optional[fault]:
        if self.plan.hindrance:
            return None
        name = self.plan.random.choice(self.s.cluster.names)
        policy = self.plan.random.choice(("strict", "prefer"))
        self.s.cluster.weir("stream", "pin", STREAM, name, "--policy", policy, code=None)
        return fault(f"pin_{policy}", f"the single stream is pinned to {name}, {policy}", [name])

    def resign(self) -> Optional[fault]:
        if self.plan.hindrance:
            return None
        self.s.cluster.weir("leader", "resign", code=None)
        return fault("resign", "the leader is told to resign")
