"""What documents and all other text must keep: links, marked snippets, no places of one machine.

A fenced sh, toml or cpp snippet of README.md or docs/ says how it is kept true, in a comment above it:
    <!-- snippet: tests/e2e/readme_test.py -->   run by that file, which must exist
    <!-- snippet: examples/hello/hello.cpp -->   a piece of that source, checked word by word
    <!-- snippet: illustration (why) -->         a piece that cannot run by itself, and why
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from tree import finding, tree

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
FENCE = re.compile(r"^\s*(```+|~~~+)\s*([A-Za-z+]*)")
MARK = re.compile(r"<!--\s*snippet:\s*(illustration \(.+\)|\S+)[^>]*-->")
MARKED_LANGUAGES = {"sh", "bash", "console", "toml", "cpp", "c++", "sql"}
SOURCES = (".hpp", ".cpp", ".sql", ".toml")

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


def snippets(files: tree) -> Iterator[tuple[str, int, str, str, str]]:
    """Path, line, language, mark ("" = none) and text of every fenced snippet that needs a mark."""
    for path in files.paths(".md"):
        if "/" in path and not path.startswith("docs/") or path == "CHANGELOG.md":
            continue
        fence, mark, language, began = "", "", "", 0
        text: list[str] = []
        for number, line in enumerate(files.lines(path), 1):
            match = FENCE.match(line)
            if match and (not fence or match.group(1).startswith(fence)):
                if not fence:
                    language, began, text = match.group(2), number, []
                elif language.lower() in MARKED_LANGUAGES:
                    yield path, began, language, mark, "\n".join(text)
                mark = mark if not fence else ""
                fence = "" if fence else match.group(1)
            elif fence:
                text.append(line)
            elif line.strip():
                found = MARK.search(line)
                mark = found.group(1) if found else ""


def check_snippets(files: tree) -> Iterator[finding]:
    for path, number, language, mark, text in snippets(files):
        if not mark:
            yield finding(path, number, "snippets",
                          f"say above this {language} how it is kept true: <!-- snippet: FILE | illustration (why) -->")
        elif mark.startswith("illustration"):
            if mark == "illustration":
                yield finding(path, number, "snippets", "say why it cannot run: illustration (why)")
        elif not files.exists(mark):
            yield finding(path, number, "snippets", f"{mark} does not exist")
        elif mark.endswith(SOURCES) and " ".join(text.split()) not in " ".join(files.files[mark].split()):
            yield finding(path, number, "snippets", f"this is no longer what {mark} says: copy it again")


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
