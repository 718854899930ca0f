"""A PostgreSQL with a streaming standby, synchronous or not, that change places: the primary is killed, the standby
promoted, and a new standby made in the old one's place."""
from __future__ import annotations

import re
import shutil
import subprocess
import time
from typing import Optional

from private_postgres import free_port, private_postgres
from support import wait_for

SETTINGS = ["wal_retrieve_retry_interval=300ms", "wal_keep_size=512MB"]  # a standby is back soon, and finds its WAL


def follow(server: private_postgres, primary: private_postgres) -> None:
    """Begins anew as a copy of it that keeps up; what was there is gone."""
    if (server.data / "postmaster.pid").exists():  # of an attempt that was too late
        server.stop("immediate")
    for place in (server.data, *([server.wal] if server.wal else [])):
        shutil.rmtree(place, ignore_errors=True)  # a disk of its own stays, and is empty
    server.run("pg_basebackup", "-h", primary.host, "-p", str(primary.port), "-U", "weir", "-c", "fast", "-N", "-R",
               *server.places())
    # What was set at run time is the primary's own, not to wait for a standby once this one is promoted.
    written = server.data / "postgresql.auto.conf"
    own = ("synchronous_standby_names", "default_transaction_read_only")
    written.write_text("".join(line for line in written.read_text().splitlines(True) if not line.startswith(own)))
    server.start()


class standby(private_postgres):
    """Follows `primary` from the start."""

    def __init__(self, primary: private_postgres) -> None:
        super().__init__(primary.host, primary.trusted)
        self.primary, self.settings = primary, SETTINGS

    def create(self) -> None:
        follow(self, self.primary)


def ask(server: private_postgres, statement: str, port: Optional[int] = None) -> str:
    url = server.url if port is None else re.sub(r":\d+/", f":{port}/", server.url)
    done = subprocess.run(["psql", "-XqAt", "-d", url, "-c", statement], capture_output=True, text=True, timeout=30)
    if done.returncode != 0:
        raise RuntimeError(f"psql: {done.stderr.strip()}")
    return done.stdout.strip()


class pair:
    """`with pair(host, trusted, synchronous) as p:` p.url names both servers, whoever of them is the primary."""

    def __init__(self, host: str, trusted: str, synchronous: bool) -> None:
        self.synchronous = synchronous
        self.primary = private_postgres(host, trusted)
        self.primary.settings = SETTINGS
        self.standby: private_postgres = standby(self.primary)
        self.url = f"postgres://weir@{host}:{self.primary.port},{host}:{self.standby.port}/weir"
        self.follows = False  # else the other one is an old primary that was stopped

    def __enter__(self) -> "pair":
        self.primary.__enter__()
        try:
            self.standby.__enter__()
            self.attach()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.standby.__exit__()
        self.primary.__exit__()

    def attach(self) -> None:
        """Waits until the standby streams; from then on commits wait for it, where that is wanted."""
        wait_for("the standby", lambda: ask(
            self.primary, "select 1 from pg_stat_replication where state = 'streaming'"), 30)
        if self.synchronous:
            ask(self.primary, "alter system set synchronous_standby_names = '*'")
            ask(self.primary, "select pg_reload_conf()")
            wait_for("commits to wait for it", lambda: ask(
                self.primary, "select 1 from pg_stat_replication where sync_state = 'sync'"), 30)
        self.follows = True

    def start(self) -> None:
        self.primary.start()

    def stop(self, how: str = "fast") -> None:
        self.primary.stop(how)

    def caught_up(self) -> float:
        """Waits until the standby has all that was committed by the time that is returned."""
        at, position = time.monotonic(), ask(self.primary, "select pg_current_wal_lsn()")
        wait_for("the standby to catch up", lambda: ask(
            self.primary, f"select 1 from pg_stat_replication where flush_lsn >= '{position}'"), 30)
        return at

    def fail_over(self) -> float:
        """Kills the primary and promotes the standby. The old one is left as it fell. When it was killed."""
        at = time.monotonic()
        if (self.primary.data / "postmaster.pid").exists():
            self.primary.stop("immediate")
        self.standby.run("pg_ctl", "promote", "-w", "-D", str(self.standby.data))
        self.primary, self.standby = self.standby, self.primary
        self.follows = False
        return at

    def old_primary_alone(self, statement: str) -> str:
        """Starts the old primary where nobody looks for it, asks it, and stops it."""
        known, self.standby.port = self.standby.port, free_port(self.standby.host)
        try:
            self.standby.start()
            answer = ask(self.standby, statement, self.standby.port)
            self.standby.stop()
        finally:
            self.standby.port = known
        return answer

    def remake_standby(self) -> None:
        """In the place of the old primary, which must be stopped."""
        follow(self.standby, self.primary)
        self.attach()
