"""docs/commands.md: the help page of every command, as the program prints it."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from markdown_text import page

HEAD = """
What `weir COMMAND --help` prints, for all of them. The same is in the manual page (`weir completion man`), and
completion for bash, zsh and fish knows it. How a command ends: [exit
codes](errors.md#exit-codes-of-the-command).
"""


def help_of(weir: Path, words: list[str]) -> str:
    done = subprocess.run([weir, *words, "--help"], capture_output=True, text=True, check=True, timeout=30,
                          env={"NO_COLOR": "1", "LC_ALL": "C.UTF-8"})
    return done.stdout.rstrip("\n")


def below(text: str) -> list[str]:
    """The commands that a help page lists."""
    listed = re.search(r"^Commands:\n((?:  .*\n?)+)", text, re.M)
    return re.findall(r"^  (\S+)", listed.group(1), re.M) if listed else []


def pages(weir: Path, words: list[str]) -> Iterator[tuple[list[str], str]]:
    text = help_of(weir, words)
    yield words, text
    for name in below(text):
        yield from pages(weir, [*words, name])


def write(weir: Path) -> str:
    parts = []
    for words, text in pages(weir, []):
        level = "##" if len(words) < 2 else "###"
        parts.append(f"{level} {' '.join(['weir', *words])}\n\n```text\n{text}\n```")
    return page("Commands", "the program's own help", HEAD, *parts)
