"""Wall clocks that can be set while a program runs: libfaketime in front of it reads how far ahead its clock is from a
file. The machine's own clock stays as it is, and so do its monotonic and boot-time clocks and their timers, as when
somebody sets a real clock."""
from __future__ import annotations

import glob
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Optional

LIBRARIES = "/usr/lib/*/faketime/libfaketimeMT.so.1"


def library() -> str:
    found = glob.glob(LIBRARIES)
    if not found:
        raise RuntimeError("libfaketime is not installed (Debian: libfaketime)")
    return found[0]


class wall_clock:
    """The clock of whatever is started with `before` in front of it, and of what that starts."""

    def __init__(self, file: Path) -> None:
        self.file, self.ahead = file, 0
        self.set(0)

    def set(self, ahead: int) -> None:
        """Seconds ahead of the machine's clock, from now on."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{ahead:+d}\n", encoding="utf-8")
        os.replace(new, self.file)  # nobody reads a half of it
        self.ahead = ahead

    def before(self) -> list[str]:
        return ["env", f"LD_PRELOAD={library()}", f"FAKETIME_TIMESTAMP_FILE={self.file}",
                "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "NO_FAKE_STAT=1"]


def not_here(program: Path) -> Optional[str]:
    """Why the clock of a node of this program cannot be set; None if it can."""
    with tempfile.TemporaryDirectory() as directory:
        try:
            command = wall_clock(Path(directory) / "clock").before()
        except RuntimeError as missing:
            return str(missing)
        tried = subprocess.run([*command, str(program), "version"], capture_output=True, text=True, timeout=20)
    return None if tried.returncode == 0 else f"{program.name} does not run with libfaketime"


def on_the_real_clock(at: Optional[float], begin: float, step: int) -> Optional[float]:
    """What a clock that was set by whole steps showed, by the machine's clock: no moment of a run is a step after its
    begin."""
    return None if at is None else begin + (at - begin) % step
