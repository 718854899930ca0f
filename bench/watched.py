"""Throughput while a crowd watches the dashboard: the rate of a load in bulk by message with open event streams, to
that without (free, watched, watched, free: a drift of the machine cancels out). The watchers read on the same cores;
what they cost the node and the database is told apart, in processor time of a task."""
from __future__ import annotations

import selectors
import socket
import threading
import time
from typing import Any

from budget import figures
from idle import cpu_s
from place import check, equal, noop_cluster, run, stat_of, wait_for

WATCHERS = 50
HTTP = """
[http]
listen = "127.0.0.1:0"
"""


class crowd:
    """WATCHERS event streams of one node, each over a connection of its own, read by one thread as soon as anything
    comes, and thrown away. At the end each of them must have got its events all the time."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self.events = [0] * WATCHERS  # reads, at least one each
        self.ended = 0  # streams that the node has closed
        self.closing = False
        self.ready = selectors.DefaultSelector()
        for number in range(WATCHERS):
            line = socket.create_connection((host, int(port)), timeout=20)
            line.sendall(f"GET /api/v1/events HTTP/1.1\r\nHost: {address}\r\n\r\n".encode())
            line.setblocking(False)
            self.ready.register(line, selectors.EVENT_READ, number)
        self.thread = threading.Thread(target=self.read, daemon=True)

    def __enter__(self) -> "crowd":
        self.thread.start()
        wait_for(f"an event at each of {WATCHERS} watchers", lambda: all(self.events), 30)
        self.begun, self.before = time.monotonic(), list(self.events)
        return self

    def __exit__(self, kind: Any, *_: Any) -> None:
        self.closing = True
        self.thread.join()
        for key in list(self.ready.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self.ready.close()
        if kind is None:
            equal(self.ended, 0, "streams that the node closed")
            least = int((time.monotonic() - self.begun) / 2)  # of those that come once a second
            got = [now - then for now, then in zip(self.events, self.before)]
            check(min(got) >= least, f"at least {least} events at every watcher: {got}")

    def read(self) -> None:
        bin = bytearray(1 << 20)
        while not self.closing:
            for key, _ in self.ready.select(0.1):
                if key.fileobj.recv_into(bin):  # type: ignore[union-attr]
                    self.events[key.data] += 1
                else:
                    self.ended += 1
                    self.ready.unregister(key.fileobj)


class meter:
    """Rates of loads, and the processor time that the node and the whole database server spent on them meanwhile."""

    def __init__(self, c: noop_cluster, count: int) -> None:
        self.c, self.count = c, count
        self.rates: list[float] = []
        self.spent = {"node": 0.0, "database": 0.0}
        backend = stat_of(int(c.value("select pg_backend_pid()")))
        check(backend, "the database server runs on this machine")
        self.pids = {"node": c.cluster.nodes["n1"].pid(), "database": backend[1]}  # type: ignore[index]

    def load(self) -> None:
        before = {who: cpu_s(pid) for who, pid in self.pids.items()}
        self.rates.append(self.c.rate(self.count))
        for who, pid in self.pids.items():
            self.spent[who] += cpu_s(pid) - before[who]

    def rate(self) -> float:
        return sum(self.rates) / len(self.rates)

    def us(self, who: str) -> float:
        """Microseconds of a core for each task."""
        return self.spent[who] / (self.count * len(self.rates)) * 1e6


def measure(this: run) -> figures:
    count = max(1000, this.size.tasks // 2)
    with noop_cluster(this.wanted, "watched", extra=HTTP) as c:
        c.start("n1")
        address = c.cluster.status()["nodes"][0]["http"]
        c.rate(count // 4)
        free, watched = meter(c, count), meter(c, count)
        for _ in range(this.size.pairs):
            free.load()
            with crowd(address):
                watched.load()
                watched.load()
            free.load()
    return {"watched_to_free": watched.rate() / free.rate(), "watched_per_s": watched.rate(),
            **{f"{how}_{who}_us": of.us(who) for how, of in (("free", free), ("watched", watched)) for who in of.spent}}
