#!/usr/bin/env python3
"""What `weir run` tells systemd, at a socket like systemd's: ready, reloading, stopping; and a watchdog that is fed
while the node lives, whatever the database does, and not while its beat or its actors stand still."""
import os
import re
import signal
import socket
import struct
import sys
import time
from pathlib import Path
from typing import Callable, Optional

from frozen_threads import frozen, threads_of
from private_postgres import private_postgres
from support import arguments, check, equal, run_all, scenario, wait_for

WATCHDOG = 1.5  # seconds; with beats of a second a sign of life counts for three


class systemd:
    """A notify socket, and what came: the sender's pid and the lines of each datagram, in order."""

    def __init__(self, address: str) -> None:
        self.address, self.heard = address, list[tuple[int, dict[str, str]]]()
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        self.socket.bind("\0" + address[1:] if address.startswith("@") else address)
        self.socket.setblocking(False)

    def __enter__(self) -> "systemd":
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def listen(self) -> list[tuple[int, dict[str, str]]]:
        """All that came until now."""
        while True:
            try:
                text, extra, _, _ = self.socket.recvmsg(4096, socket.CMSG_SPACE(12))
            except BlockingIOError:
                return self.heard
            sender = struct.unpack("3i", next(data for _, kind, data in extra if kind == socket.SCM_CREDENTIALS))[0]
            lines = text.decode("utf-8").splitlines()
            self.heard.append((sender, dict(line.split("=", 1) for line in lines)))

    def count(self, name: str) -> int:
        return sum(1 for _, lines in self.listen() if name in lines)

    def wait(self, name: str, seconds: float = 20, at_least: int = 1) -> dict[str, str]:
        wait_for(f"{name} at the notify socket", lambda: self.count(name) >= at_least, seconds)
        return [lines for _, lines in self.heard if name in lines][-1]

    def fed_for(self, seconds: float) -> int:
        """How often the watchdog is fed in that time."""
        before, end = self.count("WATCHDOG"), time.monotonic() + seconds
        while time.monotonic() < end:
            self.listen()  # the kernel keeps ten datagrams
            time.sleep(0.05)
        return self.count("WATCHDOG") - before


def start(s: scenario, notify: systemd, *flags: str, watchdog: Optional[float] = None, config: str = "") -> None:
    """As systemd starts a service of Type=notify: in the process that will be the service's own."""
    file = s.cluster.write_config("n1", config)
    environment = {**s.cluster.environment(), "NOTIFY_SOCKET": notify.address}
    command = f'exec "{s.cluster.weir_program}" run --config "{file}" {" ".join(flags)}'
    if watchdog is not None:
        environment["WATCHDOG_USEC"] = str(int(watchdog * 1e6))
        command = "export WATCHDOG_PID=$$; " + command
    s.cluster.nodes["n1"].start(["sh", "-c", command], environment)


SLOW = """
[log]
level = "{level}"
[action.slow]
type = "exec"
command = ["sh", "-c", '''echo ${{NOTIFY_SOCKET:-none}} ${{WATCHDOG_USEC:-none}} > told
                          until [ -e go ]; do sleep 0.05; done''']
"""


def turns(wanted) -> None:
    with scenario(wanted, "turns", nodes=1) as s, systemd(str(s.directory / "notify")) as notify:
        start(s, notify, config=SLOW.format(level="info"))
        first = notify.wait("READY")
        equal([n["state"] for n in s.cluster.status()["nodes"]], ["active"], "the node, once it says READY")
        pid, node = s.cluster.nodes["n1"].pid(), s.cluster.status()["nodes"][0]["node_id"]
        equal(first["STATUS"], f"works as n1, incarnation {node}", "the line of systemctl status")
        names = [sorted(lines) for _, lines in notify.listen()]
        equal(names, [["EXTEND_TIMEOUT_USEC", "STATUS"], ["READY", "STATUS"]], "what is said until then")

        task = s.enqueue([{"name": "slow"}])[0]
        folder = s.cluster.config("n1").parent
        wait_for("the task's start", (folder / "told").exists, 15)
        equal((folder / "told").read_text(), "none none\n", "what a program of an action is told of systemd")

        s.cluster.write_config("n1", SLOW.format(level="debug"))
        s.cluster.nodes["n1"].signal(signal.SIGHUP)
        notify.wait("READY", at_least=2)
        began, over = notify.heard[2][1], notify.heard[3][1]
        check("RELOADING" in began and abs(int(began["MONOTONIC_USEC"]) / 1e6 - time.monotonic()) < 60, f"{began}")
        equal(over, first, "after the reload")
        s.cluster.write_config("n1", "[log]\nlevel = 'loud'\n")
        s.cluster.nodes["n1"].signal(signal.SIGHUP)
        over = notify.wait("READY", at_least=3)
        check(re.search(r"; the new configuration is refused: .*loud", over["STATUS"]), over["STATUS"])
        s.cluster.write_config("n1", SLOW.format(level="debug"))

        s.cluster.nodes["n1"].signal(signal.SIGTERM)
        last = notify.wait("STOPPING")
        equal(last["STATUS"], "stopping: draining", "while it drains")
        check(int(last["EXTEND_TIMEOUT_USEC"]) > (30 + 6) * 1e6, "it asks for drain_timeout and ttl, and more")
        check(s.cluster.nodes["n1"].pid() == pid, "it is there until its task has ended")
        (folder / "go").touch()
        equal(s.cluster.nodes["n1"].ended(20), 0, "exit code")
        equal(s.cluster.weir_json("task", "show", str(task))["state"], "DONE", "the task")
        equal({sender for sender, _ in notify.listen()}, {pid}, "who has spoken: the main process, as systemd wants it")
        equal(notify.count("WATCHDOG"), 0, "WATCHDOG=1 where nobody asked for it")


