"""Small disks for the servers, that can be full. A disk is filled by making it as small as what is on it: nothing has
to be written for that, and nothing of what is there is touched."""
from __future__ import annotations

import os
import pwd
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from private_postgres import private_postgres  # noqa: E402
from support import wait_for  # noqa: E402
from namespaces import mount_memory, unmount  # noqa: E402

ROOM = "4g"  # a bound, not a need: only what is on it takes memory


def give_disks(server: private_postgres) -> None:
    """To one that was not started yet: one for its tables, another for its write-ahead log."""
    user = pwd.getpwnam("postgres") if server.as_user else pwd.getpwuid(os.geteuid())
    server.wal = server.directory / "wal"
    for place in (server.data, server.wal):
        place.mkdir()
        mount_memory(place, f"size={ROOM},mode=0700,uid={user.pw_uid},gid={user.pw_gid}")
        server.closing.callback(unmount, place)


def used(place: Path) -> int:
    """Bytes, in whole pages."""
    found = os.statvfs(place)
    return (found.f_blocks - found.f_bfree) * found.f_frsize


def fill(place: Path) -> None:
    """From now on there is room for nothing more."""
    def shrunk() -> bool:
        try:
            mount_memory(place, f"size={used(place)}", remount=True)
        except OSError:  # more was written meanwhile
            return False
        return True
    wait_for(f"{place} to be full", shrunk, 10, 0.01)


def make_room(place: Path) -> None:
    mount_memory(place, f"size={ROOM}", remount=True)
