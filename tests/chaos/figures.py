"""What a chaotic run has to report: figures as data, and the same as a few lines for people. Judges nothing."""
from __future__ import annotations

from typing import Any

from losses import lost_chunks
from outages import judge, silences, story_of, take_overs
from parallel_verdict import outliving, repeated_runs, runs
from record import ENDS, GONE, record
from verdict import repeated_updates


def share(values: list[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0


def spread(values: list[float]) -> dict[str, float]:
    return {"count": len(values), "p50": round(share(values, 0.5), 3), "p99": round(share(values, 0.99), 3),
            "max": round(share(values, 1), 3)}


def without_session(seen: record) -> list[float]:
    """Seconds without a session at the partner, between its first and its last."""
    found, ended = [], None
    for event in seen.partner:
        if event["event"] in GONE:
            ended = event["t"]
        elif event["event"] == "login" and ended is not None:
            found.append(event["t"] - ended)
    return found


def figures(seen: record, broken: list[str]) -> dict[str, Any]:
    counts: dict[str, int] = {}
    for attempt in seen.attempts:
        counts[attempt["result"]] = counts.get(attempt["result"], 0) + 1
    reasons: dict[str, int] = {}
    for _, reason in (*repeated_updates(seen), *repeated_runs(seen)):
        reasons[reason] = reasons.get(reason, 0) + 1
    longest = max(silences(seen), key=lambda gap: gap.length(), default=None)
    answered = [len(c["ids"]) for c in seen.chunks if c["ids"] is not None]
    return {
        "faults": len(seen.faults),
        "accepted": sum(answered),
        "without_answer": {"sent": sum(c["size"] for c in seen.chunks if c["ids"] is None),
                           "there": len(seen.tasks) - sum(answered)},
        "lost": sum(text.startswith("lost") for text in broken),
        "lost_with_an_old_primary": sum(c["size"] for c in lost_chunks(seen)),
        "ended": {result: counts.get(result, 0) for result in sorted(ENDS)},
        "interrupted": counts.get("i", 0), "crashed": counts.get("x", 0),
        "retried": counts.get("r", 0) + counts.get("t", 0),
        "runs_doubled": reasons,
        "runs_seen_outside": {"single": sum(e["event"] == "update" for e in seen.partner), "parallel": len(runs(seen))},
        "outlived_their_ownership": outliving(seen),
        "overlaps": sum(text.startswith(("single instance", "one at a time")) for text in broken),
        "stale_writes_refused": sum(seen.late_writes.values()) if seen.late_writes else None,
        "owners_of_the_single_stream": sum(o["part_id"] == seen.single_part for o in seen.owners),
        "terms": len(seen.terms),
        "seconds_without_session": spread(without_session(seen)),
        "take_over_seconds": {kind: {**spread(of.alone), "with_other_faults": len(of.with_others),
                                     "hit_others": of.elsewhere} for kind, of in sorted(take_overs(seen).items())},
        "longest_silence": longest and {"seconds": round(longest.length(), 3), "from": longest.before,
                                        "to": longest.after, "allowed_by": judge(seen, longest).reasons,
                                        "events": story_of(seen, longest)},
        "broken": broken,
    }


def table(told: dict[str, Any]) -> list[str]:
    """Take-over times by kind of fault: of those that hit the single stream's owner and had no other beside them."""
    lines = [f"  {'fault':<26}{'count':>6}{'p50':>9}{'p99':>9}{'max':>9}{'beside another':>16}{'hit others':>12}"]
    for kind, of in told["take_over_seconds"].items():
        times = "".join(f"{of[name]:>7.2f} s" for name in ("p50", "p99", "max")) if of["count"] else " " * 27
        lines.append(f"  {kind:<26}{of['count']:>6}{times}{of['with_other_faults']:>16}{of['hit_others']:>12}")
    return lines


def summary(told: dict[str, Any]) -> str:
    doubled = ", ".join(f"{count} {why}" for why, count in told["runs_doubled"].items())
    refused = told["stale_writes_refused"]
    gap = told["longest_silence"]
    parts = [f"{told['faults']} faults", f"{told['accepted']} tasks accepted", f"lost {told['lost']}",
             *([f"lost with an old primary {gone}"] if (gone := told["lost_with_an_old_primary"]) else []),
             f"done {told['ended']['d']}", f"superseded {told['ended']['s']}",
             f"runs doubled {sum(told['runs_doubled'].values())}" + (f" ({doubled})" if doubled else ""),
             f"overlaps {told['overlaps']}",
             f"stale writes refused {'not told' if refused is None else refused}",
             f"longest silence {gap['seconds']:.1f} s" if gap else "no silence",
             "all promises held" if not told["broken"] else f"{len(told['broken'])} BROKEN"]
    return "; ".join(parts)
