"""The load of a chaotic run, and a watch over what the database says meanwhile. Both go on whatever happens."""
from __future__ import annotations

import json
import random
import sys
import threading
import time
from pathlib import Path
from typing import Any, Callable

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from support import scenario  # noqa: E402

CUSTOMERS, UPDATES = 200, 25
ACCOUNTS, ENTRIES, KEYLESS = 40, 6, 2
MAILS = 5


class background:
    """`step` again and again in a thread of its own, until it is told to end."""

    def __init__(self, pause: float, step: Callable[[], None]) -> None:
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.run, args=(pause, step), daemon=True)
        self.thread.start()

    def run(self, pause: float, step: Callable[[], None]) -> None:
        while not self.ended.is_set():
            step()
            self.ended.wait(pause)

    def end(self, seconds: float) -> None:
        self.ended.set()
        self.thread.join(seconds)


class producer:
    """Updates of customers, each with the next version, entries of accounts, and mails; by SQL, in chunks. A chunk
    without an answer is not sent again: it is there or not."""

    def __init__(self, s: scenario, seed: int) -> None:
        self.s, self.random = s, random.Random(seed)
        self.versions: dict[str, int] = {}
        self.chunks: list[dict[str, Any]] = []

    def tasks(self, label: str) -> list[dict[str, Any]]:
        found = []
        for _ in range(UPDATES):
            key = f"c{self.random.randrange(CUSTOMERS):04d}"
            self.versions[key] = self.versions.get(key, 0) + 1
            found.append({"name": "customer_update", "key": key,
                          "data": {"customer_id": key, "version": self.versions[key], "name": "n", "town": "t",
                                   "credit": 1}})
        found += [{"name": "mail", "data": {"to": "x@example.org", "number": n}} for n in range(MAILS)]
        accounts = [f"a{self.random.randrange(ACCOUNTS):04d}" for _ in range(ENTRIES)]
        found += [{"name": "entry", "key": key, "data": {}} for key in (*accounts, *[None] * KEYLESS)]
        return [{**task, "created_by": label} for task in found]

    def send(self) -> None:
        label = f"chunk {len(self.chunks)}"
        tasks = self.tasks(label)
        chunk: dict[str, Any] = {"label": label, "size": len(tasks), "ids": None, "sent": time.monotonic()}
        text = json.dumps(tasks).replace("'", "''")
        try:
            chunk["ids"] = [int(n) for n in self.s.sql(f"select {self.s.schema}.enqueue_many('{text}')").split()]
        except Exception:  # whatever it was, there is no answer
            time.sleep(0.5)
        chunk["ended"] = time.monotonic()
        self.chunks.append(chunk)


class watch:
    """Looks at who owns the single stream and who is to, and at what nodes say of refused late writes."""

    def __init__(self, s: scenario, stream: str) -> None:
        self.s = s
        self.looks: list[dict[str, Any]] = []
        self.late_writes: dict[str, int] = {}
        self.statement = f"""
            select json_build_object(
              'owner', (select n.name from weir.node n where n.node_id = p.owner), 'wish', a.node,
              'leader', (select n.name from weir.term t join weir.node n using (node_id) where t.ended_at is null),
              'pin', s.pin, 'policy', s.pin_policy)
            from weir.stream s
            join weir.partition p on p.part_id = s.first_part
            join weir.assignment a on a.part_id = p.part_id
            where s.name = '{stream}'""".replace("weir.", f"{s.schema}.")

    def look(self) -> None:
        try:
            found = json.loads(self.s.sql(self.statement))
        except Exception:  # it is away; the next look tells more
            return
        self.looks.append({"t": time.monotonic(), **found})

    def ask(self) -> None:
        try:
            self.note(self.s.cluster.status()["nodes"])
        except Exception:  # as above
            return

    def note(self, nodes: list[dict[str, Any]]) -> None:
        for node in nodes:
            if node.get("late_writes_refused") is not None:
                self.late_writes[str(node["node_id"])] = node["late_writes_refused"]
