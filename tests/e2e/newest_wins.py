#!/usr/bin/env python3
"""Newest wins (promise 3), with real nodes: the seed's own cases one by one, and hundreds of keys under producers that
commit late and nodes that are killed, judged from what the actions themselves wrote down."""
import argparse
import itertools
import random
import sys
import time
from typing import Any

from support import arguments, check, equal, run_all, say, scenario, wait_for
from key_history import attempt, commit, key_history, run
from witnesses import by_message, crew, session, witnesses

STREAMS = ("first", "third", "wide")  # in a runner process, on threads of a single stream, on threads of all nodes


def ended(w: witnesses, task: int, state: str, message: str) -> None:
    found = w.wait_state(task, state)
    check(message in (found["message"] or ""), f"message of {task}: {found['message']}, not {message}")


def only_the_newest_of_three_runs(w: witnesses, ids: dict[str, list[int]]) -> None:
    """They waited while no node ran; each kind came its own way."""
    for way, (oldest, older, newest) in ids.items():
        ended(w, newest, "DONE", "attempt 1")
        ended(w, oldest, "CANCELLED", f"superseded by {newest}")
        ended(w, older, "CANCELLED", f"superseded by {newest}")
        equal([w.starts(t) for t in (oldest, older, newest)], [0, 0, 1], f"runs of three {way}")


def added_while_the_older_runs(w: witnesses, producer: session, name: str) -> None:
    """It is performed again; of several that were added, the newest only."""
    older = producer.enqueue(name, "again", {"ms": 800})
    w.wait_start(older)
    skipped = [producer.enqueue(name, "again", {}) for _ in range(2)]
    newest = producer.enqueue(name, "again", {})
    ended(w, newest, "DONE", "attempt 1")
    ended(w, older, "DONE", "attempt 1")
    for task in skipped:
        ended(w, task, "CANCELLED", f"superseded by {newest}")
    equal([w.starts(t) for t in (older, *skipped, newest)], [1, 0, 0, 1], "runs")
    check(w.events("start", id=newest)[0]["t"] >= w.events("end", id=older)[0]["t"], "two of one key at once")


def a_retry_never_comes_back_over_a_newer_one(w: witnesses, producer: session, name: str) -> None:
    """Also where the newer one fails: it does not revive the older."""
    for key, then in (("retry", {}), ("retry and fail", {"do": "fail"})):
        older = producer.enqueue(name, key, {"retries": 1000})
        w.wait_start(older, 2)
        newer = producer.enqueue(name, key, then)
        ended(w, newer, "FAILED" if then else "DONE", "failed on purpose" if then else "attempt 1")
        ended(w, older, "CANCELLED", f"superseded by {newer}")
        last = w.events("start", key=key, name=name)[-1]["id"]
        equal(last, newer, "the last that ran")


def a_late_commit_is_performed(w: witnesses, producer: session, late: session, name: str) -> None:
    """Though a newer one has run, and though a newer one is running."""
    late.ask("begin")
    older = late.enqueue(name, "late", {})
    newer = producer.enqueue(name, "late", {})
    ended(w, newer, "DONE", "attempt 1")
    late.ask("commit")
    ended(w, older, "DONE", "attempt 1")
    late.ask("begin")
    older = late.enqueue(name, "late", {})
    newer = producer.enqueue(name, "late", {"ms": 800})
    w.wait_start(newer)
    late.ask("commit")
    ended(w, older, "DONE", "attempt 1")
    check(w.events("start", id=older)[0]["t"] >= w.events("end", id=newer)[0]["t"], "two of one key at once")


def a_task_that_is_not_due_is_superseded_and_supersedes_when_it_starts(w: witnesses, producer: session,
                                                                       name: str) -> None:
    older = producer.enqueue(name, "not due", {}, "1h")
    newer = producer.enqueue(name, "not due", {})
    ended(w, newer, "DONE", "attempt 1")
    ended(w, older, "CANCELLED", f"superseded by {newer}")
    later = producer.enqueue(name, "due later", {}, "1s")
    now = producer.enqueue(name, "due later", {"retries": 1000})
    at_once = producer.enqueue(name, "due at once", {})
    later_one = producer.enqueue(name, "due at once", {}, "1s")
    ended(w, at_once, "DONE", "attempt 1")
    ended(w, later_one, "DONE", "attempt 1")
    equal(w.starts(at_once), 1, "runs of the older one that was due")
    ended(w, later, "CANCELLED", f"superseded by {now}")
    newest = producer.enqueue(name, "due later", {}, "500ms")
    ended(w, newest, "DONE", "attempt 1")
    ended(w, now, "CANCELLED", f"superseded by {newest}")


