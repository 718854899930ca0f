"""Faults of the network: a node is cut from the database, from its peers, or from both, and nobody is told."""
from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Optional

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from support import TTL  # noqa: E402
from network import network  # noqa: E402
from process_faults import process_faults  # noqa: E402
from schedule import fault, schedule  # noqa: E402


class network_faults:
    def __init__(self, plan: schedule, net: network, processes: process_faults) -> None:
        self.plan, self.net, self.processes = plan, net, processes
        for weight, kind in ((2, self.cut_from_database), (2, self.cut_owner_from_database), (1, self.cut_leader_off),
                             (2, self.cut_from_peers), (1, self.cut_owner_off)):
            plan.add(weight, kind)

    def cut(self, kind: str, name: Optional[str], *bridges: str) -> Optional[fault]:
        if not name or any((name, bridge) in self.net.pulled for bridge in bridges):
            return None
        done = fault(kind, "", [name], t=time.monotonic())
        for bridge in bridges:
            self.net.pull(name, bridge)
        if "database" in bridges:
            self.processes.cut.add(name)

        def heal() -> None:
            for bridge in bridges:
                self.net.plug(name, bridge)
            if "database" in bridges:
                self.processes.cut.discard(name)
            done.until = time.monotonic()
        wait = self.plan.later(0.5, TTL + 6, heal)
        done.text = f"{name} is cut from {' and '.join(bridges)} for {wait:.1f} s"
        return done

    def cut_from_database(self) -> Optional[fault]:
        return self.cut("cut_from_database", self.processes.any_node(), "database")

    def cut_owner_from_database(self) -> Optional[fault]:
        return self.cut("cut_owner_from_database", self.processes.owner(), "database")

    def cut_leader_off(self) -> Optional[fault]:
        return self.cut("cut_leader_off", self.processes.leader(), "database", "peers")

    def cut_from_peers(self) -> Optional[fault]:
        return self.cut("cut_from_peers", self.processes.any_node(), "peers")

    def cut_owner_off(self) -> Optional[fault]:
        return self.cut("cut_owner_off", self.processes.owner(), "database", "peers")
