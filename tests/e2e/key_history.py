"""Newest wins, judged: what producers committed, what actions saw and what the database says must fit together.

Pure: values in, sentences about what is wrong out. tests/e2e/newest_wins.py gathers the values, and proves with
histories that are wrong in one thing that each rule sees it."""
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Iterable, Optional

SUPERSEDED = re.compile(r"^superseded by (\d+)$")


@dataclass
class commit:
    """When a producer sent the commit of a task, and when it had the answer. time.monotonic()."""
    sent: float
    answered: float


@dataclass
class run:
    """One call of an action, as the action itself wrote it down. No end: its process was killed."""
    task: int
    key: str
    start: float
    end: Optional[float]
    how: str = ""


@dataclass
class attempt:
    """A row of weir.attempt; result is its letter."""
    task: int
    result: str
    message: str = ""


class key_history:
    """Judges all keys. A key here is (stream, name, key), as one text."""

    def __init__(self, keys: dict[int, str], commits: dict[int, commit], runs: Iterable[run],
                 attempts: Iterable[attempt], kills: Iterable[float] = ()) -> None:
        self.keys, self.commits, self.kills = keys, commits, sorted(kills)
        self.runs: dict[str, list[run]] = defaultdict(list)
        self.runs_of: dict[int, list[run]] = defaultdict(list)
        for each in sorted(runs, key=lambda r: r.start):
            self.runs[each.key].append(each)
            self.runs_of[each.task].append(each)
        self.ends: dict[int, list[attempt]] = defaultdict(list)
        for each in attempts:
            if each.result in "dfcsm":
                self.ends[each.task].append(each)
        self.wrong: list[str] = []

    def judge(self) -> list[str]:
        """Everything that is wrong; nothing if every promise was kept."""
        for task in self.commits.keys() - self.keys.keys():
            self.wrong.append(f"task {task} was acknowledged and is lost")
        for task in self.keys:
            self.judge_end(task)
        of_key: dict[str, list[int]] = defaultdict(list)
        for task, key in self.keys.items():
            of_key[key].append(task)
        for key in self.runs.keys() - of_key.keys():
            self.wrong.append(f"{key}: ran, but no task of it was committed")
        for key, tasks in of_key.items():
            self.judge_order(key)
            self.judge_overlaps(key)
            self.judge_last(key, sorted(tasks))
        return self.wrong

    def judge_end(self, task: int) -> None:
        ends = self.ends[task]
        if len(ends) != 1:
            self.wrong.append(f"task {task} ended {len(ends)} times")
            return
        runs = self.runs_of[task]
        if ends[0].result == "d" and not any(r.how == "success" for r in runs):
            self.wrong.append(f"task {task} is DONE and was never performed")
        if any(r.key != self.keys[task] for r in runs):
            self.wrong.append(f"task {task} was performed under another key")
        if ends[0].result == "s":
            self.judge_superseded(task, ends[0].message)

    def judge_superseded(self, task: int, message: str) -> None:
        """By one of its key that started when it was there already, or by one of which that is true."""
        last, said = task, message
        while True:
            found = SUPERSEDED.match(said)
            newer = int(found.group(1)) if found else 0
            if newer <= last or self.keys.get(newer) != self.keys[task]:
                self.wrong.append(f"task {last} was ended with {said!r}, which names no newer task of its key")
                return
            last = newer
            ends = self.ends[last]
            if len(ends) != 1 or ends[0].result != "s":
                break
            said = ends[0].message
        if not any(r.start >= self.commits[task].sent for r in self.runs_of[last]):
            self.wrong.append(f"task {task} was superseded by {last}, which did not run after it was committed")

    def judge_order(self, key: str) -> None:
        """One that was visible when a newer one was sent never starts after that one."""
        newest: list[run] = []
        for each in self.runs[key]:
            for newer in newest:
                if newer.task > each.task and self.commits[each.task].answered < self.commits[newer.task].sent:
                    self.wrong.append(f"{key}: {each.task} started after the newer {newer.task} had started")
                    break
            newest.append(each)

    def judge_overlaps(self, key: str) -> None:
        before: Optional[run] = None
        for each in self.runs[key]:
            if before is not None and each.start < self.end_of(before):
                self.wrong.append(f"{key}: {each.task} started while {before.task} ran")
            before = each

    def end_of(self, one: run) -> float:
        if one.end is not None:
            return one.end
        killed = next((at for at in self.kills if at >= one.start), None)
        if killed is None:
            self.wrong.append(f"a run of {one.task} has neither an end nor a killer")
            return one.start
        return killed

    def judge_last(self, key: str, tasks: list[int]) -> None:
        """The newest is DONE; where it came after all others were visible, its data was the last that was used."""
        newest = tasks[-1]
        if [e.result for e in self.ends[newest]] != ["d"]:
            self.wrong.append(f"{key}: the newest, {newest}, is not DONE")
            return
        sent = self.commits[newest].sent
        if all(self.commits[t].answered < sent for t in tasks[:-1]) and self.runs[key][-1].task != newest:
            self.wrong.append(f"{key}: the last action was given {self.runs[key][-1].task}, not {newest}")
