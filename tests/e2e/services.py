#!/usr/bin/env python3
"""http and email actions in a real node, against a web server of the test's own."""
import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from support import arguments, check, equal, run_all, scenario, wait_for

SERVER = Path(__file__).resolve().parents[1] / "runner" / "web_server.py"
CONFIG = """
[stream.partner]
mode = "single"
[action.push]
type = "http"
stream = "partner"
url = "{address}/hook?{answer}"
headers = {{ X-Tenant = "blue" }}
retry = {{ every = "100ms", max_attempts = 2 }}
[action.refused]
type = "http"
url = "{address}/hook?status=404&body=no+such+customer"
[action.mail]
type = "email"
api_key_file = "key"
base_url = "{address}"
"""


def serve(s: scenario) -> tuple[str, Path]:
    folder = s.directory / "web"
    folder.mkdir()
    s.others.append(subprocess.Popen([sys.executable, "-B", str(SERVER), str(folder)]))
    wait_for("the web server", (folder / "port").exists, 10)
    return f"http://127.0.0.1:{(folder / 'port').read_text()}", folder


def requests(folder: Path) -> list[dict[str, Any]]:
    file = folder / "requests"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def shown(s: scenario, task: int) -> dict[str, Any]:
    return s.cluster.weir_json("task", "show", str(task))


def ends(wanted: argparse.Namespace) -> None:
    """What becomes of tasks, as task show tells it; the key of the mail service is nowhere to be seen."""
    with scenario(wanted, "ends", nodes=1) as s:
        address, folder = serve(s)
        file = s.cluster.write_config("n1", CONFIG.format(address=address, answer="status=503"))
        (file.parent / "key").write_text("SG.very-secret\n", encoding="utf-8")
        s.cluster.nodes["n1"].start([str(s.cluster.weir_program), "run", "--config", str(file)],
                                    s.cluster.environment())
        s.wait_active({"n1"})
        mail = {"to_email": "ann@example.org", "from_email": "shop@example.org", "text_body": "hi",
                "subject": "status=202&header=X-Message-Id:m1"}
        sent = s.enqueue([{"name": "push", "key": "42"}, {"name": "refused"}, {"name": "mail", "data": mail},
                          {"name": "mail", "data": {**mail, "to_email": "nobody"}}])
        s.wait_empty(20)
        found = [shown(s, each) for each in sent]
        equal([t["state"] for t in found], ["FAILED", "FAILED", "DONE", "FAILED"], "states")
        equal([a["result"] for a in found[0]["attempts"]], ["retry", "failure"], "attempts at 503")
        equal(found[1]["message"], "HTTP 404: no such customer", "message of a refusal")
        equal(found[2]["message"], "sent as m1", "message of a mail")
        equal(found[3]["message"], 'to_email: "nobody" is no address', "message of what is no mail")
        pushes = [r for r in requests(folder) if r["headers"].get("x-tenant") == "blue"]
        equal([r["headers"]["weir-attempt"] for r in pushes], ["1", "2"], "attempts as posted")
        equal(len({r["headers"]["idempotency-key"] for r in pushes}), 1, "idempotency keys of one task")
        equal(json.loads(pushes[0]["body"])["key"], "42", "key in the body")
        for text in (s.cluster.nodes["n1"].log.read_text(), s.cluster.weir("config", "show").stdout,
                     json.dumps(found)):
            check("very-secret" not in text, "the key of the mail service was printed")
        mails = [r for r in requests(folder) if r["path"] == "/v3/mail/send"]
        equal([r["headers"]["authorization"] for r in mails], ["Bearer SG.very-secret"], "keys sent")
        s.stop_cleanly()


def drained(wanted: argparse.Namespace) -> None:
    """A request in the middle is waited for by a drain, and ended by a second one; nothing hangs."""
    with scenario(wanted, "drained", nodes=1) as s:
        address, folder = serve(s)
        file = s.cluster.write_config("n1", CONFIG.format(address=address, answer="delay=60"))
        (file.parent / "key").write_text("k\n", encoding="utf-8")
        node = s.cluster.nodes["n1"]
        node.start([str(s.cluster.weir_program), "run", "--config", str(file)], s.cluster.environment())
        s.wait_active({"n1"})
        task = s.enqueue([{"name": "push"}])[0]
        wait_for("the request", lambda: requests(folder), 15)
        node.signal(15)
        wait_for("the drain", lambda: "draining" in node.log.read_text(), 5)
        node.signal(15)
        equal(node.ended(10), 0, "exit code")
        equal([a["result"] for a in shown(s, task)["attempts"]], ["interrupted"], "attempts")


SCENARIOS = {each.__name__: each for each in (ends, drained)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
