"""Throughput while a crowd watches the dashboard: the rate of a load in bulk by message with open event streams, to
that without (free, watched, watched, free: a drift of the machine cancels out). The watchers read on the same cores."""
from __future__ import annotations

import selectors
import socket
import threading
import time
from typing import Any

from budget import figures
from place import check, equal, noop_cluster, run, wait_for

WATCHERS = 50
HTTP = """
[http]
listen = "127.0.0.1:0"
"""


class crowd:
    """WATCHERS event streams of one node, each over a connection of its own, read by one thread as soon as anything
    comes. At the end each of them must have got its events all the time."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self.events = [0] * WATCHERS
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
        while not self.closing:
            for key, _ in self.ready.select(0.1):
                got = key.fileobj.recv(65536)  # type: ignore[union-attr]
                self.events[key.data] += got.count(b"event: ")
                if not got:
                    self.ended += 1
                    self.ready.unregister(key.fileobj)


def measure(this: run) -> figures:
    count = max(1000, this.size.tasks // 2)
    free: list[float] = []
    watched: list[float] = []
    with noop_cluster(this.wanted, "watched", extra=HTTP) as c:
        c.start("n1")
        address = c.cluster.status()["nodes"][0]["http"]
        c.rate(count // 4)
        for _ in range(this.size.pairs):
            free.append(c.rate(count))
            with crowd(address):
                watched += [c.rate(count), c.rate(count)]
            free.append(c.rate(count))
    return {"watched_to_free": sum(watched) / sum(free), "watched_per_s": sum(watched) / len(watched)}
