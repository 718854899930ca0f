"""How long the single stream was silent at the partner, after which fault, and whether anything allowed it to be so
long (promise 7). Pure: decided from the record alone, like the verdict."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Optional

from record import GONE, record

REQUESTS = frozenset(("login", "update"))
TAKE_OVER = 9.0  # ttl + 3 s, promised of a dead node's partitions
RESTART = 2.0  # promised of a process that is started again
STALL = 0.2  # seconds; what is shorter is the pace of the work
IN_FLIGHT = 0.1  # a request may arrive so soon after the fault that ended its sender
NEAR = 1.5  # seconds between two looks at the database, and a bit


@dataclass
class silence:
    """Between two requests of the single stream."""
    since: float
    until: float
    before: str  # the node that had the session
    after: str  # the node that asked next
    reasons: list[str] = field(default_factory=list)
    limit: float = 0.0  # until when it was allowed to last

    def length(self) -> float:
        return self.until - self.since


def silences(seen: record, least: float = 0.0) -> list[silence]:
    """In their order; those of at least so many seconds."""
    found, last, node = [], None, ""
    for event in seen.partner:
        if event["event"] not in REQUESTS:
            continue
        after = event["node"] if event["event"] == "login" else node
        if last is not None and event["t"] - last >= least:
            found.append(silence(last, event["t"], node, after))
        last, node = event["t"], after
    return found


def node_with_session(seen: record, at: float) -> str:
    """The node that was logged in then, or the last one before."""
    logins = [e["node"] for e in seen.partner if e["event"] == "login" and e["t"] <= at]
    return logins[-1] if logins else ""


def hits(seen: record, fault: dict[str, Any]) -> bool:
    """Did it hit the owner of the single stream, or what every owner needs?"""
    return fault["everybody"] or node_with_session(seen, fault["t"]) in fault["nodes"]


@dataclass
class after_fault:
    """Of one kind: seconds from each that hit the stream's owner until the request that ended the silence after it."""
    alone: list[float] = field(default_factory=list)
    with_others: list[float] = field(default_factory=list)  # another one that matters came within the same silence
    elsewhere: int = 0  # those that did not hit the owner


def take_overs(seen: record) -> dict[str, after_fault]:
    found: dict[str, after_fault] = {}
    every = silences(seen)
    for fault in seen.faults:
        of_kind = found.setdefault(fault["kind"], after_fault())
        if not hits(seen, fault):
            of_kind.elsewhere += 1
            continue
        later = [f["t"] for f in seen.faults if f["t"] > fault["t"] and hits(seen, f)]
        end = min([max(fault["t"], fault["until"] or 0.0) + TAKE_OVER, *later])
        after = [s for s in every if s.until > fault["t"] and s.since + IN_FLIGHT < end]
        if not after:
            continue
        longest = max(after, key=lambda s: s.until - max(s.since, fault["t"]))
        if longest.length() < STALL:  # it never fell silent
            longest = after[0]
        near = [f for f in seen.faults if f is not fault and fault["t"] - NEAR < f["t"] < longest.until and
                concerned(seen, f, longest)]
        (of_kind.with_others if near else of_kind.alone).append(longest.until - fault["t"])
    return found


def looks(seen: record, since: float, until: float) -> list[dict[str, Any]]:
    """What the database said between two times, and the last thing before them."""
    before = [look for look in seen.looks if look["t"] < since][-1:]
    return before + [look for look in seen.looks if since <= look["t"] <= until]


def concerned(seen: record, fault: dict[str, Any], gap: silence) -> bool:
    """Could it delay the end of this silence? One that hit a node that had nothing to do with the stream could not."""
    if fault["everybody"] or {gap.before, gap.after} & set(fault["nodes"]):
        return True
    around = looks(seen, fault["t"] - NEAR, fault["t"] + NEAR)
    return any({look["owner"], look["wish"], look["leader"]} & set(fault["nodes"]) for look in around)


def nobody_there(seen: record, gap: silence) -> list[tuple[float, float]]:
    """Spans that meet the silence in which every node was away."""
    names = {n["name"] for n in seen.nodes}
    spans = [(a["node"], a["since"], gap.until if a["until"] is None else a["until"]) for a in seen.absences]
    edges = sorted({t for _, since, until in spans for t in (since, until)})
    empty = [(a, b) for a, b in zip(edges, edges[1:]) if b > gap.since and a < gap.until and
             names == {name for name, since, until in spans if since <= a and until >= b}]
    return empty if names else []


