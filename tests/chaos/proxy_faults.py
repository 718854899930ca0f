"""Faults of a node's connections to the database: slow, half-open one way or both, or no new ones."""
from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any, Optional

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from support import TTL  # noqa: E402
from process_faults import process_faults  # noqa: E402
from proxy import proxy  # noqa: E402
from schedule import fault, schedule  # noqa: E402


class proxy_faults:
    def __init__(self, plan: schedule, between: proxy, processes: process_faults) -> None:
        self.plan, self.between, self.processes = plan, between, processes
        self.changed: set[str] = set()
        for kind in (self.slow_connections, self.hold_everything, self.hold_requests, self.hold_answers,
                     self.refuse_connections):
            plan.add(1, kind)

    def change(self, kind: str, text: str, silent: bool, **how: Any) -> Optional[fault]:
        """On one node, its owner half of the time; `silent`: it hears nothing of the database meanwhile."""
        name = self.processes.owner() if self.plan.random.random() < 0.5 else self.processes.any_node()
        if not name or name in self.changed:
            return None
        done = fault(kind, "", [name], t=time.monotonic())
        self.changed.add(name)
        self.between.set(name, **how)
        if silent:
            self.processes.cut.add(name)

        def heal() -> None:
            self.between.set(name)
            self.changed.discard(name)
            if silent:
                self.processes.cut.discard(name)
            done.until = time.monotonic()
        wait = self.plan.later(0.5, TTL + 6, heal)
        done.text = f"{name}: {text} for {wait:.1f} s"
        return done

    def slow_connections(self) -> Optional[fault]:
        delay = self.plan.random.uniform(0.02, 0.4)
        return self.change("slow_connections", f"database {delay:.2f} s away each way", False, delay=delay)

    def hold_everything(self) -> Optional[fault]:
        return self.change("hold_everything", "nothing to or from the database arrives", True, up=False, down=False)

    def hold_requests(self) -> Optional[fault]:
        return self.change("hold_requests", "no request to the database arrives", True, up=False)

    def hold_answers(self) -> Optional[fault]:
        return self.change("hold_answers", "no answer of the database arrives", True, down=False)

    def refuse_connections(self) -> Optional[fault]:
        return self.change("refuse_connections", "no new connection to the database", True, refuses=True)
