#!/usr/bin/env python3
"""Every figure that weir is held to, measured in this very run on this machine, and the verdict on each. With --peers,
the other queues of peers.py do as much between the rounds. Drive it by ./dev bench; docs/benchmarks.md says what each
row means."""
from __future__ import annotations

import argparse
import dataclasses
import functools
import json
import os
import sys
import time
import traceback
from pathlib import Path
from typing import Any, Callable, Mapping

import backlog
import bare_sql
import budget
import held
import idle
import latency
import lifecycle
import nodes
import peers
import placement
import record
import take_over
import wal
import watched
from budget import figures, missing
from place import HOUSE, run, sizes

PEERS_FOLDER = HOUSE / ".local" / "peers"
# Each with the figures of the budget that come from it. In this order, so that what is compared stands side by side.
PARTS: dict[str, tuple[Callable[[run], figures], tuple[str, ...]]] = {
    "lifecycle": (lifecycle.measure, ("bulk_lifecycles_per_s", "by_16_callers_lifecycles_per_s")),
    "bare_sql": (bare_sql.measure, ("bare_sql_per_s",)),
    "backlog": (backlog.measure, ("drain_per_s",)),
    **{each.name: (functools.partial(peers.measure, which=each, folder=PEERS_FOLDER), (
        f"{each.word}_best_per_s", f"{each.word}_drain_per_s", f"{each.word}_singles_per_s")) for each in peers.PEERS},
    "wal": (wal.measure, ("wal_by_message", "wal_by_sql", "wal_of_key")),
    "latency": (latency.measure, ("start_back_to_back_p50", "start_idle_p50", "start_by_message_p99",
                                  "start_by_sql_notify_p50", "start_by_sql_p99")),
    "held": (held.measure, ("held_to_free",)),
    "watched": (watched.measure, ("watched_to_free",)),
    "nodes": (nodes.measure, ("four_nodes_to_one",)),
    "idle": (idle.measure, ("idle_statements", "idle_cpu", "idle_rss", "idle_connections", "idle_direct")),
    "take_over": (take_over.measure, ("take_over",)),
    "placement": (placement.measure, ("placement",)),
}


def progress(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def one_round(this: run, chosen: list[str], no_peers: Mapping[str, str]) -> figures:
    """Every part once; what failed, cannot be had (peers, by name) or was not asked for is missing, with the reason."""
    found: figures = {}
    for name, (measure, its) in PARTS.items():
        why = no_peers.get(name, "")
        if not why and name not in chosen:
            why = "not asked for in this run"
        if why:
            found |= {each: missing(why) for each in its}
            continue
        begin = time.monotonic()
        try:
            found |= measure(this)
        except Exception as problem:  # one part less is no reason to lose the others; main() ends with 1
            traceback.print_exc()
            found |= {each: missing(f"{name} failed: {problem}") for each in its}
        progress(f"  {name}: {time.monotonic() - begin:.1f} s")
    return found | ratios(found)


def ratios(found: figures) -> figures:
    """What is compared within one round."""
    bulk, drain = found["bulk_lifecycles_per_s"], found["drain_per_s"]
    singles = found["by_16_callers_lifecycles_per_s"]
    made = {"bulk_to_bare_sql": budget.ratio(bulk, found["bare_sql_per_s"])}
    for each in peers.PEERS:
        made[f"drain_to_{each.word}"] = budget.ratio(drain, found[f"{each.word}_drain_per_s"])
        made[f"bulk_to_{each.word}"] = budget.ratio(bulk, found[f"{each.word}_best_per_s"])
        made[f"singles_to_{each.word}"] = budget.ratio(singles, found[f"{each.word}_singles_per_s"])
    return made


def numbers(found: figures) -> dict[str, Any]:
    return {name: None if isinstance(value, missing) else budget.rounded(value) for name, value in found.items()}


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./dev bench", description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="build directory, with weir in it")
    parser.add_argument("--suffix", default="", help="of the programs, as in -asan")
    parser.add_argument("--peers", action="store_true", help="the other queues beside it, those that can be had here")
    parser.add_argument("--quick", action="store_true", help="small sizes: a look, not figures to keep")
    parser.add_argument("--long", action="store_true", help="the transaction is held open for ten minutes")
    parser.add_argument("--repeat", type=int, default=1, help="rounds; medians are shown (3 for figures to keep)")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS), help="parts to measure")
    parser.add_argument("--record", action="store_true", help="keep the figures in docs/benchmarks/")
    for field in dataclasses.fields(sizes):
        parser.add_argument("--" + field.name.replace("_", "-"), type=float if field.type == "float" else int)
    parser.add_argument("-o", dest="output", choices=["table", "json"], default="table")
    wanted = parser.parse_args()
    wanted.listen, wanted.keep = "127.0.0.1:0", False  # for the clusters
    return wanted


def main() -> int:
    wanted = arguments()
    url = os.environ.get("WEIR_TEST_DATABASE_URL", "")
    if not url:
        raise SystemExit("WEIR_TEST_DATABASE_URL is not set: it names the database for tests")
    given = {field.name: value for field in dataclasses.fields(sizes)
             if (value := getattr(wanted, field.name)) is not None}
    size = dataclasses.replace(sizes.quick() if wanted.quick else sizes(), **given)
    this = run(wanted, url, dataclasses.replace(size, held_s=600.0, pairs=1) if wanted.long else size)
    no_peers = peers.install(PEERS_FOLDER) if wanted.peers else {each.name: "without --peers" for each in peers.PEERS}
    for name, why in no_peers.items() if wanted.peers else ():
        progress(f"no {name}: {why}")
    rounds, load = [], os.getloadavg()[0]
    for number in range(1, wanted.repeat + 1):
        progress(f"round {number} of {wanted.repeat}")
        rounds.append(one_round(this, wanted.only, no_peers))
    middle = budget.medians(rounds)
    report = {"budget": budget.judge(middle), "median": numbers(middle), "rounds": [numbers(each) for each in rounds],
              "conditions": record.conditions(this, peers.describe(PEERS_FOLDER, no_peers), load)}
    if wanted.record:
        record.keep(report, HOUSE / "docs" / "benchmarks")
    print(json.dumps(report, indent=2) if wanted.output == "json" else record.page(report))
    return 1 if any("failed: " in each.get("why", "") for each in report["budget"]) else 0


if __name__ == "__main__":
    sys.exit(main())
