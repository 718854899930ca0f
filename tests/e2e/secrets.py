#!/usr/bin/env python3
"""One marker stands for every password and key there is: in the file, in the environment, in addresses that nobody
answers. Afterwards it is nowhere where people or other programs look."""
import argparse
import json
import subprocess
import sys
from pathlib import Path

from private_postgres import free_port, private_postgres
from support import arguments, check, equal, run_all, scenario, tree_of, wait_for

MARKER = "Xmarker7391X"
CONTROLLER = "4f0c1b2e-0000-4000-8000-000000000001"

ACTIONS = """
[log]
level = "debug"
[action.look]
type = "exec"
command = ["sh", "-c", "f={seen}.$WEIR_TASK_ID; env > $f; tr '\\\\0' ' ' < /proc/$PPID/cmdline >> $f; sleep 3"]
[action.push]
type = "http"
url = "http://127.0.0.1:{closed}/hook?token={marker}"
headers = {{ Authorization = "Bearer {marker}", x = "y" }}
retry = {{ every = "1s", max_attempts = 1 }}
[action.mail]
type = "email"
api_key = "{marker}"
base_url = "http://127.0.0.1:{closed}"
retry = {{ every = "1s", max_attempts = 1 }}
[action.customers]
type = "cdc"
controller = "{controller}"
source_url = "postgres://reader:{marker}@127.0.0.1:{closed}/crm"
query = "select 1 as object_id, md5('x')::uuid as hash"
retry = {{ every = "1s", max_attempts = 1 }}
"""


def clean(text: str, where: str) -> str:
    at = text.find(MARKER)
    check(at < 0, f"{where} tells a secret: ...{text[max(0, at - 120):at + 40]}")
    return text


def everywhere(wanted: argparse.Namespace) -> None:
    """A node with a debug log, actions of every type that fail, and every command that shows something."""
    with private_postgres() as server, scenario(wanted, "secrets", nodes=1, migrated=False, url=server.url) as s:
        closed = free_port()
        secret_url = f"postgres://weir:{MARKER}@127.0.0.1:{server.port}/weir"
        s.cluster.url = secret_url
        seen = s.directory / "seen"
        file = s.cluster.write_config("n1", ACTIONS.format(seen=seen, closed=closed, marker=MARKER,
                                                           controller=CONTROLLER))
        direct = f"direct_url = {json.dumps(secret_url)}\n[cluster]"
        file.write_text(file.read_text(encoding="utf-8").replace("[cluster]", direct, 1), encoding="utf-8")
        extra = {"WEIR_DATABASE__URL": secret_url, "WEIR_ACTION__MAIL__API_KEY": MARKER, "PGPASSWORD": MARKER,
                 "WEIR_ACTION__PUSH__HEADERS__AUTHORIZATION": f"Bearer {MARKER}",
                 "WEIR_ACTION__CUSTOMERS__SOURCE_URL": f"postgres://reader:{MARKER}@127.0.0.1:{closed}/crm"}

        def told(*words: str, code: int = 0, **environment: str) -> str:
            done = s.direct(*words, "--config", str(file), **environment)
            equal(done.returncode, code, f"weir {words}: {done.stdout}{done.stderr}")
            return clean(done.stdout + done.stderr, f"weir {' '.join(words)}")

        told("db", "migrate", "-v")
        s.cluster.nodes["n1"].start([str(s.cluster.weir_program), "run", "--config", str(file)],
                                    {**s.cluster.environment(), **extra})
        s.wait_active({"n1"})
        told("stream", "create", "one", "--mode", "single")
        ids = [told("task", "enqueue", "look", "-o", "json"),
               told("task", "enqueue", "look", "--stream", "one", "-o", "json")]
        looks = [json.loads(each)["id"] for each in ids]
        for name, data in (("push", "{}"), ("mail", '{"to": "a@example.com", "subject": "s", "text": "t"}'),
                           ("customers", "{}"), (CONTROLLER, "{}")):
            s.direct("task", "enqueue", name, "--data", data, "--config", str(file))

        def both_look() -> bool:
            return all(Path(f"{seen}.{each}").exists() for each in looks)

        wait_for("both actions", both_look, 20)
        node = s.cluster.nodes["n1"].pid()
        shells = 0
        for pid, _ in tree_of(node):
            try:
                command = Path(f"/proc/{pid}/cmdline").read_bytes()
                variables = Path(f"/proc/{pid}/environ").read_bytes()
            except OSError:
                continue
            clean(command.decode(errors="replace"), f"the command line of process {pid}")
            if command.startswith((b"sh\0", b"sleep\0")):
                shells += 1
                clean(variables.decode(errors="replace"), f"the environment of process {pid}, an action")
        check(shells >= 2, "the actions ran while they were looked at")
        for each in looks:
            clean(Path(f"{seen}.{each}").read_text(encoding="utf-8"), f"what action {each} saw")
        s.wait_empty(40)

        for words in (("config", "show"), ("config", "show", "--origin"), ("config", "show", "-o", "json"),
                      ("config", "check"), ("status",), ("status", "-v"), ("status", "-o", "json"), ("node", "list"),
                      ("node", "show", "n1", "-o", "json"), ("task", "list"), ("task", "list", "-o", "json"),
                      ("task", "errors"), ("cdc", "status"), ("stream", "list"), ("audit", "list", "-o", "json")):
            told(*words)
            told(*words, **extra)
        for task in json.loads(told("task", "list", "-o", "json"))["items"]:
            told("task", "show", task["id"])
        dump = subprocess.run(["pg_dump", "-d", server.url, "-a", "-n", s.schema], capture_output=True, text=True,
                              timeout=60, check=True).stdout
        clean(dump, "the database")

        s.stop_cleanly()
        log = s.cluster.nodes["n1"].log.read_text(errors="replace")
        clean(log, "the log")


