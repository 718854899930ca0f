"""The composition: who waits for whom, which way leads through the pooler, what is secret, how long a stop may take."""
from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import deployed
from deployed import DEPLOY, longest_stop, read_yaml, seconds, settings

FOLDER = DEPLOY / "compose"
NODES = ("n1", "n2", "n3")


def docker_compose() -> bool:
    return bool(shutil.which("docker")) and subprocess.run(["docker", "compose", "version"],
                                                           capture_output=True).returncode == 0


class compose_test(unittest.TestCase):
    def setUp(self) -> None:
        self.whole = read_yaml(FOLDER / "compose.yaml")[0]
        self.services = self.whole["services"]

    def copy_with_secrets(self) -> Path:
        """Of the folder, with the secrets that its own script makes."""
        place = tempfile.TemporaryDirectory()
        self.addCleanup(place.cleanup)
        copy = Path(place.name) / "compose"
        shutil.copytree(FOLDER, copy, ignore=shutil.ignore_patterns("secrets"))
        subprocess.run([str(copy / "secrets.sh")], check=True, timeout=20)
        return copy

    @unittest.skipUnless(docker_compose(), "docker compose is not installed")
    def test_docker_compose_accepts_it(self) -> None:
        done = subprocess.run(["docker", "compose", "-f", str(FOLDER / "compose.yaml"), "config", "--quiet"],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_it_has_what_it_says(self) -> None:
        self.assertEqual(set(self.services), {"postgres", "pgbouncer", "migrate", "credentials", "prometheus", *NODES})
        for name, service in self.services.items():
            deployed.check_pinned(self, service["image"])
            for needed in service.get("depends_on", {}):
                self.assertIn(needed, self.services, name)

    def test_each_file_and_volume_that_is_mounted_exists(self) -> None:
        copy = self.copy_with_secrets()
        for name, service in self.services.items():
            for mount in service.get("volumes", []):
                source = mount.split(":")[0]
                with self.subTest(service=name, source=source):
                    if source.startswith("."):
                        self.assertTrue((FOLDER / source).exists())
                    else:
                        self.assertIn(source, self.whole["volumes"])
            for secret in service.get("secrets", []):
                self.assertTrue((copy / self.whole["secrets"][secret]["file"]).is_file(), secret)

    def test_work_goes_through_the_pooler_and_beats_past_it(self) -> None:
        copy = self.copy_with_secrets()
        for node in NODES:
            given = self.services[node]["environment"]
            for variable, host in (("WEIR_DATABASE__URL_FILE", "pgbouncer:6432"),
                                   ("WEIR_DATABASE__DIRECT_URL_FILE", "postgres:5432")):
                secret = given[variable].removeprefix("/run/secrets/")
                self.assertIn(secret, self.services[node]["secrets"])
                url = (copy / "secrets" / secret).read_text(encoding="utf-8")
                self.assertRegex(url, rf"^postgres://weir_node:[0-9a-f]{{48}}@{host}/app$")
        owner = self.services["migrate"]["environment"]["WEIR_DATABASE__URL_FILE"].removeprefix("/run/secrets/")
        self.assertIn("@postgres:5432/", (copy / "secrets" / owner).read_text(encoding="utf-8"))
        pooler = (FOLDER / "pgbouncer.ini").read_text(encoding="utf-8")
        for wanted in ("pool_mode = transaction", "query_wait_timeout = 5", "server_login_retry = 1"):
            self.assertIn(f"\n{wanted}\n", pooler)  # docs/guarantees.md: what you provide

    def test_passwords_are_made_once_and_nobody_else_can_get_at_them(self) -> None:
        copy = self.copy_with_secrets()
        self.assertEqual((copy / "secrets").stat().st_mode & 0o777, 0o700)
        before = (copy / "secrets" / "node_password").read_text()
        again = subprocess.run([str(copy / "secrets.sh")], capture_output=True, text=True, timeout=20)
        self.assertEqual(again.returncode, 1)
        self.assertIn("secrets/ is there already", again.stderr)
        self.assertEqual((copy / "secrets" / "node_password").read_text(), before)
        text = (FOLDER / "compose.yaml").read_text(encoding="utf-8")
        self.assertEqual(re.findall(r"(?i)password: *[^{\s]|://[^/\s]*:[^/\s]*@", text), [])

    def test_nodes_are_stopped_after_the_longest_drain_and_have_names_of_their_own(self) -> None:
        for node in NODES:
            service = self.services[node]
            given = service["environment"]
            told = settings(FOLDER / "weir.toml", **{k: v for k, v in given.items() if "DATABASE" not in k})
            self.assertGreater(seconds(service["stop_grace_period"]), longest_stop(told))
            self.assertEqual((given["WEIR_NODE__NAME"], service["hostname"]), (node, node))
            self.assertIn(f"/{node}.pem", given["WEIR_TLS__CERT"])
            self.assertIn(f"/{node}.key", given["WEIR_TLS__KEY"])
            self.assertEqual(len([each for each in service["volumes"] if each == f"{node}:/var/lib/weir"]), 1)
            self.assertEqual(service["healthcheck"]["test"], ["CMD", "weir", "healthcheck", "live"])

    def test_only_one_service_migrates_and_nodes_wait_for_it(self) -> None:
        text = {name: str(service.get("command", "")) for name, service in self.services.items()}
        self.assertEqual([name for name, command in text.items() if "migrate" in command], ["migrate"])
        for node in NODES:
            self.assertEqual(self.services[node]["depends_on"]["migrate"],
                             {"condition": "service_completed_successfully"})
        self.assertNotIn("owner_url", sum((self.services[node]["secrets"] for node in NODES), []))

    def test_nothing_is_published_beyond_this_machine(self) -> None:
        for name, service in self.services.items():
            for port in service.get("ports", []):
                self.assertTrue(port.startswith("127.0.0.1:"), f"{name}: {port}")

    def test_prometheus_asks_every_node_with_a_token(self) -> None:
        watched = read_yaml(FOLDER / "prometheus.yml")[0]
        scrape = watched["scrape_configs"][0]
        self.assertEqual(scrape["job_name"], "weir")  # the alerts say so
        self.assertEqual(scrape["static_configs"][0]["targets"], [f"{node}:7711" for node in NODES])
        mounted = [each.split(":") for each in self.services["prometheus"]["volumes"]]
        token = Path(scrape["authorization"]["credentials_file"])
        self.assertIn(str(token.parent), [each[1] for each in mounted])
        self.assertIn(token.name, re.findall(r"> (\S+)", (FOLDER / "credentials.sh").read_text(encoding="utf-8")))
        for rules in watched["rule_files"]:
            self.assertIn(rules, [each[1] for each in mounted])

    @unittest.skipUnless(shutil.which("promtool"), "promtool is not installed (Debian: prometheus)")
    def test_prometheus_accepts_its_settings(self) -> None:
        done = subprocess.run(["promtool", "check", "config", "--syntax-only", str(FOLDER / "prometheus.yml")],
                              capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    deployed.main()
