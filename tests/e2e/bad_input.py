#!/usr/bin/env python3
"""Bad input at every door: each gets a clear error with the fix and the right exit code, and the good
tasks beside it are kept."""
import argparse
import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

from support import arguments, check, equal, run_all, scenario


def complains(done: subprocess.CompletedProcess, code: int, *words: str) -> None:
    """It ended with `code` and its stderr has all `words`; nothing that looks like a dump of insides."""
    what = " ".join(done.args[1:])
    equal(done.returncode, code, f"exit code of {what!r}\n{done.stderr[-800:]}")
    for word in words:
        check(word.lower() in done.stderr.lower(), f"{what!r} does not say {word!r}:\n{done.stderr}")
    for dump in ("terminate called", "what():", "Aborted", "pqxx", "AddressSanitizer"):
        check(dump not in done.stderr, f"{what!r} shows its insides:\n{done.stderr}")


BAD_CONFIG = """[database]
url = "postgres://nobody@127.0.0.1:1/none"
colour = "blue"
[cluster]
ttl = 6
beat = "10s"
[node]
name = ""
weight = -1
[stream.a]
mode = "singel"
partitons = 3
[action.b]
type = "exec"
[streem.c]
mode = "single"
"""


def configuration(wanted: argparse.Namespace) -> None:
    """All mistakes at once, each with file:line:column; the command and the daemon agree."""
    with scenario(wanted, "configuration", migrated=False, nodes=1) as s:
        file = s.directory / "bad.toml"
        file.write_text(BAD_CONFIG, encoding="utf-8")
        for command in (["config", "check"], ["run"], ["status"]):
            done = s.direct(*command, "--config", str(file))
            complains(done, 78, "colour", "ttl", "name", "weight", "mode", "did you mean", "partitions",
                      "command", "streem")
            lines = {int(n) for n in re.findall(r"bad\.toml:(\d+):\d+: error: ", done.stderr)}
            missing = {3, 5, 8, 9, 11, 12, 13, 15} - lines
            check(not missing, f"no mistake told for lines {sorted(missing)}:\n{done.stderr}")
        file.write_text("[node\nname = 1\n", encoding="utf-8")
        complains(s.direct("config", "check", "--config", str(file)), 78, "bad.toml:1:")
        complains(s.direct("status", "--config", str(s.directory / "none.toml")), 78, "none.toml")
        good = s.direct("config", "check", "--config", str(s.cluster.config("n1")))
        equal(good.returncode, 0, f"config check of a good file\n{good.stderr}")
        file.write_text("", encoding="utf-8")
        unknown = s.direct("config", "check", "--config", str(file), WEIR_NODE__WIEGHT="3")
        complains(unknown, 78, "WEIR_NODE__WIEGHT")


def schema(wanted: argparse.Namespace) -> None:
    """No schema, or one of another version: 78 and the command that helps; nothing is migrated unasked."""
    with scenario(wanted, "schema", migrated=False, nodes=1) as s:
        for command in (["status"], ["run"], ["task", "enqueue", "x"], ["stream", "list"]):
            complains(s.cluster.weir(*command, code=None), 78, "weir db migrate")
        equal(s.sql(f"select count(*) from pg_namespace where nspname = '{s.schema}'"), "0", "schemas made")
        s.cluster.weir("db", "status", code=None)
        s.cluster.weir("db", "migrate")
        s.cluster.weir("db", "migrate")
        s.cluster.weir("status")
        s.sql(f"insert into {s.schema}.migration(version, name, checksum) values (9999, 'later', repeat('0', 64))")
        s.cluster.weir("status")
        s.sql(f"update {s.schema}.cluster set oldest_program = 9999")
        complains(s.cluster.weir("status", code=None), 78, "newer than this program")
        complains(s.cluster.weir("run", code=None), 78)


def older_schema(wanted: argparse.Namespace) -> None:
    """A schema that an older weir made: refused with 78 until `weir db migrate` has been run."""
    with scenario(wanted, "older_schema", migrated=False, nodes=1) as s:
        files = sorted((Path(__file__).resolve().parents[2] / "sql" / "migrations").glob("*.sql"))
        for version, file in enumerate(files[:-1], 1):
            s.sql(in_schema(file.read_text(encoding="utf-8"), s.schema))
            digest = hashlib.sha256(file.read_bytes()).hexdigest()
            s.sql(f"insert into {s.schema}.migration(version, name, checksum) "
                  f"values ({version}, '{file.stem}', '{digest}')")
        for command in (["run"], ["run", "--once"], ["status"], ["task", "enqueue", "x"],
                        ["task", "explain", "1"], ["stream", "list"], ["node", "list"], ["leader", "resign"]):
            complains(s.cluster.weir(*command, code=None), 78, "weir db migrate", f"version {len(files) - 1}")
        complains(s.cluster.weir("run", "--supervise", code=None), 78, "weir db migrate")
        shown = s.cluster.weir_json("db", "status", code=78)
        equal((shown["current"], shown["pending"]), (len(files) - 1, [files[-1].stem]), "db status")
        s.cluster.weir("db", "migrate")
        s.cluster.weir("status")


def in_schema(sql: str, schema: str) -> str:
    """The text of a migration for another schema than `weir`, as the migrator replaces it."""
    named = (r"(?<![\w$\"])weir(?=\.[\w%])", r"(?<=schema )weir\b", r"(?<=if not exists )weir\b",
             r"(?<=search_path = )weir\b")
    return re.sub("|".join(named), f'"{schema}"', sql)


