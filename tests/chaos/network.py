"""Each node in a network namespace of its own, with three cables: to the database, to its peers, and to the outside
systems. A cable can be pulled without anybody being told, as by a switch that died.

Everything lives in a namespace of the run itself, see namespaces.py."""
from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Optional

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from support import wait_for  # noqa: E402

BRIDGES = {"database": 1, "peers": 2, "outside": 3}  # third number of the addresses
HUB = 254  # last number of the address of the run itself on each of them
PRIVATE = "10.77.0.0/16"


def address(bridge: str, number: int = HUB) -> str:
    return f"10.77.{BRIDGES[bridge]}.{number}"


def ip(*lines: str, within: Optional[int] = None) -> None:
    command = [*(["nsenter", "-t", str(within), "-n"] if within else []), "ip", "-batch", "-"]
    done = subprocess.run(command, input="\n".join(lines) + "\n", capture_output=True, text=True, timeout=20)
    if done.returncode != 0:
        raise RuntimeError(f"ip: {done.stderr.strip()}, of {lines}")


class network:
    """`with network(names) as n:` bridges in this namespace, and a namespace for each node."""

    def __init__(self, names: list[str]) -> None:
        self.numbers = {name: i + 1 for i, name in enumerate(names)}
        self.holders: dict[str, subprocess.Popen] = {}  # their namespaces live as long as they
        self.pulled: set[tuple[str, str]] = set()  # (node, bridge)

    def __enter__(self) -> "network":
        ip("link set lo up")
        for bridge in BRIDGES:
            ip(f"link add {bridge} type bridge forward_delay 0", f"addr add {address(bridge)}/24 dev {bridge}",
               f"link set {bridge} up")
        try:
            for name in self.numbers:
                self.connect(name)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for holder in self.holders.values():
            holder.kill()
            holder.wait(10)

    def connect(self, name: str) -> None:
        holder = self.holders[name] = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        own = os.readlink("/proc/self/ns/net")
        wait_for(f"the namespace of {name}", lambda: os.readlink(f"/proc/{holder.pid}/ns/net") != own, 10)
        ip("link set lo up", within=holder.pid)
        for bridge in BRIDGES:
            cable = self.cable(name, bridge)
            ip(f"link add {cable} type veth peer name {bridge} netns {holder.pid}", f"link set {cable} master {bridge}",
               f"link set {cable} up")
            ip(f"addr add {self.address(name, bridge)}/24 dev {bridge}", f"link set {bridge} up", within=holder.pid)

    def cable(self, name: str, bridge: str) -> str:
        return f"{bridge}-{name}"

    def address(self, name: str, bridge: str) -> str:
        return address(bridge, self.numbers[name])

    def enter(self, name: str) -> list[str]:
        """The command in front of one that shall run where this node does."""
        return ["nsenter", "-t", str(self.holders[name].pid), "-n"]

    def pull(self, name: str, bridge: str) -> None:
        """From now on nothing arrives there or comes from there; neither end is told."""
        ip(f"link set {self.cable(name, bridge)} nomaster")
        self.pulled.add((name, bridge))

    def plug(self, name: str, bridge: str) -> None:
        ip(f"link set {self.cable(name, bridge)} master {bridge}")
        self.pulled.discard((name, bridge))
