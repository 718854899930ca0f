#!/usr/bin/env python3
"""weir as a folder of a stranger's project: nothing of its own settings gets into the project, and what the project
links has the documented names. --whole builds all of it, weir's library a second time, and has the program perform a
task (./dev check folder). It is compiled as this build was, so that the compiler's cache has most of it."""
from __future__ import annotations

import argparse
import shlex
import sys
import unittest
from pathlib import Path

import strangers
from strangers import HERE, ROOT, libraries_of, run

BUILD, WHOLE = Path(), False
PROGRAMS = {"hello-node": "examples/hello/hello.cpp", "embed": "examples/embed/embed.cpp",
            "order": "examples/transaction/order.cpp"}


def same_settings() -> list[str]:
    """What decides how weir is compiled, as it is in this build."""
    lines = (BUILD / "CMakeCache.txt").read_text(encoding="utf-8").splitlines()
    cache = {line.split(":", 1)[0]: line.split("=", 1)[1] for line in lines if ":" in line and "=" in line}
    flags = f"CMAKE_CXX_FLAGS_{cache['CMAKE_BUILD_TYPE'].upper()}"
    return [f"-D{name}={cache[name]}" for name in ("CMAKE_CXX_COMPILER", "CMAKE_BUILD_TYPE", "CMAKE_CXX_FLAGS", flags,
                                                   "WEIR_WERROR", "WEIR_CRASH_POINTS")]


class folder_test(unittest.TestCase):
    place: Path

    @classmethod
    def setUpClass(cls) -> None:
        # Beside the build: from there the cache sees the same relative paths.
        cls.place = BUILD.with_name(BUILD.name + "-folder")
        run("cmake", "--fresh", "-G", "Ninja", "-S", str(HERE / "folder"), "-B", str(cls.place), f"-DWEIR={ROOT}",
            f"-DWEIR_DRIVER_CONFORMANCE={'ON' if WHOLE else 'OFF'}", *same_settings())

    def commands_of(self, program: str) -> tuple[list[str], list[str]]:
        """The words that compile its own source, and those that link it."""
        told = run("ninja", "-C", str(self.place), "-t", "commands", program).splitlines()
        compiles = next(line for line in told if line.endswith(f"/{PROGRAMS[program]}"))
        return shlex.split(compiles), shlex.split(told[-1])

    def test_no_flag_of_weir_gets_into_the_project(self) -> None:
        compiled, linked = self.commands_of("hello-node")
        self.assertEqual([word for word in compiled if word.startswith("-D")], ["-DNDEBUG"])
        self.assertEqual([word for word in compiled if word.startswith("-I")], [f"-I{ROOT}/include"])
        self.assertEqual([word for word in compiled + linked if word.startswith(("-W", "-f", "-isystem"))], [])
        self.assertIn("weir/app/libweir_app.a", linked)

    def test_no_variable_or_file_of_weir_gets_into_the_project(self) -> None:
        found = [line for line in (self.place / "left_behind").read_text(encoding="utf-8").splitlines()
                 if not line.startswith(("CMAKE_HAVE_", "CMAKE_MATCH_"))]  # of FindThreads, and of looking for them
        self.assertEqual(found, [])
        self.assertFalse((self.place / "compile_commands.json").exists())

    def test_no_test_example_or_install_rule_of_weir_gets_into_the_project(self) -> None:
        self.assertIn("Total Tests: 0", run("ctest", "--test-dir", str(self.place), "-N"))
        targets = run("ninja", "-C", str(self.place), "-t", "targets", "all")
        self.assertIn("weir/app/libweir_app.a:", targets)
        self.assertNotRegex(targets, r"(?m)^(\S*_test|\S*/partner-server|\S*/libweir\.so\S*):")
        installs = run("cmake", "--install", str(self.place), "--prefix", str(self.place / "nothing"))
        self.assertNotIn("Installing", installs)

    def test_programs_are_compiled_by_the_documented_names(self) -> None:
        for program in PROGRAMS:
            with self.subTest(program):
                compiled, _ = self.commands_of(program)
                run("ninja", "-C", str(self.place), compiled[compiled.index("-o") + 1])

    def test_all_of_it_is_built_and_the_program_performs_a_task(self) -> None:
        if not WHOLE:
            self.skipTest("compiles weir: ./dev check folder")
        run("cmake", "--build", str(self.place), "--parallel", "2", seconds=3000)
        run(str(self.place / "my-driver-test"), "--gtest_brief=1")
        program = self.place / "hello-node"
        self.assertEqual([each for each in libraries_of(program) if "weir" in each], [])
        self.assertEqual([each for each in libraries_of(self.place / "order") if "caf" in each], [])
        strangers.performs_a_task(BUILD, program, self.place / "weir" / "weir")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--whole", action="store_true")
    given = parser.parse_args()
    BUILD, WHOLE = given.build.resolve(), given.whole
    unittest.main(argv=[sys.argv[0], "-v"])