def seeds_cases(wanted: argparse.Namespace) -> None:
    """What episub/queue says of one key: in each kind of stream, by each way in."""
    with scenario(wanted, "seeds_cases", nodes=1) as s:
        w = witnesses(s)
        w.start_all()
        wait_for("the routes", lambda: s.number("select count(*) from weir.route where name in "
                                                "('first', 'third', 'wide')") == 3, 10)
        s.stop_cleanly()
        sessions = {name: (session(s), session(s)) for name in STREAMS}
        three = {}
        for name, (one, _) in sessions.items():
            three[f"{name} by SQL"] = [one.enqueue(name, "three", {}) for _ in range(3)]
            three[f"{name} by the view"] = [by_the_view(one, name) for _ in range(3)]
            three[f"{name} by command"] = s.enqueue([{"name": name, "key": "by command"}] * 3)
        w.start_all()
        hands = crew()
        hands.start(only_the_newest_of_three_runs, w, three)
        for name, (one, two) in sessions.items():
            hands.start(cases_of_a_stream, w, one, two, name)
        hands.join(90)
        s.wait_empty(10)
        s.check_every_task_ended_once(s.number("select count(*) from weir.task"))
        s.stop_cleanly()


def cases_of_a_stream(w: witnesses, one: session, two: session, name: str) -> None:
    added_while_the_older_runs(w, one, name)
    a_retry_never_comes_back_over_a_newer_one(w, one, name)
    a_late_commit_is_performed(w, one, two, name)
    a_task_that_is_not_due_is_superseded_and_supersedes_when_it_starts(w, one, name)


def by_the_view(producer: session, name: str) -> int:
    """The seed's own INSERT."""
    producer.ask(f"""
        insert into weir.message_queue(message_queue_id, data, state, task_key, task_name, created_at, last_attempted,
          last_attempt_message, do_after, created_by)
        values (gen_random_uuid(), '{{}}', 'READY', 'by the view', '{name}', now(), now(), 'Created', now(), 'test')""")
    return int(producer.ask(f"select max(id) from weir.task where name = '{name}' and key = 'by the view'")[0])


# -- under fire

KEYS = 250
PRODUCING = 9.0  # seconds


class storm:
    """Producers on connections of their own; each notes when what it sent was committed."""

    def __init__(self, s: scenario, seed: int) -> None:
        self.s, self.seed = s, seed
        self.commits: dict[int, commit] = {}
        self.numbers = itertools.count(1)
        self.end = time.monotonic() + PRODUCING
        self.held = self.undone = 0

    def task(self, dice: random.Random) -> tuple[str, str, dict[str, Any]]:
        # Every second task is of one of few keys: newer ones come while older ones wait, run or are tried again.
        hot = dice.random() < 0.5
        name = dice.choice(STREAMS)
        data: dict[str, Any] = {"n": next(self.numbers), "ms": dice.choice((0, 1, 5, 40 if name == "wide" else 5))}
        if dice.random() < 0.15:
            data["retries"] = dice.randint(1, 2)
        return name, f"k{dice.randrange(KEYS // 25 if hot else KEYS)}", data

    def by_sql(self, number: int) -> None:
        """Statements by themselves, and transactions that are held open, some of them for longer than a run takes."""
        dice = random.Random(self.seed * 100 + number)
        own = session(self.s)
        while time.monotonic() < self.end:
            if dice.random() < 0.8:
                sent = time.monotonic()
                name, key, data = self.task(dice)
                task = own.enqueue(name, key, data, dice.choice(("0s",) * 9 + ("700ms",)))
                self.commits[task] = commit(sent, time.monotonic())
                time.sleep(dice.random() * 0.03)  # its own pace
                continue
            own.ask("begin")
            tasks = [own.enqueue(*self.task(dice)) for _ in range(dice.randint(1, 3))]
            time.sleep(dice.choice((0.01, 0.1, 0.5, 2.0)))  # the transaction is held open
            if dice.random() < 0.15:
                own.ask("rollback")
                self.undone += 1
                continue
            sent = time.monotonic()
            own.ask("commit")
            self.held += 1
            self.commits.update((task, commit(sent, time.monotonic())) for task in tasks)
        own.close()

    def by_message(self, number: int) -> None:
        dice = random.Random(self.seed * 100 + number)
        own = by_message(self.s)
        while time.monotonic() < self.end:
            sent = time.monotonic()
            name, key, data = self.task(dice)
            task = own.enqueue(name, key, data)
            self.commits[task] = commit(sent, time.monotonic())
            time.sleep(dice.random() * 0.02)  # its own pace
        own.close()