def database(wanted: argparse.Namespace) -> None:
    """A database that is away, wrong or read-only: 4, with the address and without the password."""
    with scenario(wanted, "database", nodes=1) as s:
        away = "postgres://someone:s3cret@127.0.0.1:1/weir"
        for command in (["status"], ["run"], ["task", "enqueue", "x"], ["db", "migrate"]):
            done = s.cluster.weir(*command, "--url", away, code=None)
            complains(done, 4, "127.0.0.1")
            check("s3cret" not in done.stderr + done.stdout, f"{command} prints the password")
        base, _, _ = s.url.rpartition("/")
        done = s.cluster.weir("status", "--url", f"{base}/no_such_database", code=None)
        complains(done, 4, "no_such_database")
        sign = "&" if "?" in s.url else "?"
        frozen = f"{s.url}{sign}options=-c%20default_transaction_read_only%3Don"
        complains(s.cluster.weir("task", "enqueue", "x", "--url", frozen, code=None), 4)
        equal(s.number("select count(*) from weir.task"), 0, "tasks")


def no_database(wanted: argparse.Namespace) -> None:
    """Whoever configured none is told where to say it, and not only what libpq tried."""
    with scenario(wanted, "no_database", migrated=False, nodes=1) as s:
        file = s.directory / "empty.toml"
        file.write_text("", encoding="utf-8")
        told = s.direct("status", "--config", str(file), PGHOST="127.0.0.1", PGPORT="1")
        complains(told, 4, "127.0.0.1", "DATABASE_URL", "[database]")


def tasks(wanted: argparse.Namespace) -> None:
    """Tasks over a bound or not JSON: refused one by one, the good lines between them are accepted."""
    with scenario(wanted, "tasks", nodes=1) as s:
        deep = '{"name":"x","data":' + '{"a":' * 70 + "1" + "}" * 70 + "}"
        lines = [
            ('{"name":"good","data":{"n":1}}', True),
            ('{"name":"good",', False),
            ('[]', False),
            ('{"nmae":"x"}', False),
            ('{"name":"x","data":"' + "y" * (1 << 20) + '"}', False),
            ('{"name":"' + "n" * 64 + '"}', True),
            ('{"name":"' + "n" * 65 + '"}', False),
            ('{"name":"x","key":"' + "k" * 512 + '"}', True),
            ('{"name":"x","key":"' + "k" * 513 + '"}', False),
            ('{"name":"x\\u0000y"}', False),
            ('{"name":"x","data":{"a":"\\u0000"}}', False),
            (deep, False),
            ('{"name":"x","stream":"no_such_stream"}', False),
            ('{"name":"x","do_after":"tomorrow"}', False),
            ('{"name":"x","key":7}', False),
            (json.dumps({"name": "'; drop table t; --", "key": "\"'\\ü", "data": {"a": "$1"}}), True),
            ("", None),
            ('{"name":"good","data":{"n":2}}', True),
        ]
        given = "".join(line + "\n" for line, _ in lines)
        done = s.cluster.weir("task", "enqueue", "-", "-o", "ndjson", given=given, code=None)
        equal(done.returncode, 1, f"exit code with some bad lines\n{done.stderr}")
        answers = {a["line"]: a for a in map(json.loads, done.stdout.splitlines())}
        wrong = [f"line {n}: {answers.get(n)} for {line[:60]!r}" for n, (line, good) in enumerate(lines, 1)
                 if good is not None and ("id" in answers.get(n, {})) != good]
        check(not wrong, "\n  ".join(["answers:", *wrong]))
        for answer in answers.values():
            if "id" not in answer:
                check(answer["error"]["code"] and answer["error"]["message"], f"an empty error: {answer}")
        good = sum(1 for _, fine in lines if fine)
        equal(s.number("select count(*) from weir.task"), good, "tasks accepted")
        listed = s.cluster.weir_json("task", "list", "--name", "'; drop table t; --")["items"]
        equal([t["key"] for t in listed], ["\"'\\ü"], "keys of the task with quotes")


def commands(wanted: argparse.Namespace) -> None:
    """Wrong arguments and names that do not exist."""
    with scenario(wanted, "commands", nodes=1) as s:
        def fails(code: int, *command: str, words: tuple[str, ...] = ()) -> None:
            complains(s.cluster.weir(*command, code=None), code, *words)
        fails(2, "statsu")
        fails(2, "status", "--no-such-flag")
        fails(2, "task", "enqueue")
        fails(2, "task", "enqueue", "x", "--data", "{", words=("data",))
        fails(2, "task", "enqueue", "x", "--in", "5")
        fails(2, "task", "enqueue", "x", "--key", "k" * 513, words=("512",))
        fails(2, "stream", "create", "s", "--mode", "triple")
        fails(2, "stream", "create", "s", "--mode", "parallel", "--partitions", "0")
        fails(3, "task", "show", "999999999")
        fails(3, "stream", "pin", "no_such_stream", "n1", words=("no_such_stream",))
        fails(3, "stream", "show", "no_such_stream")
        fails(3, "node", "show", "no_such_node")
        equal(s.cluster.weir("version").returncode, 0, "weir version")
        s.cluster.weir("stream", "create", "s", "--mode", "single")
        fails(5, "stream", "create", "s", "--mode", "parallel")
        fails(3, "task", "explain", "999999999")
        fails(3, "leader", "resign", words=("no node leads",))
        fails(3, "stream", "delete", "no_such_stream")
        fails(3, "stream", "move", "s", "no_such_node")
        fails(5, "stream", "delete", "default")
        s.cluster.weir("task", "enqueue", "x", "--stream", "s")
        fails(5, "stream", "delete", "s", words=("1 unfinished task",))


SCENARIOS = {each.__name__: each for each in (configuration, schema, older_schema, database, no_database, tasks,
                                                        commands)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
