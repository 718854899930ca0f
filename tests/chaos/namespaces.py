#!/usr/bin/env python3
"""What the run has of this machine for itself: a network, and a view of the file systems. Nothing of either appears on
the machine, and both are gone with the run, however it ended.

usage: namespaces.py net|mount   tries what is needed of one, inside it; says why it cannot be had"""
from __future__ import annotations

import ctypes
import os
import subprocess
import sys
from pathlib import Path
from typing import Optional

INSIDE = "WEIR_CHAOS_INSIDE"  # set in the program that was started again: what of NAMESPACES it has
NAMESPACES = ("net", "mount")
BRIDGE = ("link set lo up", "link add bridge0 type bridge", "link add one type veth peer name other",
          "link set one master bridge0")
MS_REMOUNT, MNT_DETACH = 32, 2
SHARED_MEMORY = Path("/dev/shm")

libc = ctypes.CDLL(None, use_errno=True)


def check(code: int, what: str) -> None:
    if code != 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def mount_memory(place: Path, options: str, remount: bool = False) -> None:
    """By the system call: the program of that name wants root, where a user namespace is enough."""
    done = libc.mount(b"none", bytes(place), b"tmpfs", ctypes.c_ulong(MS_REMOUNT if remount else 0), options.encode())
    check(done, f"mount {place}")


def unmount(place: Path) -> None:
    check(libc.umount2(bytes(place), MNT_DETACH), f"umount {place}")


def unshare(*what: str) -> list[str]:
    """The command in front of one that shall have these for itself; without root a user namespace grants them."""
    others = [] if os.geteuid() == 0 else ["--map-current-user", "--keep-caps"]
    return ["unshare", *others, *(f"--{each}" for each in what)]


def not_here(what: str) -> Optional[str]:
    """Why this machine does not allow it; None if it does."""
    try:
        tried = subprocess.run([*unshare(what), sys.executable, "-B", __file__, what], capture_output=True, text=True,
                               timeout=20)
    except FileNotFoundError as missing:
        return str(missing)
    return None if tried.returncode == 0 else (tried.stderr.strip() or f"exit code {tried.returncode}")


def start_again_inside(what: list[str]) -> None:
    """Replaces this program by itself, with these of its own."""
    command = [*(unshare(*what) if what else []), sys.executable, "-B", *sys.argv]
    os.execvpe(command[0], command, {**os.environ, INSIDE: " ".join(what)})


def started_again() -> bool:
    return INSIDE in os.environ


def has(what: str) -> bool:
    return what in os.environ.get(INSIDE, "").split()


def own_shared_memory() -> None:
    """What programs leave there when they are killed goes with the run."""
    mount_memory(SHARED_MEMORY, "mode=1777")


def main() -> int:
    try:
        if sys.argv[1] == "mount":
            mount_memory(SHARED_MEMORY, "size=1m")
            mount_memory(SHARED_MEMORY, "size=64k", remount=True)
        else:
            subprocess.run(["ip", "-batch", "-"], input="\n".join(BRIDGE) + "\n", text=True, check=True)
    except (OSError, subprocess.CalledProcessError) as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
