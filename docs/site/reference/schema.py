"""docs/schema.md: what is in the database, by the comments that the migrations give it."""

from __future__ import annotations

import re
from pathlib import Path

from markdown_text import code, page, table

COMMENT = re.compile(r"^COMMENT ON (TABLE|VIEW|COLUMN|FUNCTION) weir\.(.+?) IS '((?:[^']|'')*)';$", re.M)
TABLE = re.compile(r"^CREATE TABLE weir\.(\w+) \(\n(.*?)\n\)[^\n]*$", re.M | re.S)
COLUMN = re.compile(r"^    (\w+) (.+?)(?: DEFAULT .*?)?( NOT NULL)?,?$", re.M)
SEGMENT = re.compile(r"(task|attempt|success)_\d$")
SHORT = (("timestamp with time zone", "timestamptz"), ("character varying", "varchar"))
FOR_PEOPLE = ("enqueue", "enqueue_many")

HEAD = """
All of weir is in one schema, `weir` unless [`database.schema`](configuration.md#database) says otherwise; `weir
db migrate` makes it, and `weir db plan` shows the statements first. Of it programs may rely on the functions
and the view named first. The tables may be read, by a login with the role
[reader](security.md#roles-of-the-database), and change with weir's versions; nobody but weir writes to them.
"""


def short(kind: str) -> str:
    for long, name in SHORT:
        kind = kind.replace(long, name)
    return kind


def comments(text: str) -> dict[tuple[str, str], str]:
    return {(kind, name): told.replace("''", "'") for kind, name, told in COMMENT.findall(text)}


def columns(text: str) -> dict[str, dict[str, str]]:
    """Table -> column -> type, with "?" behind what may be null."""
    found: dict[str, dict[str, str]] = {}
    for name, inside in TABLE.findall(text):
        rows = (row for row in COLUMN.findall(inside) if row[0] != "CONSTRAINT")
        found[name] = {column: short(kind) + ("" if needed else "?") for column, kind, needed in rows}
    return found


def table_text(name: str, told: dict[tuple[str, str], str], types: dict[str, str]) -> str:
    rows = [(code(column), code(kind), told.get(("COLUMN", f"{name}.{column}"), "")) for column, kind in types.items()]
    what = told[("TABLE", name)]
    head = f"### {name}\n\n{what[0].upper()}{what[1:]}."
    return head + ("\n\n" + table(("column", "type", "what"), rows) if any(row[2] for row in rows) else "")


def call(signature: str) -> str:
    return code("weir." + short(re.sub(r"(\w+) \"?char\"?\b", r"\1 char", signature)))


def write(root: Path) -> str:
    text = (root / "sql/schema.sql").read_text(encoding="utf-8")
    told = comments(text)
    types = {name: found for name, found in columns(text).items() if not SEGMENT.search(name)}
    functions = [(name, what) for (kind, name), what in told.items() if kind == "FUNCTION"]
    plain = [(name.split("(")[0], name, what) for name, what in functions]
    first = [(call(name), what) for short_name, name, what in plain if short_name in FOR_PEOPLE]
    inner = [(call(name), what) for short_name, name, what in plain if short_name not in FOR_PEOPLE]
    views = [(code(name), what) for (kind, name), what in told.items() if kind == "VIEW"]
    return page(
        "Schema", "sql/schema.sql", HEAD,
        "## For programs", table(("function", "what"), first),
        "The view `message_queue` has the columns of episub/queue, for [its producers](from-episub-queue.md).",
        "## Views", table(("view", "what"), views),
        "## Tables", "A type with `?` may be null.", *(table_text(name, told, found) for name, found in types.items()),
        "## Functions of nodes", "Called by nodes and by the `weir` command, with the rights of "
        "[their role](security.md#roles-of-the-database).",
        table(("function", "what"), inner))
