"""Where a file of the repository is in the site, and how one page names another: always relatively, so that the site
works below any address and from a disk."""

from __future__ import annotations

import posixpath


def address_of(path: str) -> str:
    """docs/start.md -> docs/start.html; the README is the front page; other text is shown below source/."""
    if path == "README.md":
        return "index.html"
    if path.endswith(".md"):
        return path.removesuffix(".md") + ".html"
    if is_image(path):
        return path
    return f"source/{path}.html"


def is_image(path: str) -> bool:
    return path.endswith((".png", ".svg", ".jpg", ".jpeg"))


def way(here: str, there: str) -> str:
    """The relative link between two addresses of the site."""
    return posixpath.relpath(there, posixpath.dirname(here) or ".")
