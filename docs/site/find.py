"""What the search box looks through: one row for each section of each page."""

from __future__ import annotations

import json
import re

from addresses import address_of
from document import document
from order import entry


def search_index(pages: list[entry], documents: dict[str, document]) -> str:
    """A script, since a page that is opened from a disk may load one and nothing else."""
    rows = []
    for one in pages:
        for head, words in documents[one.path].sections():
            link = address_of(one.path) + ("" if head.level == 1 else "#" + head.anchor)
            rows.append([one.title, "" if head.level == 1 else head.text, link, re.sub(r"\s+", " ", words).strip()])
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    return f"weir_search([\n{lines}\n]);\n"
