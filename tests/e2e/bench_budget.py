#!/usr/bin/env python3
"""./dev bench: every row of the budget is there, measured or with the reason why not, and judged right. Not how fast
anything is: that is for a quiet machine."""
import argparse
import json
import subprocess
import sys
from pathlib import Path

from support import arguments, check, equal, run_all, scenario

HOUSE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(HOUSE / "bench"))
import bench  # noqa: E402
import budget  # noqa: E402
import plot  # noqa: E402
import record  # noqa: E402

# The design's budget, as (word of the row, target); whoever changes one changes both.
TARGETS = [
    ("to graphile-worker's best", 2), ("to pg-boss's best", 3), ("bare SQL batches", 0.6),
    ("to graphile-worker's enqueues", 10), ("to pg-boss's enqueues", 10), ("draining a backlog", 2),
    ("WAL of a whole life, by message", 480), ("WAL of a whole life, by SQL", 600), ("WAL of a key", 130),
    ("back to back, p50", 1), ("idle, p50", 1.5), ("p99 of the worse", 5), ("with notify, p50", 3),
    ("without notify", 500), ("held open", 0.98), ("4 nodes", 1), ("statements", 12), ("a core", 1), ("RSS", 60),
    ("connections of a node", 8), ("direct ones", 2), ("take-over", 1), ("one placement", 100)]
TINY = ("--tasks", "1000", "--samples", "20", "--slow-samples", "3", "--held-s", "1", "--idle-s", "1",
        "--settle-s", "1", "--behind", "1000", "--pairs", "1")
# What a run without peers cannot know, and what no program measures.
UNKNOWN = ("graphile-worker", "pg-boss", "one placement", "with notify")


def rows(_: argparse.Namespace) -> None:
    """The rows are those of the design, with its targets."""
    verdicts = budget.judge({})
    equal(len(verdicts), len(TARGETS), "rows")
    for verdict, (word, target) in zip(verdicts, TARGETS):
        check(word in verdict["name"], f"{verdict['name']} speaks of {word!r}")
        equal(verdict["target"], target, verdict["name"])
        equal((verdict["value"], verdict["met"]), (None, None), "what was not measured")
        check(verdict["why"], "the reason")


def verdicts(_: argparse.Namespace) -> None:
    """At least and at most, on either side of the target and on it; medians and ratios leave out what is missing."""
    def met(figure: str, value: float) -> bool:
        number = [each.figure for each in budget.ROWS].index(figure)
        return budget.judge({figure: value})[number]["met"]
    equal([met("bulk_to_graphile_worker", value) for value in (1.999, 2, 2.5)], [False, True, True], "at least 2")
    equal([met("wal_by_message", value) for value in (479, 480, 480.4)], [True, True, False], "at most 480")
    gone = budget.missing("gone")
    equal(budget.medians([{"a": 1.0}, {"a": gone}, {"a": 5.0}, {"a": 2.0}]), {"a": 2.0}, "median")
    equal(budget.medians([{"a": gone}]), {"a": gone}, "no median")
    equal((budget.ratio(6, 3), budget.ratio(gone, 3), budget.ratio(6, gone)), (2, gone, gone), "ratios")


def failures(_: argparse.Namespace) -> None:
    """A part that fails costs its own figures and what is compared with them, with the reason; the others stay."""
    def broken(_: object) -> budget.figures:
        raise RuntimeError("the disk is full")

    def whole(_: object) -> budget.figures:
        return {"drain_per_s": 10.0}
    parts = dict(bench.PARTS)
    try:
        bench.PARTS["bare_sql"] = (broken, parts["bare_sql"][1])
        bench.PARTS["backlog"] = (whole, parts["backlog"][1])
        found = bench.one_round(None, ["bare_sql", "backlog"], {"graphile-worker": "npm not at hand"})
    finally:
        bench.PARTS.update(parts)
    equal(found["bare_sql_per_s"], budget.missing("bare_sql failed: the disk is full"), "what failed")
    equal(found["drain_per_s"], 10.0, "what did not")
    equal(found["drain_to_graphile_worker"], budget.missing("npm not at hand"), "what it is compared with")
    equal(found["drain_to_river"], budget.missing("not asked for in this run"), "what is here but not asked for")


