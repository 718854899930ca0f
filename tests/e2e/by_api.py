#!/usr/bin/env python3
"""Commands with --url http://...: they print what they print on the database, do what they do there, and say clearly
what needs the database itself."""
import argparse
import json
import os
import re
import subprocess
import sys
from typing import Any

from support import arguments, check, equal, run_all, scenario, wait_for

NODE = """
[http]
listen = "127.0.0.1:0"
{http}
[stream.partner]
mode = "single"
[stream.mail]
mode = "parallel"
partitions = 2
[action.mail]
type = "noop"
stream = "mail"
[action.broken]
type = "exec"
command = ["/bin/false"]
stream = "mail"
[schedule.nightly]
task = "mail"
cron = "0 2 * * *"
zone = "Pacific/Auckland"
data = '{{"n": 12345678901234567890}}'
[schedule.often]
task = "mail"
every = "12h"
"""
# Seconds and counts that go on between two looks.
MOVING = re.compile(r'"(beat_age_seconds|oldest_ready_seconds)":\s*[\d.]+')


class cluster:
    def __init__(self, s: scenario, http: str = "") -> None:
        self.s = s
        self.tokens: dict[str, str] = {}
        for name in s.cluster.names:
            s.cluster.write_config(name, NODE.format(http=http))
            for role in ("viewer", "operator") if http else ():
                made = s.cluster.weir("token", "create", f"is-{role}", "--role", role)
                self.tokens[role] = made.stdout.strip().splitlines()[0]
            s.cluster.nodes[name].start([str(s.cluster.weir_program), "run", "--config", str(s.cluster.config(name))],
                                        s.cluster.environment())
        nodes = s.wait_active(set(s.cluster.names))["nodes"]
        self.url = "http://" + next(n["http"] for n in nodes if n["name"] == "n1")

    def ask(self, *words: str, code: int = 0, given: str = "", **environment: str) -> subprocess.CompletedProcess:
        """By the API: no configuration file, no database."""
        command = [str(self.s.cluster.weir_program), *words, "--url", self.url]
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("WEIR_", "PG", "DATABASE_URL"))}
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, input=given or None,
                              cwd=self.s.directory, env={**kept, **environment})
        equal(done.returncode, code, f"exit code of {' '.join(command)}\n{done.stdout}{done.stderr}")
        return done

    def json(self, *words: str) -> Any:
        return json.loads(self.ask(*words, "-o", "json").stdout)


def same(wanted: argparse.Namespace) -> None:
    """Word by word the same, as JSON, as NDJSON and as tables."""
    with scenario(wanted, "same", nodes=2) as s:
        c = cluster(s)
        for i in range(5):
            s.cluster.weir("task", "enqueue", "mail", "--key", f"k{i}", "--data", '{"n": 12345678901234567890}')
        broken = s.cluster.weir("task", "enqueue", "broken", "--wait=30s", code=1).stdout.split()[0]
        later = s.cluster.weir_json("task", "enqueue", "mail", "--in", "1h")["id"]
        s.cluster.weir("stream", "pin", "partner", "n2")
        s.cluster.weir("schedule", "pause", "often", "--until", "2040-01-01T00:00:00Z")
        s.cluster.weir("leader", "resign")
        wait_for("a leader", lambda: s.cluster.status()["leader"], 10)
        wait_for("the tasks' end", lambda: s.unfinished() == 1, 20)
        everything = [
            ["status"], ["node", "list"], ["node", "show", "n1"], ["stream", "list"], ["stream", "show", "partner"],
            ["leader", "show"], ["leader", "history"], ["leader", "history", "-n", "1"], ["schedule", "list"],
            ["schedule", "show", "nightly"], ["schedule", "next", "nightly"], ["task", "list"],
            ["task", "list", "--name", "mail", "--limit", "3"], ["task", "list", "--state", "failed"],
            ["task", "list", "--key", "k2"], ["task", "show", later], ["task", "show", broken], ["audit", "list"],
            ["audit", "list", "--limit", "2"],
        ]
        check(s.cluster.weir_json("task", "show", broken)["attempts"], "a task with attempts")
        for words in everything:
            for form in ("json", "ndjson", "table"):
                def both() -> tuple[str, str]:
                    direct = s.cluster.weir(*words, "-o", form).stdout
                    return tuple(still(text) for text in (direct, c.ask(*words, "-o", form).stdout))
                try:  # a beat or a count may come between the two
                    wait_for("sameness", lambda: len(set(both())) == 1, 6, 0.1)
                except TimeoutError:
                    direct, asked = both()
                    equal(asked, direct, f"weir {' '.join(words)} -o {form}")
        cursor = c.json("task", "list", "--limit", "2")["next"]
        equal(c.json("task", "list", "--limit", "2", "--cursor", cursor),
              s.cluster.weir_json("task", "list", "--limit", "2", "--cursor", cursor), "the second page")


def still(text: str) -> str:
    text = MOVING.sub(r'"\1": 0', text)
    text = re.sub(r"since \S+|\d\d:\d\d:\d\d UTC|  +", " ", text)  # the header's clock; columns follow their widths
    return re.sub(r"\b\d+(\.\d+)?s( ago)?\b", "0s", text)


