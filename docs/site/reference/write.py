#!/usr/bin/env python3
"""Writes the generated pages of docs/, or with --check says which of them are no longer true (exit code 1).

    docs/site/reference/write.py [--check] [--weir PROGRAM]

Without a program the pages that come from sources alone; commands.md and http-api.md need it.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

sys.dont_write_bytecode = True

import commands  # noqa: E402
import errors  # noqa: E402
import headers  # noqa: E402
import http_api  # noqa: E402
import schema  # noqa: E402

ROOT = Path(__file__).resolve().parents[3]
FROM_SOURCES: dict[str, Callable[[Path], str]] = {
    "docs/errors.md": errors.write, "docs/schema.md": schema.write, "docs/headers.md": headers.write}
FROM_PROGRAM: dict[str, Callable[[Path], str]] = {
    "docs/commands.md": commands.write, "docs/http-api.md": http_api.write}


def made(root: Path, weir: Path | None) -> dict[str, str]:
    """Path -> what the page should say."""
    pages = {path: write(root) for path, write in FROM_SOURCES.items()}
    if weir:
        pages.update({path: write(weir.resolve()) for path, write in FROM_PROGRAM.items()})
    return pages


def differing(root: Path, pages: dict[str, str]) -> list[str]:
    return [path for path, text in pages.items()
            if not (root / path).is_file() or (root / path).read_text(encoding="utf-8") != text]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing")
    parser.add_argument("--weir", type=Path, help="the weir program")
    told = parser.parse_args()
    pages = made(ROOT, told.weir)
    changed = differing(ROOT, pages)
    for path in changed:
        print(f"{path} {'is not what its source says: ./dev site --write' if told.check else 'written'}")
        if not told.check:
            (ROOT / path).write_text(pages[path], encoding="utf-8")
    return 1 if told.check and changed else 0


if __name__ == "__main__":
    sys.exit(main())