def refused_connections(wanted: argparse.Namespace) -> None:
    """Addresses that nobody answers, that cannot be read, and passwords that are wrong: the errors tell none."""
    with private_postgres() as server, scenario(wanted, "refused", nodes=1, migrated=False, url=server.url) as s:
        s.sql(f"create role guarded login password '{MARKER}right'")
        hba = server.directory / "data" / "pg_hba.conf"
        hba.write_text("host all guarded 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n",
                       encoding="utf-8")
        s.sql("select pg_reload_conf()")
        closed = free_port()
        urls = [f"postgres://u:{MARKER}@127.0.0.1:{closed}/weir", f"postgres://u:{MARKER}@nowhere.invalid/weir",
                f"postgres://guarded:{MARKER}wrong@127.0.0.1:{server.port}/weir",
                f"postgres://guarded:{MARKER}right@127.0.0.1:{server.port}/no_such_database",
                f"postgres://u:a@{MARKER}/x@127.0.0.1:{closed}/weir", f"postgres://u:{MARKER}@127.0.0.1:port/weir",
                f"host=127.0.0.1 port={closed} user=u password={MARKER}", f"host=127.0.0.1 password={MARKER} nonsense",
                f"postgres://127.0.0.1:{closed}/weir?user=u&password={MARKER}",
                f"postgres://u:%zz{MARKER}@127.0.0.1/weir",
                f"postgres://u:{MARKER}@[::1/weir"]
        for url in urls:
            for words in (("status",), ("db", "migrate"), ("db", "status"), ("task", "list"), ("run",),
                          ("config", "show"), ("config", "check")):
                done = s.direct(*words, "-v", WEIR_DATABASE__URL=url, WEIR_NODE__STATE_DIR=str(s.directory / "state"))
                clean(done.stdout + done.stderr, f"weir {' '.join(words)} with {url.replace(MARKER, '***')}")
                if words[0] not in ("config",):
                    check(done.returncode != 0, f"weir {words} with a bad address")
            done = s.direct("status", "--url", url)
            clean(done.stdout + done.stderr, "weir status --url")


SCENARIOS = {each.__name__: each for each in (everywhere, refused_connections)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
