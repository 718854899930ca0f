"""Code as HTML: Pygments says what is what, look/site.css gives it a colour."""

from __future__ import annotations

from html import escape

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.util import ClassNotFound

OTHER_NAMES = {"sh": "bash", "toml": "toml", "hpp": "cpp"}


def coloured(code: str, language: str) -> str:
    """A fence's text; a language that nobody knows stays plain."""
    try:
        lexer = get_lexer_by_name(OTHER_NAMES.get(language, language), stripnl=False)
    except ClassNotFound:
        return escape(code, quote=False)
    return highlight(code, lexer, HtmlFormatter(nowrap=True))


def coloured_file(code: str, name: str) -> str:
    try:
        lexer = get_lexer_for_filename(name, stripnl=False)
    except ClassNotFound:
        return escape(code, quote=False)
    return highlight(code, lexer, HtmlFormatter(nowrap=True))
