"""Faults of the database: sessions ended, the whole of it away, read-only, or full of connections."""
from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path
from typing import Optional, Union

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from private_postgres import private_postgres  # noqa: E402
from support import TTL, scenario  # noqa: E402
from raw_session import open_session  # noqa: E402
from schedule import fault, schedule  # noqa: E402
from standby import pair  # noqa: E402

MANY = 200  # more than any server here takes


class database_faults:
    def __init__(self, s: scenario, plan: schedule, server: Union[private_postgres, pair]) -> None:
        self.s, self.plan, self.server = s, plan, server
        plan.add(3, self.end_sessions)
        for kind in (self.database_away, self.read_only, self.connections_used_up):
            plan.add(1, kind)

    def end_sessions(self) -> Optional[fault]:
        if self.plan.hindrance:
            return None
        count = self.s.sql("select count(pg_terminate_backend(pid)) from pg_stat_activity where application_name like "
                           f"'weir%' and random() < {self.plan.random.choice((0.1, 0.5, 1.0))}")
        return fault("end_sessions", f"{count} database sessions ended", everybody=True)

    def database_away(self) -> Optional[fault]:
        if self.plan.hindrance:
            return None
        how = self.plan.random.choice(("immediate", "fast"))
        done = fault("database_away", f"PostgreSQL is stopped -m {how} and away", t=time.monotonic())
        self.server.stop(how)
        return self.plan.hinder(done, 0.5, TTL + 4, self.server.start)

    def now_the_primary(self) -> private_postgres:
        return self.server.primary if isinstance(self.server, pair) else self.server

    def read_only(self) -> Optional[fault]:
        """As a provider does when the disk is nearly full."""
        if self.plan.hindrance:
            return None
        done = fault("read_only", "the database is read-only", t=time.monotonic())
        self.s.sql("alter system set default_transaction_read_only = on")
        self.s.sql("select pg_reload_conf()")

        def heal() -> None:
            self.s.sql("alter system reset default_transaction_read_only")
            self.s.sql("select pg_reload_conf()")
        return self.plan.hinder(done, 0.5, TTL + 4, heal)

    def connections_used_up(self) -> Optional[fault]:
        """Nobody gets a new one; those that there are stay."""
        if self.plan.hindrance:
            return None
        server, held = self.now_the_primary(), contextlib.ExitStack()
        done = fault("connections_used_up", "", t=time.monotonic())
        count = 0
        for count in range(MANY):
            one = held.enter_context(open_session(server.host, server.port))
            if one.recv(1) != b"R":  # "sorry, too many clients already"
                break
        done.text = f"{count} connections are taken, all that there were,"
        return self.plan.hinder(done, 0.5, TTL + 4, held.close)
