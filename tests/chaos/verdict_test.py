#!/usr/bin/env python3
"""The judge of chaotic runs is judged: a good record is good, and with one thing wrong in it each promise is broken."""
import copy
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from figures import figures, summary, table, without_session  # noqa: E402
from outages import judge, silences, take_overs  # noqa: E402
from record import record  # noqa: E402
from verdict import broken_promises, repeated_updates  # noqa: E402
from wall_clock import on_the_real_clock  # noqa: E402

WALL = 1000.0  # seconds that the wall clock is ahead


def kill(t: float, node: str, kind: str = "kill_node") -> dict:
    return {"kind": kind, "text": f"kill -9 {node}", "nodes": [node], "everybody": False, "hinders": False, "t": t,
            "until": None}


def away(t: float, until: float) -> dict:
    return {"kind": "database_away", "text": "PostgreSQL is away", "nodes": [], "everybody": True, "hinders": True,
            "t": t, "until": until}


def pooler_away(t: float, until: float, *nodes: str) -> dict:
    return {"kind": "pooler_killed", "text": "the pooler is away", "nodes": list(nodes), "everybody": False,
            "hinders": True, "t": t, "until": until}


def look(t: float, owner: str, pin: str = None) -> dict:
    return {"t": t, "owner": owner, "wish": owner, "leader": "n3", "pin": pin, "policy": "strict"}


def good() -> record:
    """Two chunks, one of which had no answer; customer c1 updated twice in one chunk; n1 is killed while it sends the
    second of them, and n2 takes over."""
    return record(
        chunks=[{"label": "a", "size": 2, "ids": [1, 2], "sent": 0.6, "ended": 0.7},
                {"label": "b", "size": 1, "ids": None, "sent": 0.8, "ended": 0.9},
                {"label": "c", "size": 1, "ids": None, "sent": 1.0, "ended": 1.1}],
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
        owners=[{"part_id": 1, "timeline": 1, "epoch": 5, "node": "n1", "reason": "dead", "since": WALL + 0.5,
                 "until": WALL + 2.1},
                {"part_id": 1, "timeline": 1, "epoch": 6, "node": "n2", "reason": None, "since": WALL + 2.4,
                 "until": None}],
        terms=[{"timeline": 1, "term": 1, "node": "n1", "reason": "dead", "since": WALL + 0.1, "until": WALL + 2.0},
               {"timeline": 1, "term": 2, "node": "n2", "reason": None, "since": WALL + 2.2, "until": None}],
        nodes=[{"node_id": n, "name": f"n{n}", "state": "dead" if n == 1 else "active", "since": WALL,
                "until": WALL + 2.1 if n == 1 else None} for n in (1, 2, 3)],
        faults=[kill(2.0, "n1")], absences=[{"node": "n1", "since": 2.0, "until": 2.3}],
        looks=[look(1.5, "n1"), look(2.5, "n2")], late_writes={"1": 2, "2": 0}, single_part=1, wall=WALL)


def later(r: record, since: float, seconds: float) -> None:
    """What the partner saw from then on, it saw so much later."""
    for event in r.partner:
        event["t"] += seconds if event["t"] > since else 0


def graceful(r: record) -> None:
    r.attempts.pop(1)
    r.owners[0].update(reason="released")


def lose(r: record, synchronous: bool, safe: float) -> None:
    """A fail-over at 1.2 s, and with it another chunk whose update the partner has seen."""
    r.chunks.append({"label": "d", "size": 1, "ids": [4], "sent": 0.95, "ended": 1.05})
    r.partner.insert(2, {"event": "update", "t": 1.15, "customer": "c1", "version": 3})
    r.fail_overs.append({"t": 1.2, "safe": safe, "synchronous": synchronous})


# What is done to the record, and the word that the verdict must begin with.
DEFECTS = {
    "an acknowledged task is not there": (lambda r: r.tasks.pop(1), "lost"),
    "a task never ended": (lambda r: r.attempts.pop(3), "lost"),
    "half of a chunk without an answer": (lambda r: r.chunks[1].update(size=2), "lost"),
    "a task that nobody sent": (lambda r: r.tasks[2].update(label="z"), "lost"),
    "a task ended twice": (lambda r: r.attempts.append(dict(r.attempts[3], no=2)), "doubled"),
    "a repeat after a graceful hand-over": (graceful, "doubled"),
    "a repeat in one session": (lambda r: r.partner.append(dict(r.partner[5], t=2.8)), "doubled"),
    "an older update after a newer one": (lambda r: r.partner[4].update(version=1), "newest wins"),
    "the last update never came": (lambda r: (r.partner.pop(4), r.partner.pop(1)), "newest wins"),
    "superseded by an older one": (lambda r: r.attempts[0].update(task_id=3), "newest wins"),
    "two sessions at once": (lambda r: r.partner.insert(2, dict(r.partner[3], t=1.5)), "single instance"),
    "the partner counted an overlap": (lambda r: r.partner.append({"event": "overlapping_update"}), "single instance"),
    "an answered chunk is gone after a synchronous fail-over": (lambda r: lose(r, True, 0.5), "lost"),
    "an answered chunk is gone, and had been on the standby": (lambda r: lose(r, False, 1.5), "lost"),
    "an update that is not there": (lambda r: r.partner.insert(5, dict(r.partner[5], version=9)), "lost"),
    "an old primary that was written to": (lambda r: r.old_primaries.append({"before": "1", "after": "2"}), "stale"),
    "a token that fell": (lambda r: r.partner[3].update(token=4), "stale"),
    "a write under an epoch that nobody had": (lambda r: r.attempts[3].update(epoch=7), "stale"),
    "two owners at once": (lambda r: r.owners[0].update(until=WALL + 2.45), "single instance"),
    "an owner that was never ended": (lambda r: r.owners[0].update(until=None), "single instance"),
    "two terms at once": (lambda r: r.terms[0].update(until=None), "stale"),
    "a take-over that was too late": (lambda r: later(r, 2.0, 9.0), "take-over"),
    "silence without a fault": (lambda r: (r.faults.clear(), later(r, 2.0, 9.0)), "take-over"),
    "a fault that had nothing to do with it": (lambda r: (r.faults.append(kill(8.0, "n4")), later(r, 2.0, 9.0)),
                                               "take-over"),
    "silence long after the database was back": (lambda r: (r.faults.append(away(2.1, 4.0)), later(r, 2.0, 12.0)),
                                                 "take-over"),
    "somebody else's pooler was away": (lambda r: (r.faults.append(pooler_away(2.1, 10.0, "n4")), later(r, 2.0, 15.0)),
                                        "take-over"),
    "only one node was away": (lambda r: (gone(r, 15.0, "n1"), later(r, 2.0, 16.0)), "take-over"),
    "a strict pin to a node that was back": (lambda r: (pinned(r, 3.0), later(r, 2.0, 13.0)), "take-over"),
}


