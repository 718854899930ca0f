#!/usr/bin/env python3
"""How long each page of the API takes behind a long history: every GET of openapi.json, the lists with each filter and
state, at their start and deep in the past, and what tasks:bulk would do. Drive it by ./dev bench --pages."""
from __future__ import annotations

import argparse
import http.client
import json
from pathlib import Path
import sys
import time
from dataclasses import dataclass
from typing import Any, Optional
from urllib.parse import urlencode

from page_history import CONFIG, fill
from place import check, equal, noop_cluster

TARGET_MS = 50
STATES = ("ready", "in_progress", "retry", "done", "failed", "cancelled")
# What is not one page: a stream without an end, whose events are what /cluster answers.
ENDLESS = {"/api/v1/events"}


@dataclass(frozen=True)
class ask:
    """One request. `path` is that of openapi.json, with braces."""

    path: str
    values: dict[str, str]
    query: dict[str, Any]
    body: Optional[dict[str, Any]] = None

    @property
    def target(self) -> str:
        return self.path.format(**self.values) + ("?" + urlencode(self.query) if self.query else "")

    @property
    def name(self) -> str:
        return self.target if self.body is None else f"{self.path} {json.dumps(self.body)}"


class line:
    """One connection that stays."""

    def __init__(self, address: str) -> None:
        host, _, port = address.rpartition(":")
        self.http = http.client.HTTPConnection(host, int(port), timeout=120)

    def send(self, what: ask) -> tuple[float, bytes]:
        """Milliseconds until the whole answer was there, and the answer."""
        begin = time.perf_counter()
        if what.body is None:
            self.http.request("GET", what.target)
        else:
            self.http.request("POST", what.target, json.dumps(what.body), {"Content-Type": "application/json"})
        reply = self.http.getresponse()
        text = reply.read()
        took = (time.perf_counter() - begin) * 1000
        equal(reply.status, 200, f"{what.name}: {text[:300]!r}")
        return took, text

    def get(self, path: str, **query: Any) -> Any:
        return json.loads(self.send(ask(path, {}, query))[1])


def all_asks(to: line, c: noop_cluster, rows: int) -> list[ask]:
    tasks, deep = "/api/v1/tasks", rows // 2
    key = c.ask(f"select key from task where id > {deep} and key is not null order by id limit 1")[0]
    some = {"task": str(deep), "waiting": c.ask("select min(task_id) from open where state = 'w'")[0],
            "unread": c.ask("select min(id) from task where name = 'held'")[0]}
    lists: list[dict[str, Any]] = [{}, {"limit": 1000}, {"cursor": deep}, {"cursor": 5000},
                                   {"state": "retry", "limit": 1000}]
    for state in STATES + ("ready,in_progress,retry", "done,failed,cancelled", "failed,cancelled"):
        lists += [{"state": state}, {"state": state, "cursor": deep}]
    for name in ("noop", "seldom", "relic", "held", "nobody"):
        lists += [{"name": name}, {"name": name, "state": "failed"}, {"name": name, "state": "cancelled"},
                  {"name": name, "state": "ready"}, {"name": name, "state": "done"}]
    for stream in ("bench", "rare", "held", "other_1", "no such"):
        lists += [{"stream": stream}, {"stream": stream, "state": "failed"}, {"stream": stream, "state": "ready"}]
    lists += [{"stream": "bench", "cursor": deep}, {"name": "seldom", "cursor": deep}, {"key": key},
              {"key": "no such"}, {"key": key, "name": "noop"}, {"key": key, "stream": "bench"},
              {"key": key, "state": "failed"}, {"stream": "rare", "name": "relic", "state": "done"}]
    found = [ask(tasks, {}, query) for query in lists]
    for path in (tasks + "/{id}", tasks + "/{id}/explain"):
        found += [ask(path, {"id": number}, {}) for number in some.values()]
    found += [ask("/api/v1/streams/{stream}", {"stream": name}, {}) for name in ("bench", "held")]
    found += [ask("/api/v1/streams/{stream}/owners", {"stream": "bench"}, query) for query in ({}, {"limit": 1000})]
    found += [ask("/api/v1/audit", {}, query) for query in
              ({}, {"limit": 1000}, {"cursor": 5000}, {"since": "2026-01-01T00:00:00Z"})]
    named = {"node": "n1", "schedule": "rule_1"}
    for path, verbs in to.get("/openapi.json")["paths"].items():
        if "get" not in verbs or path in ENDLESS or any(each.path == path for each in found):
            continue
        slots = [word[1:-1] for word in path.split("/") if word.startswith("{")]
        check(all(slot in named for slot in slots), f"{path} is new: pages.py must say what to ask of it")
        found.append(ask(path, {slot: named[slot] for slot in slots}, {}))
    orders: list[tuple[str, dict[str, Any]]] = [("requeue", {"state": [state]}) for state in STATES]
    orders += [(verb, {"state": [state]}) for verb in ("cancel", "retry", "snooze") for state in ("ready", "retry")]
    orders += [(verb, which) for verb in ("cancel", "retry", "snooze", "requeue") for which in
               ({"stream": "bench"}, {"stream": "held"}, {"name": "noop"}, {"name": "seldom"}, {"key": key})]
    orders += [("requeue", {"name": "noop", "state": ["done"]}), ("requeue", {"stream": "rare", "state": ["done"]})]
    found += [ask("/api/v1/tasks:bulk", {}, {}, {"action": verb, "filter": which, "dry_run": True})
              for verb, which in orders]
    return found


