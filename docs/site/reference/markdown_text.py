"""Pieces of Markdown that the generated pages are made of."""

from __future__ import annotations

import re
from collections.abc import Iterable

# Behind a full stop that ends a sentence, not behind "e.g." or "..".
END = re.compile(r"(?<=[^.]\.)(?<!e\.g\.)(?<!i\.e\.) (?=[A-Z`\"*])")


def cell(text: str) -> str:
    """One line that no table mistakes for two cells."""
    return " ".join(text.split()).replace("|", "\\|")


def code(text: str) -> str:
    return f"`{text}`" if text else ""


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(heads)]
    lines.append(["---"] * len(lines[0]))
    lines += [[cell(one) for one in row] for row in rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def page(title: str, made_from: str, *parts: str) -> str:
    """A whole page; the comment tells whoever opens the file where to change it."""
    note = f"<!-- Made from {made_from} by docs/site/reference/write.py; `./dev test site` compares. -->"
    return "\n\n".join([f"# {title}", note, *(part.strip("\n") for part in parts)]) + "\n"


def sentence(text: str) -> str:
    """The first sentence of a comment."""
    return END.split(" ".join(text.split()), maxsplit=1)[0]
