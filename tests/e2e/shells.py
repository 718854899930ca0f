#!/usr/bin/env python3
"""Completion in real shells, and the manual page: both are made from the parser's tree, so what is compared with is
what `--help` says."""
import argparse
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

from support import arguments, check, equal, run_all, say

BASH = r"""
source "$SCRIPT"
COMP_WORDS=("$@")
COMP_CWORD=$(($# - 1))
_weir
printf '%s\n' "${COMPREPLY[@]}"
"""


class programs:
    def __init__(self, wanted: argparse.Namespace, name: str) -> None:
        self.weir = wanted.build.resolve() / f"weir{wanted.suffix}"
        self.directory = wanted.build.resolve() / "e2e" / f"{name}_{os.getpid()}"
        (self.directory / "bin").mkdir(parents=True)
        (self.directory / "bin" / "weir").symlink_to(self.weir)
        self.environment = {"PATH": f"{self.directory}/bin:{os.environ['PATH']}", "HOME": str(self.directory),
                            "TERM": "xterm", "LC_ALL": "C.UTF-8"}

    def __enter__(self) -> "programs":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            shutil.rmtree(self.directory, ignore_errors=True)

    def run(self, *words: str) -> str:
        done = subprocess.run([str(self.weir), *words], capture_output=True, text=True, timeout=20,
                              env=self.environment)
        equal(done.returncode, 0, f"weir {' '.join(words)}: {done.stderr}")
        return done.stdout

    def script(self, shell: str) -> Path:
        file = self.directory / f"completion.{shell}"
        file.write_text(self.run("completion", shell), encoding="utf-8")
        return file

    def commands_below(self, *path: str) -> list[str]:
        """As the help page lists them."""
        page = self.run(*path, "--help")
        found = re.search(r"\nCommands:\n((?:  \S.*\n)+)", page)
        return [line.split()[0] for line in found.group(1).splitlines()] if found else []

    def every_path(self) -> list[list[str]]:
        paths, todo = [], [[]]
        while todo:
            at = todo.pop()
            paths.append(at)
            todo += [[*at, each] for each in self.commands_below(*at)]
        return paths


def bash(wanted: argparse.Namespace) -> None:
    with programs(wanted, "bash") as p:
        script = p.script("bash")

        def complete(*words: str) -> set[str]:
            done = subprocess.run(["bash", "--norc", "-c", BASH, "bash", "weir", *words], capture_output=True,
                                  text=True, timeout=20, cwd=p.directory, env={**p.environment, "SCRIPT": str(script)})
            equal(done.stderr, "", f"stderr of bash for {words}")
            return set(done.stdout.split())

        for path in p.every_path():
            below = p.commands_below(*path)
            if below:
                equal(complete(*path, ""), set(below), f"completion of weir {' '.join(path)}")
            check("--help" in complete(*path, "-"), f"options of weir {' '.join(path)}")
        equal(complete("str"), {"stream"}, "weir str")
        equal(complete("stream", "p"), {"pin", "pause"}, "weir stream p")
        equal(complete("-o", ""), {"table", "json", "ndjson"}, "weir -o")
        equal(complete("status", "--output", "=", "nd"), {"ndjson"}, "weir status --output=nd")
        equal(complete("-o", "json", "node", ""), set(p.commands_below("node")), "an option in front")
        equal(complete("stream", "pin", "s", "n1", "--policy", ""), {"strict", "prefer"}, "a verb's option")
        check({"--policy", "--config", "-o"} <= complete("stream", "pin", "-"), "own and global options")
        equal(complete("completion", ""), {"bash", "zsh", "fish", "man"}, "weir completion")
        equal(complete("--config", "completion.b"), {"completion.bash"}, "files")
        equal(complete("stream", "stream"), set(), "a command where none is due")


