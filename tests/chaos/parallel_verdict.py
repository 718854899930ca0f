"""What the parallel stream must not have done, decided from what its outside system saw: runs with begin and end."""
from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterator, Optional

from losses import fail_over_between
from record import EARLY, UNCLEAN, record

EPOCH_BITS = 40  # of a fencing token: the timeline stands above them


@dataclass
class seen_run:
    task: int
    key: Optional[str]
    attempt: int
    token: int
    node: str
    since: float
    until: float = float("inf")
    how: str = "open"  # done, again, gone

    def place(self) -> tuple[int, int]:
        """(timeline, epoch) of the ownership that it ran under."""
        return self.token >> EPOCH_BITS, self.token & ((1 << EPOCH_BITS) - 1)


def runs(seen: record) -> list[seen_run]:
    """In the order in which they began."""
    found: list[seen_run] = []
    open_runs: dict[tuple[int, int, int, str], seen_run] = {}
    for event in seen.recorder:
        name = (event["task"], event["attempt"], event["token"], event["node"])
        if event["event"] == "start":
            open_runs[name] = seen_run(event["task"], event["key"], event["attempt"], event["token"], event["node"],
                                       event["t"])
            found.append(open_runs[name])
        else:
            open_runs[name].until, open_runs[name].how = event["t"], event["how"]
    return found


def ownership_of(seen: record) -> dict[tuple[int, int, int], dict[str, Any]]:
    return {(o["part_id"], o["timeline"], o["epoch"]): o for o in seen.owners}


def parts_of(seen: record) -> dict[int, int]:
    return {a["task_id"]: a["part_id"] for a in seen.attempts}


def outlived(seen: record, old: seen_run, new: seen_run) -> bool:
    """Did `old` run on, on a node that was cut off and declared dead, while `new` belongs to a later owner? Only
    threads can do that, and its result is refused."""
    owner = ownership_of(seen).get((parts_of(seen).get(old.task, 0), *old.place()))
    return old.token < new.token and owner is not None and owner["reason"] == "dead"


def by_key(seen: record) -> Iterator[list[seen_run]]:
    """Of tasks that are there; see losses.py for the others."""
    found: dict[str, list[seen_run]] = {}
    there = {t["id"] for t in seen.tasks}
    for each in runs(seen):
        if each.key is not None and each.task in there:
            found.setdefault(each.key, []).append(each)
    yield from found.values()


def outliving(seen: record) -> int:
    """Runs of nodes that were cut off which met a later owner's run of their key: allowed, and to be reported."""
    return sum(outlived(seen, *sorted((a, b), key=lambda r: r.token))
               for of_key in by_key(seen) for a, b in meetings(of_key))


def meetings(of_key: list[seen_run]) -> Iterator[tuple[seen_run, seen_run]]:
    """Pairs at the same time; the one that began first stands first."""
    going_on: list[seen_run] = []
    for each in of_key:
        going_on = [r for r in going_on if r.until > each.since]
        yield from ((r, each) for r in going_on)
        going_on.append(each)


def side_by_side(seen: record) -> list[str]:
    return [f"one at a time: tasks {a.task} on {a.node} and {b.task} on {b.node}, both of key {a.key}, ran together at "
            f"{b.since:.3f}" for of_key in by_key(seen) for a, b in meetings(of_key)
            if not outlived(seen, *sorted((a, b), key=lambda r: r.token))]


def older_later(seen: record) -> list[str]:
    """Of a key no older task starts after a newer one, and the newest one that is DONE was performed last."""
    found = []
    done = {a["task_id"] for a in seen.attempts if a["result"] == "d"}
    newest = {t["key"]: t["id"] for t in sorted(seen.tasks, key=lambda t: t["id"]) if t["id"] in done}
    for of_key in by_key(seen):
        top = of_key[0]
        for each in of_key:
            if each.task < top.task and not outlived(seen, each, top):
                found.append(f"newest wins: task {each.task} of key {each.key} started after task {top.task}")
            top = each if each.task >= top.task else top
        if top.task != newest.get(top.key):
            found.append(f"newest wins: the newest of key {top.key} to be performed was {top.task}, not "
                         f"{newest.get(top.key)}")
    return found


def done_unseen(seen: record) -> list[str]:
    """What is DONE was performed under the very ownership that its result was written under, or one that its owner
    has renewed since."""
    performed = {(r.task, r.place()[1]) for r in runs(seen) if r.how == "done"}
    ends = {(o["part_id"], o["epoch"]): o["reason"] for o in seen.owners}
    outside = {t["id"] for t in seen.tasks if t["name"] == "entry"}
    found = []
    for done in (a for a in seen.attempts if a["result"] == "d" and a["task_id"] in outside):
        epoch = done["epoch"]
        while (done["task_id"], epoch) not in performed and ends.get((done["part_id"], epoch - 1)) == "renewed":
            epoch -= 1
        if (done["task_id"], epoch) not in performed:
            found.append(f"at least once: task {done['task_id']} is DONE under epoch {done['epoch']}, and was not "
                         "performed under it")
    return found


def repeated_runs(seen: record) -> list[tuple[str, str]]:
    """Tasks that were performed again, and why that was allowed; the reason is empty where it was not."""
    found, first = [], {}
    part_of = parts_of(seen)
    early: dict[int, set[str]] = {}
    for attempt in seen.attempts:
        early.setdefault(attempt["task_id"], set()).add(attempt["result"])
    for each in (r for r in runs(seen) if r.how == "done"):
        before = first.get(each.task)
        if before:
            found.append((f"task {each.task}", reason_of(seen, early.get(each.task, set()), before, each, part_of)))
        first[each.task] = each
    return found


def reason_of(seen: record, results: set[str], before: seen_run, again: seen_run, part_of: dict[int, int]) -> str:
    for result, why in EARLY.items():
        if result in results:
            return why
    for owner in seen.owners:
        unclean = owner["part_id"] == part_of.get(before.task) and owner["reason"] in UNCLEAN
        if unclean and before.place() <= (owner["timeline"], owner["epoch"]) < again.place():
            return UNCLEAN[owner["reason"]]
    return "after a fail-over" if fail_over_between(seen, before.since, again.since) else ""


def broken_by_parallel_streams(seen: record) -> list[str]:
    return [*side_by_side(seen), *older_later(seen), *done_unseen(seen),
            *(f"doubled: {what} was performed again, and nothing had failed"
              for what, reason in repeated_runs(seen) if not reason)]
