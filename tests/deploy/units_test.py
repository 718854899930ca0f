"""systemd reads the units without a word, they are as closed as weir allows, and a node is stopped after its drain."""
from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

import deployed
from deployed import DEPLOY, longest_stop, seconds, settings

FOLDER = DEPLOY / "systemd"
ANALYZE = shutil.which("systemd-analyze")
SYSUSERS = shutil.which("systemd-sysusers", path="/usr/bin:/bin")
EXPOSURE = {"weir@.service": 20, "weir-migrate.service": 14}  # tenths of 10; what has no hardening is at 96


def directives(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for key, value in re.findall(r"^([A-Za-z]+)=(.*)$", (FOLDER / name).read_text(encoding="utf-8"), re.M):
        found.setdefault(key, []).append(value)
    return found


class units_test(unittest.TestCase):
    @unittest.skipUnless(ANALYZE, "systemd-analyze is not installed (Debian: systemd)")
    def test_systemd_understands_every_line(self) -> None:
        with tempfile.TemporaryDirectory() as place:
            for unit in FOLDER.glob("*.service"):
                text = unit.read_text(encoding="utf-8").replace("/usr/local/bin/weir", str(deployed.WEIR))
                (Path(place) / unit.name).write_text(text, encoding="utf-8")
            for name in ("weir@n1.service", "weir-migrate.service"):
                shutil.copy(Path(place) / name.replace("@n1", "@"), Path(place) / f"checked-{name}")
                done = subprocess.run([ANALYZE, "verify", "--man=no", f"{place}/checked-{name}"], timeout=60,
                                      capture_output=True, text=True)
                about = [line for line in done.stderr.splitlines() if "weir" in line]
                self.assertEqual(about, [], name)

    @unittest.skipUnless(ANALYZE, "systemd-analyze is not installed (Debian: systemd)")
    def test_a_mistake_in_a_unit_is_seen(self) -> None:
        with tempfile.TemporaryDirectory() as place:
            unit = Path(place) / "weir-wrong.service"
            unit.write_text("[Service]\nExecStart=/bin/true\nProtectSytem=strict\n", encoding="utf-8")
            done = subprocess.run([ANALYZE, "verify", "--man=no", str(unit)], timeout=60, capture_output=True,
                                  text=True)
            self.assertIn("ProtectSytem", done.stderr)

    @unittest.skipUnless(ANALYZE, "systemd-analyze is not installed (Debian: systemd)")
    def test_what_is_exposed_is_bounded(self) -> None:
        for name, bound in EXPOSURE.items():
            with self.subTest(unit=name):
                done = subprocess.run([ANALYZE, "security", "--offline=yes", f"--threshold={bound}", "--no-pager",
                                       str(FOLDER / name)], timeout=60, capture_output=True, text=True)
                self.assertEqual(done.returncode, 0, done.stdout[-200:] + done.stderr)

    @unittest.skipUnless(SYSUSERS, "systemd-sysusers is not installed (Debian: systemd)")
    def test_the_user_of_the_units_is_made(self) -> None:
        with tempfile.TemporaryDirectory() as place:
            (Path(place) / "etc").mkdir()
            done = subprocess.run([SYSUSERS, f"--root={place}", "-"], timeout=60, capture_output=True, text=True,
                                  input=(FOLDER / "weir.sysusers").read_text(encoding="utf-8"))
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertRegex((Path(place) / "etc" / "passwd").read_text(), r"(?m)^weir:.*:/usr/sbin/nologin$")
        for name in EXPOSURE:
            self.assertEqual(directives(name)["User"], ["weir"])

    def test_the_capability_is_one_of_a_user_namespace_only(self) -> None:
        unit = directives("weir@.service")
        self.assertEqual(unit["AmbientCapabilities"], ["CAP_SYS_ADMIN"])  # unshare(CLONE_NEWPID), for runners
        self.assertEqual((unit["PrivateUsers"], unit["AssertPathExists"]), (["yes"], ["/proc/self/ns/user"]))
        self.assertEqual(unit["RestrictNamespaces"], ["pid"])

    def test_a_node_is_killed_only_after_the_longest_drain(self) -> None:
        unit = directives("weir@.service")
        self.assertGreater(seconds(unit["TimeoutStopSec"][0]), longest_stop(settings(FOLDER / "weir.toml")))
        self.assertEqual(unit["KillMode"], ["mixed"], "SIGTERM is for the node: it ends its runners itself")

    def test_what_the_type_promises_is_true(self) -> None:
        unit = directives("weir@.service")
        speaks = b"NOTIFY_SOCKET" in deployed.WEIR.read_bytes()
        self.assertEqual(unit["Type"], ["notify"] if speaks else ["exec"])
        self.assertEqual("WatchdogSec" in unit, speaks)

    def test_a_database_that_is_away_is_waited_for_and_mistakes_are_not(self) -> None:
        unit = directives("weir@.service")
        codes = dict(re.findall(r"^\s+(\w+) = (\d+),", (deployed.REPO / "app/cli/exit_code.hpp").read_text(), re.M))
        self.assertEqual(unit["Restart"], ["on-failure"])
        self.assertEqual(unit["StartLimitIntervalSec"], ["0"])
        self.assertEqual(unit["RestartPreventExitStatus"][0].split(),
                         [codes["usage"], codes["refused"], codes["configuration"]])
        with tempfile.TemporaryDirectory() as state:
            done = deployed.weir("run", WEIR_DATABASE__URL="postgres://127.0.0.1:1/none", WEIR_NODE__LISTEN="off",
                                 WEIR_NODE__STATE_DIR=state)
        self.assertEqual(done.returncode, int(codes["unreachable"]), done.stderr)

    def test_no_secret_is_in_a_command_line_or_a_variable(self) -> None:
        for name in EXPOSURE:
            unit = directives(name)
            given = [value for value in unit["Environment"] if "DATABASE" in value]
            self.assertTrue(all(re.match(r"WEIR_DATABASE__\w*URL_FILE=%d/", value) for value in given), given)
            for value in given:
                credential = value.rsplit("/", 1)[1]
                self.assertIn(credential, [each.split(":")[0] for each in unit["LoadCredential"]])
            self.assertNotIn("--url", unit["ExecStart"][0])

    def test_nodes_never_migrate(self) -> None:
        self.assertEqual(directives("weir@.service")["ExecStart"], ["/usr/local/bin/weir run"])
        self.assertEqual(directives("weir-migrate.service")["ExecStart"], ["/usr/local/bin/weir db migrate"])
        self.assertNotIn("ExecStartPre", directives("weir@.service"))


if __name__ == "__main__":
    deployed.main()
