"""Every `weir` command, variable and configuration that deploy/ and docs/deploy.md name exists in this program."""
from __future__ import annotations

import json
import re
import unittest
from collections.abc import Iterator
from pathlib import Path

import deployed
from deployed import DEPLOY, REPO, weir

FOLDERS = ("systemd", "docker", "compose", "kubernetes", "proxy")  # dev/ is ./dev; the others have tests of their own
COMMAND = re.compile(r"(?:^|[\s(=\"'])(?:/usr/local/bin/)?weir ([a-z][a-z-]*[^`;&|\"'#)\n]*)")


def files() -> list[Path]:
    found = [path for folder in FOLDERS for path in sorted((DEPLOY / folder).rglob("*")) if path.is_file()]
    return [path for path in found if "secrets" not in path.parts] + [REPO / "docs" / "deploy.md"]


def commands(path: Path) -> Iterator[str]:
    """What stands in backticks, in shell fences, and where no comment is: what somebody would run."""
    fenced = False
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("```"):
            fenced = line.startswith("```sh")
            continue
        parts = re.findall(r"`(weir [^`]*)`", line)
        if path.suffix != ".md" or fenced:
            code = re.sub(r"(^|\s)[#;].*", "", line)
            parts += [re.sub(r",\s", " ", code).replace("[", " ").replace("]", " ")]
        for part in parts:
            yield from (found.strip() for found in COMMAND.findall(part))


class commands_test(unittest.TestCase):
    def test_there_are_commands_to_look_at(self) -> None:
        found = {command.split()[0] for path in files() for command in commands(path)}
        self.assertLessEqual({"run", "db", "healthcheck", "cert", "token"}, found)

    def test_each_command_and_option_exists(self) -> None:
        common = weir("--help").stdout
        for path in files():
            for command in commands(path):
                words = command.split()
                plain = [word for word in words if not word.startswith("-")]
                options = re.findall(r"--[a-z-]+", command)
                names = plain[:2] if re.search(rf"^  {plain[0]} .*: .*\b{re.escape(plain[1])}\b" if len(plain) > 1 else
                                               "$^", common, re.M) else plain[:1]
                with self.subTest(file=path.name, command=command):
                    told = weir(*names, "--help")
                    self.assertEqual(told.returncode, 0, told.stderr)
                    if re.search(r"^Commands:", told.stdout, re.M):
                        self.assertEqual(len(plain), len(names), f"there is no such command: {command}")
                    for option in options:
                        self.assertIn(option, told.stdout + common)

    def test_each_variable_is_a_key(self) -> None:
        sections = json.loads(weir("config", "schema").stdout)["properties"]
        for path in files():
            for section, key in re.findall(r"\bWEIR_([A-Z]+)__([A-Z_]+)\b", path.read_text(encoding="utf-8")):
                with self.subTest(file=path.name, variable=f"WEIR_{section}__{key}"):
                    self.assertIn(key.lower(), sections[section.lower()]["properties"])

    def test_each_configuration_is_accepted(self) -> None:
        found = sorted(path for path in files() if path.name == "weir.toml")
        self.assertEqual(len(found), 3)
        for path in found:
            with self.subTest(file=path):
                # What the rest of the deployment gives by variables.
                tls = {"WEIR_TLS__CERT": "n1.pem", "WEIR_TLS__KEY": "n1.key"} if path.parent.name == "compose" else {}
                done = weir("config", "check", "--config", str(path), **tls)
                self.assertEqual((done.returncode, done.stderr), (0, ""), done.stdout)


if __name__ == "__main__":
    deployed.main()
