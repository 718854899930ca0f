"""The site as a reader gets it: every page can be reached, every link leads somewhere, nothing comes from elsewhere."""
from __future__ import annotations

import json
import posixpath
import re
import shutil
import tempfile
import unittest
from pathlib import Path

import made
from made import REPO, markdown_files, page, site

from document import document
from documents import anchors
from order import pages_of, read_order
from tree import tree

ORDER = read_order(REPO / "docs" / "site" / "order.toml")


class site_test(unittest.TestCase):
    """The site is made once, and looked at."""

    folder: tempfile.TemporaryDirectory[str]
    root: Path
    pages: dict[str, page]

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = Path(cls.folder.name) / "site"
        done = site(cls.root)
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        cls.pages = {str(file.relative_to(cls.root)): page(file.read_text(encoding="utf-8"))
                     for file in sorted(cls.root.rglob("*.html"))}

    @classmethod
    def tearDownClass(cls) -> None:
        cls.folder.cleanup()

    def test_every_document_is_in_the_navigation_once(self) -> None:
        self.assertEqual(sorted(one.path for one in pages_of(ORDER)), markdown_files())

    def test_every_link_and_anchor_leads_somewhere(self) -> None:
        for here, one in self.pages.items():
            for link in one.links:
                if link.startswith("https://"):
                    continue
                with self.subTest(page=here, link=link):
                    where, _, anchor = link.partition("#")
                    target = posixpath.normpath(posixpath.join(posixpath.dirname(here), where)) if where else here
                    self.assertIn(target, self.pages)
                    if anchor:
                        self.assertIn(anchor, self.pages[target].ids)

    def test_what_a_page_loads_is_beside_it(self) -> None:
        for here, one in self.pages.items():
            for load in one.loads:
                with self.subTest(page=here, load=load):
                    if load == "data:,":  # no icon is asked for
                        continue
                    self.assertNotRegex(load, r"^([a-z]+:|/)")
                    self.assertTrue((self.root / posixpath.dirname(here) / load).is_file())

    def test_neither_sheet_nor_script_loads_anything(self) -> None:
        for name in ("site.css", "site.js", "search.js"):
            text = (self.root / name).read_text(encoding="utf-8")
            self.assertNotRegex(text, r"https?:|url\(|@import|fetch\(|XMLHttpRequest|\bimport\b", name)

    def test_headings_have_the_anchors_that_a_forge_gives_them(self) -> None:
        for path in markdown_files():
            text = (REPO / path).read_text(encoding="utf-8")
            self.assertLessEqual(anchors(tree({path: text}), path), document(path, text).anchors, path)

    def test_no_id_is_there_twice(self) -> None:
        for here, one in self.pages.items():
            self.assertEqual(sorted(one.ids), sorted(set(one.ids)), here)

    def test_every_page_has_a_title_of_its_own(self) -> None:
        titles = [one.title for one in self.pages.values()]
        self.assertEqual(sorted(titles), sorted(set(titles)))
        self.assertTrue(all(title.strip() for title in titles))

    def test_no_markup_is_left_as_text(self) -> None:
        """A list or a table that the parser took for a paragraph."""
        for path in markdown_files():
            for token in document(path, (REPO / path).read_text(encoding="utf-8")).tokens:
                if token.type == "inline":
                    self.assertNotRegex(token.content, r"(?m)^(\* |\||```|<!--)", f"{path}:{token.map}")

    def test_the_pages_are_a_chain(self) -> None:
        order = [one.path for one in pages_of(ORDER)]
        here = "index.html"
        for _ in order[1:]:
            text = (self.root / here).read_text(encoding="utf-8")
            step = re.search(r'class="next" rel="next" href="([^"]+)"', text)
            assert step, here
            here = posixpath.normpath(posixpath.join(posixpath.dirname(here), step.group(1)))
        self.assertNotIn('class="next"', (self.root / here).read_text(encoding="utf-8"))
        self.assertEqual(here, order[-1].removesuffix(".md") + ".html")

    def test_the_index_finds_every_page_and_leads_to_its_sections(self) -> None:
        text = (self.root / "search-index.js").read_text(encoding="utf-8")
        rows = json.loads(text.removeprefix("weir_search(").removesuffix(");\n"))
        self.assertEqual({row[0] for row in rows}, {one.title for one in pages_of(ORDER)})
        for _, section, link, _ in rows:
            where, _, anchor = link.partition("#")
            self.assertIn(where, self.pages)
            self.assertEqual(bool(section), bool(anchor))
            self.assertTrue(not anchor or anchor in self.pages[where].ids, link)

    def test_the_same_files_make_the_same_bytes(self) -> None:
        other = Path(self.folder.name) / "again"
        self.assertEqual(site(other, seed="4711").returncode, 0)
        names = [sorted(str(file.relative_to(at)) for file in at.rglob("*") if file.is_file())
                 for at in (self.root, other)]
        self.assertEqual(*names)
        for name in names[0]:
            self.assertEqual((self.root / name).read_bytes(), (other / name).read_bytes(), name)


class mistake_test(unittest.TestCase):
    """What is wrong in a document is said with its place, and no site is made of it."""

    def refused(self, text: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "docs").mkdir()
            (root / "docs/a.md").write_text(text, encoding="utf-8")
            (root / "README.md").write_text("# weir\n\n[a](docs/a.md)\n", encoding="utf-8")
            shutil.copyfile(REPO / "CMakeLists.txt", root / "CMakeLists.txt")
            (root / "order.toml").write_text('[[section]]\ntitle = "A"\npages = [["README.md", "weir"], '
                                             '["docs/a.md", "a"]]\n', encoding="utf-8")
            done = site(root / "site", "--root", str(root), "--order", str(root / "order.toml"))
            self.assertEqual((root / "site").exists(), done.returncode == 0)
            return done.stderr

    def test_a_sound_page_is_taken(self) -> None:
        self.assertEqual(self.refused("# A\n\n## B c\n\n[x](../README.md#weir) [y](#b-c) [z](../CMakeLists.txt)\n"), "")

    def test_a_link_to_no_file(self) -> None:
        self.assertIn("docs/a.md: gone.txt: leads nowhere", self.refused("# A\n\n[x](gone.txt)\n"))

    def test_a_link_to_no_page(self) -> None:
        self.assertIn("docs/a.md: b.md: no page docs/b.md", self.refused("# A\n\n[x](b.md)\n"))

    def test_a_link_to_no_heading(self) -> None:
        self.assertIn("README.md has no heading #b", self.refused("# A\n\n[x](../README.md#b)\n"))

    def test_an_image_that_is_not_there(self) -> None:
        self.assertIn("docs/a.md: b.png: leads nowhere", self.refused("# A\n\n![x](b.png)\n"))

    def test_html(self) -> None:
        self.assertIn("docs/a.md:3: HTML", self.refused("# A\n\n<b>x</b>\n"))

    def test_no_title(self) -> None:
        self.assertIn("docs/a.md: no title", self.refused("A\n"))


if __name__ == "__main__":
    made.main()
