#!/usr/bin/env python3
"""weir in a new Debian 13: this folder's sources, built and tested there by its own `./dev test`."""
from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".local/debian13-ccache"
# The floors and the command: not whole clusters, nor what is the same everywhere (style, documents, models).
LABELS = ["unit", "config", "cluster", "sql", "driver", "links", "http", "app", "actor", "runner"]

# The mounts are of a namespace of their own, and every process below is of one, too: nothing outlives the command.
# `container` keeps packages from settings of the kernel, which is the machine's.
ENTERING = r"""
mount -t proc proc "$0/proc"
mount --rbind /dev "$0/dev"
mount --bind "$1" "$0/ccache"
shift
exec chroot "$0" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/ container=chroot \
  CCACHE_DIR=/ccache "$@"
"""


def inside(debian: Path, *command: str) -> int:
    apart = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", ENTERING]
    return subprocess.run([*apart, str(debian), str(CACHE), *command], cwd="/", check=False).returncode


def copy_sources(to: Path) -> None:
    """The files that the repository has or would have."""
    listed = subprocess.run(["git", "-c", f"safe.directory={ROOT}", "ls-files", "-coz", "--exclude-standard"],
                            cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, to / name)


@unittest.skipUnless(os.geteuid() == 0, "a new Debian is made by root")
class debian13_test(unittest.TestCase):
    def setUp(self) -> None:
        self.debian = Path(tempfile.mkdtemp(prefix="weir-debian-", dir="/var/tmp"))
        self.addCleanup(shutil.rmtree, self.debian)
        self.debian.chmod(0o755)  # for the user postgres
        subprocess.run(["debootstrap", "--variant=minbase", "trixie", str(self.debian)], check=True)
        (self.debian / "usr/sbin/policy-rc.d").write_text("#!/bin/sh\nexit 101\n")  # nothing is started
        (self.debian / "usr/sbin/policy-rc.d").chmod(0o755)
        (self.debian / "ccache").mkdir()
        CACHE.mkdir(parents=True, exist_ok=True)
        copy_sources(self.debian / "weir")

    def test_it_is_built_and_its_tests_pass(self) -> None:
        self.assertEqual(inside(self.debian, "/weir/dev", "test", *LABELS), 0)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("labels", nargs="*", help=f"instead of {' '.join(LABELS)}")
    LABELS = parser.parse_args().labels or LABELS
    unittest.main(argv=[sys.argv[0], "-v"])