def under_fire(wanted: argparse.Namespace) -> None:
    """250 keys in three streams, six producers, late commits; kill -9 of an owner that comes back, of one that stays
    away, and of the leader. Then the keys go quiet, and the last action of each was given its newest data."""
    seed = random.SystemRandom().randrange(10**6) if wanted.seed is None else wanted.seed
    say(f"  seed {seed}")
    with scenario(wanted, "under_fire") as s:
        s.cluster.cluster_settings = {"ttl": "3s", "beat": "500ms", "margin": "500ms"}
        s.cluster.write_configs()
        w = witnesses(s)
        w.start_all()
        dice = random.Random(seed)
        producers = storm(s, seed)
        hands = crew()
        for number in range(4):
            hands.start(producers.by_sql, number)
        for number in range(4, 6):
            hands.start(producers.by_message, number)
        kills = []
        time.sleep(2)  # of work before the first kill
        for victim, back in ((s.cluster.owner("first"), True), (s.cluster.status()["leader"]["node"], True),
                             (dice.choice(s.cluster.names), False)):
            if victim is None or not s.cluster.nodes[victim].pid():
                continue
            kills.append(s.kill(victim))
            if back:
                w.start(victim)
            time.sleep(2)  # of work with what is left
        hands.join(60)
        s.wait_empty(60)
        s.check_every_task_ended_once(len(producers.commits))
        wrong = key_history(*gathered(s, w, producers), kills).judge()
        check(not wrong, f"seed {seed}: {len(wrong)} violations, of them:\n  " + "\n  ".join(wrong[:20]))
        superseded = s.number("select count(*) from weir.attempt where result = 's'")
        say(f"  {len(producers.commits)} tasks, {superseded} superseded, {producers.held} transactions held open, "
            f"{producers.undone} undone, {len(kills)} kills")
        check(superseded > 20 and producers.held > 5 and len(kills) >= 2, "too little happened to prove anything")
        s.stop_cleanly()


def gathered(s: scenario, w: witnesses, producers: storm) -> tuple[Any, ...]:
    keys = {}
    for line in s.sql(f"select t.id, t.name, t.key from {s.schema}.task t").splitlines():
        task, name, key = line.split("|")
        keys[int(task)] = f"{name} {key}"
    runs, open_runs = [], {}
    for e in w.events():
        if e["event"] == "start":
            open_runs[e["id"]] = run(e["id"], f"{e['name']} {e['key']}", e["t"], None)
            runs.append(open_runs[e["id"]])
        else:
            open_runs[e["id"]].end, open_runs[e["id"]].how = e["t"], e["how"]
    rows = s.sql(f"select task_id, result, message from {s.schema}.attempt").splitlines()
    attempts = [attempt(int(task), result, message) for task, result, message in (r.split("|", 2) for r in rows)]
    return keys, producers.commits, runs, attempts


def the_judge_is_not_blind(_: argparse.Namespace) -> None:
    """A history that keeps every rule passes; each of these, wrong in one thing, does not."""
    def history(**changes: Any) -> list[str]:
        # 1 runs; 2 comes while it does, and 3 after it: 3 runs, 2 never. 4 commits late and is performed after 5.
        parts: dict[str, Any] = {
            "keys": {1: "a", 2: "a", 3: "a", 4: "b", 5: "b"},
            "commits": {1: commit(0, 1), 2: commit(2, 3), 3: commit(4, 5), 4: commit(8, 9), 5: commit(2, 3)},
            "runs": [run(1, "a", 2, 6, "success"), run(3, "a", 7, 8, "success"), run(5, "b", 4, 5, "success"),
                     run(4, "b", 10, 11, "success")],
            "attempts": [attempt(1, "d"), attempt(2, "s", "superseded by 3"), attempt(3, "d"), attempt(4, "d"),
                         attempt(5, "d")],
            "kills": []}
        for name, change in changes.items():
            change(parts[name])
        return key_history(*parts.values()).judge()

    equal(history(), [], "what is wrong with a history that keeps every rule")
    mutants = {
        "acknowledged and is lost": {"keys": lambda k: k.pop(2)},
        "ended 0 times": {"attempts": lambda a: a.pop(0)},
        "ended 2 times": {"attempts": lambda a: a.append(attempt(1, "d"))},
        "was never performed": {"runs": lambda r: r.pop(1)},
        "names no newer task of its key": {"attempts": lambda a: a.__setitem__(1, attempt(2, "s", "superseded by 1"))},
        "under another key": {"runs": lambda r: setattr(r[0], "key", "b")},
        "did not run after it was committed": {"attempts": lambda a: a.__setitem__(3, attempt(4, "s",
                                                                                             "superseded by 5"))},
        "had started": {"runs": lambda r: r.append(run(2, "a", 9, 10, "retry"))},
        "while 1 ran": {"runs": lambda r: setattr(r[1], "start", 5.5)},
        "neither an end nor a killer": {"runs": lambda r: setattr(r[0], "end", None)},
        "is not DONE": {"attempts": lambda a: a.__setitem__(2, attempt(3, "f"))},
        "the last action was given 1": {"runs": lambda r: r.append(run(1, "a", 9, 10, "retry"))},
        "no task of it was committed": {"runs": lambda r: r.append(run(9, "c", 9, 10, "success"))},
    }
    for what, changes in mutants.items():
        found = history(**changes)
        check(any(what in each for each in found), f"the judge did not see: {what}; it said {found}")


SCENARIOS = {each.__name__: each for each in (the_judge_is_not_blind, seeds_cases, under_fire)}

if __name__ == "__main__":
    flags = arguments(__doc__)
    flags.add_argument("--seed", type=int, help="of the producers, to have them send the same again")
    sys.exit(run_all(flags.parse_args(), SCENARIOS))
