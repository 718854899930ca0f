"""The files that tidy looks at, and C++ text taken apart into code and string literals.

A `tree` is made from the repository or, in tests of tidy itself, from a dict.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

LEFT_OUT = {".git", "build", ".local", ".weir", "__pycache__"}


@dataclass(frozen=True, order=True)
class finding:
    """One thing to mend: where, which rule, what is wrong and what to do."""

    path: str
    line: int
    rule: str
    text: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.rule}: {self.text}"


@dataclass
class source:
    """C++ with comments and literals blanked out (lines kept), and the literals with their lines."""

    code: str
    literals: list[tuple[int, str]] = field(default_factory=list)


class tree:
    """Paths relative to the root, with their text; of images and the like only that they are there."""

    def __init__(self, files: dict[str, str], images: frozenset[str] = frozenset()):
        self.files = files
        self.images = images
        self._sources: dict[str, source] = {}

    def paths(self, *endings: str) -> list[str]:
        return sorted(path for path in self.files if path.endswith(endings))

    def lines(self, path: str) -> list[str]:
        return self.files[path].split("\n")

    def exists(self, path: str) -> bool:
        """True for a file of the tree or a folder of one."""
        known = path in self.files or path in self.images
        return known or any(other.startswith(path.rstrip("/") + "/") for other in self.files)

    def source(self, path: str) -> source:
        if path not in self._sources:
            self._sources[path] = take_apart(self.files[path])
        return self._sources[path]

    def excused(self, path: str, line: int, rule: str) -> bool:
        """True if `tidy-ok: RULE why` stands on the line or the one above."""
        lines = self.lines(path)
        around = lines[max(0, line - 2):line]
        return any(re.search(rf"tidy-ok: {rule} \w", text) for text in around)


def tracked(root: Path) -> list[str]:
    """What git tracks or would add; without git, everything but what builds leave behind."""
    git = ["git", "-C", str(root), "-c", f"safe.directory={root}", "ls-files", "-co", "--exclude-standard"]
    try:
        listed = subprocess.run(git, capture_output=True, text=True, check=True).stdout.splitlines()
        return [path for path in listed if (root / path).is_file()]
    except (OSError, subprocess.CalledProcessError):
        found = []
        for folder, folders, names in os.walk(root):
            folders[:] = [name for name in folders if name not in LEFT_OUT]
            found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
        return found


def read_tree(root: Path) -> tree:
    files = {}
    images = set()
    for path in tracked(root):
        try:
            files[path] = (root / path).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            images.add(path)
    return tree(files, frozenset(images))


TOKEN = re.compile(
    r'//[^\n]*'
    r'|/\*.*?\*/'
    r'|(?:u8|u|U|L)?R"(?P<mark>[^()\\ \n]*)\((?P<raw>.*?)\)(?P=mark)"'
    r'|"(?P<text>(?:\\.|[^"\\\n])*)"'
    r"|(?<![0-9A-Fa-f])'(?:\\.|[^'\\\n])+'",
    re.DOTALL)


def take_apart(text: str) -> source:
    literals = []

    def blank(match: re.Match[str]) -> str:
        whole = match.group(0)
        inside = match.group("raw") if match.group("raw") is not None else match.group("text")
        if inside is not None:
            line_start = text.rfind("\n", 0, match.start()) + 1
            if not text[line_start:match.start()].lstrip().startswith("#include"):
                literals.append((text.count("\n", 0, match.start()) + 1, inside))
            else:
                return whole
            return '"' + re.sub(r"[^\n]", " ", whole[1:-1]) + '"'
        return re.sub(r"[^\n]", " ", whole)

    return source(TOKEN.sub(blank, text), literals)
