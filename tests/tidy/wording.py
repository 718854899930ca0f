"""What code may say: one word per idea, SQL in sql/ only, no waiting by sleeping in tests."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from tree import finding, tree

WORDS = Path(__file__).with_name("words.txt")
IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

SQL = re.compile(
    r"^\s*(?:"
    r"select\s+(?:\S.*\bfrom\b|[\w.]+\s*\(|\d+\s*$)"
    r"|insert\s+into\s|update\s+[\w.\"]+\s+set\s|delete\s+from\s|truncate\s+(?:table\s|[\w.]+$)"
    r"|with\s+\w+\s*(?:\([^)]*\)\s*)?as\s*\("
    r"|(?:create|drop|alter)\s+(?:or\s+replace\s+)?(?:table|schema|index|view|function|sequence|database|role)\s"
    r"|set\s+(?:local\s+|session\s+)?[a-z_.]+\s*(?:=|to\s)"
    r"|(?:un)?listen\s+\w+\s*$|notify\s+\w+\s*[,;]|lock\s+table\s"
    r")", re.IGNORECASE | re.DOTALL)
SQL_ALLOWED = ("sql/", "tests/", "bench/", "examples/transaction/", "include/weir/pqxx.hpp")

SLEEP = re.compile(r"\b(?:sleep_for|sleep_until|usleep|nanosleep|sleep)\s*\(")
LOOP = re.compile(r"\b(?:while|for|do)\b")
LOOP_ABOVE = 8


def read_words(text: str) -> list[tuple[str, str, str]]:
    """Lines `WORD : say instead : allowed (a regular expression)`."""
    rows = []
    for line in text.splitlines():
        if line.strip() and not line.startswith("#"):
            parts = [part.strip() for part in line.split(" : ")] + [""]
            rows.append((parts[0], parts[1], parts[2]))
    return rows


def check_words(files: tree, words: str | None = None) -> Iterator[finding]:
    rows = read_words(WORDS.read_text(encoding="utf-8") if words is None else words)
    for path in files.paths(".hpp", ".cpp"):
        name = posixpath.splitext(posixpath.basename(path))[0].split("_")
        for word, instead, _ in rows:
            if word in name:
                yield finding(path, 1, "words", f"a file is not called '{word}': say {instead}")
        for number, line in enumerate(files.source(path).code.split("\n"), 1):
            for word, instead, allowed in rows:
                rest = re.sub(allowed, " ", line) if allowed else line
                for identifier in IDENTIFIER.findall(rest):
                    if word in identifier.lower().split("_") and not files.excused(path, number, "words"):
                        yield finding(path, number, "words", f"'{identifier}' says '{word}': say {instead}")


def check_sql(files: tree) -> Iterator[finding]:
    for path in files.paths(".hpp", ".cpp"):
        if path.startswith(SQL_ALLOWED):
            continue
        for number, literal in files.source(path).literals:
            if SQL.match(literal) and not files.excused(path, number, "sql"):
                shown = " ".join(literal.split())[:40]
                yield finding(path, number, "sql", f"\"{shown}\" is SQL: name it in sql/queries")


def check_sleep(files: tree) -> Iterator[finding]:
    """A test waits for a signal or polls with a deadline; a sleep outside a loop is a guess."""
    for path in files.paths(".hpp", ".cpp"):
        if not path.startswith("tests/"):
            continue
        lines = files.source(path).code.split("\n")
        for number, line in enumerate(lines, 1):
            if not SLEEP.search(line) or files.excused(path, number, "sleep"):
                continue
            if not any(LOOP.search(above) for above in lines[max(0, number - LOOP_ABOVE):number]):
                yield finding(path, number, "sleep", "wait on a signal, or poll in a loop with a deadline")
