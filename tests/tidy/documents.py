"""What documents and all other text must keep: links, marked snippets, no places of one machine.

A fenced sh, toml or cpp snippet of README.md or docs/ says how it is kept true, in a comment above it:
    <!-- snippet: tests/e2e/readme_test.py -->   run or compiled by that file, which must exist
    <!-- snippet: illustration -->               a piece that cannot run by itself
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from tree import finding, tree

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
FENCE = re.compile(r"^\s*(```+|~~~+)\s*([A-Za-z+]*)")
MARK = re.compile(r"<!--\s*snippet:\s*(\S+)[^>]*-->")
MARKED_LANGUAGES = {"sh", "bash", "console", "toml", "cpp", "c++"}

# Written in pieces, so that this file keeps its own rule.
HOSTS = [".".join(parts) for parts in (
    ("registry", "npmjs", "org"), ("registry", "yarnpkg", "com"), ("pypi", "org"), ("pythonhosted", "org"),
    ("crates", "io"), ("proxy", "golang", "org"), ("rubygems", "org"), ("repo1", "maven", "org"),
    ("deb", "debian", "org"), ("security", "debian", "org"), ("snapshot", "debian", "org"),
    ("archive", "ubuntu", "com"), ("conan", "io"), ("packages", "cloud", "google", "com"))]
HOST = re.compile("|".join(rf"(?<![\w-]){re.escape(host)}" for host in HOSTS))
PLACE = re.compile(r"(?<![\w.~}$*-])/(?:%s)(?=/|\b(?![-\w.]))" % "|".join(("wo" "rk", "ro" "ot", "ho" "me")))


def outside_fences(lines: list[str]) -> Iterator[tuple[int, str]]:
    fence = ""
    for number, line in enumerate(lines, 1):
        match = FENCE.match(line)
        if match and (not fence or match.group(1).startswith(fence)):
            fence = "" if fence else match.group(1)
        elif not fence:
            yield number, re.sub(r"`[^`]*`", "", line)


def anchors(files: tree, path: str) -> set[str]:
    found = set()
    for _, line in outside_fences(files.lines(path)):
        if line.startswith("#"):
            title = files.lines(path)[_ - 1].lstrip("#").strip().lower()
            found.add(re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", title)))
    return found


def check_links(files: tree) -> Iterator[finding]:
    for path in files.paths(".md"):
        for number, line in outside_fences(files.lines(path)):
            for link in LINK.findall(line):
                if re.match(r"[a-z]+:", link):
                    continue
                where, _, anchor = link.partition("#")
                target = posixpath.normpath(posixpath.join(posixpath.dirname(path), where)) if where else path
                if not files.exists(target):
                    yield finding(path, number, "links", f"{link} leads nowhere")
                elif anchor and target.endswith(".md") and anchor not in anchors(files, target):
                    yield finding(path, number, "links", f"{target} has no heading #{anchor}")


def snippets(files: tree) -> Iterator[tuple[str, int, str, str]]:
    """Path, line, language and mark ("" = none) of every fenced snippet that needs one."""
    for path in files.paths(".md"):
        if "/" in path and not path.startswith("docs/") or path == "CHANGELOG.md":
            continue
        fence, mark = "", ""
        for number, line in enumerate(files.lines(path), 1):
            match = FENCE.match(line)
            if match and (not fence or match.group(1).startswith(fence)):
                if not fence and match.group(2).lower() in MARKED_LANGUAGES:
                    yield path, number, match.group(2), mark
                fence = "" if fence else match.group(1)
                mark = ""
            elif not fence and line.strip():
                found = MARK.search(line)
                mark = found.group(1) if found else ""


def check_snippets(files: tree) -> Iterator[finding]:
    for path, number, language, mark in snippets(files):
        if not mark:
            yield finding(path, number, "snippets",
                          f"say above this {language} how it is kept true: <!-- snippet: FILE | illustration -->")
        elif mark != "illustration" and not files.exists(mark):
            yield finding(path, number, "snippets", f"{mark} does not exist")


def check_titles(files: tree) -> Iterator[finding]:
    for path in files.paths(".md"):
        titles = [number for number, line in outside_fences(files.lines(path)) if line.startswith("# ")]
        if len(titles) != 1:
            yield finding(path, titles[1] if titles else 1, "titles", f"{len(titles)} titles, exactly one wanted")


def check_places(files: tree) -> Iterator[finding]:
    """Text is true on every machine: no package registries, no folders of one person's computer."""
    for path in sorted(files.files):
        for number, line in enumerate(files.lines(path), 1):
            host = HOST.search(line)
            if host:
                yield finding(path, number, "places", f"names the registry {host.group(0)}: say the package's name")
            place = PLACE.search(line)
            if place and not files.excused(path, number, "places"):
                yield finding(path, number, "places", f"{place.group(0)} is a folder of one machine")
