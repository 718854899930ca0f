"""Which pages there are, in which order: order.toml, read."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class entry:
    """One page: its file in the repository, and what the navigation calls it."""

    path: str
    title: str


@dataclass(frozen=True)
class section:
    title: str
    pages: tuple[entry, ...]


def read_order(file: Path) -> list[section]:
    told = tomllib.loads(file.read_text(encoding="utf-8"))["section"]
    return [section(one["title"], tuple(entry(*page) for page in one["pages"])) for one in told]


def pages_of(sections: list[section]) -> list[entry]:
    return [page for one in sections for page in one.pages]
