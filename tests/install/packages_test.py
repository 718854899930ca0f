#!/usr/bin/env python3
"""What `./dev package` made, in a new Debian 12: installed by apt, used, and removed without a trace."""
from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = Path()
LEFT_BY_APT = ("var/lib/dpkg", "var/lib/apt", "var/log", "var/cache", "proc", "sys", "packages", "tmp")


def run(*command: str, code: int = 0, seconds: float = 900) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=seconds, cwd="/")
    if done.returncode != code:
        raise AssertionError(f"{' '.join(command)}: exit code {done.returncode}\n"
                             f"{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout + done.stderr


@unittest.skipUnless(os.geteuid() == 0, "a new Debian is made by root")
class packages_test(unittest.TestCase):
    debian: Path

    @classmethod
    def setUpClass(cls) -> None:
        found = sorted(PACKAGES.glob("*.deb"))
        if len(found) != 3:
            raise AssertionError(f"{PACKAGES} has {len(found)} packages, not 3: make them by ./dev package")
        cls.debian = Path(tempfile.mkdtemp(prefix="weir-debian-", dir="/var/tmp"))
        try:
            run("debootstrap", "--variant=minbase", "bookworm", str(cls.debian))
            (cls.debian / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")  # nothing is started
            (cls.debian / "usr/sbin/policy-rc.d").chmod(0o755)
            (cls.debian / "packages").mkdir()
            for each in found:
                shutil.copy(each, cls.debian / "packages")
            shutil.copy(ROOT / "examples/hello/hello.cpp", cls.debian / "packages")
            cls.apt("update")
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def tearDownClass(cls) -> None:
        shutil.rmtree(cls.debian, ignore_errors=True)

    @classmethod
    def inside(cls, *command: str, code: int = 0) -> str:
        return run("chroot", str(cls.debian), "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
                   "DEBIAN_FRONTEND=noninteractive", *command, code=code)

    @classmethod
    def apt(cls, *arguments: str) -> str:
        return cls.inside("apt-get", "-y", "--no-install-recommends", *arguments)

    def tearDown(self) -> None:
        self.inside("dpkg", "--purge", "weir", "libweir-dev", "libweir0.1")

    def named_weir(self) -> list[str]:
        out = run("find", str(self.debian), "-xdev", "-mindepth", "1", "-name", "*weir*").splitlines()
        found = [str(Path(line).relative_to(self.debian)) for line in out]
        return [each for each in found if not each.startswith(LEFT_BY_APT)]

    def test_the_command_comes_and_goes(self) -> None:
        self.assertEqual(self.named_weir(), [])
        self.apt("install", "systemd-standalone-sysusers")
        self.apt("install", f"/packages/{next(PACKAGES.glob('weir_*.deb')).name}")
        version = re.search(r"weir_([^_]+)_", next(PACKAGES.glob("weir_*.deb")).name)[1]
        self.assertIn(version, self.inside("weir", "version"))
        self.assertIn("weir:", self.inside("getent", "passwd", "weir"))
        self.assertFalse(b"WEIR_CRASH_AT" in (self.debian / "usr/bin/weir").read_bytes(), "it is made without tests")
        # Everything that it is linked to is there, the time zones included.
        (self.debian / "weir.toml").write_text('[schedule.x]\ntask = "x"\ncron = "0 2 * * *"\n'
                                               'zone = "Pacific/Auckland"\n')
        self.inside("weir", "config", "check", "--config", "/weir.toml")
        (self.debian / "weir.toml").unlink()
        unit = (self.debian / "usr/lib/systemd/system/weir@.service").read_text()
        self.assertIn("ExecStart=/usr/bin/weir run", unit)
        for program in re.findall(r"(?m)^Exec\w+=/(\S+)", unit):
            self.assertTrue((self.debian / program).exists(), f"the unit calls /{program}, which nothing brings")
        self.apt("purge", "weir")
        self.assertEqual(self.named_weir(), [])

    def test_a_program_is_built_and_runs_with_the_library(self) -> None:
        self.apt("install", "g++", "pkg-config", *(f"/packages/{each.name}" for each in PACKAGES.glob("lib*.deb")))
        self.inside("sh", "-ec", "cd /packages; g++ -std=c++17 -o hello hello.cpp $(pkg-config --cflags --libs weir)")
        self.assertIn("does not exist", self.inside("/packages/hello", "--config", "/nowhere.toml", code=78))
        self.apt("purge", "libweir-dev", "libweir0.1")
        self.assertEqual(self.named_weir(), [])
        self.assertIn("libweir.so.0.1", self.inside("/packages/hello", code=127))

    @unittest.skipUnless(shutil.which("lintian"), "lintian is not installed (Debian: lintian)")
    def test_lintian_finds_no_errors(self) -> None:
        told = subprocess.run(["lintian", "--allow-root", *map(str, sorted(PACKAGES.glob("*.deb")))], timeout=900,
                              capture_output=True, text=True)
        self.assertEqual([line for line in told.stdout.splitlines() if line.startswith("E:")], [], told.stderr)
        print(told.stdout)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=Path, required=True)
    parser.add_argument("only", nargs="*")
    given = parser.parse_args()
    PACKAGES = given.packages.resolve()
    unittest.main(argv=[sys.argv[0], "-v", *(f"packages_test.{name}" for name in given.only)])
