"""A PostgreSQL of a scenario's own, to be stopped and killed at will. As root it runs as user postgres."""
import glob
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Optional

from support import wait_for


def free_port(host: str = "127.0.0.1") -> int:
    with socket.socket() as probe:
        probe.bind((host, 0))
        return probe.getsockname()[1]


class private_postgres:
    """`with private_postgres() as p:` a running server with a database `weir`; p.url leads to it. Listens on `host`,
    and trusts the network `trusted` as it trusts this machine."""

    def __init__(self, host: str = "127.0.0.1", trusted: str = "") -> None:
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb")) or [shutil.which("initdb") or ""]
        if not found[-1]:
            raise RuntimeError("no PostgreSQL server programs are installed (Debian: postgresql)")
        self.programs = Path(found[-1]).parent
        self.as_user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] \
            if os.geteuid() == 0 else []
        self.directory = Path(tempfile.mkdtemp(prefix="weir-e2e-", dir="/var/tmp"))
        self.port, self.host, self.trusted = free_port(host), host, trusted
        self.data, self.log = self.directory / "data", self.directory / "log"
        self.wal: Optional[Path] = None  # where the write-ahead log is, if not with the data
        self.settings: list[str] = []  # name=value, besides the defaults
        self.before: list[str] = []  # a command to be put before the server's own
        self.closing = ExitStack()  # what is undone before its directory goes
        self.environment: dict[str, str] = {}  # of the server, besides this process's
        self.url = f"postgres://weir@{host}:{self.port}/weir"

    def __enter__(self) -> "private_postgres":
        try:
            if self.as_user:
                owner = pwd.getpwnam("postgres")
                os.chown(self.directory, owner.pw_uid, owner.pw_gid)
            self.create()
        except BaseException:
            self.__exit__()
            raise
        return self

    def create(self) -> None:
        self.run("initdb", "--no-sync", "-A", "trust", "-U", "weir", "-E", "UTF8", "--no-locale", *self.places())
        if self.trusted:
            with open(self.data / "pg_hba.conf", "a", encoding="utf-8") as rules:
                rules.write(f"host all all {self.trusted} trust\nhost replication all {self.trusted} trust\n")
        self.start()
        subprocess.run(["psql", "-XqAt", "-d", self.url.rsplit("/", 1)[0] + "/postgres", "-c",
                        "create database weir"], check=True, capture_output=True, timeout=30)

    def places(self) -> list[str]:
        """Flags of the programs that make what is there."""
        return ["-D", str(self.data), *([f"--waldir={self.wal}"] if self.wal else [])]

    def __exit__(self, *_: object) -> None:
        if (self.data / "postmaster.pid").exists():
            self.stop("immediate")
        self.closing.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def run(self, program: str, *arguments: str) -> None:
        done = subprocess.run([*self.as_user, str(self.programs / program), *arguments], cwd="/",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"{program}: {done.stdout[-1000:]}")

    def start(self) -> None:
        # Its output goes to a file: pg_ctl's child would keep a pipe open.
        # After a crash each file is synced one by one otherwise, which takes seconds and shows nothing.
        settings = ["unix_socket_directories=", "max_connections=100", "recovery_init_sync_method=syncfs",
                    *self.settings]
        options = f"-p {self.port} -h {self.host} " + " ".join(f"-c {each}" for each in settings)
        own = [f"{name}={value}" for name, value in self.environment.items()]
        command = [*self.as_user, *self.before, "env", *own, str(self.programs / "pg_ctl"), "-D", str(self.data), "-w",
                   "-l", str(self.log), "-o", options, "start"]
        done = subprocess.run(command, cwd="/", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f"pg_ctl start failed: {self.log.read_text()[-1000:]}")

    def runs(self) -> bool:
        status = [*self.as_user, str(self.programs / "pg_ctl"), "-D", str(self.data), "status"]
        return subprocess.run(status, cwd="/", stdout=subprocess.DEVNULL, timeout=60).returncode == 0

    def stop(self, how: str = "fast") -> None:
        self.run("pg_ctl", "-D", str(self.data), "-m", how, "-w", "stop")
        wait_for("end of PostgreSQL", lambda: not (self.data / "postmaster.pid").exists(), 30)
