"""What the tests of the site share: the repository, its pages, and the site made of them."""
from __future__ import annotations

import argparse
import subprocess
import sys
import unittest
from html.parser import HTMLParser
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
BUILD = REPO / "docs" / "site" / "build.py"
sys.path[:0] = [str(BUILD.parent), str(BUILD.parent / "reference"), str(REPO / "tests" / "tidy")]

given = argparse.Namespace(weir=None)


def main() -> None:
    """unittest, with the program where the test wants one."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--weir", type=Path)
    _, rest = parser.parse_known_args(namespace=given)
    unittest.main(argv=[sys.argv[0], *rest])


def site(into: Path, *arguments: str, seed: str = "0") -> subprocess.CompletedProcess[str]:
    """Makes the site as a person does, by a process of its own."""
    return subprocess.run([sys.executable, "-B", BUILD, "--into", into, *arguments], text=True, capture_output=True,
                          env={"PYTHONHASHSEED": seed, "LC_ALL": "C.UTF-8"}, timeout=60)


def markdown_files(root: Path = REPO) -> list[str]:
    """Every page that a reader could be sent to: those at the root, and all below docs/."""
    found = [*root.glob("*.md"), *(root / "docs").rglob("*.md")]
    return sorted(str(file.relative_to(root)) for file in found if "site" not in file.relative_to(root).parts)


class page(HTMLParser):
    """One file of the site: its ids, where it leads, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loads: list[str] = []
        self.title = ""
        self.tags: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attributes}
        self.tags.append(tag)
        self.open.append(tag)
        if "id" in told:
            self.ids.append(told["id"])
        if tag == "a":
            self.links.append(told["href"])
        elif tag == "link" and told.get("rel") in ("prev", "next"):
            self.links.append(told["href"])
        else:
            self.loads += [told[name] for name in ("src", "href", "srcset", "data", "poster", "action") if name in told]
        if "style" in told or any(name.startswith("on") for name in told):
            self.loads.append("inline:" + str(told))

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "title":
            self.title += data

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop() != tag:
            pass
