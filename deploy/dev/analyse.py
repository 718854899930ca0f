"""Runs clang-tidy over files, and remembers those that passed: `analyse.py BUILD_DIR FILE...`.

Most of its time goes into the headers of libraries, once a file. So files that are compiled alike are looked at in one
translation unit, some at a time, as far as they can stand together; the rest one by one. Passed is what the
preprocessor, the compiler's flags and .clang-tidy say of a file (their hash is kept in BUILD_DIR/analysed), so that the
next run looks at changed files alone. Exit code 1: something was found.
"""
import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys

REPO = pathlib.Path(__file__).resolve().parents[2]
TIDY = "clang-tidy-14"
TOGETHER = 12  # files of one translation unit: headers count little then, and both cores still have work at the end


class Analysis:
    def __init__(self, build):
        self.build = build
        self.passed = build / "analysed"
        self.passed.mkdir(exist_ok=True)
        self.settings = (REPO / ".clang-tidy").read_bytes()
        entries = json.loads((build / "compile_commands.json").read_text())
        self.flags = {entry["file"]: flags_of(entry) for entry in entries}

    def mark(self, file):
        """Where it is noted that this file, as it is now, has passed."""
        flags = self.flags[file]
        text = subprocess.run([*flags, "-E", "-C", "-w", file], cwd=self.build, check=True,
                              stdout=subprocess.PIPE).stdout
        return self.passed / hashlib.sha256(self.settings + " ".join(flags).encode() + text).hexdigest()

    def look(self, files):
        """What clang-tidy says of files that are compiled alike."""
        if len(files) == 1:
            return self.tidy(files[0], self.flags[files[0]])
        unit = self.passed / f"together-{hashlib.sha256(' '.join(files).encode()).hexdigest()[:16]}.cpp"
        unit.write_text("".join(f'#include "{file}"  // NOLINT\n' for file in files))
        flags = self.flags[files[0]]
        try:
            apart = subprocess.run([*flags, "-fsyntax-only", "-w", str(unit)], cwd=self.build,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode != 0
            if not apart:
                return self.tidy(str(unit), flags)
        finally:
            unit.unlink()
        half = len(files) // 2
        return self.look(files[:half]) + self.look(files[half:])

    def tidy(self, unit, flags):
        run = subprocess.run([TIDY, "--quiet", unit, "--config-file", str(REPO / ".clang-tidy"), "--", *flags[1:]],
                             cwd=self.build, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return run.stdout if run.returncode != 0 else ""


def flags_of(entry):
    """The compiler and its flags, without the file and what is written."""
    words = shlex.split(entry["command"])
    words = words[next(at for at, word in enumerate(words) if word.endswith("clang++-14")):]
    out = words.index("-o")
    return [word for word in words[:out] + words[out + 2:] if word not in ("-c", entry["file"])]


def groups_of(files, flags):
    alike = {}
    for file in files:
        alike.setdefault(tuple(flags[file]), []).append(file)
    return [group[at:at + TOGETHER] for group in alike.values() for at in range(0, len(group), TOGETHER)]


def main(build, names):
    analysis = Analysis(build)
    files = [str(REPO / name) for name in names]
    unknown = [file for file in files if file not in analysis.flags]
    for file in unknown:
        print(f"{file}: the clang build does not compile it")
    bad = len(unknown)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        known = [file for file in files if file in analysis.flags]
        marks = dict(zip(known, pool.map(analysis.mark, known)))
        groups = groups_of([file for file in known if not marks[file].exists()], analysis.flags)
        print(f"    {sum(map(len, groups))} of {len(files)} files are new or changed", flush=True)
        for group, said in zip(groups, pool.map(analysis.look, groups)):
            print(said, end="", flush=True)
            bad += bool(said)
            for file in group:
                if not said:
                    marks[file].touch()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]))
