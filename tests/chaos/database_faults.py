"""Faults of the database: sessions ended, the whole of it away."""
from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Optional

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from private_postgres import private_postgres  # noqa: E402
from support import TTL, scenario  # noqa: E402
from schedule import fault, schedule  # noqa: E402


class database_faults:
    def __init__(self, s: scenario, plan: schedule, server: private_postgres) -> None:
        self.s, self.plan, self.server = s, plan, server
        plan.add(3, self.end_sessions)
        plan.add(1, self.database_away)

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
