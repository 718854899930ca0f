"""The table of docs/from-episub-queue.md: no empty cell, and each test that it names exists."""

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
    shape = rf"^def {name}\(" if path.endswith(".py") else rf"^TEST(_F|_P)?\(\w+, {name}\)"
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
        named = TEST.findall(row[2])
        if not named:
            yield finding(PAGE, number, "moving", "name the test that proves it: `tests/FILE: NAME`")
        for path, name in named:
            if not has_test(files, path, name):
                yield finding(PAGE, number, "moving", f"{path} has no test {name}")
