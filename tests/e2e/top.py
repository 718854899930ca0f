#!/usr/bin/env python3
"""`weir top` at a terminal: panes, keys, another size of the window; the terminal is as before however it ends."""
import argparse
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from typing import Any, Callable, Optional

from support import arguments, check, equal, run_all, scenario, wait_for

ENTER, LEAVE = "\x1b[?1049h", "\x1b[?1049l"
STYLE = re.compile(r"\x1b\[[0-9;]*m")
NODE = '[stream.mail]\nmode = "single"\n[action.mail]\ntype = "noop"\nstream = "mail"\n' \
       '[action.broken]\ntype = "exec"\ncommand = ["/bin/false"]\n'


class terminal:
    """A window of some size with a program in it."""

    def __init__(self, command: list[str], environment: dict[str, str], rows: int = 30, columns: int = 120) -> None:
        self.seen = ""
        self.master, self.slave = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(self.slave)
        self.child = subprocess.Popen(command, stdin=self.slave, stdout=self.slave, stderr=self.slave,
                                      env={**environment, "TERM": "xterm"}, start_new_session=True,
                                      preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))

    def __enter__(self) -> "terminal":
        return self

    def __exit__(self, *_: object) -> None:
        if self.child.poll() is None:
            self.child.kill()
            self.child.wait(10)
        os.close(self.master)
        os.close(self.slave)

    def resize(self, rows: int, columns: int) -> None:
        self.rows, self.columns = rows, columns
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read(self, seconds: float = 0.1) -> None:
        while select.select([self.master], [], [], seconds)[0]:
            self.seen += os.read(self.master, 65536).decode(errors="replace")
            seconds = 0

    def press(self, keys: str) -> None:
        os.write(self.master, keys.encode())

    def frame(self) -> list[str]:
        """The last whole one, line by line."""
        frames = re.findall(r"\x1b\[H(.*?)\x1b\[J", self.seen, re.DOTALL)
        if not frames:
            return []
        return [STYLE.sub("", line).replace("\x1b[K", "").rstrip("\r") for line in frames[-1].split("\n")]

    def until(self, what: str, true: Callable[[list[str]], Any], seconds: float = 15) -> list[str]:
        def look() -> Optional[list[str]]:
            self.read()
            found = self.frame()
            return found if found and true(found) else None
        try:
            return wait_for(what, look, seconds, 0)
        except TimeoutError as late:
            raise AssertionError(f"{late}; the last frame:\n" + "\n".join(self.frame())) from None

    def shows(self, text: str) -> list[str]:
        return self.until(f"a frame with {text!r}", lambda frame: any(text in line for line in frame))

    def ended(self, code: int = 0) -> None:
        equal(self.child.wait(10), code, "exit code")
        self.read()
        self.check_restored()

    def check_restored(self) -> None:
        check(self.seen.rfind(LEAVE) > self.seen.rfind(ENTER), "the first screen is back")
        check(self.seen.rfind("\x1b[?25h") > self.seen.rfind("\x1b[?25l"), "the cursor is back")
        equal(termios.tcgetattr(self.slave)[:4], self.before[:4], "modes of the terminal")


def top(s: scenario, **how: Any) -> terminal:
    return terminal([str(s.cluster.weir_program), "top", "--config", str(s.cluster.config("n1"))],
                    s.cluster.environment(), **how)


