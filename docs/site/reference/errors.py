"""docs/errors.md: every code of an operating error, and what becomes of it at each door."""

from __future__ import annotations

import re
from pathlib import Path

from markdown_text import code, page, sentence, table

HEAD = """
What can fail because of the world is a code for programs and a sentence for people, which says what, where, and
the fix. The code is the same everywhere: in C++ `weir::error::code`, in the log, in
`weir_db_errors_total{class}`, and as `code` in the API's answers. Codes and numbers are stable; sentences are
not.
"""
CODES = """
## Codes

`exit` is how the `weir` command ends, `HTTP` the status of the API's answer. `action_failed` is told to
`on_error` alone.
"""
EXITS = """
## Exit codes of the command

A node that runs ends with them, too.
"""
STATES = """
## SQLSTATE

What PostgreSQL answers, by its [SQLSTATE](https://www.postgresql.org/docs/15/errcodes-appendix.html) or the
beginning of one; the longest one counts. weir's own functions raise `WE001` to `WE003`, and `22023` for an
argument that cannot be meant, with a `HINT` that names the fix.
"""
ALSO = """
## Beyond these

* The API has codes of its own for requests that never reached the database: [HTTP](http.md#answers).
* What an action returns is no error: [Outcomes](actions.md#outcomes). What a node tells `on_error`:
  [Errors of the node itself](actions.md#errors-of-the-node-itself).
* What `weir doctor` finds has codes, too: [What is wrong](doctor.md).
"""


def read(root: Path, path: str) -> str:
    return (root / path).read_text(encoding="utf-8")


def part(text: str, begin: str, end: str) -> str:
    """What stands between two pieces of a source; both must be there."""
    return text[text.index(begin) + len(begin):].split(end, 1)[0]


def codes(root: Path) -> list[tuple[str, str, str]]:
    """Name, number and meaning; those beside the enumeration have headers of their own."""
    inside = part(read(root, "include/weir/result.hpp"), "enum class errc {", "};")
    found = re.findall(r"(\w+) = (\d+),\s*///< (.*)", inside)
    for header in ("action_failed", "forbidden"):
        text = read(root, f"include/weir/{header}.hpp")
        number = part(text, f"errc {header}{{", "}")
        found.append((header, number, sentence(" ".join(re.findall(r"^/// (.*)", text, re.M)))))
    return found


def exits(root: Path) -> list[tuple[str, str, str]]:
    """Name and number from the header, the meaning from the manual page."""
    numbers = re.findall(r"(\w+) = (\d+),", part(read(root, "app/cli/exit_code.hpp"), "enum class exit_code", "};"))
    inside = part(read(root, "app/cli/man_page.cpp"), "meanings[] = {", "};")
    meaning = dict(re.findall(r'\{exit_code::(\w+), "([^"]*)"\}', inside))
    return [(name, number, meaning[name]) for name, number in numbers]


def exit_of(root: Path) -> dict[str, str]:
    inside = part(read(root, "app/cli/exit_code.cpp"), "switch (code) {", "}")
    number = {name: number for name, number, _ in exits(root)}
    found = {name: number[leaves] for name, leaves in
             re.findall(r"case errc::(\w+): return exit_code::(\w+);", inside)}
    return {**found, "forbidden": number["failed"]}


def status_of(root: Path) -> dict[str, str]:
    """Several cases may share one return; what only breaks is answered at the end."""
    body = part(read(root, "http/problem.cpp"), "unsigned status_of(errc code) {", "\n}\n")
    at_the_end = re.findall(r"return (\d+);", body)[-1]
    found: dict[str, str] = {}
    waiting: list[str] = []
    for name, answer in re.findall(r"case errc::(\w+):|(?:return (\d+)|break);", body):
        if name:
            waiting.append(name)
        else:
            found.update({one: answer or at_the_end for one in waiting})
            waiting = []
    return {**found, "forbidden": at_the_end}


def states(root: Path) -> list[tuple[str, str]]:
    """In the order of the source, where the first match counts and "" is all the rest."""
    inside = part(read(root, "drivers/postgres/pg_errors.cpp"), "known{{", "}};")
    return [(state, name) for state, name in re.findall(r'\{"(\w*)", (?:errc::)?(\w+),', inside)]


def write(root: Path) -> str:
    leaves, answers = exit_of(root), status_of(root)
    rows = [(code(name), number, meaning, leaves.get(name, "-"), answers.get(name, "-"))
            for name, number, meaning in codes(root)]
    grouped: dict[str, list[str]] = {}
    for state, name in states(root):
        grouped.setdefault(name, []).append(code(state) if state else "anything else")
    known = {name for name, _, _ in codes(root)}
    missing = [name for name in grouped if name not in known]
    if missing:
        raise ValueError(f"pg_errors.cpp names {missing}, which result.hpp does not know")
    return page(
        "Errors", "include/weir/result.hpp, app/cli, http/problem.cpp and drivers/postgres/pg_errors.cpp", HEAD,
        CODES,
        table(("code", "number", "what happened, and what its caller can do", "exit", "HTTP"), rows),
        EXITS, table(("exit", "when"), ((number, meaning) for _, number, meaning in exits(root))),
        STATES, table(("code", "SQLSTATE"), ((code(name), ", ".join(found)) for name, found in grouped.items())),
        ALSO)
