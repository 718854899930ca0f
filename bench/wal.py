"""Bytes of WAL of a task's whole life: what the server's log grew by around a load and its end, beats and all, over a
warm schema so that the images of fresh pages count only where a checkpoint falls into the load."""
from __future__ import annotations

import random
from typing import Callable

from budget import figures
from place import noop_cluster, run


def measure(this: run) -> figures:
    count = max(500, this.size.tasks // 5)
    keys = [f"customer-{n}" for n in range(count)]
    random.Random(1).shuffle(keys)  # neighbours in time are none in the index
    with noop_cluster(this.wanted, "wal") as c:
        c.start("n1")

        def bytes_of(load: Callable[[], object]) -> float:
            ended, at = c.ended, c.value("select pg_current_wal_insert_lsn() - '0/0'")
            load()
            c.wait_ended()
            return (c.value("select pg_current_wal_insert_lsn() - '0/0'") - at) / (c.ended - ended)

        c.send_by_message(count)
        c.wait_ended()
        by_message = bytes_of(lambda: c.send_by_message(count))
        by_sql = bytes_of(lambda: c.send_by_sql(count))
        by_key = bytes_of(lambda: c.send_by_message(count, keys))
        return {"wal_by_message": by_message, "wal_by_sql": by_sql, "wal_of_key": by_key - by_message}
