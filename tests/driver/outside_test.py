#!/usr/bin/env python3
"""Installs what the author of a driver needs, builds the project in outside/ against it, and runs the suite on a driver
of its own: all sentences, and they can fail."""
import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def run(*command: str, code: int = 0, **more: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=250, env={**os.environ, **more})
    if (done.returncode == 0) != (code == 0):
        raise AssertionError(f"{' '.join(command)}: exit code {done.returncode}\n"
                             f"{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def sentences(program: str) -> set[str]:
    """Suite.Test of every test, but those that are the memory driver's own."""
    found, suite = set(), ""
    for line in run(program, "--gtest_list_tests").splitlines():
        if not line.startswith(" "):
            suite = line.strip()
        elif "faults" not in suite and not suite.startswith("Memory"):
            found.add(suite + line.strip())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for flag in ("--build", "--model", "--inside", "--compiler"):
        parser.add_argument(flag, required=True)
    wanted = parser.parse_args()
    place = Path(wanted.build) / "outside"
    shutil.rmtree(place, ignore_errors=True)
    prefix = place / "installed"
    run("cmake", "--install", wanted.build, "--component", "driver", "--prefix", str(prefix))
    cache = (Path(wanted.build) / "CMakeCache.txt").read_text(encoding="utf-8")
    kind = next(line.split("=", 1)[1] for line in cache.splitlines() if line.startswith("CMAKE_BUILD_TYPE:"))
    run("cmake", "-G", "Ninja", "-S", str(HERE / "outside"), "-B", str(place / "build"),
        f"-DCMAKE_PREFIX_PATH={prefix}", f"-DCMAKE_CXX_COMPILER={wanted.compiler}", f"-DCMAKE_BUILD_TYPE={kind}",
        f"-DMY_STORE_LIBRARY={wanted.model}", f"-DMY_STORE_INCLUDE={HERE.parents[1]}")
    run("cmake", "--build", str(place / "build"))
    program = str(place / "build" / "my-driver-test")
    inside, outside = sentences(wanted.inside), sentences(program)
    missing = inside - outside
    if missing or len(outside) < 100:
        raise AssertionError(f"the installed suite has {len(outside)} of {len(inside)} tests: {sorted(missing)[:5]}")
    run(program)
    print(f"{len(outside)} sentences hold for a driver outside of the repo")
    told = run(program, "--gtest_brief=1", code=1, MY_STORE_LOCKS_NOTHING="1")
    if "FAILED" not in told:
        raise AssertionError("a store that holds no fence passes the suite")
    shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
