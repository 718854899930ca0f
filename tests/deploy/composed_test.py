"""The composition's own files at work, without containers: a PostgreSQL that wants passwords, its logins, the pooler
with its settings, the migration, certificates and tokens, and three nodes with the variables and the file of
compose.yaml. What is replaced are the places: /run/secrets, /credentials, and the names of the hosts."""
from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import unittest
import urllib.request
from pathlib import Path
from typing import Any, Optional

import deployed
from deployed import DEPLOY, clean_environment, read_yaml, weir
from pooler import installed as pgbouncer_installed
from private_postgres import free_port, private_postgres
from support import wait_for

FOLDER = DEPLOY / "compose"
NODES = ("n1", "n2", "n3")


@unittest.skipUnless(pgbouncer_installed(), "pgbouncer is not installed (Debian: pgbouncer)")
class composed_test(unittest.TestCase):
    def setUp(self) -> None:
        self.place = Path(tempfile.mkdtemp(prefix="weir-composed-", dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, self.place, ignore_errors=True)
        self.compose = self.place / "compose"
        shutil.copytree(FOLDER, self.compose, ignore=shutil.ignore_patterns("secrets"))
        subprocess.run([str(self.compose / "secrets.sh")], check=True, timeout=20)
        self.services = read_yaml(FOLDER / "compose.yaml")[0]["services"]
        self.running: list[subprocess.Popen] = []
        self.addCleanup(self.end)
        server = private_postgres()
        self.addCleanup(server.__exit__)
        self.server = server.__enter__()
        self.places = {"/run/secrets": str(self.compose / "secrets"), "/credentials": str(self.place / "credentials")}
        self.pooler_port = free_port()

    def end(self) -> None:
        for child in self.running:
            if child.poll() is None:
                child.kill()
            child.wait(10)

    def here(self, text: str) -> str:
        for container, place in self.places.items():
            text = text.replace(container, place)
        return (text.replace("postgres:5432", f"127.0.0.1:{self.server.port}")
                .replace("pgbouncer:6432", f"127.0.0.1:{self.pooler_port}"))

    def rewrite(self, *names: str) -> None:
        for file in names:
            path = self.compose / file
            path.chmod(0o644 | (path.stat().st_mode & 0o111))
            path.write_text(self.here(path.read_text(encoding="utf-8")), encoding="utf-8")

    def start(self, command: list[str], **environment: str) -> None:
        with open(self.place / "log", "ab") as log:
            self.running.append(subprocess.Popen(command, stdout=log, stderr=log, env=clean_environment(**environment)))

    def run_script(self, name: str, where: Path, **environment: str) -> None:
        path = f"{deployed.WEIR.parent}:{os.environ['PATH']}"
        done = subprocess.run(["/bin/sh", str(self.compose / name)], cwd=where, capture_output=True, text=True,
                              timeout=60, env=clean_environment(PATH=path, **environment))
        self.assertEqual(done.returncode, 0, done.stderr)

    def variables(self, service: str) -> dict[str, str]:
        return {name: self.here(value) for name, value in self.services[service]["environment"].items()}

    # -- its parts, in the order that compose.yaml gives them

    def start_database(self) -> None:
        """As the image does it: the logins are made by whoever comes by the socket, and all others need a password."""
        superuser = self.server.url.rsplit("/", 1)[0]
        subprocess.run(["psql", "-XqAt", "-d", f"{superuser}/postgres", "-c", "create database app"], check=True,
                       timeout=30)
        self.run_script("logins.sh", self.compose, POSTGRES_USER="weir", POSTGRES_DB="app", PGHOST="127.0.0.1",
                        PGPORT=str(self.server.port))
        rules = self.server.data / "pg_hba.conf"
        rules.write_text("host all weir_owner,weir_node 127.0.0.1/32 scram-sha-256\n" + rules.read_text())
        subprocess.run(["psql", "-XqAt", "-d", f"{superuser}/postgres", "-c", "select pg_reload_conf()"], check=True,
                       timeout=30, stdout=subprocess.DEVNULL)

    def start_pooler(self) -> None:
        settings = self.compose / "pgbouncer.ini"
        text = settings.read_text(encoding="utf-8").replace("host=postgres port=5432",
                                                            f"host=127.0.0.1 port={self.server.port}")
        text = text.replace("listen_port = 6432", f"listen_port = {self.pooler_port}")
        settings.write_text(text.replace("listen_addr = 0.0.0.0", "listen_addr = 127.0.0.1"), encoding="utf-8")
        if self.server.as_user:  # it refuses to run as root
            self.place.chmod(0o755)
            shutil.chown(self.compose / "secrets", "postgres")
        self.start([*self.server.as_user, str(pgbouncer_installed()), str(settings)])

    def migrate(self) -> None:
        command = self.services["migrate"]["command"][0]
        environment = self.variables("migrate")
        done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, text=True, timeout=60,
                              env=clean_environment(PATH=f"{deployed.WEIR.parent}:{os.environ['PATH']}", **environment))
        self.assertEqual(done.returncode, 0, done.stderr)

    def start_node(self, name: str) -> int:
        port = free_port()
        file = self.place / f"{name}.toml"
        text = self.here((FOLDER / "weir.toml").read_text(encoding="utf-8"))
        file.write_text(text.replace("0.0.0.0:7711", f"127.0.0.1:{port}").replace("0.0.0.0:7710", "0.0.0.0:0"))
        self.start([str(deployed.WEIR), "run"], WEIR_CONFIG=str(file),
                   WEIR_NODE__STATE_DIR=str(self.place / f"state-{name}"), **self.variables(name))
        return port

    def ask(self, port: int, path: str, token: Optional[str] = None) -> str:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        asked = urllib.request.Request(f"http://127.0.0.1:{port}{path}", headers=headers)
        with urllib.request.urlopen(asked, timeout=10) as reply:
            return str(reply.read().decode())

    def test_it_works_as_it_is_composed(self) -> None:
        secrets = sorted(f"secrets/{path.name}" for path in (self.compose / "secrets").iterdir())
        self.rewrite("logins.sh", "pgbouncer.ini", *secrets)
        self.start_database()
        self.start_pooler()
        self.migrate()
        credentials = self.place / "credentials"
        credentials.mkdir(mode=0o700)
        tokens = {"WEIR_HTTP__TOKENS_FILE": str(credentials / "tokens")}
        self.run_script("credentials.sh", credentials, **tokens)
        admin = (credentials / "admin.token").read_text()
        self.run_script("credentials.sh", credentials, **tokens)  # a second `up`
        self.assertEqual((credentials / "admin.token").read_text(), admin)
        others = {str(path.relative_to(credentials)) for path in credentials.rglob("*") if path.stat().st_mode & 0o077}
        self.assertEqual(others, {"prometheus.token"}, "what somebody else may read")

        ports = {name: self.start_node(name) for name in NODES}
        file = {"WEIR_CONFIG": str(self.place / "n1.toml"), **self.variables("n1")}
        wait_for("three nodes", lambda: self.active(file) == set(NODES), 40)
        for port in ports.values():
            wait_for("a node to be ready", lambda: self.is_ready(port), 20)
        done = weir("task", "enqueue", "book", "--key", "1", "--wait=20s", **file)
        self.assertEqual(done.returncode, 0, done.stderr)
        scrape = (credentials / "prometheus.token").read_text().strip()
        self.assertIn("weir_build_info", self.ask(ports["n2"], "/metrics", scrape))
        self.assert_ways()
        self.assert_goodbye()

    def active(self, file: dict[str, str]) -> set[str]:
        done = weir("status", "-o", "json", **file)
        nodes: list[dict[str, Any]] = json.loads(done.stdout)["nodes"] if done.returncode == 0 else []
        return {each["name"] for each in nodes if each["state"] == "active"}

    def is_ready(self, port: int) -> bool:
        try:
            return bool(self.ask(port, "/healthz/ready"))
        except OSError:
            return False

    def assert_goodbye(self) -> None:
        for node in self.running[1:]:  # the first is the pooler
            node.send_signal(signal.SIGTERM)
        self.assertEqual([node.wait(45) for node in self.running[1:]], [0, 0, 0])

    def assert_ways(self) -> None:
        """Two sessions of each node came past the pooler, and no more."""
        peers = subprocess.run(["ss", "-tnpH", "state", "established", f"( dport = :{self.server.port} )"],
                               capture_output=True, text=True, timeout=20)
        nodes = {str(child.pid) for child in self.running[1:]}
        counted = {pid: len(re.findall(rf"pid={pid},", peers.stdout)) for pid in nodes}
        self.assertEqual(set(counted.values()), {2}, f"{counted}:\n{peers.stdout}")


if __name__ == "__main__":
    deployed.main()
