#!/usr/bin/env python3
"""The alerts of deploy/prometheus: promtool runs their cases, each alert has one in which it fires, and each has its
section in the runbook, whose commands exist."""
import argparse
import re
import subprocess
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPO = HERE.parents[1]
RULES = REPO / "deploy" / "prometheus" / "weir.rules.yml"
CASES = sorted(HERE.glob("*_test.yml"))
weir = ""


def promtool(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["promtool", *arguments], capture_output=True, text=True, timeout=280)


def alerts() -> dict[str, str]:
    """Each alert with the text of its rule."""
    parts = re.split(r"^ *- alert: (\w+)\n", RULES.read_text(encoding="utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def runbook() -> dict[str, str]:
    parts = re.split(r"^## (.*)\n", (REPO / "docs" / "runbook.md").read_text(encoding="utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


class Alerts(unittest.TestCase):
    def test_rules_are_well_formed(self) -> None:
        done = promtool("check", "rules", str(RULES))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn(f"{len(alerts())} rules found", done.stdout)

    def test_they_fire_when_they_should_and_not_before(self) -> None:
        done = promtool("test", "rules", *map(str, CASES))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_each_has_a_case_in_which_it_fires(self) -> None:
        text = "".join(file.read_text(encoding="utf-8") for file in CASES)
        firing = set(re.findall(r"""exp_samples: \[?\{?labels: '\{alertname="(\w+)\"""", text))
        firing |= set(re.findall(r"""- \{labels: '\{alertname="(\w+)\"""", text))
        self.assertEqual(set(alerts()) - firing, set())

    def test_each_says_what_where_and_how_urgent(self) -> None:
        for name, rule in alerts().items():
            with self.subTest(name):
                self.assertRegex(rule, r"labels: \{severity: (page|ticket)\}\n")
                for wanted in ("summary", "description"):
                    self.assertRegex(rule, rf"\n +{wanted}: \S")
                self.assertIn(f"runbook_url: docs/runbook.md#{name.lower()}\n", rule + "\n")

    def test_each_has_its_section_in_the_runbook(self) -> None:
        sections = runbook()
        self.assertEqual(list(sections), list(alerts()), "in the order of the rules")
        for name, text in sections.items():
            with self.subTest(name):
                self.assertRegex(text, r"\n\* Look: ")
                self.assertRegex(text, r"\n\* Do:")

    def test_commands_of_the_runbook_exist(self) -> None:
        text = (REPO / "docs" / "runbook.md").read_text(encoding="utf-8")
        commands = sorted({" ".join(line.split()) for line in re.findall(r"`(weir [^`]+)`", text)})
        self.assertGreater(len(commands), 20)
        for command in commands:
            words = re.findall(r"^weir((?: [a-z-]+)+?)(?= [A-Z-]|$)", command)
            with self.subTest(command):
                self.assertTrue(words, "a command")
                shown = subprocess.run([weir, *words[0].split(), "--help"], capture_output=True, text=True, timeout=20)
                self.assertEqual(shown.returncode, 0, shown.stderr)
                for option in re.findall(r"--[a-z-]+", command):
                    self.assertIn(option, shown.stdout)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weir", required=True, help="the command")
    given, rest = parser.parse_known_args()
    weir = given.weir
    unittest.main(argv=[sys.argv[0], *rest])
