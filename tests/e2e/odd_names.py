#!/usr/bin/env python3
"""Hostile bytes in every name, at every door: each is stored exactly or refused with a clear error, and no process
ends by it."""
import argparse
import json
import subprocess
import sys
from typing import Optional

from support import arguments, check, equal, run_all, scenario

CONFIG = """
[action.noop]
type = "noop"
"""

# What stands in place of a name: its bytes.
NAMES: dict[str, bytes] = {
    "plain": b"customer_update",
    "wide": "Käse 東京 😀".encode(),
    "sql": b"'; drop table weir.task; --",
    "quotes": b"\"'`\\ $1 $$ %s %n {}",
    "path": b"../../../etc/passwd",
    "flag": b"=--url=x",
    "turned around": "a\u202eb".encode(),
    "64 characters": "ü".encode() * 64,
    "65 characters": b"n" * 65,
    "512 bytes": b"k" * 512,
    "513 bytes": b"k" * 513,
    "escape": b"a\x1b[2J\x07b",
    "lines": b"a\r\nb",
    "C1 control": "a\u009bb".encode(),
    "line separator": "a\u2028b".encode(),
    "NUL": b"a\0b",
    "no UTF-8": b"a\xffb",
    "surrogate": b"\xed\xa0\x80",
    "overlong": b"\xc0\xaf",
    "cut": b"\xe2\x82",
}


def readable(value: bytes) -> Optional[str]:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return None


def is_name(value: bytes) -> bool:
    text = readable(value)
    return text is not None and 1 <= len(text) <= 64 and not any(
        ord(c) < 0x20 or 0x7f <= ord(c) <= 0x9f or c in "\u2028\u2029" for c in text)


def is_key(value: bytes) -> bool:
    return readable(value) is not None and len(value) <= 512 and 0 not in value


def clear(said: bytes, what: str) -> None:
    """A refusal is text that a terminal can take, without anything of the insides."""
    text = readable(said)
    check(text is not None, f"{what}: the error is no UTF-8: {said!r}")
    check(text.strip(), f"{what}: no error is printed")
    check(not any(ord(c) < 0x20 and c != "\n" or ord(c) == 0x7f for c in text), f"{what}: control characters: {said!r}")
    check(len(text) < 4096, f"{what}: {len(text)} characters of error")
    for dump in ("terminate called", "what():", "Aborted", "AddressSanitizer", "internal:"):
        check(dump not in text, f"{what}: shows its insides: {text}")


def in_json(value: bytes) -> bytes:
    """A string of exactly these bytes, for JSON and TOML: control characters are escaped, what is no text is not."""
    text = readable(value)
    return json.dumps(text, ensure_ascii=False).encode() if text is not None else b'"' + value + b'"'


def start(s: scenario) -> int:
    """Starts the node; its pid."""
    file = s.cluster.write_config("n1", CONFIG)
    command = [str(s.cluster.weir_program), "run", "--config", str(file)]
    s.cluster.nodes["n1"].start(command, s.cluster.environment())
    s.wait_active({"n1"})
    return s.cluster.nodes["n1"].pid()