def fish(wanted: argparse.Namespace) -> None:
    if not shutil.which("fish"):
        return say("  left out: fish is not installed")
    with programs(wanted, "fish") as p:
        script = p.script("fish")

        def complete(line: str) -> set[str]:
            done = subprocess.run(["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"],
                                  capture_output=True, text=True, timeout=20, cwd=p.directory, env=p.environment)
            equal(done.stderr, "", f"stderr of fish for {line!r}")
            return {each.split("\t")[0] for each in done.stdout.splitlines()}

        for path in p.every_path():
            below = p.commands_below(*path)
            if below:
                equal(complete(" ".join(["weir", *path, ""])), set(below), f"completion of weir {' '.join(path)}")
        equal(complete("weir -o json stream p"), {"pin", "pause"}, "an option in front")
        equal(complete("weir status -o "), {"table", "json", "ndjson"}, "weir status -o")
        equal(complete("weir stream pin s n1 --pol"), {"--policy"}, "a verb's option")
        check("--config" in complete("weir stream pin --con"), "a global option")


def zsh(wanted: argparse.Namespace) -> None:
    """A person at a terminal who presses the tab key."""
    if not shutil.which("zsh"):
        return say("  left out: zsh is not installed")
    with programs(wanted, "zsh") as p:
        script = p.script("zsh")
        child, terminal = pty.fork()
        if child == 0:
            os.chdir(p.directory)
            os.execvpe("zsh", ["zsh", "-f", "-i"], {**p.environment, "PS1": "% ", "TERM": "dumb"})
        seen = ""

        def until(wish: str, what: str) -> None:
            nonlocal seen
            end = time.monotonic() + 20
            while wish not in seen:
                check(time.monotonic() < end, f"zsh: no {wish!r} {what}: {seen[-600:]!r}")
                if select.select([terminal], [], [], 0.2)[0]:
                    seen += os.read(terminal, 65536).decode(errors="replace").replace("\r", "")
            seen = seen.split(wish, 1)[1]

        def send(text: str) -> None:
            os.write(terminal, text.encode())

        try:
            send(f"autoload -Uz compinit; compinit -u -D; source {script}; echo lo''aded\n")
            until("loaded\n", "after the script")
            for typed, whole in (("weir str", "weir stream "), ("weir stream unp", "weir stream unpin "),
                                 ("weir -o nd", "weir -o ndjson "),
                                 ("weir stream pin --pol", "weir stream pin --policy "),
                                 ("weir stream pin s n1 --policy pre", "--policy prefer "),
                                 ("weir completion fi", "weir completion fish ")):
                send(typed + "\t")
                until(whole, f"after {typed!r} and the tab key")
                send("\x15")  # kills the line
            send("exit\n")
        finally:
            os.close(terminal)
            os.waitpid(child, 0)


def manual(wanted: argparse.Namespace) -> None:
    with programs(wanted, "manual") as p:
        page = p.directory / "weir.1"
        page.write_text(p.run("completion", "man"), encoding="utf-8")
        if shutil.which("mandoc"):
            found = subprocess.run(["mandoc", "-T", "lint", "-W", "warning", str(page)], capture_output=True, text=True,
                                   timeout=20)
            # A page that a program makes of itself has no date of its own.
            told = [line for line in (found.stdout + found.stderr).splitlines() if "missing date" not in line]
            equal(told, [], "what mandoc finds")
        else:
            say("  left out: mandoc is not installed")
        show = ["mandoc", "-T", "ascii"] if shutil.which("mandoc") else ["man", "-l"]
        if not shutil.which(show[0]):
            return say("  left out: neither mandoc nor man is installed")
        text = subprocess.run([*show, str(page)], capture_output=True, text=True, timeout=20,
                              env={**p.environment, "MANWIDTH": "100"}).stdout
        text = re.sub(r".\x08", "", text)
        for path in p.every_path():
            if not p.commands_below(*path):
                check(re.search(rf"^ +{re.escape(' '.join(['weir', *path]))}$", text, re.MULTILINE),
                      f"the manual has no weir {' '.join(path)}")
        check("doctor found problems" in text, "exit codes")


SCENARIOS = {each.__name__: each for each in (bash, fish, zsh, manual)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