def amount(text: bytes) -> str:
    """What an answer holds, for people: rows, or a count; with a + where it says that there may be more."""
    try:
        said = json.loads(text)
    except ValueError:
        return ""
    if isinstance(said, dict) and "items" in said:
        return f"{len(said['items'])}{'+' if said.get('next') else ''}"
    if isinstance(said, dict) and "capped" in said and "action" in said:
        return f"{said['count']}{'+' if said['capped'] else ''}"
    return ""


def measure(wanted: argparse.Namespace) -> list[dict[str, Any]]:
    with noop_cluster(wanted, "pages", extra=CONFIG) as c:
        c.start("n1")
        c.stop("n1")
        fill(c, wanted.rows, lambda text: print(text, file=sys.stderr, flush=True))
        c.start("n1")
        c.ended = 0
        to = line(c.cluster.status()["nodes"][0]["http"])
        found = []
        for each in all_asks(to, c, wanted.rows):
            took, text = to.send(each)  # from a cold disk this is not what the query costs
            times = [to.send(each)[0] for _ in range(wanted.asks if took < 1000 else 3)]
            times.sort()
            print(f"  {took:8.1f}  {each.name}", file=sys.stderr, flush=True)
            found.append({"ask": each.name, "first_ms": round(took, 1), "p50_ms": round(times[len(times) // 2], 1),
                          "max_ms": round(times[-1], 1), "amount": amount(text), "met": times[-1] <= TARGET_MS})
        return found


def table(found: list[dict[str, Any]]) -> str:
    lines = [f"| ask | rows | first ms | p50 ms | max ms | {TARGET_MS} ms |", "|---|---:|---:|---:|---:|---|"]
    lines += [f"| `{each['ask']}` | {each['amount']} | {each['first_ms']} | {each['p50_ms']} | {each['max_ms']} | "
              f"{'met' if each['met'] else '**missed**'} |" for each in found]
    missed = sum(not each["met"] for each in found)
    return "\n".join(lines) + f"\n\n{len(found)} asks, {missed} missed"


def main() -> int:
    parser = argparse.ArgumentParser(prog="./dev bench --pages", description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="build directory, with weir in it")
    parser.add_argument("--suffix", default="", help="of the programs, as in -asan")
    parser.add_argument("--rows", type=int, default=10_000_000, help="finished tasks (default 10,000,000: 6 GB)")
    parser.add_argument("--asks", type=int, default=20, help="times that each is asked (default 20)")
    parser.add_argument("-o", dest="output", choices=["table", "json"], default="table")
    wanted = parser.parse_args()
    wanted.listen, wanted.keep = "127.0.0.1:0", False
    found = measure(wanted)
    print(json.dumps(found, indent=2) if wanted.output == "json" else table(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
