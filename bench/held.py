"""Throughput under a transaction that somebody holds open: it stays open for a while under 2,000 tasks a second, so
that what it keeps from being cleaned piles up; then the rate of a load in bulk is compared with that before and after
it (free, held, held, free: a drift of the machine cancels out)."""
from __future__ import annotations

import time

from budget import figures
from place import noop_cluster, run, sql_session

PACE = 2000  # tasks a second while it is open
STEP = 0.5  # seconds of them in one go


def keep_pace(c: noop_cluster, seconds: float) -> float:
    """Enqueues PACE tasks a second by SQL; the rate at which they ended."""
    begin, sent = time.monotonic(), 0
    while (passed := time.monotonic() - begin) < seconds:
        if sent < PACE * passed:
            sent += c.send_by_sql(int(PACE * STEP), clients=1)
        time.sleep(max(0.0, begin + sent / PACE - time.monotonic()))
    c.wait_ended()
    return sent / (time.monotonic() - begin)


def measure(this: run) -> figures:
    count = max(1000, this.size.tasks // 2)
    free: list[float] = []
    held: list[float] = []
    with noop_cluster(this.wanted, "held") as c:
        c.start("n1")
        c.rate(count // 4)
        for _ in range(this.size.pairs):
            free.append(c.rate(count))
            with sql_session(this.url) as other:
                other.ask("begin; select txid_current()")
                paced = keep_pace(c, this.size.held_s / this.size.pairs)
                held += [c.rate(count), c.rate(count)]
                other.ask("commit")
            free.append(c.rate(count))
    return {"held_to_free": sum(held) / sum(free), "free_per_s": sum(free) / len(free),
            "held_per_s": sum(held) / len(held), "held_paced_per_s": paced}