def panes(wanted: argparse.Namespace) -> None:
    with scenario(wanted, "panes", nodes=1) as s:
        file = s.cluster.write_config("n1", NODE)
        s.cluster.nodes["n1"].start([str(s.cluster.weir_program), "run", "--config", str(file)],
                                    s.cluster.environment())
        s.wait_active({"n1"})
        for i in range(60):
            s.sql(f"select {s.schema}.enqueue('mail', data => jsonb_build_object('n', {i}))")
        s.cluster.weir("task", "enqueue", "broken")
        with top(s) as t:
            t.shows("STREAM")
            check(any("mail" in line for line in t.frame()), "streams are listed")
            t.press("2")
            t.shows("BEAT")
            t.press("\x1b[C")
            t.until("tasks", lambda f: sum(" mail " in line for line in f) > 10)
            first = t.frame()
            t.press("\x1b[B\x1b[B\x1b[B")
            t.shows(" 4-")
            t.press("G")
            t.until("the last rows", lambda f: re.search(r"-(\d+) of \1$", f[-1].strip()))
            t.press("g")
            t.until("the first rows", lambda f: f[4] == first[4])
            t.press("4")
            t.until("errors", lambda f: any("RESULT" in line for line in f))
            t.until("the failing task", lambda f: any("broken" in line for line in f), 20)
            for rows, columns in ((10, 40), (50, 200), (3, 20), (24, 80)):
                t.resize(rows, columns)
                frame = t.until(f"a frame of {rows} rows", lambda f, r=rows, c=columns:
                                len(f) <= r and max(map(len, f)) < c and (r < 24 or len(f) == r))
                check(frame, "a frame")
            t.press("q")
            t.ended()


def ends(wanted: argparse.Namespace) -> None:
    """However it ends, the terminal is as before."""
    with scenario(wanted, "ends", nodes=1) as s:
        for key in ("q", "\x1b", "\x03", "\x04", "\x1c"):
            with top(s) as t:
                t.shows("no node is running")
                check(termios.tcgetattr(t.slave)[3] != t.before[3], "keys come one by one")
                t.press(key)
                t.ended()
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
            with top(s) as t:
                t.shows("no node is running")
                t.child.send_signal(number)
                t.ended()
        s.sql(f"drop schema {s.schema} cascade")
        with top(s) as t:
            equal(t.child.wait(10), 78, "exit code without a schema")
            t.read()
            check("weir db migrate" in t.seen, t.seen)
            equal(termios.tcgetattr(t.slave)[:4], t.before[:4], "modes of the terminal")


def stopped(wanted: argparse.Namespace) -> None:
    """Ctrl-Z gives the terminal to the shell, `fg` takes it back."""
    with scenario(wanted, "stopped", nodes=1) as s:
        command = f"{s.cluster.weir_program} top --config {s.cluster.config('n1')}"
        with terminal(["bash", "--norc", "--noprofile", "-i"], {**s.cluster.environment(), "PS1": "$ "}) as t:
            t.press(command + "\n")
            t.shows("no node is running")
            t.press("\x1a")
            wait_for("the shell's word", lambda: (t.read(), "Stopped" in t.seen)[1], 10)
            check(t.seen.rfind(LEAVE) > t.seen.rfind(ENTER), "the first screen is back")
            t.press("stty -a\n")
            wait_for("modes", lambda: (t.read(), " echoe" in t.seen)[1], 10)
            check(re.search(r"(?<!-)\bicanon\b", t.seen) and not re.search(r"-icanon", t.seen), "lines are lines again")
            t.seen = ""
            t.press("fg\n")
            wait_for("the second screen", lambda: (t.read(), ENTER in t.seen)[1], 10)
            t.shows("no node is running")
            t.press("q")
            wait_for("the end", lambda: (t.read(), LEAVE in t.seen)[1], 10)
            t.press("exit\n")
            equal(t.child.wait(10), 0, "exit code of the shell, which is that of weir top")


def elsewhere(wanted: argparse.Namespace) -> None:
    """Without a terminal it says what to do instead."""
    with scenario(wanted, "elsewhere", nodes=1) as s:
        done = s.cluster.weir("top", code=2)
        check("status --watch" in done.stderr and not done.stdout, done.stderr)


def no_database(wanted: argparse.Namespace) -> None:
    with scenario(wanted, "no_database", nodes=1, migrated=False) as s:
        environment = {**s.cluster.environment(), "WEIR_DATABASE__URL": "postgres://nobody@127.0.0.1:1/none"}
        with terminal([str(s.cluster.weir_program), "top"], environment) as t:
            t.shows("database away")
            time_of_first = t.frame()[0]
            t.until("a later frame", lambda f: f[0] != time_of_first)
            t.press("q")
            t.ended()


SCENARIOS = {each.__name__: each for each in (panes, ends, stopped, elsewhere, no_database)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
