"""What docs claim of tests: each that is named exists, and the table of docs/from-episub-queue.md has no empty cell."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree import finding, tree

PAGE = "docs/from-episub-queue.md"
HEAD = "| episub/queue | weir | test |"
TEST = re.compile(r"`(tests/[\w./-]+\.(?:cpp|py)): (\w+)`")


def cells(row: str) -> list[str]:
    """Of a row; a | inside backquotes is text."""
    return [cell.strip() for cell in re.sub(r"`[^`]*`", lambda m: m.group().replace("|", "/"), row).split("|")[1:-1]]


def has_test(files: tree, path: str, name: str) -> bool:
    text = files.files.get(path, "")
    shape = rf"^\s*def {name}\(" if path.endswith(".py") else rf"^\s*TEST(_F|_P)?\(\w+, {name}\)"
    return re.search(shape, text, re.M) is not None


def check_moving(files: tree) -> Iterator[finding]:
    if PAGE not in files.files:
        return
    lines = files.lines(PAGE)
    if HEAD not in lines:
        yield finding(PAGE, 1, "moving", f"the table {HEAD} is gone")
        return
    for number, line in enumerate(lines[lines.index(HEAD) + 2:], lines.index(HEAD) + 3):
        if not line.startswith("|"):
            break
        row = cells(line)
        if len(row) != 3 or not all(row):
            yield finding(PAGE, number, "moving", "a row has three cells, none of them empty")
            continue
        if not TEST.search(row[2]):
            yield finding(PAGE, number, "moving", "name the test that proves it: `tests/FILE: NAME`")


def check_named_tests(files: tree) -> Iterator[finding]:
    for page in files.paths(".md"):
        for number, line in enumerate(files.lines(page), 1):
            for path, name in TEST.findall(line):
                if not has_test(files, path, name):
                    yield finding(page, number, "tests", f"{path} has no test {name}")
