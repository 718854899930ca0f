"""What stands around every article: navigation, search, the way on. The text of it is look/frame.html."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template

from addresses import address_of, way
from document import document
from order import entry, pages_of, section


class frame:
    def __init__(self, folder: Path, sections: list[section], version: str) -> None:
        self.template = Template((folder / "frame.html").read_text(encoding="utf-8"))
        self.sections = sections
        self.version = version

    def around(self, path: str, title: str, article: str, page: document | None) -> str:
        """The whole page; without `page` it is one that the navigation does not have."""
        here = address_of(path)
        order = [one.path for one in pages_of(self.sections)]
        at = order.index(path) if path in order else None
        return self.template.substitute(
            title=escape(title if title == "weir" else f"{title} · weir"),
            root=way(here, ".") + "/",
            home=way(here, "index.html"),
            version=escape(self.version),
            navigation=self.navigation(here, path),
            article=article,
            contents=contents(page) if page else "",
            onward=self.onward(here, at) if at is not None else "",
            source=escape(path))

    def navigation(self, here: str, path: str) -> str:
        out = []
        for part in self.sections:
            out.append(f"<h2>{escape(part.title)}</h2>\n<ul>")
            for one in part.pages:
                current = ' aria-current="page"' if one.path == path else ""
                out.append(f'<li><a href="{way(here, address_of(one.path))}"{current}>{escape(one.title)}</a></li>')
            out.append("</ul>")
        return "\n".join(out)

    def onward(self, here: str, at: int) -> str:
        """The pages before and after this one."""
        pages = pages_of(self.sections)
        out = []
        if at > 0:
            out.append(step(here, pages[at - 1], "prev", "Before"))
        if at + 1 < len(pages):
            out.append(step(here, pages[at + 1], "next", "Next"))
        return "\n".join(out)


def step(here: str, one: entry, relation: str, word: str) -> str:
    link = way(here, address_of(one.path))
    return f'<a class="{relation}" rel="{relation}" href="{link}"><small>{word}</small>{escape(one.title)}</a>'


def contents(page: document) -> str:
    """The headings of a page, if there are enough to choose from."""
    headings = [one for one in page.headings if one.level == 2]
    if len(headings) < 2:
        return ""
    links = "\n".join(f'<li><a href="#{escape(one.anchor)}">{escape(one.text)}</a></li>' for one in headings)
    return f'<nav class="contents" aria-label="On this page">\n<h2>On this page</h2>\n<ul>\n{links}\n</ul>\n</nav>'