def orders(wanted: argparse.Namespace) -> None:
    with scenario(wanted, "orders", nodes=2) as s:
        c = cluster(s)
        made = c.json("task", "enqueue", "mail", "--data", '{"big": 12345678901234567890}')
        equal(s.cluster.weir_json("task", "show", made["id"])["data"], {"big": 12345678901234567890}, "its data")
        c.ask("task", "enqueue", "mail", "--wait=20s")
        c.ask("task", "enqueue", "broken", "--wait=20s", code=1)
        lines = "".join(json.dumps({"name": "mail", "key": f"b{i}", "data": {"i": i}}) + "\n" for i in range(250))
        answered = c.ask("task", "enqueue", "-", "-o", "ndjson", given=lines).stdout.splitlines()
        equal(len({json.loads(each)["id"] for each in answered}), 250, "tasks by lines")
        waiting = [c.json("task", "enqueue", "mail", "--in", "1h", "--key", f"w{i}")["id"] for i in range(3)]
        equal(c.json("task", "snooze", waiting[0], "--for", "2h")["items"][0]["id"], waiting[0], "snooze")
        c.ask("task", "cancel", waiting[1])
        wait_for("the end of a cancelled one",
                 lambda: s.cluster.weir_json("task", "show", waiting[1])["state"] == "CANCELLED", 10)
        c.ask("task", "cancel", waiting[1], code=5)
        c.ask("task", "cancel", "999999999", code=3)
        equal(c.json("task", "cancel", "--key", "w2", "--dry-run"), {"count": 1, "capped": False}, "dry run")
        equal(len(c.json("task", "cancel", "--name", "mail", "--yes")["items"]), 2, "by filter")
        copy = c.json("task", "requeue", waiting[1])["items"][0]
        check(int(copy["new_id"]) > int(waiting[1]), f"requeue: {copy}")
        wait_for("an empty queue", lambda: s.unfinished() == 0, 20)

        equal(c.json("stream", "pin", "partner", "n2", "--policy", "prefer")["pin"], "n2", "pin")
        wait_for("the owner", lambda: s.cluster.owner("partner") == "n2", 15)
        equal(c.json("stream", "unpin", "partner")["pin"], None, "unpin")
        c.ask("stream", "move", "partner", "n1")
        wait_for("the move", lambda: s.cluster.owner("partner") == "n1", 15)
        equal(c.json("stream", "pause", "mail")["paused"], True, "pause")
        equal(c.json("stream", "resume", "mail")["paused"], False, "resume")
        equal(c.json("task", "pause", "mail"), {"name": "mail", "paused": True}, "pause of a name")
        check("mail" in s.cluster.weir("status").stderr + s.cluster.weir("status").stdout, "the warning of it")
        equal(c.json("task", "resume", "mail"), {"name": "mail", "paused": False}, "resume of a name")
        c.ask("task", "resume", "mail", code=3)
        c.ask("node", "drain", "n2", "--wait=20s")
        equal(c.json("node", "undrain", "n2")["drain_wanted"], False, "undrain")
        term = s.cluster.status()["leader"]["term"]
        c.ask("leader", "resign")
        wait_for("another term", lambda: (s.cluster.status()["leader"] or {"term": 0})["term"] > term, 10)
        equal(c.json("schedule", "pause", "often")["paused"], True, "pause of a schedule")
        equal(c.json("schedule", "resume", "often")["paused"], False, "resume of a schedule")
        task = c.ask("schedule", "trigger", "often").stdout.strip()
        equal(s.cluster.weir_json("task", "show", task)["name"], "mail", "the triggered task")
        c.ask("stream", "pin", "nobody", "n1", code=3)
        c.ask("schedule", "pause", "nobody", code=3)
        c.ask("node", "drain", "nobody", code=3)


def refused(wanted: argparse.Namespace) -> None:
    """Tokens, commands that need the database, addresses where no weir is."""
    with scenario(wanted, "refused", nodes=1) as s:
        c = cluster(s, http='tokens_file = "tokens"')
        viewer, operator = c.tokens["viewer"], c.tokens["operator"]
        check("WEIR_TOKEN" in c.ask("status", code=5).stderr, "what to do without a token")
        c.ask("status", WEIR_TOKEN=viewer)
        c.ask("stream", "pause", "mail", code=5, WEIR_TOKEN=viewer)
        file = s.directory / "token"
        file.write_text(operator + "\n", encoding="utf-8")
        c.ask("stream", "pause", "mail", "--token-file", str(file))
        who = s.cluster.weir_json("audit", "list", "--limit", "1")["items"][0]
        equal((who["who"], who["way"], who["action"]), ("is-operator", "http", "stream.pause"), "the audit")
        c.ask("status", "--token-file", str(s.directory / "none"), code=2)
        for words in (["db", "migrate"], ["task", "count", "mail"], ["stream", "delete", "mail"], ["doctor"], ["run"],
                      ["task", "clear"], ["schedule", "remove", "often"], ["cdc", "status"]):
            said = c.ask(*words, code=2, WEIR_TOKEN=operator).stderr
            check("the database itself" in said, f"{words}: {said}")
        c.url = "http://127.0.0.1:1"
        c.ask("status", code=4)


SCENARIOS = {each.__name__: each for each in (same, orders, refused)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
