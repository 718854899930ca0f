#!/usr/bin/env python3
"""The judge of chaotic runs is judged: a good record is good, and with one thing wrong in it each promise is broken."""
import copy
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from verdict import broken_promises, gaps, needless_repeats, record  # noqa: E402


def good() -> record:
    """Two chunks, one of which had no answer; customer c1 updated twice in one chunk; a take-over."""
    return record(
        chunks=[{"label": "a", "size": 2, "ids": [1, 2]}, {"label": "b", "size": 1, "ids": None},
                {"label": "c", "size": 1, "ids": None}],
        partner=[{"event": "login", "t": 1.0, "node": "n1", "token": 5},
                 {"event": "update", "t": 1.1, "customer": "c1", "version": 2},
                 {"event": "eof", "t": 2.0, "node": "n1"},
                 {"event": "login", "t": 2.5, "node": "n2", "token": 6},
                 {"event": "update", "t": 2.6, "customer": "c1", "version": 2},
                 {"event": "update", "t": 2.7, "customer": "c2", "version": 1},
                 {"event": "logout", "t": 3.0, "node": "n2"}],
        tasks=[{"id": 1, "name": "u", "key": "c1", "version": 1, "label": "a"},
               {"id": 2, "name": "u", "key": "c1", "version": 2, "label": "a"},
               {"id": 3, "name": "u", "key": "c2", "version": 1, "label": "b"}],
        attempts=[{"task_id": 1, "no": 1, "result": "s", "message": "superseded by 2", "part_id": 1, "epoch": 5},
                  {"task_id": 2, "no": 1, "result": "i", "message": "its node ended", "part_id": 1, "epoch": 5},
                  {"task_id": 2, "no": 2, "result": "d", "message": None, "part_id": 1, "epoch": 6},
                  {"task_id": 3, "no": 1, "result": "d", "message": None, "part_id": 1, "epoch": 6}],
        owners=[{"part_id": 1, "timeline": 1, "epoch": 5, "node_id": 1, "since": 0.5, "until": 2.1},
                {"part_id": 1, "timeline": 1, "epoch": 6, "node_id": 2, "since": 2.4, "until": None}],
        terms=[{"timeline": 1, "term": 1, "since": 0.1, "until": 2.0},
               {"timeline": 1, "term": 2, "since": 2.2, "until": None}])


# What is done to the record, and the word that the verdict must begin with.
DEFECTS = {
    "an acknowledged task is not there": (lambda r: r.tasks.pop(1), "lost"),
    "a task never ended": (lambda r: r.attempts.pop(3), "lost"),
    "half of a chunk without an answer": (lambda r: r.chunks[1].update(size=2), "lost"),
    "a task that nobody sent": (lambda r: r.tasks[2].update(label="z"), "lost"),
    "a task ended twice": (lambda r: r.attempts.append(dict(r.attempts[3], no=2)), "doubled"),
    "an older update after a newer one": (lambda r: r.partner[4].update(version=1), "newest wins"),
    "the last update never came": (lambda r: (r.partner.pop(4), r.partner.pop(1)), "newest wins"),
    "superseded by an older one": (lambda r: r.attempts[0].update(task_id=3), "newest wins"),
    "two sessions at once": (lambda r: r.partner.insert(2, dict(r.partner[3], t=1.5)), "single instance"),
    "the partner counted an overlap": (lambda r: r.partner.append({"event": "overlapping_update"}), "single instance"),
    "a token that fell": (lambda r: r.partner[3].update(token=4), "stale"),
    "a write under an epoch that nobody had": (lambda r: r.attempts[3].update(epoch=7), "stale"),
    "two owners at once": (lambda r: r.owners[0].update(until=2.45), "single instance"),
    "an owner that was never ended": (lambda r: r.owners[0].update(until=None), "single instance"),
    "two terms at once": (lambda r: r.terms[0].update(until=None), "stale"),
}


class Verdict(unittest.TestCase):
    def test_a_good_record_is_good(self):
        self.assertEqual([], broken_promises(good()))

    def test_each_defect_is_seen(self):
        for name, (spoil, promise) in DEFECTS.items():
            with self.subTest(name):
                bad = copy.deepcopy(good())
                spoil(bad)
                found = broken_promises(bad)
                self.assertTrue(any(text.startswith(promise) for text in found), found)

    def test_repeats_and_gaps_are_counted(self):
        self.assertEqual(1, needless_repeats(good()))
        self.assertEqual([0.5], gaps(good()))


if __name__ == "__main__":
    unittest.main()
