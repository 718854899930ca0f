"""What a bench says of itself: the conditions it ran under, and its figures as a page that docs/benchmarks.md leads
to."""
from __future__ import annotations

import dataclasses
import datetime
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import budget
from place import HOUSE, run, sql_session

QUIET = 0.5  # load average up to which nobody else is at work
SETTINGS = ("server_version", "fsync", "synchronous_commit", "shared_buffers", "max_wal_size", "full_page_writes")


def processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return "unknown"


def commit() -> str:
    """Of the sources, "" where they do not come from git."""
    done = subprocess.run(["git", "-C", str(HOUSE), "describe", "--always", "--dirty"], capture_output=True, text=True,
                          check=False)
    return done.stdout.strip()


def conditions(this: run, peers: dict[str, Any], load: float) -> dict[str, Any]:
    """@param load  of the machine, before anything was measured."""
    with sql_session(this.url) as sql:
        server = {name: sql.ask(f"show {name}")[0] for name in SETTINGS}
    weir = subprocess.run([str(this.weir), "version"], capture_output=True, text=True, check=True).stdout
    return {"at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
            "weir": weir.splitlines()[0].strip(), "commit": commit(), "processor": processor(), "cores": os.cpu_count(),
            "load_average_before": round(load, 1), "postgresql": server, "peers": peers,
            "rounds": this.wanted.repeat, "quick": this.wanted.quick, "sizes": dataclasses.asdict(this.size)}


def page(report: dict[str, Any]) -> str:
    """The report for people, in Markdown."""
    under = report["conditions"]
    met = [each["met"] for each in report["budget"]]
    lines = ["# Figures of one run", "", "<!-- Written by `./dev bench --record` from latest.json. -->", "",
             f"{met.count(True)} of {len(met)} rows met, {met.count(False)} missed, {met.count(None)} not measured."]
    if under["quick"]:
        lines += ["", "**A quick run: its sizes are too small for figures to keep.**"]
    if under["load_average_before"] > QUIET:
        lines += ["", "**The machine was busy before it began (see below): not figures to keep.**"]
    lines += ["", "## Budget", "", budget.table(report["budget"]), "", "## Under which conditions", "",
              f"* {under['at']}, {under['weir']} ({under['commit']}), {under['cores']} cores ({under['processor']}), "
              f"load average {under['load_average_before']} before it began",
              "* PostgreSQL on the same machine: " + ", ".join(f"{k} {v}" for k, v in under["postgresql"].items()),
              f"* medians of {under['rounds']} rounds; " + ", ".join(f"{k} {v:,g}" for k, v in under["sizes"].items())]
    for name, its in under["peers"].items():
        lines.append(f"* {name} {its['version']} on {its['on']}: {its['settings']}")
    lines += ["", "## All figures", "", "| | median | rounds |", "|---|---:|---|"]
    for name, value in report["median"].items():
        rounds = [each.get(name) for each in report["rounds"]]
        if value is not None:
            lines.append(f"| `{name}` | {value:,g} | {', '.join(f'{v:,g}' for v in rounds if v is not None)} |")
    return "\n".join(lines)


def keep(report: dict[str, Any], folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "latest.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    (folder / "latest.md").write_text(page(report) + "\n", encoding="utf-8")
