"""A Markdown file as tokens of CommonMark, with the anchors that a forge gives its headings."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from markdown_it import MarkdownIt
from markdown_it.token import Token

COMMENT = re.compile(r"\s*(<!--.*?-->\s*)+", re.S)


class unreadable(Exception):
    """The sources make no site: what, where, and the fix."""


@dataclass(frozen=True)
class heading:
    level: int
    text: str
    anchor: str


def plain_text(inline: Token) -> str:
    """The words of a line, without marks."""
    parts = {"softbreak": " ", "hardbreak": " "}
    return "".join(parts.get(child.type, child.content) for child in inline.children or []
                   if child.type in ("text", "code_inline", "image", *parts))


class document:
    """One file, by its path from the root of the repository."""

    def __init__(self, path: str, text: str) -> None:
        self.path = path
        parsed = MarkdownIt("commonmark").enable("table").parse(text)
        self.tokens = [token for token in parsed if not is_comment(token)]
        for token in self.tokens:
            if token.type == "html_block" or any(child.type == "html_inline" for child in token.children or []):
                raise unreadable(f"{path}:{token.map[0] + 1}: HTML: write it as Markdown")

    @cached_property
    def headings(self) -> list[heading]:
        """In order; a second heading of the same words gets -1, as on a forge."""
        found: list[heading] = []
        count: dict[str, int] = {}
        for token, inline in zip(self.tokens, self.tokens[1:]):
            if token.type != "heading_open":
                continue
            text = plain_text(inline)
            anchor = re.sub(r"\s", "-", re.sub(r"[^\w\s-]", "", text.strip().lower()))
            again = count.get(anchor, 0)
            count[anchor] = again + 1
            found.append(heading(int(token.tag[1]), text, f"{anchor}-{again}" if again else anchor))
        return found

    @cached_property
    def anchors(self) -> frozenset[str]:
        return frozenset(one.anchor for one in self.headings)

    @property
    def title(self) -> str:
        for one in self.headings:
            if one.level == 1:
                return one.text
        raise unreadable(f"{self.path}: no title")

    def sections(self) -> Iterator[tuple[heading, str]]:
        """Each heading with the words below it, up to the next one."""
        place = iter(self.headings)
        current: heading | None = None
        words: list[str] = []
        in_heading = False
        for token in self.tokens:
            if token.type == "heading_open":
                if current:
                    yield current, " ".join(words)
                current, words, in_heading = next(place), [], True
            elif token.type == "heading_close":
                in_heading = False
            elif token.type == "inline" and not in_heading:
                words.append(plain_text(token))
            elif token.type in ("fence", "code_block"):
                words.append(token.content)
        if current:
            yield current, " ".join(words)


def is_comment(token: Token) -> bool:
    return token.type == "html_block" and COMMENT.fullmatch(token.content) is not None
