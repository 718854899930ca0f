"""Which folder may include which, and which libraries: the rules of cmake/floors.txt."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from tree import finding, tree

FLOORS = "cmake/floors.txt"
INCLUDE = re.compile(r'^\s*#\s*include\s*(?:<([^>]+)>|"([^"]+)")')
# Headers with a folder that belong to the system, not to a library.
SYSTEM = ("sys/", "net/", "netinet/", "arpa/", "linux/", "bits/", "asm/")


@dataclass
class floor:
    name: str
    inside: list[str]
    libraries: list[str]
    never: list[str]


@dataclass
class house:
    floors: list[floor] = field(default_factory=list)
    libraries: dict[str, list[str]] = field(default_factory=dict)
    generated: set[str] = field(default_factory=set)

    def floor_of(self, path: str) -> floor | None:
        fitting = [one for one in self.floors if path == one.name or path.startswith(one.name + "/")]
        return max(fitting, key=lambda one: len(one.name), default=None)

    def find_library(self, header: str) -> str | None:
        for name, beginnings in self.libraries.items():
            if any(header == text or (text.endswith("/") and header.startswith(text)) for text in beginnings):
                return name
        return None


def read_floors(text: str) -> house:
    built = house()
    for line in text.splitlines():
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        kind, rest = line.split(None, 1)
        parts = [part.strip() for part in re.split(r"\s:(?:\s|$)", rest + " ")]
        if kind == "floor":
            words = [part.split() for part in parts[1:4]] + [[], [], []]
            built.floors.append(floor(parts[0], words[0], words[1], words[2]))
        elif kind == "library":
            built.libraries[parts[0]] = parts[1].split()
        elif kind == "generated":
            built.generated.add(parts[0])
        else:
            raise ValueError(f"{FLOORS}: no idea what '{kind}' is")
    return built


def under(path: str, places: list[str]) -> bool:
    return any(path == place or path.startswith(place + "/") for place in places)


def check_floors(files: tree) -> Iterator[finding]:
    built = read_floors(files.files[FLOORS])
    for path in files.paths(".hpp", ".cpp", ".h"):
        here = built.floor_of(path)
        if here is None:
            yield finding(path, 1, "floors", f"no floor of {FLOORS} holds this file: move it or add a floor")
            continue
        for number, line in enumerate(files.source(path).code.split("\n"), 1):
            match = INCLUDE.match(line)
            if match:
                yield from check_include(files, built, here, path, number, match.group(1), match.group(2))
            for text in here.never:
                if text in line and not files.excused(path, number, "floors"):
                    yield finding(path, number, "floors", f"{here.name} never uses {text}: have it handed in")


def check_include(files: tree, built: house, here: floor, path: str, number: int, angle: str | None,
                  quoted: str | None) -> Iterator[finding]:
    header = angle or quoted or ""
    target = header
    if header.startswith("weir/"):
        target = "include/" + header
    if quoted and here.name in ("examples", "tests"):
        beside = posixpath.join(posixpath.dirname(path), quoted)  # these folders stand for themselves
        target = beside if beside in files.files else target
    if target in files.files or target in built.generated:
        own = under(target, [here.name])
        if angle and not header.startswith("weir/"):
            yield finding(path, number, "floors", f'write "{header}" in quotes: it is ours')
        if not own and not under(target, here.inside):
            allowed = ", ".join(here.inside) or "nothing else"
            yield finding(path, number, "floors",
                          f"{here.name} may not include {target} (it may: {allowed}); see {FLOORS}")
        return
    if quoted:
        yield finding(path, number, "floors", f'"{quoted}" is not found from the root: write the path from there')
        return
    library = built.find_library(header)
    if library is None:
        if "/" in header and not header.startswith(SYSTEM):
            yield finding(path, number, "floors", f"<{header}> is of no library in {FLOORS}")
    elif library not in here.libraries and "*" not in here.libraries:
        yield finding(path, number, "floors", f"{here.name} may not see {library}; see {FLOORS}")