class doors:
    """The ways in, each answering whether the value was taken; a refusal has been looked at."""

    def __init__(self, s: scenario) -> None:
        self.s, self.wrong = s, []

    def weir(self, *words: bytes, given: bytes = b"", config: Optional[str] = None) -> subprocess.CompletedProcess:
        file = config or str(self.s.cluster.config("n1"))
        return subprocess.run([str(self.s.cluster.weir_program).encode(), b"--config", file.encode(), *words],
                              input=given, capture_output=True, timeout=30, check=False,
                              env=self.s.cluster.environment())

    def command(self, what: str, *words: bytes, codes: tuple[int, ...] = (2,)) -> bool:
        done = self.weir(*words)
        if done.returncode == 0:
            return True
        check(done.returncode in codes, f"{what}: exit code {done.returncode}: {done.stderr!r}")
        clear(done.stderr, what)
        return False

    def line(self, what: str, text: bytes) -> bool:
        """By message: a gateway is up."""
        done = self.weir(b"task", b"enqueue", b"-", b"-o", b"ndjson", given=text + b"\n")
        check(done.returncode in (0, 1), f"{what}: exit code {done.returncode}: {done.stderr!r}")
        answer = json.loads(done.stdout)
        if "id" in answer:
            return True
        clear(answer["error"]["message"].encode(errors="surrogatepass"), what)
        return False

    def sql(self, what: str, call: str, *values: bytes) -> bool:
        """Calls a function of the schema with bytes made text by the server."""
        given = ", ".join(f"convert_from('\\x{value.hex()}', 'UTF8')" for value in values)
        try:
            self.s.sql(f"select {self.s.schema}.{call.format(given)}")
        except RuntimeError as problem:
            clear(str(problem).encode(), what)
            check("stack" not in str(problem) and "XX0" not in str(problem), f"{what}: {problem}")
            return False
        return True

    def file(self, what: str, text: bytes) -> bool:
        file = self.s.directory / "odd.toml"
        file.write_bytes(self.s.cluster.config("n1").read_bytes() + text)
        done = self.weir(b"config", b"check", config=str(file))
        if done.returncode == 0:
            return True
        equal(done.returncode, 78, f"{what}: exit code\n{done.stderr!r}")
        check(b"odd.toml:" in done.stderr, f"{what}: no place in {done.stderr!r}")
        clear(done.stderr, what)
        return False

    def expect(self, what: str, taken: bool, wanted: Optional[bool]) -> None:
        """None: either way is right."""
        if wanted is not None and taken != wanted:
            self.wrong.append(f"{what}: {'taken' if taken else 'refused'}")


def stored(s: scenario, column: str) -> list[bytes]:
    return [bytes.fromhex(line) for line in
            s.sql(f"select encode(convert_to({column}, 'UTF8'), 'hex') from {s.schema}.task order by id").split()]


def fill(s: scenario, through: doors) -> dict[str, list[bytes]]:
    """Every value through every door; what each column of the tasks must then hold."""
    names: list[bytes] = []
    keys: list[bytes] = []
    creators: list[bytes] = []
    for called, value in NAMES.items():
        argument = b"\0" not in value  # a process has no NUL in its arguments
        name, key = is_name(value), is_key(value)
        # The server's own check lets line separators be: they are stored as they are.
        by_sql = None if "separator" in called else name

        def tried(door: str, taken: bool, wanted: Optional[bool], what: str, into: Optional[list[bytes]]) -> None:
            through.expect(f"{what} {called!r} by {door}", taken, wanted)
            if taken and into is not None:
                into.append(value)

        if argument:
            for what, words, wanted, into in (
                    ("name", (b"task", b"enqueue", b"--", value), name, names),
                    ("key", (b"task", b"enqueue", b"noop", b"--key=" + value), key, keys),
                    ("stream", (b"stream", b"create", b"--mode", b"single", b"--", value), name, None),
                    ("schedule", (b"schedule", b"add", b"--every", b"1d", b"--", value), name, None)):
                tried("command", through.command(f"{what} {called}", *words), wanted, what, into)
            taken = through.command(f"node {called}", b"node", b"drain", b"--", value, codes=(2, 3))
            tried("command", taken, False, "node", None)
        tried("line", through.line(f"name {called}", b'{"name":' + in_json(value) + b"}"), name, "name", names)
        tried("line", through.line(f"key {called}", b'{"name":"noop","key":' + in_json(value) + b"}"), key, "key", keys)
        tried("line", through.line(f"creator {called}", b'{"name":"noop","created_by":' + in_json(value) + b"}"), name,
              "created_by", creators)
        tried("line", through.line(f"stream {called}", b'{"name":"noop","stream":' + in_json(value) + b"}"),
              name and argument, "stream of a task", None)
        tried("sql", through.sql(f"name {called}", "enqueue({0})", value), by_sql, "name", names)
        tried("sql", through.sql(f"key {called}", "enqueue('noop', {0})", value), key, "key", keys)
        tried("sql", through.sql(f"creator {called}", "enqueue('noop', created_by => {0})", value),
              None if readable(value) else False, "created_by", creators)
        quoted = in_json(value)
        for what, text in (("stream", b"[stream.%s]\nmode = \"single\"\n" % quoted),
                           ("schedule", b"[schedule.%s]\ntask = \"noop\"\nevery = \"1d\"\n" % quoted),
                           ("task", b"[schedule.s]\ntask = %s\nevery = \"1d\"\n" % quoted)):
            tried("file", through.file(f"{what} {called}", text), name, what, None)
    return {"name": names, "key": keys, "created_by": creators}