def pages(_: argparse.Namespace) -> None:
    """The page that is kept says what the figures beside it say, and nothing else."""
    folder = HOUSE / "docs" / "benchmarks"
    report = json.loads((folder / "latest.json").read_text(encoding="utf-8"))
    equal((folder / "latest.md").read_text(encoding="utf-8"), record.page(report) + "\n", "docs/benchmarks/latest.md")
    equal([each["name"] for each in report["budget"]], [each.name for each in budget.ROWS], "rows of latest.json")
    drawn = plot.svg("a & b", [plot.panel("rate", {"noop": [(0, 1), (1, 250)]}),
                               plot.panel("p99", {"noop": [(0, 0.4), (1, 7000)], "none": []}, True)], 2, [(1, "<now>")])
    check("a &amp; b" in drawn and "&lt;now&gt;" in drawn and drawn.count("<polyline") == 3, "a picture")


def runs(wanted: argparse.Namespace) -> None:
    """Tiny sizes, everything measured for real."""
    done = subprocess.run([sys.executable, "-B", str(HOUSE / "bench" / "bench.py"), "--build", str(wanted.build),
                           f"--suffix={wanted.suffix}", "--quick", *TINY, "-o", "json"],
                          capture_output=True, text=True, check=False, timeout=380)
    equal(done.returncode, 0, f"exit code; {done.stderr[-3000:]}")
    report = json.loads(done.stdout)
    equal([each["name"] for each in report["budget"]], [each.name for each in budget.ROWS], "rows")
    for each in report["budget"]:
        check({"name", "value", "target", "met"} <= set(each), f"keys of {each}")
        if any(word in each["name"] for word in UNKNOWN) and each["value"] is None:
            check(each["why"] and each["met"] is None, f"the reason of {each}")
        else:
            check(each["value"] is not None and each["met"] in (True, False), f"a value of {each}")
    equal(report["conditions"]["sizes"]["tasks"], 1000, "sizes are told")


def asks(wanted: argparse.Namespace) -> None:
    """./dev bench --pages asks every GET of the API, and each answers."""
    done = subprocess.run([sys.executable, "-B", str(HOUSE / "bench" / "pages.py"), "--build", str(wanted.build),
                           f"--suffix={wanted.suffix}", "--rows", "6000", "--asks", "2", "-o", "json"],
                          capture_output=True, text=True, check=False, timeout=300)
    equal(done.returncode, 0, f"exit code; {done.stderr[-3000:]}")
    found = {each["ask"]: each for each in json.loads(done.stdout)}
    for name, amount in (("/api/v1/tasks", "50+"), ("/api/v1/tasks?state=failed", "2"),
                         ("/api/v1/tasks?key=no+such", "0"), ("/api/v1/tasks?state=retry&limit=1000", "1000+"),
                         ("/api/v1/tasks?stream=rare", "50+"), ("/api/v1/streams", "54"), ("/metrics", "")):
        equal(found[name]["amount"], amount, name)
        check(found[name]["p50_ms"] > 0 and found[name]["met"] in (True, False), f"a verdict: {found[name]}")


def schemas(wanted: argparse.Namespace) -> None:
    """`weir bench` drops the schema that it made, and no other: not that of a cluster in the same database."""
    with scenario(wanted, "bench_schemas", nodes=1) as s:
        s.sql("drop database if exists bench_schemas")
        s.sql("create database bench_schemas")
        url = s.url.rsplit("/", 1)[0] + "/bench_schemas"

        def names() -> list[str]:
            done = subprocess.run(["psql", "-XqAt", "-d", url, "-c", "select nspname from pg_namespace "
                                   "where nspname like 'weir%' order by 1"], capture_output=True, text=True, check=True)
            return done.stdout.split()
        try:
            equal(s.direct("db", "migrate", "--url", url).returncode, 0, "weir db migrate")
            equal(names(), ["weir"], "schemas before")
            command = [str(s.cluster.weir_program), "bench", "-q", "--tasks", "100", "--url", url]
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300,
                                  env=s.cluster.environment())
            equal(done.returncode, 0, f"weir bench: {done.stderr[-2000:]}")
            equal(names(), ["weir"], "schemas after it")
        finally:
            s.sql("drop database bench_schemas with (force)")


SCENARIOS = {each.__name__: each for each in (rows, verdicts, failures, pages, asks, schemas, runs)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
