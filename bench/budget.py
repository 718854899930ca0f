"""What weir is held to: the rows of its budget, and the verdict on each from the figures of one run. Values in, values
out; nothing here measures anything."""
from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import Any, Mapping, Sequence, Union


@dataclass(frozen=True)
class missing:
    """A figure that was not measured, and why."""

    why: str


figure = Union[float, missing]
figures = dict[str, figure]


@dataclass(frozen=True)
class row:
    """One line of the budget: `figure`, in `unit`, is at least (or at most) `target`."""

    name: str
    figure: str
    bound: str  # "at least" or "at most"
    target: float
    unit: str


LEAST, MOST = "at least", "at most"
ROWS = (
    row("lifecycles in bulk, by message, to graphile-worker's best", "bulk_to_graphile_worker", LEAST, 2, "times"),
    row("lifecycles in bulk, by message, to pg-boss's best", "bulk_to_pg_boss", LEAST, 3, "times"),
    row("lifecycles in bulk, by message, to the same rows in bare SQL batches", "bulk_to_bare_sql", LEAST, 0.6,
        "times"),
    row("lifecycles one by one, 16 callers, to graphile-worker's enqueues", "singles_to_graphile_worker", LEAST, 10,
        "times"),
    row("lifecycles one by one, 16 callers, to pg-boss's enqueues", "singles_to_pg_boss", LEAST, 10, "times"),
    row("draining a backlog, to graphile-worker's best", "drain_to_graphile_worker", LEAST, 2, "times"),
    row("WAL of a whole life, by message", "wal_by_message", MOST, 480, "bytes"),
    row("WAL of a whole life, by SQL", "wal_by_sql", MOST, 600, "bytes"),
    row("WAL of a key besides", "wal_of_key", MOST, 130, "bytes"),
    row("enqueue to start, by message, back to back, p50", "start_back_to_back_p50", MOST, 1, "ms"),
    row("enqueue to start, by message, idle, p50", "start_idle_p50", MOST, 1.5, "ms"),
    row("enqueue to start, by message, p99 of the worse of both", "start_by_message_p99", MOST, 5, "ms"),
    row("enqueue to start, by SQL with notify, p50", "start_by_sql_notify_p50", MOST, 3, "ms"),
    row("enqueue to start, by SQL without notify, p99", "start_by_sql_p99", MOST, 500, "ms"),
    row("throughput under a transaction held open, to that without", "held_to_free", LEAST, 0.98, "times"),
    row("total rate of 4 nodes on one machine, to that of 1", "four_nodes_to_one", LEAST, 1, "times"),
    row("idle cluster of 3 nodes: statements in all", "idle_statements", MOST, 12, "per s"),
    row("idle cluster of 3 nodes: a core, the busiest node", "idle_cpu", MOST, 1, "%"),
    row("idle cluster of 3 nodes: RSS, the largest node", "idle_rss", MOST, 60, "MB"),
    row("idle cluster of 3 nodes: connections of a node, at most", "idle_connections", MOST, 8, "sessions"),
    row("idle cluster of 3 nodes: direct ones among them, at most", "idle_direct", MOST, 2, "sessions"),
    row("take-over of a partition with finished tasks behind it", "take_over", MOST, 1, "s"),
    row("one placement of 10,000 streams over 100 nodes", "placement", MOST, 100, "ms"),
)


def is_met(wanted: row, value: float) -> bool:
    return value >= wanted.target if wanted.bound == LEAST else value <= wanted.target


def judge(found: Mapping[str, figure]) -> list[dict[str, Any]]:
    """Every row, in order: {"name", "value", "bound", "target", "unit", "met"}; value and met are null, and "why" is
    there, where a figure was not measured."""
    verdicts = []
    for each in ROWS:
        value = found.get(each.figure, missing("not asked for in this run"))
        said = {"name": each.name, "value": None, "bound": each.bound, "target": each.target, "unit": each.unit,
                "met": None}
        if isinstance(value, missing):
            said["why"] = value.why
        else:
            said |= {"value": rounded(value), "met": is_met(each, value)}
        verdicts.append(said)
    return verdicts


def rounded(value: float) -> float:
    """Three digits and more: enough to compare, not more than was measured."""
    if abs(value) >= 1000:
        return round(value)
    return float(f"{value:.3g}")


def medians(rounds: Sequence[Mapping[str, figure]]) -> figures:
    """Of each figure over the rounds in which it was measured; missing only where it was in none."""
    names = list(dict.fromkeys(name for each in rounds for name in each))
    middle: figures = {}
    for name in names:
        values = [each[name] for each in rounds if name in each]
        numbers = [value for value in values if not isinstance(value, missing)]
        middle[name] = median(numbers) if numbers else values[0]
    return middle


def ratio(of: figure, to: figure) -> figure:
    if isinstance(of, missing):
        return of
    if isinstance(to, missing):
        return to
    return of / to if to > 0 else missing("there was nothing to compare it to")


def table(verdicts: Sequence[Mapping[str, Any]]) -> str:
    """The verdicts for people, as lines of Markdown."""
    lines = ["| | value | budget | |", "|---|---:|---:|---|"]
    for each in verdicts:
        sign = ">=" if each["bound"] == LEAST else "<="
        unit = "x" if each["unit"] == "times" else f" {each['unit']}"
        value = "" if each["value"] is None else f"{each['value']:,g}{unit}"
        how = {True: "met", False: "**missed**", None: f"not measured: {each.get('why', '')}"}[each["met"]]
        lines.append(f"| {each['name']} | {value} | {sign} {each['target']:g}{unit} | {how} |")
    return "\n".join(lines)
