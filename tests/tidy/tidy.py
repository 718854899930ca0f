#!/usr/bin/env python3
"""Style as a test: holds every tracked file to the rules of the house.

    tests/tidy/tidy.py [ROOT]             lists what is to mend, exit 1 if anything is
    tests/tidy/tidy.py --snippets [ROOT]  lists the documents' snippets and how each is kept true

A finding names the file, the line and the fix. `tidy-ok: RULE why` in a comment excuses one line of the rules
floors, length, words, sql, sleep, places.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

from documents import check_links, check_places, check_snippets, check_titles, snippets  # noqa: E402
from floors import check_floors  # noqa: E402
from layout import check_length, check_listed, check_pragma, check_purpose  # noqa: E402
from moving import check_moving, check_named_tests  # noqa: E402
from tree import finding, read_tree, tree  # noqa: E402
from wording import check_sleep, check_sql, check_words  # noqa: E402

RULES: list[Callable[[tree], Iterator[finding]]] = [
    check_floors, check_length, check_purpose, check_pragma, check_listed,
    check_words, check_sql, check_sleep,
    check_links, check_snippets, check_titles, check_places, check_moving, check_named_tests,
]


def main(arguments: list[str]) -> int:
    listing = "--snippets" in arguments
    folders = [word for word in arguments if not word.startswith("--")]
    root = Path(folders[0]) if folders else Path(__file__).resolve().parents[2]
    files = read_tree(root)
    if not files.files:
        print(f"tidy: no files in {root}", file=sys.stderr)
        return 2
    if listing:
        for path, number, language, mark, _ in snippets(files):
            print(f"{path}:{number}: {language}: {mark or 'UNMARKED'}")
        return 0
    found = sorted(one for rule in RULES for one in rule(files))
    for one in found:
        print(one)
    print(f"tidy: {len(files.files)} files, {len(found)} to mend")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
