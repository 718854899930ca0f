"""Steps of wall clocks, forwards and back: of a node, or of the database's server. Nothing that weir decides may go by
them, but when a task or a schedule is due, which is the database's clock to say."""
from __future__ import annotations

import sys
from pathlib import Path
from typing import Optional, Union

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from private_postgres import private_postgres  # noqa: E402
from wall_clock import wall_clock  # noqa: E402
from process_faults import process_faults  # noqa: E402
from schedule import fault, schedule  # noqa: E402
from standby import pair  # noqa: E402


def far(seconds: int) -> str:
    return "right again" if seconds == 0 else f"{abs(seconds) / 3600:g} h {'ahead' if seconds > 0 else 'back'}"


class clock_faults:
    """`step`: seconds, a whole number of hours, and more than the run takes: then no two moments show the same."""

    def __init__(self, plan: schedule, server: Union[private_postgres, pair], processes: process_faults,
                 nodes: dict[str, wall_clock], servers: dict[int, wall_clock], step: int) -> None:
        self.plan, self.server, self.processes, self.step = plan, server, processes, step
        self.nodes, self.servers = nodes, servers
        self.furthest = 0
        for kind in (self.step_node_clock, self.step_database_clock):
            plan.add(1, kind)

    def elsewhere(self, clock: wall_clock) -> int:
        clock.set(self.plan.random.choice([to for to in (-self.step, 0, self.step) if to != clock.ahead]))
        return clock.ahead

    def step_node_clock(self) -> Optional[fault]:
        name = self.processes.owner() if self.plan.random.random() < 0.5 else self.processes.any_node()
        if not name:
            return None
        return fault("step_node_clock", f"the clock of {name} is set: {far(self.elsewhere(self.nodes[name]))}", [name])

    def step_database_clock(self) -> Optional[fault]:
        if self.plan.hindrance:
            return None
        now = self.server.primary if isinstance(self.server, pair) else self.server
        ahead = self.elsewhere(self.servers[now.port])
        self.furthest = max(self.furthest, ahead)
        return fault("step_database_clock", f"the clock of the database is set: {far(ahead)}", everybody=True)

    def heal(self) -> None:
        """Nodes' clocks are right. The database's shows the furthest that any has shown: whatever was put off by a
        step back is due, as it would be with time."""
        for clock in self.nodes.values():
            clock.set(0)
        for clock in self.servers.values():
            clock.set(self.furthest)