def judge(seen: record, gap: silence) -> silence:
    """Sets the reasons and the limit: promise 7 counts from the last thing that could have delayed the stream."""
    def allow(until: Optional[float], why: str) -> None:
        gap.reasons.append(why)
        gap.limit = max(gap.limit, (gap.until if until is None else until) + TAKE_OVER)

    for fault in seen.faults:
        begun = gap.since - TAKE_OVER < fault["t"] < gap.until
        lasts = fault["hinders"] and fault["t"] < gap.until and (fault["until"] is None or fault["until"] > gap.since)
        if (begun or lasts) and concerned(seen, fault, gap):
            allow(fault["until"] if fault["hinders"] else fault["t"], fault["text"])
    for _, until in nobody_there(seen, gap):
        allow(until + RESTART, f"no node was there until {until - gap.since:.1f} s after its begin")
    for away in seen.absences:
        if away["since"] >= gap.until or (away["until"] is not None and away["until"] + RESTART <= gap.since):
            continue
        pinned = [look for look in looks(seen, max(gap.since, away["since"] - NEAR), gap.until)
                  if look["pin"] == away["node"] and look["policy"] == "strict"]
        if pinned:
            back = gap.until if away["until"] is None else min(away["until"], gap.until)
            allow(back + RESTART, f"strictly pinned to {away['node']}, which was away until {back - gap.since:.1f} s "
                  "after its begin")
    for chunk in seen.chunks:  # nothing to do, because nothing could be enqueued
        waited = chunk["ended"] - chunk["sent"]
        if waited > 1 and chunk["sent"] < gap.until and chunk["ended"] > gap.since:
            allow(chunk["ended"], f"the producer waited for an answer for {waited:.1f} s")
    return gap


def too_long(seen: record) -> list[str]:
    """Promise 7: one sentence for each silence that nothing allowed to be so long."""
    found = []
    for gap in silences(seen, TAKE_OVER):
        judge(seen, gap)
        if gap.until > max(gap.limit, gap.since + TAKE_OVER):
            why = "; ".join(gap.reasons) or "no fault at all"
            found.append(f"take-over: the single stream was silent for {gap.length():.1f} s from {gap.since:.1f}, "
                         f"{gap.until - max(gap.limit, gap.since + TAKE_OVER):.1f} s more than allowed by: {why}")
    return found


def story_of(seen: record, gap: silence) -> list[str]:
    """What happened around it, in the order of time, seconds from its begin."""
    first, last = gap.since - TAKE_OVER, gap.until + 1.0
    events: list[tuple[float, str]] = [(f["t"], f["text"]) for f in seen.faults]
    events += [(f["until"], f"undone: {f['text']}") for f in seen.faults if f["until"]]
    events += [(a["since"], f"{a['node']} is away") for a in seen.absences]
    events += [(a["until"], f"{a['node']} is back") for a in seen.absences if a["until"]]
    events += [(e["t"], f"partner: {e['event']} of {e['node']}") for e in seen.partner
               if e["event"] == "login" or e["event"] in GONE]
    for owner in seen.owners:
        if owner["part_id"] == seen.single_part:
            events.append((owner["since"] - seen.wall, f"{owner['node']} acquires epoch {owner['epoch']}"))
            if owner["until"]:
                events.append((owner["until"] - seen.wall, f"epoch {owner['epoch']} ends: {owner['reason']}"))
    for term in seen.terms:
        events.append((term["since"] - seen.wall, f"{term['node']} leads in term {term['term']}"))
        if term["until"]:
            events.append((term["until"] - seen.wall, f"term {term['term']} ends: {term['reason']}"))
    for node in seen.nodes:
        events.append((node["since"] - seen.wall, f"{node['name']} registers as {node['node_id']}"))
        if node["until"]:
            events.append((node["until"] - seen.wall, f"incarnation {node['node_id']} of {node['name']} is "
                           f"{node['state']}"))
    before = None
    for look in seen.looks:
        now = (f"owner {look['owner']}, wished for {look['wish']}, leader {look['leader']}, "
               f"pin {look['pin']} {look['policy']}")
        if now != before:
            events.append((look["t"], f"database: {now}"))
        before = now
    return [f"{t - gap.since:+7.2f} s  {text}" for t, text in sorted(events) if first <= t <= last]
