#!/usr/bin/env python3
"""Explores the models beside it with spin, every state: as they stand they hold, and each of their mutants, which they
list in their first comment, fails. With --three-nodes: the ownership of three nodes, some minutes and 4 GB."""
import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
# A model that grows beyond these is no longer looked at whole, and fails.
MEMORY_MB, DEPTH = 6000, 20_000_000
MUTANT = re.compile(r"^     ([A-Z_]{4,})  +(\(with ([A-Z]+)\))?", re.MULTILINE)


def mutants(model: Path) -> list[list[str]]:
    """The flags of each: its name, and what it needs beside."""
    comment = model.read_text(encoding="utf-8").split("*/")[0]
    return [[m[1], *([m[3]] if m[3] else [])] for m in MUTANT.finditer(comment)]


def errors_of(model: Path, flags: list[str]) -> tuple[int, int]:
    """Errors found, and states looked at; raises unless every state was looked at or an error was found."""
    with tempfile.TemporaryDirectory() as folder:
        def run(*command: str) -> str:
            done = subprocess.run(command, cwd=folder, text=True, capture_output=True, check=False, timeout=1500)
            if done.returncode != 0:
                raise RuntimeError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
            return done.stdout
        run("spin", "-a", *(f"-D{flag}" for flag in flags), str(model))
        run("gcc", "-w", "-O2", "-DSAFETY", "-DCOLLAPSE", f"-DMEMLIM={MEMORY_MB}", "-o", "pan", "pan.c")
        said = run("./pan", "-w24", f"-m{DEPTH}")
    if any(word in said for word in ("MEMLIM", "exhausted", "too small", "interrupted")):
        raise RuntimeError(f"{model.name} {flags}: not every state was looked at:\n{said}")
    found, states = re.search(r"errors: (\d+)", said), re.search(r"([\d.e+]+) states, stored", said)
    if not found or not states:
        raise RuntimeError(f"{model.name} {flags}: what spin said is not understood:\n{said}")
    return int(found[1]), int(float(states[1]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", action="append", help="only these (ownership, term, tasks)")
    parser.add_argument("--three-nodes", action="store_true", help="nothing else")
    wanted = parser.parse_args()
    if not shutil.which("spin"):
        print("spin is not installed")
        return 1
    wrong = []
    if wanted.three_nodes:
        begin = time.monotonic()
        errors, states = errors_of(HERE / "ownership.pml", ["N=3", "ONE_OBSERVER"])
        print(f"three nodes: {'fails' if errors else 'holds'}, {states:,} states  {time.monotonic() - begin:.0f} s")
        return 1 if errors else 0
    for model in sorted(HERE.glob("*.pml")):
        if wanted.model and model.stem not in wanted.model:
            continue
        known = mutants(model)
        if len(known) < 3:
            wrong.append(f"{model.name} lists {len(known)} mutants: is its comment read?")
        plain = [[], ["DRIFT"]] if "ifdef DRIFT" in model.read_text(encoding="utf-8") else [[]]
        for flags in [*plain, *known]:
            begin = time.monotonic()
            errors, states = errors_of(model, flags)
            mutant = flags in known
            good = (errors > 0) == mutant
            say = "fails, as it must" if errors else "holds"
            took = time.monotonic() - begin
            print(f"{model.stem:10} {' '.join(flags):22} {say:18} {states:>10,} states  {took:5.1f} s"
                  + ("" if good else "   WRONG"), flush=True)
            if not good:
                wrong.append(f"{model.name} {' '.join(flags)}: {errors} errors")
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
