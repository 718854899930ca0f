"""What a chaotic run stands on: its network, its servers with their disks and clocks, a proxy and a pooler between them
and the nodes; and what of that this machine does not allow."""
from __future__ import annotations

import argparse
import math
import random
import sys
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Optional, Union

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
import wall_clock as clocks  # noqa: E402
import pooler as poolers  # noqa: E402
from wall_clock import wall_clock  # noqa: E402
from disks import give_disks  # noqa: E402
from namespaces import has, own_shared_memory  # noqa: E402
from network import PRIVATE, address, network  # noqa: E402
from pooler import pooler  # noqa: E402
from private_postgres import private_postgres  # noqa: E402
from proxy import proxy  # noqa: E402
from standby import pair  # noqa: E402
from support import say  # noqa: E402

NAMES = ["n1", "n2", "n3"]
HOUR = 3600
AROUND = 900  # seconds that a run takes besides its faults, at most


@dataclass
class rig:
    standby: str
    net: Optional[network]
    server: Union[private_postgres, pair]
    between: proxy
    pooler: Optional[pooler]
    pooled: list[str]  # the nodes that work through it
    disks: bool  # of the servers' own, that can be full
    clocks: dict[int, wall_clock]  # of the servers, by port; empty: they have the machine's
    step: int  # seconds that a clock is set by
    not_run: dict[str, str] = field(default_factory=dict)  # kinds of faults that are left out, and why

    def ports(self) -> list[int]:
        return [each.port for each in servers_of(self.server)]

    def lead_to(self, port: int) -> None:
        """Whoever stands in front of the database leads to the server at that port."""
        if self.pooler:
            self.pooler.lead_to(port)

    def url(self, name: str) -> str:
        return self.between.url(name, [self.pooler.port] if name in self.pooled else self.ports())

    def direct_url(self, name: str) -> str:
        return self.between.url(name, self.ports())


def servers_of(server: Union[private_postgres, pair]) -> list[private_postgres]:
    return [server.primary, server.standby] if isinstance(server, pair) else [server]


def make_rig(wanted: argparse.Namespace, missing: dict[str, str], stack: ExitStack) -> rig:
    """Everything but the nodes, running; `stack` ends it. `missing`: the namespaces that are not there, and why."""
    def left_out(what: str, why: str) -> None:
        say(f"NOT RUN: {what}, because {why}")
        not_run[what] = why

    not_run: dict[str, str] = {}
    own_mounts = has("mount")
    if not has("net") and not wanted.one_network:
        left_out("faults of the network", f"this machine allows no network of our own: {missing.get('net')}")
    if own_mounts:
        own_shared_memory()
    else:
        left_out("full disks", f"this machine allows no file systems of our own: {missing.get('mount')}")
    net = stack.enter_context(network(NAMES)) if has("net") else None
    place = (address("database"), PRIVATE) if net else ("127.0.0.1", "")
    standby = wanted.standby or random.Random(wanted.seed).choice(("synchronous", "asynchronous"))
    say(f"standby: {standby}")
    server = private_postgres(*place) if standby == "none" else pair(*place, standby == "synchronous")
    servers = servers_of(server)
    no_clocks = clocks.not_here(wanted.build.resolve() / f"weir{wanted.suffix}") if own_mounts \
        else f"shared memory would not be our own: {missing.get('mount')}"
    of_servers: dict[int, wall_clock] = {}
    if no_clocks:
        left_out("steps of clocks", no_clocks)
    for each in servers:
        if own_mounts:
            give_disks(each)
        if not no_clocks:
            of_servers[each.port] = wall_clock(each.directory / "clock")
            each.before = of_servers[each.port].before()
    stack.enter_context(server)
    pool, pooled = None, []
    if poolers.installed():
        pool = stack.enter_context(pooler(place[0], servers[0].port))
        drawn = random.Random(f"{wanted.seed}, pooled")
        pooled = sorted(drawn.sample(NAMES, drawn.choice((1, 2))))
        say(f"through a pooler: {' and '.join(pooled)}")
    else:
        left_out("faults of a pooler", "pgbouncer is not installed")
    targets = [*(each.port for each in servers), *([pool.port] if pool else [])]
    between = stack.enter_context(proxy(place[0], NAMES, targets))
    step = HOUR * math.ceil((wanted.seconds + AROUND) / HOUR)
    return rig(standby, net, server, between, pool, pooled, own_mounts, of_servers, step, not_run)
