"""How the other queues of bench/peers.py come here: the pinned packages of each, by the ordinary client of its
language, into a folder. Nothing else is touched but that client's own cache. What cannot be had says why."""
from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from place import environment

HERE = Path(__file__).resolve().parent / "peers"
PATIENCE = 1200  # seconds: a first build of Go on a busy machine


def ask(*command: str, folder: Optional[Path] = None) -> str:
    """What a program says; a RuntimeError with the end of what it complains of, where it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=PATIENCE,
                          env=environment())
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command[:3])} failed: {(done.stderr or done.stdout).strip()[-300:]}")
    return done.stdout.strip()


class kit:
    """One language's way. `into` is a folder of the peer's own; made again only when its files have changed."""

    programs: tuple[str, ...] = ()

    def install(self, into: Path) -> Optional[str]:
        """Why it is not here; None: it is."""
        absent = [each for each in self.programs if shutil.which(each) is None]
        if absent:
            return f"{' and '.join(absent)} not at hand"
        try:
            wanted, kept = self.wanted(), into / "installed"
            if not kept.exists() or kept.read_text(encoding="utf-8") != wanted:
                shutil.rmtree(into, ignore_errors=True)
                into.mkdir(parents=True)
                self.build(into)
                kept.write_text(wanted, encoding="utf-8")
        except (OSError, RuntimeError, subprocess.TimeoutExpired) as problem:
            return str(problem)
        return None

    def wanted(self) -> str:
        """Everything that what is installed depends on."""
        raise NotImplementedError

    def build(self, into: Path) -> None:
        raise NotImplementedError

    def command(self, into: Path) -> list[str]:
        """That runs the peer's program."""
        raise NotImplementedError

    def version(self, into: Path) -> str:
        """Of the peer's package, as installed."""
        raise NotImplementedError

    def runtime(self, into: Path) -> str:
        """What it runs on, with its version."""
        raise NotImplementedError


@dataclass(frozen=True)
class npm(kit):
    program: str
    packages: tuple[str, ...]  # the peer's own first
    programs = ("npm", "node")

    def wanted(self) -> str:
        return "\n".join((*self.packages, (HERE / self.program).read_text(encoding="utf-8")))

    def build(self, into: Path) -> None:
        ask("npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(into), *self.packages)
        shutil.copy(HERE / self.program, into)

    def command(self, into: Path) -> list[str]:
        return ["node", str(into / self.program)]

    def version(self, into: Path) -> str:
        name = self.packages[0].partition("@")[0]
        return ask("node", "-p", f"require('{into}/node_modules/{name}/package.json').version")

    def runtime(self, into: Path) -> str:
        return "Node.js " + ask("node", "--version")


@dataclass(frozen=True)
class go(kit):
    folder: str
    module: str
    programs = ("go",)

    def wanted(self) -> str:
        return "\n".join(each.read_text(encoding="utf-8") for each in sorted((HERE / self.folder).iterdir()))

    def build(self, into: Path) -> None:
        shutil.copytree(HERE / self.folder, into, dirs_exist_ok=True)
        ask("go", "build", "-buildvcs=false", "-o", "peer", ".", folder=into)

    def command(self, into: Path) -> list[str]:
        return [str(into / "peer")]

    def version(self, into: Path) -> str:
        return ask("go", "list", "-m", "-f", "{{.Version}}", self.module, folder=into)

    def runtime(self, into: Path) -> str:
        return ask("go", "env", "GOVERSION", folder=into).replace("go", "Go ")


@dataclass(frozen=True)
class pip(kit):
    folder: str
    package: str

    def wanted(self) -> str:
        return sys.version + "".join(each.read_text(encoding="utf-8") for each in sorted((HERE / self.folder).iterdir())
                                     if each.is_file())

    def build(self, into: Path) -> None:
        ask(sys.executable, "-m", "venv", str(into / "python"))
        ask(str(into / "python" / "bin" / "pip"), "install", "--quiet", "-r",
            str(HERE / self.folder / "requirements.txt"))
        shutil.copy(HERE / self.folder / "peer.py", into)

    def command(self, into: Path) -> list[str]:
        return [str(into / "python" / "bin" / "python"), str(into / "peer.py")]

    def version(self, into: Path) -> str:
        return ask(self.command(into)[0], "-c",
                   f"import importlib.metadata as it; print(it.version('{self.package}'))")

    def runtime(self, into: Path) -> str:
        return ask(self.command(into)[0], "--version")
