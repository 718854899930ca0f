"""Faults of the database's disks: no room for tables, where statements fail, or none for the write-ahead log, where
PostgreSQL panics."""
from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path
from typing import Optional, Union

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from private_postgres import private_postgres  # noqa: E402
from support import TTL, scenario  # noqa: E402
from disks import fill, make_room  # noqa: E402
from schedule import fault, schedule  # noqa: E402
from standby import pair  # noqa: E402

FULL = b"No space left on device"
SWITCHES = 100  # more segments of the log than lie ready


class disk_faults:
    def __init__(self, s: scenario, plan: schedule, server: Union[private_postgres, pair]) -> None:
        self.s, self.plan, self.server = s, plan, server
        for kind in (self.tables_full, self.wal_full):
            plan.add(1, kind)

    def now_the_primary(self) -> private_postgres:
        return self.server.primary if isinstance(self.server, pair) else self.server

    def full(self, server: private_postgres, place: Path, done: fault) -> fault:
        before = self.refusals(server)
        fill(place)

        def room_again() -> None:
            make_room(place)
            ended = not server.runs()
            if ended:  # it found no room to recover either; whoever watches over it starts it again
                server.start()
            told = f"{self.refusals(server) - before} times there was no room" + (", and PostgreSQL ended" * ended)
            done.text += f" ({told})"
            self.plan.tell(f"there is room again: {told}")
        return self.plan.hinder(done, 2, TTL + 4, room_again)

    def refusals(self, server: private_postgres) -> int:
        return server.log.read_bytes().count(FULL)

    def tables_full(self) -> Optional[fault]:
        if self.plan.hindrance:
            return None
        server = self.now_the_primary()
        done = fault("tables_full", "the disk of the tables is full", t=time.monotonic())
        return self.full(server, server.data, done)

    def wal_full(self) -> Optional[fault]:
        if self.plan.hindrance:
            return None
        server = self.now_the_primary()
        done = fault("wal_full", "the disk of the write-ahead log is full", t=time.monotonic())
        self.full(server, server.wal, done)
        with contextlib.suppress(RuntimeError):  # which is the panic
            for _ in range(SWITCHES):  # what lies ready for the log is used up
                self.s.sql("select pg_logical_emit_message(true, '', ''), pg_switch_wal()")
        return done