def names(wanted: argparse.Namespace) -> None:
    """Every value through every door, while a node is up."""
    with scenario(wanted, "odd_names", nodes=1) as s:
        pid = start(s)
        through = doors(s)
        kept = fill(s, through)
        check(not through.wrong, "\n  ".join(["taken or refused wrongly:", *through.wrong]))
        for column, values in kept.items():
            found = [value for value in stored(s, column) if value in NAMES.values()]
            equal(sorted(found), sorted(values), f"column {column}")
        for what in (["task", "list"], ["stream", "list"], ["schedule", "list"], ["status"]):
            shown = s.cluster.weir(*what).stdout
            check(not any(ord(c) < 0x20 and c != "\n" for c in shown), f"{what} shows control characters: {shown!r}")
            s.cluster.weir_json(*what)
        s.wait_empty(60)
        equal(s.cluster.nodes["n1"].pid(), pid, "the node's pid: names must not end it")
        s.stop_cleanly()


def node_names(wanted: argparse.Namespace) -> None:
    """A node's own name, from its file and from its environment."""
    with scenario(wanted, "odd_nodes", nodes=1, migrated=False) as s:
        through = doors(s)
        empty = s.directory / "odd.toml"
        for called, value in NAMES.items():
            empty.write_bytes(b"[node]\nname = " + in_json(value) + b"\n")
            done = through.weir(b"config", b"check", config=str(empty))
            through.expect(f"node {called!r} by file", done.returncode == 0, is_name(value))
            if done.returncode != 0:
                clear(done.stderr, f"node {called}")
        check(not through.wrong, "\n  ".join(["taken or refused wrongly:", *through.wrong]))


def data(wanted: argparse.Namespace) -> None:
    """One byte too much, and JSON deeper than any stack: by command, line and SQL."""
    with scenario(wanted, "odd_data", nodes=1) as s:
        pid = start(s)
        through = doors(s)
        most = (1 << 20) - 2
        for called, text, good in (("1 MiB", '"' + "x" * most + '"', True),
                                   ("1 MiB + 1", '"' + "x" * (most + 1) + '"', False),
                                   ("64 levels", "[" * 64 + "]" * 64, True),
                                   ("65 levels", "[" * 65 + "]" * 65, False),
                                   ("a million levels", "[" * 1_000_000, False),
                                   ("a NUL", '"\\u0000"', False), ("half a pair", '"\\ud800"', False)):
            (s.directory / "data").write_text(text, encoding="utf-8")
            given = b"@" + str(s.directory / "data").encode()
            taken = through.command(called, b"task", b"enqueue", b"noop", b"--data", given)
            through.expect(f"{called} by command", taken, good)
            taken = through.line(called, b'{"name":"noop","data":' + text.encode() + b"}")
            through.expect(f"{called} by line", taken, good)
        for called, text, good in (("1 MiB + 1", f"to_jsonb(repeat('x', {most + 1}))", False),
                                   ("5000 levels", "(repeat('[', 5000) || repeat(']', 5000))::jsonb", None)):
            through.expect(f"{called} by SQL", through.sql(called, f"enqueue('noop', data => {text})"), good)
        check(not through.wrong, "\n  ".join(["taken or refused wrongly:", *through.wrong]))
        s.wait_empty(60)
        check("noop" in s.cluster.weir("task", "list", "-o", "json").stdout, "no tasks are listed")
        equal(s.cluster.nodes["n1"].pid(), pid, "the node's pid: data must not end it")
        s.check_every_task_ended_once(s.number("select count(*) from weir.task"))
        s.stop_cleanly()


SCENARIOS = {each.__name__: each for each in (names, node_names, data)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
