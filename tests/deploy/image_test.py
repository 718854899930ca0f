"""The image has exactly the libraries that the program is linked to, runs as nobody special, and is pinned."""
from __future__ import annotations

import platform
import re
import subprocess
import unittest
from pathlib import Path

import deployed
from deployed import DEPLOY, REPO

FILE = DEPLOY / "docker" / "Dockerfile"
BESIDES = {"ca-certificates", "tini", "tzdata"}  # no libraries
IN_EVERY_DEBIAN = ["libc6", "libgcc-s1", "libstdc++6"]


def bookworm() -> bool:
    release = Path("/etc/os-release")
    return release.exists() and "bookworm" in release.read_text() and platform.machine() == "x86_64"


def stages() -> dict[str, str]:
    parts = re.split(r"^FROM \S+ AS (\w+)$", FILE.read_text(encoding="utf-8"), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2]))


def installed_in_image() -> set[str]:
    listed = re.search(r"--no-install-recommends \\\n(.*?)\s+&& rm", stages()["runtime"], re.S)
    return set(listed[1].replace("\\", " ").split())


class image_test(unittest.TestCase):
    @unittest.skipUnless(bookworm(), "this is not Debian 12: its libraries are not the image's")
    def test_it_has_the_libraries_that_the_program_is_linked_to_and_no_other(self) -> None:
        told = subprocess.run(["objdump", "-p", str(deployed.WEIR)], capture_output=True, text=True, check=True).stdout
        wanted = set(re.findall(r"NEEDED +(lib\S+)", told))
        self.assertIn("libpqxx-6.4.so", wanted)
        found = set()
        for package in sorted(installed_in_image() - BESIDES) + IN_EVERY_DEBIAN:
            listed = subprocess.run(["dpkg-query", "-L", package], capture_output=True, text=True, check=True).stdout
            brought = wanted & {line.rsplit("/", 1)[-1] for line in listed.splitlines()}
            self.assertTrue(brought, f"nothing of {package} is needed")
            found |= brought
        self.assertEqual(wanted - found, set(), "libraries that the image lacks")

    def test_it_is_built_from_the_one_list_of_packages_by_a_preset_that_exists(self) -> None:
        self.assertIn("deploy/dev/packages.txt", stages()["build"])
        preset = re.search(r"cmake --preset (\w+)", stages()["build"])[1]
        self.assertIn(f'"name": "{preset}"', (REPO / "CMakePresets.json").read_text(encoding="utf-8"))
        self.assertIn(f"--from=build /src/build/{preset}/weir ", stages()["runtime"])

    def test_what_it_is_made_from_is_pinned(self) -> None:
        for file in (FILE, DEPLOY / "compose" / "pgbouncer.Dockerfile"):
            text = file.read_text(encoding="utf-8")
            images = re.findall(r"^ARG DEBIAN=(\S+)$", text, re.M) + re.findall(r"^FROM ([^$\s]\S*)$", text, re.M)
            self.assertEqual(len(images), 1, file.name)
            deployed.check_pinned(self, images[0])
        self.assertIn(f"-t weir:{deployed.version()} .", FILE.read_text(encoding="utf-8"))

    def test_it_runs_as_a_numbered_user_under_a_process_one_that_reaps(self) -> None:
        runtime = stages()["runtime"]
        self.assertRegex(runtime, r"(?m)^USER [1-9]\d*:[1-9]\d*$")
        self.assertIn('ENTRYPOINT ["/usr/bin/tini", "--", "weir"]', runtime)
        self.assertRegex(runtime, r"WEIR_NODE__STATE_DIR=/var/lib/weir\b")

    def test_nothing_of_this_checkout_but_sources_is_sent_to_the_builder(self) -> None:
        left_out = (DEPLOY / "docker" / "Dockerfile.dockerignore").read_text(encoding="utf-8").split("\n")
        for wanted in (".git", ".local", "build", "deploy/compose/secrets"):
            self.assertIn(wanted, left_out)


if __name__ == "__main__":
    deployed.main()
