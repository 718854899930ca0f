"""A file of the repository that pages lead to, as a page of its own."""

from __future__ import annotations

import posixpath
from html import escape

from colours import coloured_file


def source_article(path: str, text: str) -> str:
    code = coloured_file(text, posixpath.basename(path))
    return f'<h1>{escape(path)}</h1>\n<pre class="code" tabindex="0"><code>{code}</code></pre>\n'
