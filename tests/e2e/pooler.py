"""A pgbouncer in transaction mode in front of the database, for the work of some nodes; their beats and locks go past
it. As root it runs as user postgres."""
from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Optional

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from private_postgres import free_port  # noqa: E402
from support import wait_for  # noqa: E402

PROGRAM = "pgbouncer"
CONSOLE = "pgbouncer"  # the database that is its own console
POOL_SIZE = 8  # sessions at the database: fewer than the nodes behind it have
SETTINGS = """
[databases]
* = host={host} port={target}
[pgbouncer]
listen_addr = {host}
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {directory}/users
admin_users = weir
pool_mode = transaction
default_pool_size = {pool_size}
server_login_retry = 1
query_wait_timeout = 5
"""  # seconds until it tries a server again that refused it (15 by default), and until it gives up a client (120)


def installed() -> Optional[str]:
    return shutil.which(PROGRAM, path=f"{os.environ.get('PATH', '')}:/usr/sbin")


class pooler:
    """`with pooler(host, port) as p:` p.port leads to the database at that port, until it is told another one."""

    def __init__(self, host: str, target: int) -> None:
        self.host, self.target, self.port = host, target, free_port(host)
        self.as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] \
            if os.geteuid() == 0 else []
        self.directory = Path(tempfile.mkdtemp(prefix="weir-pooler-", dir="/var/tmp"))
        self.log = self.directory / "log"
        self.process: Optional[subprocess.Popen] = None

    def __enter__(self) -> "pooler":
        try:
            if self.as_user:
                owner = pwd.getpwnam("postgres")
                os.chown(self.directory, owner.pw_uid, owner.pw_gid)
            (self.directory / "users").write_text('"weir" ""\n', encoding="utf-8")
            self.write_settings()
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    def write_settings(self) -> None:
        text = SETTINGS.format(host=self.host, target=self.target, port=self.port, directory=self.directory,
                               pool_size=POOL_SIZE)
        (self.directory / "pgbouncer.ini").write_text(text, encoding="utf-8")

    def start(self) -> None:
        program = installed()
        if not program:
            raise RuntimeError("pgbouncer is not installed (Debian: pgbouncer)")
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([*self.as_user, program, str(self.directory / "pgbouncer.ini")],
                                            stdout=log, stderr=log)
        wait_for("the pooler to listen", self.listens, 10)

    def listens(self) -> bool:
        if self.process.poll() is not None:
            raise RuntimeError(f"pgbouncer ended: {self.log.read_text(errors='replace')[-1000:]}")
        try:
            socket.create_connection((self.host, self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def signal(self, number: int) -> None:
        self.process.send_signal(number)

    def kill(self) -> None:
        if self.process:
            self.signal(signal.SIGKILL)
            self.process.wait(10)

    def lead_to(self, port: int) -> None:
        """As a fail-over tool tells it."""
        self.target = port
        self.write_settings()
        self.signal(signal.SIGHUP)

    def order(self, command: str) -> None:
        """By its console. None is heard while it is stopped."""
        url = f"postgres://weir@{self.host}:{self.port}/{CONSOLE}"
        done = subprocess.run(["psql", "-XqAt", "-d", url, "-c", command], capture_output=True, text=True, timeout=20)
        if done.returncode != 0:
            raise RuntimeError(f"pgbouncer, {command}: {done.stderr.strip()}")
