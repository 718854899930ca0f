#!/usr/bin/env python3
"""Makes the site of the documents: docs/site/build.py [--root FOLDER] [--into FOLDER]

From the pages of order.toml and what they lead to; nothing else is read, and the same files make the same bytes.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from pathlib import Path

sys.dont_write_bytecode = True

from addresses import address_of  # noqa: E402
from document import document, unreadable  # noqa: E402
from find import search_index  # noqa: E402
from frame import frame  # noqa: E402
from order import pages_of, read_order  # noqa: E402
from render import library, rendered  # noqa: E402
from sources import source_article  # noqa: E402

HERE = Path(__file__).resolve().parent


def version_of(root: Path) -> str:
    found = re.search(r"project\(weir VERSION ([\d.]+)", (root / "CMakeLists.txt").read_text(encoding="utf-8"))
    return found.group(1) if found else ""


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def build(root: Path, into: Path, order: Path) -> int:
    """Makes the site anew; answers how many pages it has. Throws `unreadable`, and leaves the old site then."""
    sections = read_order(order)
    pages = pages_of(sections)
    documents = {one.path: document(one.path, (root / one.path).read_text(encoding="utf-8")) for one in pages}
    books = library(documents, lambda path: (root / path).is_file())
    around = frame(HERE / "look", sections, version_of(root))
    made = {}
    for path, page in documents.items():
        made[path] = around.around(path, page.title, rendered(page, books), page)
    for path in books.sources:
        text = (root / path).read_text(encoding="utf-8")
        made[path] = around.around(path, path, source_article(path, text), None)

    shutil.rmtree(into, ignore_errors=True)
    for path, text in made.items():
        write(into / address_of(path), text)
    for path in books.images:
        (into / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / path, into / path)
    for name in ("site.css", "site.js", "search.js"):
        write(into / name, (HERE / "look" / name).read_text(encoding="utf-8"))
    write(into / "search-index.js", search_index(pages, documents))
    return len(made)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=HERE.parents[1], help="the repository")
    parser.add_argument("--into", type=Path, help="the folder to make anew (default: build/site)")
    parser.add_argument("--order", type=Path, default=HERE / "order.toml", help="the list of pages")
    told = parser.parse_args()
    into = told.into or told.root / "build" / "site"
    try:
        count = build(told.root, into, told.order)
    except (unreadable, FileNotFoundError) as problem:
        print(f"docs/site: error: {problem}", file=sys.stderr)
        return 1
    print(f"{count} pages: {into / 'index.html'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
