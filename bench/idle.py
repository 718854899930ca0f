"""What three nodes cost that have nothing to do: statements of the database (where pg_stat_statements is not loaded:
transactions, of which each statement of weir is one), time of a core, memory, connections."""
from __future__ import annotations

import os
import time
from pathlib import Path

from budget import figures, missing
from place import noop_cluster, run, tree_of

WINDOWS = 5  # so many are tried until one is not disturbed by autovacuum, whose transactions count like any other
# Sessions that need to be direct where the others may go through a pooler: what application_name ends with.
DIRECT = (" beat", " lead")


def cpu_s(pid: int) -> float:
    """Seconds of a core that a process and its descendants have used so far, ended ones (that were waited for) too."""
    used = 0
    for each, _ in tree_of(pid):
        try:
            fields = Path(f"/proc/{each}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
        except OSError:
            continue  # it has just ended: its parent has its time
        used += sum(int(field) for field in fields[11:15])
    return used / os.sysconf("SC_CLK_TCK")


def rss_mb(pid: int) -> float:
    kib = 0
    for each, _ in tree_of(pid):
        lines = Path(f"/proc/{each}/status").read_text(encoding="utf-8").splitlines()
        kib += sum(int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))
    return kib * 1024 / 1e6


class window:
    """A stretch of time: what was counted at its start and how much more it was at its end."""

    TRANSACTIONS = "select xact_commit + xact_rollback from pg_stat_database where datname = current_database()"
    CALLS = ("select sum(calls) from pg_stat_statements where dbid = (select oid from pg_database "
             "where datname = current_database())")
    VACUUMS = "select coalesce(sum(autovacuum_count + autoanalyze_count), 0) from pg_stat_all_tables"

    def __init__(self, c: noop_cluster, seconds: float) -> None:
        exact = c.ask("select count(*) from pg_extension where extname = 'pg_stat_statements'") == ["1"]
        counted = self.CALLS if exact else self.TRANSACTIONS
        pids = [c.cluster.nodes[name].pid() for name in c.cluster.names]
        vacuums, statements, begin = c.value(self.VACUUMS), c.value(counted), time.monotonic()
        cpu = [cpu_s(pid) for pid in pids]
        time.sleep(seconds)
        took = time.monotonic() - begin
        self.cpu = [(cpu_s(pid) - before) / took * 100 for pid, before in zip(pids, cpu)]
        self.statements = (c.value(counted) - statements - 1) / took  # the asking itself is one
        self.rss = [rss_mb(pid) for pid in pids]
        self.vacuumed = c.value(self.VACUUMS) != vacuums


def measure(this: run) -> figures:
    with noop_cluster(this.wanted, "idle", nodes=3) as c:
        c.start(*c.cluster.names)
        c.send_by_message(1000)
        c.wait_ended()
        time.sleep(this.size.settle_s)
        for _ in range(WINDOWS):
            seen = window(c, this.size.idle_s)
            if not seen.vacuumed:
                break
        sessions: dict[str, list[str]] = {name: [] for name in c.cluster.names}
        for name in c.ask("select application_name from pg_stat_activity where datname = current_database() "
                          "and application_name like 'weir n%'"):
            sessions[name.split()[1]].append(name)
        return {"idle_statements": missing("autovacuum was at work all the time: its transactions would count")
                if seen.vacuumed else seen.statements, "idle_cpu": max(seen.cpu), "idle_rss": max(seen.rss),
                "idle_connections": max(len(each) for each in sessions.values()),
                "idle_direct": max(sum(name.endswith(DIRECT) for name in each) for each in sessions.values())}
