#!/usr/bin/env python3
"""Installs weir and uses it as strangers do: programs by CMake, by pkg-config and plain g++, with the archive, with CAF
and libpqxx, with a driver of their own; docs/install.md is taken at its word. What was built runs as a node and
performs a task."""
from __future__ import annotations

import argparse
import gzip
import re
import shutil
import sys
import unittest
from pathlib import Path

import strangers
from strangers import HERE, ROOT, libraries_of
from readme_test import snippets

BUILD, PLACE, COMPILER = Path(), Path(), ""
MINE = "tests/install/installed_test.py"


def run(*command: str, code: int = 0) -> str:
    return strangers.run(*command, code=code, PREFIX=str(PLACE / "prefix"), **strangers.with_cache())


def documented(number: int) -> None:
    """Runs that snippet of docs/install.md, with this build's folders for those that it names."""
    _, text = snippets("docs/install.md", MINE)[number]
    text = text.replace("build/release", str(BUILD)).replace("build/hello", str(PLACE / "hello"))
    run("bash", "-euo", "pipefail", "-c", text)


def built_by_cmake(source: Path, *more: str, target: str) -> Path:
    place = PLACE / source.name
    run("cmake", "-G", "Ninja", "-S", str(source), "-B", str(place), f"-DCMAKE_PREFIX_PATH={PLACE / 'prefix'}",
        f"-DCMAKE_CXX_COMPILER={COMPILER}", f"-DEXAMPLES={ROOT / 'examples'}", *more)
    run("cmake", "--build", str(place))
    return place / target


