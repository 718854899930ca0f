#!/usr/bin/env python3
"""Each rule of tidy is shown a tree that breaks it and one that does not: a rule must be able to fail."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))

from documents import check_links, check_places, check_snippets, check_titles  # noqa: E402
from floors import check_floors  # noqa: E402
from layout import check_length, check_listed, check_pragma, check_purpose  # noqa: E402
from moving import HEAD, PAGE, check_moving, check_named_tests  # noqa: E402
from tree import take_apart, tree  # noqa: E402
from wording import check_sleep, check_sql, check_words  # noqa: E402

FLOORS = """
floor include/weir : : json
floor domain : include/weir : json : <thread> clock::now(
floor actors : include/weir domain : caf
floor app : domain actors/runtime.hpp sql/made.hpp : *
floor examples : include/weir :
library json : nlohmann/
library caf : caf/
generated sql/made.hpp
"""


def texts(rule, files, *more):
    return [f"{one.path}:{one.line} {one.text}" for one in rule(tree(files), *more)]


class Floors(unittest.TestCase):
    def found(self, path, text, **others):
        files = {"cmake/floors.txt": FLOORS, "include/weir/task.hpp": "", "domain/rule.hpp": "",
                 "actors/runtime.hpp": "", "actors/worker.hpp": "", "examples/a/one.hpp": "", path: text, **others}
        return texts(check_floors, files)

    def test_lower_floors_may_be_included(self):
        self.assertEqual([], self.found("domain/a.cpp", '#include <weir/task.hpp>\n#include "domain/rule.hpp"\n'))
        self.assertEqual([], self.found("app/a.cpp", '#include "actors/runtime.hpp"\n#include <caf/all.hpp>\n'))
        self.assertEqual([], self.found("domain/a.cpp", "#include <string>\n#include <sys/types.h>\n"))

    def test_generated_files_are_known(self):
        self.assertEqual([], self.found("app/a.cpp", '#include "sql/made.hpp"\n'))

    def test_higher_floors_may_not(self):
        self.assertIn("domain may not include actors/worker.hpp",
                      self.found("domain/a.cpp", '\n#include "actors/worker.hpp"\n')[0])
        self.assertIn("include/weir may not include domain/rule.hpp",
                      self.found("include/weir/b.hpp", '#include "domain/rule.hpp"\n')[0])

    def test_of_another_floor_only_its_door(self):
        self.assertIn("app may not include actors/worker.hpp",
                      self.found("app/a.cpp", '#include "actors/worker.hpp"\n')[0])

    def test_libraries_stay_in_their_folders(self):
        self.assertIn("domain may not see caf", self.found("domain/a.cpp", "#include <caf/all.hpp>\n")[0])
        self.assertIn("of no library", self.found("domain/a.cpp", "#include <curl/curl.h>\n")[0])

    def test_comments_do_not_count_but_bans_do(self):
        self.assertEqual([], self.found("domain/a.cpp", "// #include <caf/all.hpp>\n/* <thread> */\n"))
        self.assertIn("never uses <thread>", self.found("domain/a.cpp", "#include <thread>\n")[0])
        self.assertIn("never uses clock::now(", self.found("domain/a.cpp", "auto t = system_clock::now();\n")[0])
        self.assertEqual([], self.found("domain/a.cpp", "x = clock::now();  // tidy-ok: floors shown to people\n"))

    def test_paths_are_written_from_the_root_where_a_folder_stands_for_itself(self):
        self.assertIn("not found from the root", self.found("domain/a.cpp", '#include "rule.hpp"\n')[0])
        self.assertEqual([], self.found("examples/a/b.cpp", '#include "one.hpp"\n'))

    def test_a_file_of_no_floor_is_found(self):
        self.assertIn("no floor", self.found("attic/a.cpp", "")[0])


class Layout(unittest.TestCase):
    def test_long_files_and_lines(self):
        self.assertEqual([], texts(check_length, {"domain/a.cpp": "x\n" * 400, "tests/a.cpp": "x\n" * 600}))
        self.assertEqual(2, len(texts(check_length, {"domain/a.cpp": "x\n" * 401, "tests/a.cpp": "x\n" * 601})))
        self.assertEqual(["domain/a.cpp:2 121 columns, at most 120"],
                         texts(check_length, {"domain/a.cpp": "//\n" + "x" * 121 + "\n" + "y" * 120}))

    def test_purpose_comes_first(self):
        good = {"a.hpp": "// What.\n#pragma once\n", "b.py": '#!/usr/bin/env python3\n"""What."""\n',
                "c.sql": "-- What.\n", "d.sh": "#!/bin/sh\n# What.\n"}
        self.assertEqual([], texts(check_purpose, good))
        self.assertEqual([], texts(check_purpose, {**good, "a.cpp": '#include "a.hpp"\n'}))
        bad = {"a.cpp": '#include "other.hpp"\n// What.\n', "a.hpp": "// What.\n", "e.cpp": "#include <e.hpp>\n",
               "b.py": "import os\n", "c.sql": "select 1;\n", "d.hpp": ""}
        self.assertEqual(5, len(texts(check_purpose, bad)))

    def test_headers_guard_themselves(self):
        self.assertEqual(1, len(texts(check_pragma, {"a.hpp": "// What.\n", "b.hpp": "#pragma once\n"})))

    def test_every_source_is_built(self):
        files = {"domain/CMakeLists.txt": "weir_floor(domain SOURCES\n  a.cpp\n  sub/b.cpp # c.cpp\n)\n",
                 "domain/a.cpp": "", "domain/sub/b.cpp": "", "domain/c.cpp": ""}
        self.assertEqual(["domain/c.cpp:1 no CMakeLists.txt lists this source: list it or remove it"],
                         texts(check_listed, files))


class Wording(unittest.TestCase):
    WORDS = "lease : ownership\npayload : data : limits\\.payload\n"

    def test_old_words_in_identifiers(self):
        self.assertIn("'lease_end' says 'lease': say ownership",
                      texts(check_words, {"domain/a.cpp": "int lease_end;\n"}, self.WORDS)[0])
        self.assertEqual(1, len(texts(check_words, {"domain/lease.hpp": ""}, self.WORDS)))

    def test_comments_literals_and_allowed_places_are_free(self):
        fine = 'int released; // a lease\nauto s = "lease";\nauto n = limits.payload;\n'
        self.assertEqual([], texts(check_words, {"domain/a.cpp": fine}, self.WORDS))

    def test_sql_lives_in_sql(self):
        for text in ["select a from b", "SELECT weir.tli()", "insert into t values (1)", "update a.b set c = 1",
                     "  delete from t", "set search_path = x", "with x as (select 1) select 2", "create table t ("]:
            with self.subTest(text):
                self.assertEqual(1, len(texts(check_sql, {"app/a.cpp": f'run("{text}");\n'})))
                self.assertEqual([], texts(check_sql, {"tests/sql/a.cpp": f'run("{text}");\n'}))
        self.assertEqual(1, len(texts(check_sql, {"app/a.cpp": 'auto q = R"(\n  select a\n  from b)";\n'})))

    def test_prose_is_not_sql(self):
        for text in ["select a stream first", "update the configuration", "create the schema with `weir db migrate`",
                     "set a pin", "with a pin", "listen address is taken", "delete it", "drop"]:
            with self.subTest(text):
                self.assertEqual([], texts(check_sql, {"app/a.cpp": f'say("{text}");\n'}))

    def test_tests_do_not_sleep_but_may_poll(self):
        naked = "TEST(A, B) {\n  std::this_thread::sleep_for(1s);\n}\n"
        poll = "while (now() < deadline) {\n  if (done()) return;\n  std::this_thread::sleep_for(5ms);\n}\n"
        self.assertEqual(1, len(texts(check_sleep, {"tests/a.cpp": naked})))
        self.assertEqual([], texts(check_sleep, {"tests/a.cpp": poll, "runner/a.cpp": naked}))


class Documents(unittest.TestCase):
    def test_links_lead_somewhere(self):
        files = {"README.md": "# A\n[x](docs/b.md) [y](docs) [z](https://x.example) [q](docs/b.md#two-words)\n"
                              "`[no](link)`\n```\n[no](link)\n```\n", "docs/b.md": "# B\n## Two words\n"}
        self.assertEqual([], texts(check_links, files))
        self.assertIn("gone.md leads nowhere", texts(check_links, {"docs/b.md": "[x](../gone.md)\n"})[0])
        self.assertIn("no heading #c", texts(check_links, {"a.md": "# A\n## B\n[x](#c)\n"})[0])
        self.assertEqual([], list(check_links(tree({"a.md": "![x](b.png)\n"}, frozenset({"b.png"})))))

    def test_snippets_say_how_they_are_kept_true(self):
        good = "<!-- snippet: tests/run.py -->\n```sh\nls\n```\n\n" \
               "<!-- snippet: illustration (no a.sh) -->\n\n```toml\n```\n"
        self.assertEqual([], texts(check_snippets, {"README.md": good, "tests/run.py": ""}))
        self.assertIn("does not exist", texts(check_snippets, {"README.md": good})[0])
        self.assertEqual(1, len(texts(check_snippets, {"docs/a.md": "```cpp\n```\n```text\n```\n"})))
        bare = "<!-- snippet: illustration -->\n```sh\nls\n```\n"
        self.assertIn("say why", texts(check_snippets, {"README.md": bare})[0])

    def test_a_piece_of_a_source_is_what_the_source_says(self):
        page = "<!-- snippet: examples/a.cpp -->\n```cpp\nint a;\n  int b;\n```\n"
        self.assertEqual([], texts(check_snippets, {"README.md": page, "examples/a.cpp": "int a;\nint b;\nint c;\n"}))
        self.assertIn("no longer", texts(check_snippets, {"README.md": page, "examples/a.cpp": "int a;\n"})[0])

    def test_one_title(self):
        self.assertEqual([], texts(check_titles, {"a.md": "# A\n```sh\n# comment\n```\n"}))
        self.assertEqual(2, len(texts(check_titles, {"a.md": "# A\n# B\n", "b.md": "text\n"})))

    def test_no_registries_and_no_places_of_one_machine(self):
        host = ".".join(("pypi", "org"))
        home = "/" + "home"
        work = "/" + "work"
        for text in [f"pip install from https://{host}/x", f"see {home}/me/x", f'"{home}"']:
            with self.subTest(text):
                self.assertEqual(1, len(texts(check_places, {"a.md": text})))
        for text in ["/api/v1/home/x", f"~{home}/x", f"$dir{work}/x", "/homepage", "a/root", f"{work}-around"]:
            with self.subTest(text):
                self.assertEqual([], texts(check_places, {"a.md": text}))


class Moving(unittest.TestCase):
    def found(self, *rows):
        page = {PAGE: "\n".join(["# Moving", HEAD, "|---|---|---|", *rows, "", "text"]),
                "tests/a_test.cpp": "TEST_F(things, AreKept) {", "tests/b.py": "def once(x):"}
        return [*texts(check_moving, page), *texts(check_named_tests, page)]

    def test_rows_that_name_their_test_are_good(self):
        self.assertEqual([], self.found("| `a`, `b|c` | d | `tests/a_test.cpp: AreKept`, `tests/b.py: once` |"))

    def test_empty_cells_and_missing_tests_are_not(self):
        good = "`tests/b.py: once`"
        for row, text in {f"| a |  | {good} |": "none of them empty", "| a | b | by hand |": "name the test",
                          f"| a | {good} |": "three cells", "| a | b | |": "none of them empty",
                          "| a | b | `tests/b.py: twice` |": "no test twice",
                          "| a | b | `tests/a_test.cpp: things` |": "no test things",
                          "| a | b | `tests/gone.cpp: AreKept` |": "no test AreKept"}.items():
            with self.subTest(row):
                self.assertIn(text, self.found("| x | y | `tests/b.py: once` |", row)[0])

    def test_the_table_must_be_there(self):
        self.assertEqual(1, len(texts(check_moving, {PAGE: "# Moving\n"})))


class Source(unittest.TestCase):
    def test_code_and_literals_are_told_apart(self):
        parts = take_apart('int a = 1\'000; char c = \'"\'; // "no"\n'
                           'auto s = "a\\"b"; /* "x"\n */ f(R"sql(one)sql");\n')
        self.assertEqual([(2, 'a\\"b'), (3, "one")], parts.literals)
        self.assertIn("1'000", parts.code)
        self.assertNotIn("no", parts.code)
        self.assertEqual(4, len(parts.code.split("\n")))


class Program(unittest.TestCase):
    def test_it_exits_1_where_something_is_to_mend(self):
        program = [sys.executable, str(Path(__file__).with_name("tidy.py"))]
        with tempfile.TemporaryDirectory() as folder:
            root = Path(folder)
            (root / "cmake").mkdir()
            (root / "cmake/floors.txt").write_text(FLOORS)
            self.assertEqual(0, subprocess.run([*program, folder], capture_output=True).returncode)
            (root / "notes.md").write_text("no title\n")
            done = subprocess.run([*program, folder], capture_output=True, text=True)
            self.assertEqual(1, done.returncode)
            self.assertIn("notes.md:1: titles:", done.stdout)


if __name__ == "__main__":
    unittest.main()
