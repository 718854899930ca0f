"""What the tests of deploy/ share: the files, the program, YAML, and durations as weir writes them. A test that needs a
tool that is not installed says which and is skipped; everything else is checked everywhere."""
from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path
from typing import Any

REPO = Path(__file__).resolve().parents[2]
DEPLOY = REPO / "deploy"
PARTNER = REPO / "examples" / "partner"
sys.path[:0] = [str(REPO / "tests" / "e2e"), str(PARTNER)]
DEBIAN_PYTHON = "/usr/bin/python3"  # has python3-yaml, where another one comes first in PATH
WEIR = Path()



def yaml_documents(text: str) -> list[Any]:
    import yaml
    return list(yaml.safe_load_all(text))


def read_yaml(path: Path) -> list[Any]:
    return yaml_documents(path.read_text(encoding="utf-8"))


def clean_environment(**more: str) -> dict[str, str]:
    """This process's own without anything that would configure weir from outside."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("WEIR_", "PG")) and k != "DATABASE_URL"}
    return {**kept, **more}


def weir(*arguments: str, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run([str(WEIR), *arguments], capture_output=True, text=True, timeout=60,
                          env=clean_environment(**environment))


def seconds(text: Any) -> float:
    """Of "1m30s", "500ms", "1min 30s"; of a bare number: seconds."""
    units = {"ms": 0.001, "s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
    if re.fullmatch(r"\d+", str(text)):
        return float(text)
    found = re.findall(r"(\d+)(ms|min|[smhd])", str(text))
    if not found:
        raise ValueError(f"{text!r} is no duration")
    return sum(int(number) * units[unit] for number, unit in found)


def settings(file: Path, **environment: str) -> dict[str, Any]:
    """What is in force with that file, as weir reads it."""
    done = weir("config", "show", "-o", "json", "--config", str(file), **environment)
    if done.returncode != 0:
        raise AssertionError(f"weir config show --config {file}: {done.stderr}")
    return json.loads(done.stdout)


def longest_stop(configuration: dict[str, Any]) -> float:
    """Until a node that was asked to stop has ended, whatever happens (app/node_process.cpp: give_up)."""
    grace = re.search(r"milliseconds grace = seconds\{(\d+)\}",
                      (REPO / "include/weir/defaults.hpp").read_text(encoding="utf-8"))
    return seconds(configuration["node"]["drain_timeout"]) + seconds(configuration["cluster"]["ttl"]) + int(grace[1])


def version() -> str:
    found = re.search(r"^project\(weir VERSION (\S+)", (REPO / "CMakeLists.txt").read_text(encoding="utf-8"), re.M)
    return found[1]


def check_pinned(test: unittest.TestCase, image: str) -> None:
    """A tag that names one version; ours is the program's."""
    name, _, tag = image.rpartition(":")
    test.assertRegex(tag, r"^v?\d+\.\d+(\.\d+)?([.-][a-z0-9.-]+)?$", f"{image}: pin it to a version")
    test.assertNotIn(".", name.split("/")[0], f"{image}: names a host")
    if name.startswith("weir"):
        test.assertEqual(tag, version(), image)


def main() -> None:
    """Runs the tests of the calling file, with the program that --weir names."""
    try:
        import yaml  # noqa: F401
    except ImportError:
        if sys.executable != DEBIAN_PYTHON and subprocess.run(
                [DEBIAN_PYTHON, "-c", "import yaml"], capture_output=True).returncode == 0:
            os.execv(DEBIAN_PYTHON, [DEBIAN_PYTHON, "-B", *sys.argv])
        sys.exit("python3-yaml is not installed (Debian: python3-yaml)")
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", type=Path, required=True, help="the program")
    given, rest = parser.parse_known_args()
    global WEIR
    global WEIR
    WEIR = given.weir.resolve()
    unittest.main(argv=[sys.argv[0], "-v", *rest])
