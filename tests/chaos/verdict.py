"""What a chaotic run must not have done, decided from its record alone: what the producer was answered, what the
partner saw, and what the tables hold in the end. Knows nothing of the code that it judges."""
from __future__ import annotations

from losses import fail_over_between, lost_chunks, old_primaries_changed, ran_and_gone
from outages import too_long
from parallel_verdict import broken_by_parallel_streams
from record import EARLY, ENDS, GONE, UNCLEAN, record


def broken_promises(seen: record) -> list[str]:
    """One sentence each, the promise first; empty: all of them held."""
    return [*accepted_and_lost(seen), *ended_twice(seen), *older_after_newer(seen), *at_once(seen), *stale_writes(seen),
            *two_owners(seen), *doubled_without_cause(seen), *too_long(seen),
            *broken_by_parallel_streams(seen), *ran_and_gone(seen), *old_primaries_changed(seen)]


def accepted_and_lost(seen: record) -> list[str]:
    found, ended = [], {a["task_id"] for a in seen.attempts if a["result"] in ENDS}
    stored: dict[str, list[int]] = {}
    for task in seen.tasks:
        stored.setdefault(task["label"], []).append(task["id"])
        if task["id"] not in ended:
            found.append(f"lost: task {task['id']} has not ended")
    gone = [chunk["label"] for chunk in lost_chunks(seen)]
    for chunk in seen.chunks:
        if chunk["label"] in gone:
            continue
        there = sorted(stored.get(chunk["label"], []))
        if chunk["ids"] is not None and there != sorted(chunk["ids"]):
            found.append(f"lost: {chunk['label']} was answered with {len(chunk['ids'])} ids, {len(there)} are there")
        elif len(there) not in (0, chunk["size"]):
            found.append(f"lost: of {chunk['label']}, without an answer, {len(there)} of {chunk['size']} are there")
    unknown = set(stored) - {chunk["label"] for chunk in seen.chunks}
    return found + [f"lost: nobody sent {label}" for label in sorted(unknown)]


def ended_twice(seen: record) -> list[str]:
    ends: dict[int, int] = {}
    for attempt in seen.attempts:
        if attempt["result"] in ENDS:
            ends[attempt["task_id"]] = ends.get(attempt["task_id"], 0) + 1
    return [f"doubled: task {task} ended {count} times" for task, count in ends.items() if count > 1]


def older_after_newer(seen: record) -> list[str]:
    """At the partner versions of a customer only grow (a crashed update may repeat), and the last stands in the end."""
    found, held = [], {}
    there = {(t["key"], t["version"]) for t in seen.tasks}
    for event in seen.partner:
        if event["event"] == "update" and (event["customer"], event["version"]) in there:
            before = held.get(event["customer"], 0)
            if event["version"] < before:
                found.append(f"newest wins: {event['customer']} got version {event['version']} after {before}")
            held[event["customer"]] = max(before, event["version"])
    newest = {t["key"]: t["version"] for t in sorted(seen.tasks, key=lambda t: t["id"]) if t["version"] is not None}
    found += [f"newest wins: {key} is at version {held.get(key)}, not {version}" for key, version in newest.items()
              if held.get(key) != version]
    id_of = {f"superseded by {t['id']}": t for t in seen.tasks}
    task_of = {t["id"]: t for t in seen.tasks}
    for attempt in seen.attempts:
        if attempt["result"] == "s":
            by, old = id_of.get(attempt["message"]), task_of[attempt["task_id"]]
            if by is None or by["id"] <= old["id"] or (by["name"], by["key"]) != (old["name"], old["key"]):
                found.append(f"newest wins: task {old['id']} was {attempt['message']}")
    return found


def at_once(seen: record) -> list[str]:
    found, token = [], 0
    open_sessions: list[str] = []
    for event in seen.partner:
        if event["event"] == "login":
            if open_sessions:
                found.append(f"single instance: {event['node']} logged in beside {open_sessions[0]}, at {event['t']}")
            if event["token"] < token:
                found.append(f"stale: {event['node']} logged in with token {event['token']} after {token}")
            token = max(token, event["token"])
            open_sessions.append(event["node"])
        elif event["event"] in GONE:
            open_sessions.remove(event["node"])
        elif event["event"] in ("overlapping_update", "refused"):
            found.append(f"single instance: {event}")
    return found


def stale_writes(seen: record) -> list[str]:
    epochs = {(o["part_id"], o["epoch"]) for o in seen.owners}
    return [f"stale: an attempt of task {a['task_id']} was written under epoch {a['epoch']} of partition "
            f"{a['part_id']}, which nobody had" for a in seen.attempts if (a["part_id"], a["epoch"]) not in epochs]


def two_owners(seen: record) -> list[str]:
    """Of a partition, and of the lead: each begins after its predecessor has ended."""
    found = []
    last: dict[int, dict] = {}
    for owner in sorted(seen.owners, key=lambda o: (o["part_id"], o["timeline"], o["epoch"])):
        before = last.get(owner["part_id"])
        if before and (before["until"] is None or before["until"] > owner["since"]):
            found.append(f"single instance: epoch {owner['epoch']} of partition {owner['part_id']} began before epoch "
                         f"{before['epoch']} ended")
        last[owner["part_id"]] = owner
    for before, after in zip(seen.terms, seen.terms[1:]):
        if before["until"] is None or before["until"] > after["since"]:
            found.append(f"stale: term {after['term']} began before term {before['term']} ended")
    return found


def repeated_updates(seen: record) -> list[tuple[str, str]]:
    """Updates that the partner got again, and why that was allowed; the reason is empty where it was not. Promise 2:
    only what was under way when a process, the database or the network failed may run twice."""
    found = []
    task_of = {(t["key"], t["version"]): t["id"] for t in seen.tasks}
    ended_early: dict[int, set[str]] = {}
    for attempt in seen.attempts:
        if attempt["result"] not in ENDS:
            ended_early.setdefault(attempt["task_id"], set()).add(attempt["result"])
    before: dict[tuple[str, int], float] = {}
    for event in seen.partner:
        if event["event"] != "update":
            continue
        what = (event["customer"], event["version"])
        if what in before:
            results = ended_early.get(task_of.get(what, 0), set())
            found.append((f"version {what[1]} of {what[0]}", reason_of_repeat(seen, results, before[what], event["t"])))
        before[what] = event["t"]
    return found


def reason_of_repeat(seen: record, results: set[str], first: float, second: float) -> str:
    for result, why in {**EARLY, "r": "retried"}.items():  # an update whose answer was lost is a retry
        if result in results:
            return why
    for owner in seen.owners:
        ended_between = owner["until"] is not None and first < owner["until"] - seen.wall < second
        if owner["part_id"] == seen.single_part and ended_between and owner["reason"] in UNCLEAN:
            return UNCLEAN[owner["reason"]]
    return "after a fail-over" if fail_over_between(seen, first, second) else ""


def doubled_without_cause(seen: record) -> list[str]:
    return [f"doubled: {what} ran again, and nothing had failed"
            for what, reason in repeated_updates(seen) if not reason]
