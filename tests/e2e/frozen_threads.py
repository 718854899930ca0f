"""Stops single threads of a running program, as no signal can: by ptrace(2), which a debugger uses."""
import ctypes
import os
from pathlib import Path
from typing import Callable

SEIZE, INTERRUPT, DETACH = 0x4206, 0x4207, 17
WALL = 0x40000000  # waitpid: threads, too

_ptrace = ctypes.CDLL(None, use_errno=True).ptrace
_ptrace.argtypes = (ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p)
_ptrace.restype = ctypes.c_long


def _call(what: int, thread: int) -> None:
    if _ptrace(what, thread, None, None) != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"ptrace of thread {thread}: {os.strerror(number)}")


def threads_of(pid: int, wanted: Callable[[str], bool]) -> list[int]:
    """Those whose name (`comm`) is wanted."""
    found = []
    for task in sorted(Path(f"/proc/{pid}/task").iterdir(), key=lambda path: int(path.name)):
        if wanted((task / "comm").read_text(encoding="utf-8").strip()):
            found.append(int(task.name))
    return found


class frozen:
    """`with frozen(threads):` they stand still meanwhile, and go on where they were. For one thread of the caller."""

    def __init__(self, threads: list[int]) -> None:
        self.threads = threads
        self.held: list[int] = []

    def __enter__(self) -> "frozen":
        for each in self.threads:
            _call(SEIZE, each)
            _call(INTERRUPT, each)
            os.waitpid(each, WALL)
            self.held.append(each)
        return self

    def __exit__(self, *_: object) -> None:
        for each in self.held:
            _call(DETACH, each)
