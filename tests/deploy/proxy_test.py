"""nginx and HAProxy, with the settings of deploy/proxy, in front of a real node below /weir/: health, tokens, orders
from a page, and events that arrive while they happen."""
from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
import unittest
from pathlib import Path
from typing import Any, Optional

import deployed
from deployed import DEPLOY, clean_environment, weir
from private_postgres import free_port
from support import wait_for

FOLDER = DEPLOY / "proxy"
DATABASE = os.environ.get("WEIR_TEST_DATABASE_URL", "")
PATH = f"{os.environ.get('PATH', '')}:/usr/sbin"
NODE = """[node]
name = "n1"
listen = "off"
state_dir = "state"
[http]
listen = "127.0.0.1:{port}"
tokens_file = "tokens"
base_path = "/weir"
"""


class proxy_test(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.place = Path(tempfile.mkdtemp(prefix="weir-proxy-"))
        cls.addClassCleanup(shutil.rmtree, cls.place, ignore_errors=True)
        cls.running: list[subprocess.Popen] = []
        cls.addClassCleanup(cls.end)
        if not DATABASE:
            return
        cls.port = free_port()
        (cls.place / "weir.toml").write_text(NODE.format(port=cls.port), encoding="utf-8")
        cls.given = {"WEIR_CONFIG": str(cls.place / "weir.toml"), "WEIR_DATABASE__URL": DATABASE,
                     "WEIR_DATABASE__SCHEMA": f"weir_proxy_{os.getpid()}"}
        cls.addClassCleanup(cls.drop)
        cls.order("db", "migrate")
        cls.token = cls.order("token", "create", "page", "--role", "operator").strip()
        cls.order("cert", "authority", "--out", str(cls.place / "ca"))
        cls.order("cert", "node", "tls", "--authority", str(cls.place / "ca"), "--out", str(cls.place / "made"))
        pem, key = ((cls.place / "made" / f"tls.{end}").read_text() for end in ("pem", "key"))
        (cls.place / "tls.pem").write_text(pem + key)  # HAProxy wants both in one
        (cls.place / "tls.key").write_text(key)
        cls.start([str(deployed.WEIR), "run"])
        wait_for("the node", lambda: weir("healthcheck", "ready", **cls.given).returncode == 0, 30)

    @classmethod
    def order(cls, *arguments: str) -> str:
        done = weir(*arguments, **cls.given)
        if done.returncode != 0:
            raise RuntimeError(f"weir {' '.join(arguments)}: {done.stderr}")
        return done.stdout

    @classmethod
    def drop(cls) -> None:
        gone = f"set client_min_messages = warning; drop schema if exists {cls.given['WEIR_DATABASE__SCHEMA']} cascade"
        subprocess.run(["psql", "-XqAt", "-d", DATABASE, "-c", gone], check=True, timeout=60)

    @classmethod
    def start(cls, command: list[str]) -> subprocess.Popen:
        with open(cls.place / "log", "ab") as log:
            cls.running.append(subprocess.Popen(command, stdout=log, stderr=log, cwd=cls.place,
                                                env=clean_environment(**cls.given)))
        return cls.running[-1]

    @classmethod
    def end(cls) -> None:
        for child in reversed(cls.running):
            child.send_signal(signal.SIGTERM)
            try:
                child.wait(20)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait(10)

    # -- what is asked of either

    def ask(self, port: int, path: str, body: Optional[dict[str, Any]] = None, **headers: str) -> tuple[int, str]:
        line = http.client.HTTPSConnection("localhost", port, timeout=20, context=ssl._create_unverified_context())
        line.request("POST" if body else "GET", f"/weir{path}", json.dumps(body) if body else None,
                     {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json", **headers})
        reply = line.getresponse()
        found = reply.status, reply.read().decode()
        line.close()
        return found

    def check(self, port: int) -> None:
        wait_for("the proxy to find the node", lambda: self.answers(port), 20)
        self.assertEqual(self.ask(port, "/healthz/live")[0], 200)
        self.assertEqual(self.ask(port, "/api/v1/tasks", Authorization="Bearer nobody")[0], 401)
        task = {"name": "proxied", "key": "1"}
        self.assertEqual(self.ask(port, "/api/v1/tasks", task, Origin=f"https://localhost:{port}")[0], 201)
        self.assertEqual(self.ask(port, "/api/v1/tasks", task, Origin="https://elsewhere.example")[0], 403)
        self.assertEqual(self.ask(port, "/")[0], 200)
        self.check_events(port)

    def answers(self, port: int) -> bool:
        try:
            return self.ask(port, "/healthz/ready")[0] == 200
        except OSError:
            return False

    def check_events(self, port: int) -> None:
        """The stream never ends, so an event that arrives was passed on when it came."""
        line = http.client.HTTPSConnection("localhost", port, timeout=10, context=ssl._create_unverified_context())
        line.request("GET", "/weir/api/v1/events", headers={"Authorization": f"Bearer {self.token}"})
        reply = line.getresponse()
        self.assertEqual(reply.status, 200)
        began, seen = time.monotonic(), 0
        while seen < 3:
            seen += reply.readline().startswith(b"event: cluster")
        self.assertLess(time.monotonic() - began, 8)
        line.close()

    def program(self, name: str) -> str:
        found = shutil.which(name, path=PATH)
        if not found:
            self.skipTest(f"{name} is not installed")
        return found

    def settings(self, name: str, port: int) -> Path:
        """As it is, but with the ports of this test: the node's is the first server, at the others is nobody."""
        text = re.sub(r"\b443\b", str(port), (FOLDER / name).read_text(encoding="utf-8"))
        text = text.replace("127.0.0.1:7711", f"127.0.0.1:{getattr(self, 'port', 7711)}")
        (self.place / name).write_text(text, encoding="utf-8")
        return self.place / name

    # -- the two

    def test_nginx_passes_everything_on(self) -> None:
        nginx, port = self.program("nginx"), free_port()
        if not DATABASE:
            self.skipTest("WEIR_TEST_DATABASE_URL is not set")
        settings = self.settings("nginx.conf", port)
        self.start([nginx, "-p", str(self.place), "-e", "stderr", "-c", str(settings), "-g", "daemon off;"])
        self.check(port)

    def test_haproxy_passes_everything_on(self) -> None:
        haproxy, port = self.program("haproxy"), free_port()
        if not DATABASE:
            self.skipTest("WEIR_TEST_DATABASE_URL is not set")
        self.start([haproxy, "-db", "-f", str(self.settings("haproxy.cfg", port))])
        self.check(port)

    def test_both_say_what_the_documents_say(self) -> None:
        nginx, haproxy = ((FOLDER / name).read_text(encoding="utf-8") for name in ("nginx.conf", "haproxy.cfg"))
        events = re.search(r"location = /weir/api/v1/events \{(.*?)\}", nginx, re.S)[1]
        self.assertIn("proxy_buffering off;", events)
        self.assertIn("uri /weir/healthz/ready", haproxy)
        self.assertEqual(set(re.findall(r"127\.0\.0\.1:(\d+)", nginx)), set(re.findall(r"127\.0\.0\.1:(\d+)", haproxy)))
        self.assertNotIn("non_idempotent", re.sub(r"#.*", "", nginx))


if __name__ == "__main__":
    deployed.main()