def abstract(wanted) -> None:
    with scenario(wanted, "abstract", nodes=1) as s, systemd(f"@weir-e2e-{os.getpid()}") as notify:
        start(s, notify)
        notify.wait("READY")
        s.cluster.nodes["n1"].signal(signal.SIGTERM)
        notify.wait("STOPPING")
        equal(s.cluster.nodes["n1"].ended(20), 0, "exit code")


def nobody(wanted) -> None:
    """A socket that is not there keeps no node from its work."""
    with scenario(wanted, "nobody", nodes=1) as s, systemd(str(s.directory / "notify")) as notify:
        Path(notify.address).unlink()
        start(s, notify)
        s.wait_active({"n1"})
        log = s.cluster.nodes["n1"].log.read_text(encoding="utf-8")
        equal(log.count("systemd does not hear this node"), 1, "warnings")


def cannot_join(wanted) -> None:
    """Why it ends is what `systemctl status` shows."""
    with scenario(wanted, "cannot_join", nodes=1, migrated=False) as s, \
            systemd(str(s.directory / "notify")) as notify:
        start(s, notify)
        equal(s.cluster.nodes["n1"].ended(20), 78, "exit code")
        check("weir db migrate" in notify.listen()[-1][1]["STATUS"], f"{notify.heard[-1]}")
        equal(notify.count("READY"), 0, "READY=1 of a node that never worked")


def standing_still(wanted) -> None:
    """Not fed while the threads of the actors, or of the beat, stand still, in a process that runs on."""
    with scenario(wanted, "standing_still", nodes=1) as s, systemd(str(s.directory / "notify")) as notify:
        start(s, notify, watchdog=WATCHDOG)
        notify.wait("READY")
        check(notify.fed_for(4 * WATCHDOG) >= 4 * 2, "a healthy node feeds it twice in a period at least")
        pid = s.cluster.nodes["n1"].pid()

        def stands_still(what: str, which: Callable[[str], bool]) -> None:
            threads = threads_of(pid, which)
            check(threads, f"the program has threads of {what}")
            for _ in range(3):  # a beat that is caught while it waits for the database's answer is no standstill
                with frozen(threads):
                    end = time.monotonic() + 8
                    while not (hungry := notify.fed_for(1.2 * WATCHDOG) == 0) and time.monotonic() < end:
                        pass
                wait_for(f"a watchdog that is fed again, once {what} moves", lambda: notify.fed_for(0.5) > 0, 10)
                if hungry:
                    return
            raise AssertionError(f"the watchdog is fed while {what} stands still")

        # CAF 0.17 gives its scheduler's threads the name of the multiplexer's.
        stands_still("the actors", lambda name: name == "caf.multiplexer")
        stands_still("the beat", lambda name: name == "weir-pulse")
        check("systemd's watchdog is not fed" in s.cluster.nodes["n1"].log.read_text(), "the log says so")
        with frozen(threads_of(pid, lambda name: name == "weir")):  # the main thread: it obeys signals, and no more
            check(notify.fed_for(4 * WATCHDOG) >= 4 * 2, "what holds no task up is no death")
        s.cluster.nodes["n1"].signal(signal.SIGTERM)
        equal(s.cluster.nodes["n1"].ended(20), 0, "exit code")


def database_away(wanted) -> None:
    """A new start would bring no database back, so its silence is none of the watchdog's business."""
    with private_postgres() as database, \
            scenario(wanted, "database_away", nodes=1, url=database.url) as s, \
            systemd(str(s.directory / "notify")) as notify:
        start(s, notify, watchdog=WATCHDOG)
        notify.wait("READY")
        node = s.cluster.status()["nodes"][0]["node_id"]
        database.stop("immediate")
        # Long past the ttl, after which its ownership has ended.
        check(notify.fed_for(12) >= 12 / WATCHDOG * 2, "it is fed while the database is away")
        database.start()
        wait_for("the node at work", lambda: s.cluster.status()["nodes"][0]["node_id"] == node or
                 notify.count("READY") == 2, 30)
        s.cluster.nodes["n1"].signal(signal.SIGTERM)
        equal(s.cluster.nodes["n1"].ended(60), 0, "exit code")


def supervised(wanted) -> None:
    """Under --supervise the node's own process speaks, so the unit needs NotifyAccess=all."""
    with scenario(wanted, "supervised", nodes=1) as s, systemd(str(s.directory / "notify")) as notify:
        start(s, notify, "--supervise", watchdog=WATCHDOG)
        notify.wait("READY")
        main = s.cluster.nodes["n1"].pid()
        node = notify.heard[-1][0]
        check(node != main, "the node is another process")
        check(notify.fed_for(2 * WATCHDOG) >= 4, "the node feeds the watchdog")
        os.kill(node, signal.SIGKILL)
        notify.wait("READY", at_least=2)
        check(notify.heard[-1][0] not in (node, main), "the next node says that it is ready")
        check(notify.fed_for(2 * WATCHDOG) >= 4, "and feeds the watchdog")
        s.cluster.nodes["n1"].signal(signal.SIGTERM)
        equal(s.cluster.nodes["n1"].ended(20), 0, "exit code")


SCENARIOS = {each.__name__: each for each in (turns, abstract, nobody, cannot_join, standing_still, database_away,
                                              supervised)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
