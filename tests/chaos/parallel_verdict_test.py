#!/usr/bin/env python3
"""The judge of parallel streams is judged, as verdict_test.py judges the judge of the rest."""
import copy
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from parallel_verdict import EPOCH_BITS, broken_by_parallel_streams, outliving, repeated_runs, runs  # noqa: E402
from record import record  # noqa: E402
from verdict import broken_promises  # noqa: E402

FIRST, SECOND = (1 << EPOCH_BITS) + 5, (1 << EPOCH_BITS) + 6  # tokens of the two owners


def run(task: int, key: str, token: int, since: float, until: float, how: str = "done", attempt: int = 1) -> list[dict]:
    node = "n1" if token == FIRST else "n2"
    name = {"task": task, "key": key, "attempt": attempt, "token": token, "node": node}
    return [{"t": since, "event": "start", **name}, {"t": until, "event": "end", "how": how, **name}]


def log(*every: list[dict]) -> list[dict]:
    return sorted((event for each in every for event in each), key=lambda e: e["t"])


def good() -> record:
    """Of account a1 task 2 supersedes task 1; it has to come again, then n1 dies after it was performed, but before
    that was written; task 3 has no key and meets it; task 4 comes last."""
    rows = [(1, "s", "superseded by 2", 5), (2, "r", "HTTP 503", 5), (2, "d", None, 6), (3, "d", None, 5),
            (4, "d", None, 6)]
    return record(
        chunks=[{"label": "a", "size": 4, "ids": [1, 2, 3, 4], "sent": 0.6, "ended": 0.7}],
        tasks=[{"id": n, "name": "entry", "key": None if n == 3 else "a1", "version": None, "label": "a"}
               for n in (1, 2, 3, 4)],
        attempts=[{"task_id": task, "no": no, "result": result, "message": message, "part_id": 7, "epoch": epoch}
                  for no, (task, result, message, epoch) in enumerate(rows)],
        owners=[{"part_id": 7, "timeline": 1, "epoch": 5, "node": "n1", "reason": "dead", "since": 0.5, "until": 2.2},
                {"part_id": 7, "timeline": 1, "epoch": 6, "node": "n2", "reason": None, "since": 2.4, "until": None}],
        recorder=log(run(2, "a1", FIRST, 1.0, 1.1, "again"), run(2, "a1", FIRST, 1.5, 1.8, attempt=2),
                     run(3, None, FIRST, 1.6, 1.7), run(2, "a1", SECOND, 2.5, 2.6, attempt=2),
                     run(4, "a1", SECOND, 2.7, 2.8)))


def add(r: record, *every: list[dict]) -> None:
    r.recorder = log(r.recorder, *every)


def without(r: record, *tasks: int) -> None:
    r.recorder = [event for event in r.recorder if event["task"] not in tasks]


# What is done to the record, and the word that the verdict must begin with.
DEFECTS = {
    "two of a key at once": (lambda r: add(r, run(1, "a1", SECOND, 2.75, 2.9)), "one at a time"),
    "a run of a task that is not there": (lambda r: add(r, run(5, "a1", SECOND, 2.85, 2.9)), "lost"),
    "two of a key at once on the node of a clean hand-over": (
        lambda r: (r.owners[0].update(reason="released"), r.recorder[5].update(t=2.55)), "one at a time"),
    "a task beside itself": (lambda r: add(r, run(4, "a1", SECOND, 2.72, 2.9, attempt=2)), "one at a time"),
    "an older one after a newer one": (lambda r: add(r, run(1, "a1", SECOND, 2.9, 3.0)), "newest wins"),
    "a retry that came back over a newer one": (lambda r: add(r, run(2, "a1", SECOND, 2.9, 3.0, attempt=3)),
                                                "newest wins"),
    "the newest was not the last": (lambda r: (without(r, 4), r.attempts.append(dict(r.attempts[4]))), "newest wins"),
    "done and never performed": (lambda r: without(r, 3), "at least once"),
    "done, but its caller had hung up": (lambda r: r.recorder[4].update(how="gone"), "at least once"),
    "done under an epoch under which it did not run": (lambda r: r.attempts[3].update(epoch=6), "at least once"),
    "performed twice by one owner": (lambda r: add(r, run(3, None, FIRST, 1.9, 2.0)), "doubled"),
    "performed twice after a clean hand-over": (lambda r: r.owners[0].update(reason="released"), "doubled"),
}


class ParallelVerdict(unittest.TestCase):
    def test_a_good_record_is_good(self):
        self.assertEqual([], broken_promises(good()))
        self.assertEqual([("task 2", "after its owner died")], repeated_runs(good()))

    def test_each_defect_is_seen(self):
        for name, (spoil, promise) in DEFECTS.items():
            with self.subTest(name):
                bad = copy.deepcopy(good())
                spoil(bad)
                found = broken_promises(bad)
                self.assertTrue(any(text.startswith(promise) for text in found), found)

    def test_a_run_may_outlive_the_ownership_of_a_dead_node(self):
        seen = good()
        first = next(e for e in seen.recorder if e["event"] == "end" and e["attempt"] == 2 and e["token"] == FIRST)
        first.update(t=2.55)
        seen.recorder = log(seen.recorder)
        self.assertEqual([], broken_by_parallel_streams(seen))
        self.assertEqual(1, outliving(seen))

    def test_a_result_may_be_written_under_an_ownership_that_was_renewed(self):
        seen = good()
        seen.owners[0].update(reason="renewed")
        seen.attempts[3].update(epoch=6)
        self.assertEqual([], broken_by_parallel_streams(seen))

    def test_a_run_without_an_end_is_open(self):
        seen = good()
        seen.recorder.pop()
        self.assertEqual(["done", "open"], [each.how for each in runs(seen)[-2:]])


if __name__ == "__main__":
    unittest.main()
