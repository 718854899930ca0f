"""docs/headers.md: what the public headers declare, with the first sentence of each comment."""

from __future__ import annotations

import re
from pathlib import Path

from markdown_text import code, page, sentence, table

# A comment, and the name of the type or function below it, at the left edge: members are in the header itself.
DECLARED = re.compile(r"((?:^///.*\n)+)(?:^template.*\n)?^(?:inline |constexpr |\[\[\w+\]\] )*"
                      r"(?:(class|struct|enum class) (?:\[\[nodiscard\]\] )?(\w+)|[\w:<>&*, ]+?[ &*](\w+)\()", re.M)
# Read in this order; what is not named comes after these.
FIRST = ("weir", "node", "task", "outcome", "context", "stream_context", "client", "pqxx", "caf", "config", "cdc",
         "schedule_settings", "result", "defaults", "driver")

HEAD = """
What a program includes. Each header can be read in full, with units, bounds, errors and threading of
every member; how they are used is told in [Actions in C++](actions.md) and [Enqueueing](enqueue.md), how they
are found in [Installing](install.md#a-program-by-cmake). Names live in the namespace `weir`.
"""


def opening(text: str) -> str:
    """The comment that a header begins with."""
    lines = []
    for line in text.splitlines():
        if not line.startswith("//"):
            break
        lines.append(line.lstrip("/ "))
    return " ".join(" ".join(lines).split())


def declared(text: str) -> list[tuple[str, str]]:
    found = []
    for comment, kind, of_type, of_function in DECLARED.findall(text):
        words = re.sub(r"^/// ?", "", comment, flags=re.M).split("@")[0]
        found.append((of_type or of_function + "()", sentence(words)))
    return found


def header(root: Path, path: str) -> str:
    text = (root / path).read_text(encoding="utf-8")
    name = path.removeprefix("include/")
    rows = [(code(each), what) for each, what in declared(text)]
    return "\n\n".join([f"### {name}", f"{opening(text)} [In full](../{path}).",
                        *([table(("name", "what"), rows)] if rows else [])])


def write(root: Path) -> str:
    folder = root / "include/weir"
    names = sorted(file.stem for file in folder.glob("*.hpp"))
    names.sort(key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
    seam = [*sorted(folder.glob("driver/*.hpp")), *sorted(folder.glob("testing/*.hpp"))]
    return page("C++ headers", "include/weir", HEAD,
                "## For programs", *(header(root, f"include/weir/{name}.hpp") for name in names),
                "## For drivers", "The seam to the store: see [Drivers](drivers.md).",
                *(header(root, str(file.relative_to(root))) for file in seam))
