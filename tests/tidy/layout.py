"""The shape of files: length, purpose comment, guard, being listed in a build."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from tree import finding, tree

CODE = (".hpp", ".cpp", ".py", ".sh", ".sql", ".cmake", "CMakeLists.txt")
FILE_MAX = 400
TEST_FILE_MAX = 600
LINE_MAX = 120
GOLDEN = ("tests/golden/", "sql/schema.sql")


def check_length(files: tree) -> Iterator[finding]:
    for path in files.paths(*CODE):
        if path.startswith(GOLDEN):
            continue
        lines = files.lines(path)
        bound = TEST_FILE_MAX if path.startswith("tests/") else FILE_MAX
        count = len(lines) - (lines[-1] == "")
        if count > bound:
            yield finding(path, count, "length", f"{count} lines, at most {bound}: split it by idea")
        for number, line in enumerate(lines, 1):
            if len(line) > LINE_MAX and not files.excused(path, number, "length"):
                yield finding(path, number, "length", f"{len(line)} columns, at most {LINE_MAX}")


def check_purpose(files: tree) -> Iterator[finding]:
    """Every file opens by saying what it is for; a source may leave that to its own header."""
    opening = {".hpp": ("//",), ".cpp": ("//",), ".sql": ("--",), ".sh": ("#",), ".py": ('"""', "#")}
    for path in files.paths(*opening):
        if path.startswith(GOLDEN):
            continue
        lines = [line for line in files.lines(path) if not line.startswith("#!")]
        first = next((line for line in lines if line.strip()), "")
        header = path.removesuffix(".cpp") + ".hpp"
        if path.endswith(".cpp") and header in files.files and first.startswith("#include"):
            if posixpath.basename(header) in first:
                continue
        if not first.startswith(opening[posixpath.splitext(path)[1]]):
            yield finding(path, 1, "purpose", "open with a comment of 2-8 lines: what it is, why it exists")


def check_pragma(files: tree) -> Iterator[finding]:
    for path in files.paths(".hpp"):
        if "#pragma once" not in files.files[path]:
            yield finding(path, 1, "pragma", "add #pragma once below the purpose comment")


def check_listed(files: tree) -> Iterator[finding]:
    """A source that no CMakeLists.txt names is never built, so never tested."""
    words: dict[str, set[str]] = {}
    for path in files.paths("CMakeLists.txt"):
        text = re.sub(r"#[^\n]*", "", files.files[path])
        words[posixpath.dirname(path)] = set(re.split(r'[\s()"]+', text))
    for path in files.paths(".cpp"):
        folder = posixpath.dirname(path)
        while True:
            if posixpath.relpath(path, folder or ".") in words.get(folder, set()):
                break
            if not folder:
                yield finding(path, 1, "listed", "no CMakeLists.txt lists this source: list it or remove it")
                break
            folder = posixpath.dirname(folder)
