"""What a fail-over may take away: with an asynchronous standby what was committed last, with a synchronous one nothing.
What is lost is reported; what is lost without such a fail-over is a broken promise."""
from __future__ import annotations

from typing import Any

from record import record


def may_be_lost(seen: record, since: float, until: float) -> bool:
    """Could a commit of that span be on no standby when its primary fell?"""
    return any(not f["synchronous"] and since < f["t"] and until > f["safe"] for f in seen.fail_overs)


def lost_chunks(seen: record) -> list[dict[str, Any]]:
    """Answered, and wholly gone with an old primary."""
    there = {task["label"] for task in seen.tasks}
    return [c for c in seen.chunks if c["ids"] is not None and c["label"] not in there and
            may_be_lost(seen, c["sent"], c["ended"])]


def ran_and_gone(seen: record) -> list[str]:
    """Runs that outside systems saw of tasks that are not there, and that no fail-over can have taken away."""
    versions = {(t["key"], t["version"]) for t in seen.tasks}
    ids = {t["id"] for t in seen.tasks}
    found = [f"lost: version {e['version']} of {e['customer']} was sent, and is not there" for e in seen.partner
             if e["event"] == "update" and (e["customer"], e["version"]) not in versions and
             not may_be_lost(seen, e["t"] - 1, e["t"])]
    return found + [f"lost: task {e['task']} was performed, and is not there" for e in seen.recorder
                    if e["event"] == "start" and e["task"] not in ids and not may_be_lost(seen, e["t"] - 1, e["t"])]


def fail_over_between(seen: record, first: float, second: float) -> bool:
    return any(first < f["t"] < second for f in seen.fail_overs)


def old_primaries_changed(seen: record) -> list[str]:
    """An old primary that came back must be refused by every node."""
    return [f"stale: an old primary came back and was written to: {each['before']} became {each['after']}"
            for each in seen.old_primaries if each["before"] != each["after"]]
