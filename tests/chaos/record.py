"""The record of a chaotic run: everything that it is judged by, as plain rows."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ENDS = frozenset("dfcsmX")  # results of attempts that end a task
GONE = frozenset(("eof", "reset", "logout"))  # how a session ends at the partner
EARLY = {"x": "after a crash", "i": "interrupted", "t": "after a timeout"}  # results after which a run may repeat
UNCLEAN = {"dead": "after its owner died", "renewed": "after a write of unknown fate"}  # ends of an ownership, likewise


@dataclass
class record:
    """Rows are dictionaries; ids and epochs are numbers. Times are seconds of the monotonic clock, those of owners,
    terms and nodes of the wall clock, which is `wall` seconds ahead."""
    chunks: list[dict[str, Any]] = field(default_factory=list)  # label, size, ids (None: no answer), sent, ended
    partner: list[dict[str, Any]] = field(default_factory=list)  # its log, in its order
    recorder: list[dict[str, Any]] = field(default_factory=list)  # the log of the parallel stream's outside system
    tasks: list[dict[str, Any]] = field(default_factory=list)  # id, name, key, version, label
    attempts: list[dict[str, Any]] = field(default_factory=list)  # task_id, no, result, message, part_id, epoch
    owners: list[dict[str, Any]] = field(default_factory=list)  # part_id, timeline, epoch, node, since, until, reason
    terms: list[dict[str, Any]] = field(default_factory=list)  # timeline, term, node, since, until, reason
    nodes: list[dict[str, Any]] = field(default_factory=list)  # node_id, name, state, since, until
    faults: list[dict[str, Any]] = field(default_factory=list)  # see schedule.fault
    fail_overs: list[dict[str, Any]] = field(default_factory=list)  # t, safe, synchronous: see fail_over_faults
    old_primaries: list[dict[str, Any]] = field(default_factory=list)  # before, after: what they held
    absences: list[dict[str, Any]] = field(default_factory=list)  # node, since, until: it could do nothing
    looks: list[dict[str, Any]] = field(default_factory=list)  # t, owner, wish, leader, pin, policy: what was so then
    late_writes: dict[str, int] = field(default_factory=dict)  # refused, by incarnation, as far as it was told
    single_part: int = 0  # the partition of the single stream
    wall: float = 0.0
