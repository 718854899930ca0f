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
        # clang-tidy looks for its settings from the file upwards: so units lie among copies of them.
        self.settings = {path.parent.relative_to(REPO): path.read_bytes()
                         for path in [REPO / ".clang-tidy", *REPO.glob("*/.clang-tidy")]}
        for folder, text in self.settings.items():
            (self.passed / folder).mkdir(exist_ok=True)
            (self.passed / folder / ".clang-tidy").write_bytes(text)
        entries = json.loads((build / "compile_commands.json").read_text())
        self.flags = {entry["file"]: flags_of(entry) for entry in entries}

    def mark(self, file):
        """Where it is noted that this file, as it is now, has passed."""
        flags = self.flags[file]
        text = subprocess.run([*flags, "-E", "-C", "-w", file], cwd=self.build, check=True,
                              stdout=subprocess.PIPE).stdout
        settings = b"".join(self.settings.values())
        return self.passed / hashlib.sha256(settings + " ".join(flags).encode() + text).hexdigest()

    def folder(self, file):
        """Whose settings hold for it."""
        top = pathlib.Path(file).relative_to(REPO).parts[0]
        return pathlib.Path(top) if pathlib.Path(top) in self.settings else pathlib.Path()

    def groups(self, files):
        alike = {}
        for file in files:
            alike.setdefault((self.folder(file), *self.flags[file]), []).append(file)
        return [group[at:at + TOGETHER] for group in alike.values() for at in range(0, len(group), TOGETHER)]

    def look(self, files):
        """What clang-tidy says of files that are compiled alike."""
        if len(files) == 1:
            return self.tidy(files[0], self.flags[files[0]])
        name = hashlib.sha256(" ".join(files).encode()).hexdigest()[:16]
        unit = self.passed / self.folder(files[0]) / f"together-{name}.cpp"
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
        # (-w: the build has the compiler's own warnings, and here one file may shadow what another names)
        run = subprocess.run([TIDY, "--quiet", unit, "--", *flags[1:], "-w"],
                             cwd=self.build, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return run.stdout if run.returncode != 0 else ""


def flags_of(entry):
    """The compiler and its flags, without the file and what is written."""
    words = shlex.split(entry["command"])
    words = words[next(at for at, word in enumerate(words) if word.endswith("clang++-14")):]
    out = words.index("-o")
    return [word for word in words[:out] + words[out + 2:] if word not in ("-c", entry["file"])]


def main(build, names):
    analysis = Analysis(build)
    files = [str(REPO / name) for name in names]
    known = [file for file in files if file in analysis.flags]
    if len(known) < len(files):
        print(f"    {len(files) - len(known)} files belong to no target of this build")
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        marks = dict(zip(known, pool.map(analysis.mark, known)))
        groups = analysis.groups([file for file in known if not marks[file].exists()])
        print(f"    {sum(map(len, groups))} of {len(known)} files are new or changed", flush=True)
        for group, said in zip(groups, pool.map(analysis.look, groups)):
            print(said, end="", flush=True)
            bad += bool(said)
            for file in group:
                if not said:
                    marks[file].touch()
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve(), sys.argv[2:]))