def pinned(r: record, back: float) -> None:
    r.looks[:] = [look(1.5, "n1", "n1"), look(2.4, None, "n1")]
    r.absences[0].update(until=back)


def gone(r: record, back: float, *names: str) -> None:
    r.absences += [{"node": name, "since": 2.0, "until": back} for name in names]


ALLOWED = {
    "a take-over in time": lambda r: later(r, 2.0, 8.0),
    "the database was away": lambda r: (r.faults.append(away(2.1, 10.0)), later(r, 2.0, 15.0)),
    "the next owner's pooler was away": lambda r: (r.faults.append(pooler_away(2.1, 10.0, "n2", "n3")),
                                                   later(r, 2.0, 15.0)),
    "the next owner was killed, too": lambda r: (r.faults.append(kill(8.0, "n2")), later(r, 2.0, 14.0)),
    "no node was there": lambda r: (gone(r, 15.0, "n1", "n2", "n3"), later(r, 2.0, 16.0)),
    "strictly pinned to a node that was away": lambda r: (pinned(r, 15.0), later(r, 2.0, 16.0)),
    "the last chunk is gone with an asynchronous fail-over": lambda r: lose(r, False, 1.0),
    "nothing could be enqueued": lambda r: (r.chunks[2].update(ended=9.0), later(r, 2.0, 14.0)),
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

    def test_what_has_a_reason_is_allowed(self):
        for name, change in ALLOWED.items():
            with self.subTest(name):
                seen = copy.deepcopy(good())
                change(seen)
                self.assertEqual([], broken_promises(seen))

    def test_repeats_have_a_reason(self):
        self.assertEqual([("version 2 of c1", "interrupted")], repeated_updates(good()))
        seen = good()
        seen.attempts.pop(1)
        self.assertEqual([("version 2 of c1", "after its owner died")], repeated_updates(seen))

    def test_times_are_measured_from_the_fault_to_the_next_request(self):
        seen = good()
        self.assertEqual([0.5], without_session(seen))
        self.assertEqual([1.4], [round(gap.length(), 3) for gap in silences(seen, 1.0)])
        self.assertEqual(["kill -9 n1"], judge(seen, silences(seen, 1.0)[0]).reasons)
        seen.faults.append(kill(2.65, "n3", "kill_leader"))
        found = take_overs(seen)
        self.assertEqual(([0.5], [], 0), (found["kill_node"].alone, found["kill_node"].with_others,
                                          found["kill_node"].elsewhere))
        self.assertEqual(([], 1), (found["kill_leader"].alone, found["kill_leader"].elsewhere))
        seen.faults.append(kill(2.3, "n2"))
        found = take_overs(seen)
        self.assertEqual(([], [0.5], 1), (found["kill_node"].alone, found["kill_node"].with_others,
                                          found["kill_node"].elsewhere))

    def test_a_fault_that_nobody_felt_took_until_the_next_request(self):
        seen = good()
        seen.faults = [kill(2.58, "n2")]
        seen.partner[-1:] = [{"event": "update", "t": 2.7 + n * 0.05, "customer": "c3", "version": n} for n in range(9)]
        self.assertEqual([0.02], [round(t, 3) for t in take_overs(seen)["kill_node"].alone])

    def test_what_a_clock_showed_that_was_set_by_whole_steps_is_put_right(self):
        shown = [100.5 + ahead for ahead in (0, 3600, -3600, 7200)]
        self.assertEqual([100.5] * 4, [on_the_real_clock(at, 100.0, 3600) for at in shown])
        self.assertIsNone(on_the_real_clock(None, 100.0, 3600))

    def test_the_report_says_what_was_counted(self):
        told = figures(good(), ["lost: one"])
        self.assertEqual((2, 1, {"interrupted": 1}, 2), tuple(told[name] for name in (
            "accepted", "lost", "runs_doubled", "stale_writes_refused")))
        self.assertEqual({"count": 1, "p50": 0.5, "p99": 0.5, "max": 0.5, "with_other_faults": 0,
                          "hit_others": 0},
                         told["take_over_seconds"]["kill_node"])
        self.assertTrue(any("kill -9 n1" in line for line in told["longest_silence"]["events"]))
        self.assertIn("runs doubled 1 (1 interrupted)", summary(told))
        self.assertIn("1 BROKEN", summary(told))
        self.assertEqual(2, len(table(told)))


if __name__ == "__main__":
    unittest.main()
