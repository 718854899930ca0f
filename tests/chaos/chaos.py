#!/usr/bin/env python3
"""Three nodes, a single stream and a parallel one, a PostgreSQL of their own, and a fault every few seconds for as long
as it is told. Afterwards every promise is judged from what was recorded. Exit code 0: all of them held."""
import argparse
import json
import random
import sys
import threading
import time
from pathlib import Path
from typing import Any, Optional

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
sys.path.insert(0, str(HERE))
from faults import faults  # noqa: E402
from private_postgres import private_postgres  # noqa: E402
from support import say, scenario, wait_for  # noqa: E402
from verdict import broken_promises, gaps, needless_repeats, record  # noqa: E402

CUSTOMERS, CHUNK = 200, 25
REST_SECONDS = 90  # for what is left, after the last fault


class producer:
    """Updates of customers, each with the next version, and mails; by SQL, in chunks. A chunk without an answer is not
    sent again: it is there or not."""

    def __init__(self, s: scenario, seed: int) -> None:
        self.s, self.random = s, random.Random(seed)
        self.versions: dict[str, int] = {}
        self.chunks: list[dict[str, Any]] = []
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.is_set():
            self.send()
            self.ended.wait(0.25)

    def send(self) -> None:
        label, tasks = f"chunk {len(self.chunks)}", []
        for _ in range(CHUNK):
            key = f"c{self.random.randrange(CUSTOMERS):04d}"
            self.versions[key] = self.versions.get(key, 0) + 1
            tasks.append({"name": "customer_update", "key": key,
                          "data": {"customer_id": key, "version": self.versions[key], "name": "n", "town": "t",
                                   "credit": 1}})
        tasks += [{"name": "mail", "data": {"to": "x@example.org", "number": n}} for n in range(5)]
        for task in tasks:
            task["created_by"] = label
        chunk: dict[str, Any] = {"label": label, "size": len(tasks), "ids": None}
        self.chunks.append(chunk)
        text = json.dumps(tasks).replace("'", "''")
        try:
            chunk["ids"] = [int(n) for n in self.s.sql(f"select {self.s.schema}.enqueue_many('{text}')").split()]
        except Exception:  # whatever it was, there is no answer
            self.ended.wait(0.5)


def rows(s: scenario, statement: str) -> list[dict[str, Any]]:
    text = s.sql(f"select coalesce(json_agg(x), '[]') from ({statement.replace('weir.', s.schema + '.')}) x")
    return json.loads(text)


def recorded(s: scenario, sent: producer) -> record:
    log = (s.directory / "partner.jsonl").read_text(encoding="utf-8").splitlines()
    return record(
        chunks=sent.chunks, partner=[json.loads(line) for line in log],
        tasks=rows(s, "select id, name, key, (data ->> 'version')::int as version, created_by as label from weir.task"),
        attempts=rows(s, "select task_id, no, result, message, part_id, epoch from weir.attempt order by task_id, no"),
        owners=rows(s, "select part_id, timeline, epoch, node_id, extract(epoch from acquired_at) as since, "
                       "extract(epoch from ended_at) as until from weir.ownership"),
        terms=rows(s, "select timeline, term, extract(epoch from elected_at) as since, "
                      "extract(epoch from ended_at) as until from weir.term order by timeline, term"))


def share(sorted_values: list[float], part: float) -> float:
    return sorted_values[min(len(sorted_values) - 1, int(part * len(sorted_values)))] if sorted_values else 0.0


def run(wanted: argparse.Namespace) -> int:
    begin = time.monotonic()
    story: list[str] = []

    def tell(text: str) -> None:
        story.append(f"{time.monotonic() - begin:7.1f} s  {text}")
        say("  " + story[-1])

    say(f"chaos: seed {wanted.seed}, {wanted.seconds} s")
    trouble: Optional[str] = None
    with private_postgres() as server, scenario(wanted, "chaos", url=server.url) as s:
        s.cluster.start_partner()
        s.start_nodes()
        sent = producer(s, wanted.seed)
        sending = threading.Thread(target=sent.run, daemon=True)
        sending.start()
        wrong = faults(s, server, wanted.seed, tell)
        try:
            while time.monotonic() < begin + wanted.seconds:
                wrong.step()
                end = time.monotonic() + wrong.random.uniform(1.0, wanted.pause)
                while time.monotonic() < end:
                    wrong.undo()
                    time.sleep(0.1)
            sent.ended.set()
            sending.join(60)
            wrong.heal()
            tell("no more faults")
            wait_for("all tasks to end", lambda: s.unfinished() == 0, REST_SECONDS, 0.5)
            s.stop_cleanly()
        except Exception as problem:  # judged all the same: the record tells more than the exception
            trouble = f"{type(problem).__name__}: {problem}"
            sent.ended.set()
        seen = recorded(s, sent)
        broken = broken_promises(seen) + ([f"the run did not end as it should: {trouble}"] if trouble else [])
        without = gaps(seen)
        of_promise = {p: sum(text.startswith(p) for text in broken) for p in ("lost", "single instance")}
        counts = {r: sum(a["result"] == r for a in seen.attempts) for r in "dsxXitr"}
        took, number = time.monotonic() - begin, sum(wrong.counts.values())
        summary = (f"chaos: seed {wanted.seed}: {number} faults in {took:.0f} s; "
                   f"{len(seen.tasks)} tasks, {counts['d']} done, {counts['s']} superseded, "
                   f"lost {of_promise['lost']}, overlaps {of_promise['single instance']}; "
                   f"{needless_repeats(seen)} updates ran again after a crash, {counts['i']} runs interrupted; "
                   f"{len(without)} changes of session, without one p50 {share(without, 0.5):.2f} s, "
                   f"p99 {share(without, 0.99):.2f} s, longest {share(without, 1):.2f} s")
        if broken:
            say("\n".join(["", "what was done:", *story, "", "what was broken, the first of it first:", *broken[:20]]))
            say(f"{summary}; {len(broken)} BROKEN")
            raise SystemExit(1)  # leaves the logs
        say("  " + ", ".join(f"{name} {count}" for name, count in sorted(wrong.counts.items())))
        say(summary)
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="build directory, with weir in it")
    parser.add_argument("--suffix", default="", help="of the programs, as in -asan")
    parser.add_argument("--listen", default="127.0.0.1:0", help="of the nodes' links; off: they work by polling")
    parser.add_argument("--keep", action="store_true", help="keep logs and schema of a good run, too")
    parser.add_argument("--seconds", type=int, default=300, help="how long faults go on (default 300)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 2**31), help="of the faults")
    parser.add_argument("--pause", type=float, default=5.0, help="longest pause between faults, seconds (default 5)")
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
