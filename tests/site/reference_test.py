"""Pages that are made from sources or by the program say what those say. UPDATE_GOLDEN=1 writes them anew."""
from __future__ import annotations

import os
import re
import unittest

import made
from made import REPO, given

import errors
import headers
import schema
import write


class reference_test(unittest.TestCase):
    maxDiff = None

    def test_each_page_is_what_its_source_says(self) -> None:
        for path, text in write.made(REPO, given.weir).items():
            if "UPDATE_GOLDEN" in os.environ:
                (REPO / path).write_text(text, encoding="utf-8")
            with self.subTest(path):
                self.assertEqual((REPO / path).read_text(encoding="utf-8"), text,
                                 "UPDATE_GOLDEN=1 ./dev test site writes it anew; look at the difference")

    def test_every_code_is_told_with_its_number(self) -> None:
        self.assertEqual([int(number) for _, number, _ in errors.codes(REPO)], list(range(1, 15)))
        self.assertTrue(all(meaning for _, _, meaning in errors.codes(REPO)))

    def test_every_code_has_an_exit_and_a_status(self) -> None:
        names = {name for name, _, _ in errors.codes(REPO)} - {"action_failed"}
        self.assertEqual(set(errors.exit_of(REPO)), names)
        self.assertEqual(set(errors.status_of(REPO)), names)
        self.assertEqual(errors.status_of(REPO)["unavailable"], "503")
        self.assertEqual(errors.status_of(REPO)["internal"], "500")

    def test_every_table_and_column_is_told(self) -> None:
        text = (REPO / "sql/schema.sql").read_text(encoding="utf-8")
        told = schema.write(REPO)
        tables = [name for name in re.findall(r"^CREATE TABLE weir\.(\w+) ", text, re.M) if not name[-1].isdigit()]
        self.assertGreater(len(tables), 20)
        for name in tables:
            self.assertTrue(f"\n### {name}\n" in told, name)
        for line in told.splitlines():
            if line.startswith("| `"):
                self.assertNotRegex(line, r"\|\s+\|$", "a column without a comment")

    def test_every_header_is_told(self) -> None:
        told = headers.write(REPO)
        for file in (REPO / "include/weir").rglob("*.hpp"):
            self.assertTrue(f"[In full](../{file.relative_to(REPO)})." in told, file)
        for name in ("node", "new_task", "client", "outcome", "driver", "stream_row"):
            self.assertTrue(re.search(rf"\| `{name}` \| \w", told), name)


if __name__ == "__main__":
    made.main()