class installed_test(unittest.TestCase):
    prefix: Path

    @classmethod
    def setUpClass(cls) -> None:
        cls.prefix = PLACE / "prefix"
        shutil.rmtree(PLACE, ignore_errors=True)
        PLACE.mkdir()
        documented(0)

    def performs_a_task(self, program: Path, **more: str) -> str:
        return strangers.performs_a_task(BUILD, program, self.prefix / "bin" / "weir", **more)

    def test_what_is_documented_is_there(self) -> None:
        for file in ("bin/weir", "lib/libweir.so", "lib/libweir.a", "include/weir/weir.hpp",
                     "include/weir/driver/task_store.hpp", "lib/pkgconfig/weir.pc",
                     "lib/cmake/weir/weirConfig.cmake", "lib/cmake/weir/weirConfigVersion.cmake",
                     "lib/cmake/weir/weirTargets.cmake", "lib/cmake/weir/modules/FindCAF.cmake",
                     "lib/cmake/weir/modules/Findlibpqxx.cmake", "lib/cmake/weir-driver/weir-driver-config.cmake"):
            self.assertTrue((self.prefix / file).is_file(), file)
        for what, file in {"man": "share/man/man1/weir.1.gz", "bash": "share/bash-completion/completions/weir",
                           "zsh": "share/zsh/site-functions/_weir",
                           "fish": "share/fish/vendor_completions.d/weir.fish"}.items():
            printed = run(str(self.prefix / "bin" / "weir"), "completion", what)
            written = (self.prefix / file).read_bytes()
            self.assertEqual(gzip.decompress(written) if file.endswith(".gz") else written, printed.encode(), file)

    def test_nothing_of_this_checkout_is_written_into_what_finds_it(self) -> None:
        for file in [*self.prefix.glob("lib/cmake/weir/**/*.cmake"), self.prefix / "lib/pkgconfig/weir.pc"]:
            text = file.read_text(encoding="utf-8")
            self.assertNotIn(str(ROOT), text, file.name)
            self.assertNotIn(str(BUILD), text, file.name)

    def test_the_library_shows_the_names_of_the_headers_and_no_others(self) -> None:
        library = self.prefix / "lib" / "libweir.so"
        version = run(str(self.prefix / "bin" / "weir"), "version").split()[1]
        self.assertIn(f"libweir.so.{version.rsplit('.', 1)[0]}", run("objdump", "-p", str(library)))
        shown = {line.split(maxsplit=2)[2] for line in run("nm", "-DC", "--defined-only", str(library)).splitlines()}
        headers = "\n".join(file.read_text(encoding="utf-8") for file in (self.prefix / "include/weir").rglob("*.hpp"))
        for name in shown:
            plain = re.match(r"weir::(\w+)", name)
            self.assertTrue(plain and re.search(rf"\b{plain[1]}\b", headers), f"{name} is in no header")
        # What the headers promise, by one name of each kind; that the rest is there the programs below show.
        for wanted in ("weir::node::run()", "weir::load_config(int, char**)", "weir::single_instance",
                       "weir::client::enqueue(weir::new_task const&)", "weir::to_string(weir::errc)",
                       "weir::to_string(weir::task_state)", "weir::to_string(weir::node_state)",
                       "weir::prepare_for_gates(caf::actor_system_config&)", "weir::gate_link::hang_up()"):
            self.assertIn(wanted, shown)
        self.assertLess(len(shown), 70)

    def test_each_header_compiles_alone(self) -> None:
        (PLACE / "alone").mkdir()
        compilers = [("g++", "17"), ("g++", "20")]
        compilers += [("clang++-14", "17")] if shutil.which("clang++-14") else []
        for header in sorted((self.prefix / "include").rglob("*.hpp")):
            name = header.relative_to(self.prefix / "include")
            if "testing" in name.parts:
                continue  # GoogleTest's; the driver's package has it
            source = PLACE / "alone" / (str(name).replace("/", "_") + ".cpp")
            source.write_text(f"#include <{name}>\n", encoding="utf-8")
            # The seam is for authors of stores; CAF 0.17 itself is C++17.
            few = "driver" in name.parts or name.name == "caf.hpp"
            for compiler, standard in compilers[:1] if few else compilers:
                with self.subTest(header=str(name), compiler=compiler, standard=standard):
                    run(*(["ccache"] if shutil.which("ccache") else []), compiler, f"-std=c++{standard}", "-Wall",
                        "-Wextra", "-Werror", f"-I{self.prefix / 'include'}", "-c", str(source), "-o",
                        f"{source}.{compiler}.{standard}.o")

    def test_a_program_is_built_by_cmake_as_documented(self) -> None:
        documented(1)
        program = PLACE / "hello" / "hello-node"
        self.assertIn("libweir.so.0.1", libraries_of(program))
        self.assertEqual([each for each in libraries_of(program) if "caf" in each or "pq" in each], [])
        self.performs_a_task(program)

    def test_a_program_is_built_by_pkg_config_as_documented(self) -> None:
        documented(2)
        self.performs_a_task(PLACE / "hello-node", LD_LIBRARY_PATH=str(self.prefix / "lib"))

    def test_a_program_with_the_archive_needs_no_library_of_weir(self) -> None:
        program = built_by_cmake(HERE / "static", target="hello-node")
        self.assertEqual([each for each in libraries_of(program) if "weir" in each], [])
        self.performs_a_task(program)

    def test_programs_with_caf_and_libpqxx_are_built(self) -> None:
        program = built_by_cmake(ROOT / "examples" / "embed", target="embed")
        self.assertIn("libweir.so.0.1", libraries_of(program))
        program = built_by_cmake(ROOT / "examples" / "transaction", target="order")
        self.assertEqual([each for each in libraries_of(program) if "weir" in each], [], "it is headers only")

    def test_every_example_that_needs_weir_alone_is_built(self) -> None:
        for name, target in (("session", "session-node"), ("producer", "producer"), ("customers", "customers-node"),
                             ("moved", "moved-node"), ("moved", "moved-producer")):
            with self.subTest(example=name):
                program = built_by_cmake(ROOT / "examples" / name, target=target)
                self.assertIn("libweir.so.0.1", libraries_of(program))

    def test_a_node_asks_the_driver_that_its_program_brings(self) -> None:
        told = self.performs_a_task(built_by_cmake(ROOT / "examples" / "driver", target="logged-node"))
        for statement in ("read", "finish"):
            self.assertRegex(told, rf"(?m)^{statement} of [1-9]\d*: ok, [0-9.]+ ms$")

    def test_what_is_not_there_is_named(self) -> None:
        source = PLACE / "wrong"
        source.mkdir()
        for wanted, told in (("0.1 CONFIG REQUIRED COMPONENTS boost", "no component 'boost'"),
                             ("0.2 CONFIG REQUIRED", "version: 0.1.0")):
            (source / "CMakeLists.txt").write_text(f"cmake_minimum_required(VERSION 3.25)\nproject(wrong NONE)\n"
                                                   f"find_package(weir {wanted})\n", encoding="utf-8")
            said = run("cmake", "-S", str(source), "-B", str(source / "build"),
                       f"-DCMAKE_PREFIX_PATH={self.prefix}", code=1)
            self.assertIn(told, said)

    @unittest.skipUnless(shutil.which("dpkg-shlibdeps"), "dpkg-shlibdeps is not installed (Debian: dpkg-dev)")
    def test_packages_say_what_they_need_and_have_what_they_should(self) -> None:
        place = PLACE / "packages"
        run("env", "-C", str(BUILD), "cpack", "-G", "DEB", "-D", f"CPACK_OUTPUT_FILE_PREFIX={place}", "-D",
            "CPACK_DEBIAN_COMPRESSION_TYPE=gzip")
        found = {each.name.split("_")[0]: str(each) for each in place.glob("*.deb")}
        self.assertEqual(set(found), {"weir", "libweir0.1", "libweir-dev"})
        fields = {name: run("dpkg-deb", "--field", file) for name, file in found.items()}
        for name in ("weir", "libweir0.1"):
            self.assertRegex(fields[name], r"(?m)^Depends: .*\btzdata\b.*\blibpqxx-(6\.4|7\.10)\b")
        self.assertRegex(fields["libweir-dev"], r"(?m)^Depends: libweir0\.1 \(= 0\.1\.0\), nlohmann-json3-dev$")
        self.assertIn("libweir 0.1 libweir0.1 (>= 0.1.0)", run("dpkg-deb", "--info", found["libweir0.1"], "shlibs"))
        run("dpkg-deb", "--extract", found["weir"], str(place / "root"))
        root = place / "root" / "usr"
        self.assertEqual(run(str(root / "bin/weir"), "version"), run(str(self.prefix / "bin/weir"), "version"))
        for file in ("lib/systemd/system/weir@.service", "lib/systemd/system/weir-migrate.service",
                     "lib/sysusers.d/weir.conf", "share/man/man1/weir.1.gz", "share/bash-completion/completions/weir",
                     "share/doc/weir/copyright", "share/doc/weir/examples/weir.toml"):
            self.assertTrue((root / file).is_file(), file)
        for unit in (root / "lib/systemd/system").iterdir():
            self.assertRegex(unit.read_text(encoding="utf-8"), r"(?m)^ExecStart=/usr/bin/weir ")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--compiler", required=True)
    parser.add_argument("only", nargs="*")
    given = parser.parse_args()
    BUILD, COMPILER = given.build.resolve(), given.compiler
    PLACE = BUILD / "install_test"
    unittest.main(argv=[sys.argv[0], "-v", *(f"installed_test.{name}" for name in given.only)])
