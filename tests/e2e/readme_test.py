#!/usr/bin/env python3
"""The documents, taken at their word: their snippets are cut out and run, in order, on a database of their own.

A snippet belongs to this file when the comment above it says so. docs/start.md runs as one story; README.md runs
beside its own program, whose source must be the file that is built.
"""
from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MINE = "tests/e2e/readme_test.py"
FENCE = re.compile(r"<!--\s*snippet:\s*(\S+)[^>]*-->\s*```(\w+)\n(.*?)```", re.S)


def snippets(document: str, mark: str) -> list[tuple[str, str]]:
    """Language and text of each snippet of a document that is marked so."""
    text = (ROOT / document).read_text(encoding="utf-8")
    return [(language, body) for found, language, body in FENCE.findall(text) if found == mark]


# A person looks at the status before going on; so does the test, between two snippets.
LOOK = """
nodes_are_up() {
  for _ in $(seq 200); do
    [ "$(weir status -o json | grep -cE '"state": *"(active|draining)"')" -ge "$(jobs -p | wc -l)" ] && return
    read -rt 0.1 <> <(:) || :
  done
  echo "the nodes did not become active" >&2
  return 1
}
"""


def run(script: str, folder: Path, environment: dict[str, str]) -> None:
    """Runs it as a person would type it; nodes left in the background are drained, and must exit 0."""
    ending = 'status=0; for job in $(jobs -p); do kill -TERM "$job"; wait "$job" || status=$?; done; exit $status\n'
    shell = subprocess.Popen(["bash", "-euo", "pipefail", "-c", LOOK + script + "\n" + ending], cwd=folder,
                             env=environment, start_new_session=True)
    try:
        code = shell.wait(120)
    finally:
        try:
            os.killpg(shell.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    if code != 0:
        raise AssertionError(f"exit code {code} of:\n{script}")


class database:
    """A database of its own, since the documents speak of the default schema."""

    def __init__(self, url: str) -> None:
        self.server, self.name = url, "weir_readme_" + uuid.uuid4().hex[:8]
        self.url = url.rsplit("/", 1)[0] + "/" + self.name

    def __enter__(self) -> str:
        self.execute(f"create database {self.name}")
        return self.url

    def __exit__(self, *_: object) -> None:
        self.execute(f"drop database if exists {self.name} with (force)")

    def execute(self, statement: str) -> None:
        subprocess.run(["psql", "-X", "-q", "-d", self.server, "-c", statement], check=True)


def start_document(folder: Path, environment: dict[str, str]) -> None:
    script = ""
    for language, body in snippets("docs/start.md", MINE):
        if language == "toml":
            (folder / "weir.toml").write_text(body, encoding="utf-8")
        else:
            script += body + "nodes_are_up\n"
    assert "weir task enqueue" in script, "docs/start.md has lost its snippets"
    run(script, folder, environment)
    assert (folder / "last.json").exists(), "the action of docs/start.md did not run"


def readme(folder: Path, environment: dict[str, str], hello: Path) -> None:
    programs = [(document, mark, body) for document in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
                for mark, _, body in FENCE.findall(document.read_text(encoding="utf-8")) if mark.endswith(".cpp")]
    assert {"hello.cpp", "producer.cpp", "order.cpp"} <= {Path(mark).name for _, mark, _ in programs}
    for document, mark, body in programs:
        assert body in (ROOT / mark).read_text(encoding="utf-8"), f"{document.name} shows another {mark} than is built"
    script = "".join(body for _, body in snippets("README.md", MINE))
    assert "weir.enqueue" in script, "README.md has lost its snippets"
    program = f"weir db migrate\n{hello.resolve()} &\nnodes_are_up\n" + script
    run(program, folder, {**environment, "WEIR_NODE__STATE_DIR": str(folder / "state"), "WEIR_NODE__NAME": "n1"})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weir", type=Path, required=True, help="the weir program")
    parser.add_argument("--hello", type=Path, required=True, help="the program of README.md")
    arguments = parser.parse_args()
    url = os.environ.get("WEIR_TEST_DATABASE_URL", "")
    if not url:
        raise SystemExit("WEIR_TEST_DATABASE_URL is not set: it names the database for tests")
    for name, story in (("docs/start.md", start_document), ("README.md", lambda f, e: readme(f, e, arguments.hello))):
        at = time.monotonic()
        with tempfile.TemporaryDirectory() as folder, database(url) as own:
            programs = Path(folder) / "bin"
            programs.mkdir()
            (programs / "weir").symlink_to(arguments.weir.resolve())
            environment = {k: v for k, v in os.environ.items() if not k.startswith(("WEIR_", "PG"))}
            environment.update(DATABASE_URL=own, PATH=f"{programs}:{os.environ['PATH']}", NO_COLOR="1")
            story(Path(folder), environment)
        print(f"{name}: ok in {time.monotonic() - at:.1f} s", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
