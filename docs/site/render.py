"""A document as HTML: links lead into the site and are checked, headings can be pointed at, code has colours."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from html import escape

from markdown_it import MarkdownIt
from markdown_it.token import Token

from addresses import address_of, is_image, way
from colours import coloured
from document import document, unreadable


@dataclass
class library:
    """All that pages may lead to, and what they have led to beside pages."""

    documents: dict[str, document]
    exists: Callable[[str], bool]
    images: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)

    def resolve(self, here: str, link: str) -> str:
        """The link as the page of `here` writes it in the site. Throws `unreadable` where it leads nowhere."""
        if re.match(r"[a-z]+:", link):
            return link
        where, _, anchor = link.partition("#")
        target = posixpath.normpath(posixpath.join(posixpath.dirname(here), where)) if where else here
        if target.endswith(".md"):
            if target not in self.documents:
                raise unreadable(f"{here}: {link}: no page {target} in docs/site/order.toml")
            if anchor and anchor not in self.documents[target].anchors:
                raise unreadable(f"{here}: {link}: {target} has no heading #{anchor}")
        elif not self.exists(target):
            raise unreadable(f"{here}: {link}: leads nowhere")
        else:
            (self.images if is_image(target) else self.sources).add(target)
        page = "" if target == here else way(address_of(here), address_of(target))
        return page + ("#" + anchor if anchor else "")


def rendered(page: document, books: library) -> str:
    """The page's article, without its frame."""
    place = iter(page.headings)
    out: list[Token] = []
    for token in page.tokens:
        if token.type == "heading_open":
            token.attrSet("id", (at := next(place)).anchor)
        elif token.type == "heading_close" and at.level > 1:
            out.append(html_token(f' <a class="anchor" href="#{escape(at.anchor)}" '
                                  f'aria-label="Link to this section">#</a>'))
        elif token.type == "inline":
            for child in token.children or []:
                aim(child, page.path, books)
        elif token.type in ("th_open", "td_open") and token.attrs.pop("style", None) == "text-align:right":
            token.attrSet("class", "right")
        elif token.type == "fence":
            language = token.info.split(" ")[0]
            code = coloured(token.content, language)
            token = html_token(f'<pre class="code" tabindex="0"><code>{code}</code></pre>\n')
        elif token.type == "table_open":
            out.append(html_token('<div class="table" tabindex="0">\n'))
        out.append(token)
        if token.type == "table_close":
            out.append(html_token("</div>\n"))
    parser = MarkdownIt("commonmark")
    rules = parser.renderer.rules  # type: ignore[attr-defined]
    rules["image"] = lambda tokens, at, *_: picture(tokens[at])
    rules["code_inline"] = lambda tokens, at, *_: f"<code>{breakable(tokens[at].content)}</code>"
    return parser.renderer.render(out, parser.options, {})


def html_token(text: str) -> Token:
    return Token("html_block", "", 0, content=text)


def breakable(code: str) -> str:
    """A long word may end its line behind a mark or before a capital, never in the middle of a name."""
    words = [re.split(r"(?<=[_/.:,=(|-])(?=\w)|(?<=[a-z])(?=[A-Z])", word) if len(word) > 12 else [word]
             for word in code.split(" ")]
    return " ".join("<wbr>".join(escape(part, quote=False) for part in word) for word in words)


def aim(child: Token, here: str, books: library) -> None:
    """Lets a link or an image of the file lead to where that is in the site."""
    if child.type == "link_open":
        child.attrSet("href", books.resolve(here, str(child.attrGet("href"))))
    elif child.type == "image":
        link = str(child.attrGet("src"))
        child.attrSet("src", books.resolve(here, link))
        if dark_sibling(here, link, books):
            child.meta["dark"] = books.resolve(here, link.replace("-light.", "-dark."))


def dark_sibling(here: str, link: str, books: library) -> bool:
    target = posixpath.normpath(posixpath.join(posixpath.dirname(here), link))
    return "-light." in target and books.exists(target.replace("-light.", "-dark."))


def picture(image: Token) -> str:
    alt = "".join(child.content for child in image.children or [])
    plain = f'<img src="{escape(str(image.attrGet("src")))}" alt="{escape(alt)}" loading="lazy">'
    if "dark" not in image.meta:
        return plain
    dark = escape(image.meta["dark"])
    return f'<picture><source media="(prefers-color-scheme: dark)" srcset="{dark}">{plain}</picture>'
