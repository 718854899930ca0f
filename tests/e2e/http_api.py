#!/usr/bin/env python3
"""The API from outside, by plain HTTP: enqueue and follow tasks, act on streams, nodes and schedules, watch
events; tokens and roles; health while the database is stopped."""
import argparse
import http.client
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any, Optional

from support import TTL, arguments, check, equal, run_all, say, scenario, wait_for

CONFIG = """
[http]
listen = "127.0.0.1:0"
{http}
[stream.partner]
mode = "single"
[stream.mail]
mode = "parallel"
partitions = 4
[action.update]
stream = "partner"
type = "noop"
[action.mail]
stream = "mail"
type = "noop"
[action.slow]
type = "exec"
command = ["sleep", "1"]
[action.broken]
type = "exec"
command = ["false"]
[schedule.nightly]
task = "mail"
cron = "0 2 * * *"
"""


LINE = re.compile(r'[a-z_]+(\{[a-z]+="[^"\n]*"(,[a-z]+="[^"\n]*")*\})? [-+0-9.eInfNa]+')


class answer:
    def __init__(self, reply: http.client.HTTPResponse) -> None:
        self.status = reply.status
        self.headers = {k.lower(): v for k, v in reply.getheaders()}
        self.text = reply.read().decode()

    def json(self) -> Any:
        return json.loads(self.text)


def ask(address: str, method: str, path: str, body: Any = None, **headers: str) -> answer:
    """One request on a connection of its own. Names of headers with _ for -."""
    host, port = address.rsplit(":", 1)
    line = http.client.HTTPConnection(host, int(port), timeout=40)
    try:
        data = body if body is None or isinstance(body, (bytes, str)) else json.dumps(body)
        line.request(method, path, data, {k.replace("_", "-"): v for k, v in headers.items()})
        return answer(line.getresponse())
    finally:
        line.close()


def start(s: scenario, http_settings: str = "") -> None:
    for name in s.cluster.names:
        s.cluster.write_config(name, CONFIG.format(http=http_settings))
        s.cluster.nodes[name].start(
            [str(s.cluster.weir_program), "run", "--config", str(s.cluster.config(name))],
            s.cluster.environment())
    s.wait_active(set(s.cluster.names))


def address(s: scenario, name: str = "n1") -> str:
    nodes = {n["name"]: n for n in s.cluster.status()["nodes"]}
    found: str = nodes[name]["http"]
    return found


def refused(got: answer, status: int, code: str, part: str = "") -> None:
    equal(got.status, status, f"status of {got.text[:200]}")
    equal(got.headers["content-type"], "application/problem+json", "type of a problem")
    problem = got.json()
    equal((problem["code"], problem["status"]), (code, status), "problem")
    check(got.text.endswith("}\n"), "a problem is a line")
    check(part in problem["detail"], f"'{part}' is in {problem['detail']!r}")


def tasks(wanted: argparse.Namespace) -> None:
    """One by one and by batch; seen at once; waited for; listed page by page; once per key."""
    with scenario(wanted, "http_tasks", nodes=2) as s:
        start(s)
        web = address(s)
        made = ask(web, "POST", "/api/v1/tasks", {"name": "mail", "key": "é/1", "data": {"n": 2 ** 60}})
        equal(made.status, 201, made.text)
        task = made.json()
        equal((task["name"], task["key"], task["stream"], task["state"], task["created_by"]),
              ("mail", "é/1", "mail", "READY", "http"), "what was made")
        check(str(2 ** 60) in made.text, "a large number keeps its digits")
        check(made.text.endswith("}\n"), "an answer is a line")
        seen = ask(web, "GET", made.headers["location"])
        equal(seen.status, 200, seen.text)
        equal(seen.json()["created_at"], task["created_at"], "time of creation, seen at once")

        done = ask(web, "POST", "/api/v1/tasks?wait=20s", {"name": "mail"})
        equal((done.status, done.json()["state"]), (201, "DONE"), "a task that was waited for")
        slow = ask(web, "POST", "/api/v1/tasks?wait=300ms", {"name": "slow"})
        equal(slow.status, 201, slow.text)
        check(slow.json()["state"] in ("READY", "IN PROGRESS"), f"too late: {slow.text}")
        failed = ask(web, "POST", "/api/v1/tasks?wait=20s", {"name": "broken"})
        equal(failed.json()["state"], "FAILED", failed.text)

        lines = "\n".join([json.dumps({"name": "mail", "key": str(i)}) for i in range(500)] +
                          ["{nonsense", json.dumps({"name": ""})]) + "\n"
        got = ask(web, "POST", "/api/v1/tasks:batch", lines)
        equal(got.status, 200, got.text[:300])
        answers = [json.loads(line) for line in got.text.splitlines()]
        equal(len(answers), 502, "a result a line")
        ids = [int(a["id"]) for a in answers[:500]]
        equal(ids, sorted(set(ids)), "ids in the order of the lines")
        equal([a["error"]["code"] for a in answers[500:]], ["invalid", "invalid"], "lines that cannot be meant")
        mixed = [{"name": "mail"}, {"name": "mail", "stream": "nowhere"}, {"name": "mail", "stream": "default"},
                 {"name": "mail", "do_after": "9999-06-01T00:00:00Z"}]
        got = ask(web, "POST", "/api/v1/tasks:batch", "\n".join(json.dumps(one) for one in mixed) + "\n{nonsense\n")
        equal(got.status, 200, got.text)
        answers = [json.loads(line) for line in got.text.splitlines()]
        equal(["id" in a for a in answers], [True, False, True, False, False], "which ones were taken")
        equal(answers[1]["error"], {"code": "invalid", "detail": 'there is no stream "nowhere"'}, "an unknown stream")
        check("before the year 9999" in answers[3]["error"]["detail"], got.text)
        check("line 1" not in answers[4]["error"]["detail"], f"the parser's line is not the batch's: {got.text}")
        s.wait_empty(30)

        listed: list[str] = []
        cursor = ""
        while True:
            page = ask(web, "GET", f"/api/v1/tasks?name=mail&state=done&limit=100{cursor}").json()
            listed += [t["id"] for t in page["items"]]
            if page["next"] is None:
                break
            cursor = f"&cursor={page['next']}"
        equal(len(listed), len(set(listed)), "no task twice in the pages")
        check(set(map(str, ids)) <= set(listed), "all of the batch are in the pages")

        again = [ask(web, "POST", "/api/v1/tasks", {"name": "mail", "data": {"a": 1}}, Idempotency_Key="k-1")
                 for _ in range(3)]
        equal([a.status for a in again], [201, 200, 200], "the same key three times")
        equal(len({a.json()["id"] for a in again}), 1, "one task")
        other = ask(address(s, "n2"), "POST", "/api/v1/tasks", {"name": "mail", "data": {"a": 1}},
                    Idempotency_Key="k-1")
        equal(other.json()["id"], again[0].json()["id"], "at another node as well")
        refused(ask(web, "POST", "/api/v1/tasks", {"name": "mail"}, Idempotency_Key="k-1"), 409, "key_reused")
        twice = [ask(web, "POST", "/api/v1/tasks:batch", '{"name":"mail"}\n{"name":"mail"}\n',
                     Idempotency_Key="b-1").text for _ in range(2)]
        equal(twice[0], twice[1], "a batch sent twice")
        s.wait_empty(30)
        s.stop_cleanly()


def bad_requests(wanted: argparse.Namespace) -> None:
    """Each mistake has its status, a stable code, and says what is wrong; the node works on."""
    with scenario(wanted, "http_bad", nodes=1) as s:
        start(s)
        web = address(s)
        post = lambda body, path="/api/v1/tasks", **h: ask(web, "POST", path, body, **h)  # noqa: E731
        refused(post("{"), 400, "malformed", "JSON")
        refused(post("[]"), 400, "malformed", "object")
        refused(post({}), 422, "invalid", "name")
        refused(post({"name": "x", "nam": 1}), 422, "invalid", 'did you mean')
        refused(post({"name": "x" * 65}), 422, "invalid", "task name")
        refused(post({"name": "x", "key": "k" * 513}), 422, "invalid", "key")
        refused(post({"name": "x", "key": "a\0b"}), 422, "invalid", "NUL")
        refused(post({"name": "x", "data": "y" * (1 << 20)}), 413, "too_large", "1048576")
        refused(post(b"x" * (2 << 20)), 413, "too_large")
        refused(post('{"name":"x","data":' + "[" * 65 + "]" * 65 + "}"), 422, "invalid", "64")
        refused(post({"name": "x", "do_after": "tomorrow"}), 422, "invalid", "RFC 3339")
        refused(post({"name": "x"}, "/api/v1/tasks?wait=5"), 422, "invalid", "wait")
        refused(post({"name": "x", "stream": "nowhere"}), 422, "invalid", "nowhere")
        refused(post("", "/api/v1/tasks:batch"), 400, "malformed", "line")
        refused(ask(web, "GET", "/api/v1/tasks?state=happy"), 422, "invalid", "happy")
        refused(ask(web, "GET", "/api/v1/tasks?limit=0"), 422, "invalid", "limit")
        refused(ask(web, "GET", "/api/v1/tasks?staet=done"), 422, "invalid", "did you mean")
        refused(ask(web, "GET", "/api/v1/tasks/abc"), 404, "not_found")
        refused(ask(web, "GET", "/api/v1/tasks/999999999"), 404, "not_found")
        refused(ask(web, "GET", "/api/v1/streams/mial"), 404, "not_found", "mail")
        refused(ask(web, "GET", "/nothing"), 404, "not_found")
        gone = ask(web, "DELETE", "/api/v1/tasks")
        refused(gone, 405, "method_not_allowed")
        equal(gone.headers["allow"], "POST, GET", "what the path takes")
        refused(ask(web, "GET", "/api/v1/cluster", Host="evil.example"), 403, "host_refused", "localhost")
        refused(post({"name": "mail"}, Origin="http://evil.example"), 403, "cross_origin")
        refused(post({"filter": {}, "action": "cancel"}, "/api/v1/tasks:bulk"), 422, "invalid", "at least one")
        refused(post({"filter": {"name": "x"}, "action": "explode"}, "/api/v1/tasks:bulk"), 422, "invalid")
        refused(post({"node": "n1", "slot": "one"}, "/api/v1/streams/mail:move"), 422, "invalid", "slot")
        equal(post({"name": "mail"}, "/api/v1/tasks?wait=20s").json()["state"], "DONE", "it works on")
        s.stop_cleanly()


def actions(wanted: argparse.Namespace) -> None:
    """Pin, pause, move, drain, resign; stale pictures are refused; orders of one task and of many."""
    with scenario(wanted, "http_actions", nodes=2) as s:
        start(s)
        web = address(s)
        post = lambda path, body=None, **h: ask(web, "POST", f"/api/v1{path}", body, **h)  # noqa: E731
        get = lambda path: ask(web, "GET", f"/api/v1{path}").json()  # noqa: E731

        def owner(stream: str) -> dict[str, Any]:
            found: dict[str, Any] = get(f"/streams/{stream}")["partitions"][0]
            return found
        wait_for("an owner", lambda: owner("partner")["owner"], 15)
        first = owner("partner")
        there = "n2" if first["owner"] == "n1" else "n1"
        pinned = post("/streams/partner:pin", {"node": there, "policy": "prefer",
                                               "expected_epoch": first["epoch"]})
        equal((pinned.status, pinned.json()["pin"], pinned.json()["pin_policy"]), (200, there, "prefer"), "pin")
        wait_for("the pinned owner", lambda: owner("partner")["owner"] == there, 15)
        refused(post("/streams/partner:unpin", {"expected_epoch": first["epoch"]}), 409, "stale_epoch", "look again")
        equal(post("/streams/partner:unpin").json()["pin"], None, "no pin")
        refused(post("/streams/partner:pin", {}), 422, "invalid", "node")
        refused(post("/streams/none:pause"), 404, "not_found")

        equal(post("/streams/mail:pause").json()["paused"], True, "paused")
        # Owners hear of it with their next beat: until then a task may still start.
        wait_for("the pause is heeded", lambda: ask(web, "POST", "/api/v1/tasks?wait=500ms", {"name": "mail"})
                 .json()["state"] == "READY", 15)
        post("/tasks:bulk", {"filter": {"name": "mail"}, "action": "cancel"})
        wait_for("an empty stream", lambda: get("/streams/mail")["ready"] == 0, 10)
        made = [ask(web, "POST", "/api/v1/tasks", {"name": "mail", "key": str(i)}).json()["id"] for i in range(5)]
        why = get(f"/tasks/{made[0]}/explain")
        equal(why["reason"], "paused", f"explanation {why}")
        equal(post(f"/tasks/{made[0]}:snooze", {"for": "1h"}).status, 200, "snooze")
        refused(post(f"/tasks/{made[0]}:snooze", {}), 422, "invalid", "for")
        equal(post(f"/tasks/{made[1]}:cancel").status, 200, "cancel")
        wait_for("the cancelled one", lambda: get(f"/tasks/{made[1]}")["state"] == "CANCELLED", 10)
        refused(post(f"/tasks/{made[1]}:cancel"), 409, "refused", "has ended")
        refused(post("/tasks/99999999:cancel"), 404, "not_found")
        noted = get("/audit?limit=1")["items"][0]
        equal((noted["action"], noted["object"], noted["result"]),
              ("task.cancel", "99999999", "not_found: task 99999999 does not exist"), "its row in the audit")
        counted = post("/tasks:bulk", {"filter": {"name": "mail", "state": "ready"}, "action": "cancel",
                                       "dry_run": True}).json()
        equal((counted["count"], counted["capped"]), (4, False), "what a cancel of all would mean")
        bulk = post("/tasks:bulk", {"filter": {"name": "mail"}, "action": "cancel"})
        equal((bulk.status, bulk.json()["count"]), (200, 4), bulk.text)
        wait_for("all are cancelled", lambda: all(get(f"/tasks/{i}")["state"] == "CANCELLED" for i in made), 10)
        again = post(f"/tasks/{made[2]}:requeue")
        equal(again.status, 200, again.text)
        check(int(again.json()["new_id"]) > int(made[4]), f"a copy: {again.text}")
        equal(post("/streams/mail:resume").json()["paused"], False, "resumed")
        wait_for("the copy is done", lambda: get(f"/tasks/{again.json()['new_id']}")["state"] == "DONE", 15)

        slow = ask(web, "POST", "/api/v1/tasks", {"name": "slow"}).json()["id"]
        wait_for("it is done", lambda: get(f"/tasks/{slow}")["state"] == "DONE", 10)

        moved = post("/streams/mail:move", {"node": "n1", "slot": 2})
        check(moved.status in (200, 409), moved.text)
        equal(post("/schedules/nightly:trigger").status, 200, "trigger")
        equal(post("/schedules/nightly:pause", {}).json()["paused"], True, "paused schedule")
        equal(post("/schedules/nightly:resume").json()["paused"], False, "resumed schedule")
        for paused in ("/streams/mail", "/task-names/mail", "/schedules/nightly"):
            refused(post(paused + ":pause", {"until": "2020-01-01T00:00:00Z"}), 422, "invalid", "is past")
            later = post(paused + ":pause", {"until": "2099-01-01T00:00:00Z"}).json()["paused"]
            equal(later, "2099-01-01T00:00:00.000000Z", f"{paused} until then")
            equal(post(paused + ":resume").json()["paused"], False, f"{paused} goes on")
        equal([x["name"] for x in get("/schedules")["items"]], ["nightly"], "schedules")

        term = get("/cluster")["leader"]["term"]
        equal(post("/leader:resign").json()["ended"]["term"], term, "the term that ended")
        wait_for("another term", lambda: (get("/cluster")["leader"] or {}).get("term", term) > term, 15)
        equal(get("/leader/terms")["items"][1]["reason"], "resigned", "why it ended")
        equal(post("/nodes/n2:drain").status, 200, "drain")
        wait_for("n2 owns nothing", lambda: not get("/nodes/n2")["owns"], 20)
        equal(post("/nodes/n2:undrain").json()["drain_wanted"], False, "undrain")
        refused(post("/nodes/n9:drain"), 404, "not_found")
        refused(post("/nodes/n2:drain", {"epoch": 1}), 422, "invalid", "epoch")
        refused(post("/nodes/n2:drain", "{"), 400, "malformed")
        s.stop_cleanly()


class watcher(threading.Thread):
    """Reads events until it is stopped."""

    def __init__(self, web: str) -> None:
        super().__init__(daemon=True)
        host, port = web.rsplit(":", 1)
        self.line = http.client.HTTPConnection(host, int(port), timeout=20)
        self.line.request("GET", "/api/v1/events")
        self.reply = self.line.getresponse()
        self.events: list[tuple[float, str, Any]] = []
        self.start()

    def run(self) -> None:
        kind = ""
        try:
            for raw in self.reply:
                line = raw.decode().rstrip("\n")
                if line.startswith("event: "):
                    kind = line[7:]
                elif line.startswith("data: "):
                    self.events.append((time.monotonic(), kind, json.loads(line[6:])))
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass


def events(wanted: argparse.Namespace) -> None:
    """Many watch, one look a second is made; a new term shows within two seconds; health answers meanwhile."""
    with scenario(wanted, "http_events", nodes=2) as s:
        start(s)
        status = s.cluster.status()
        leader = status["leader"]["node"]
        other = "n2" if leader == "n1" else "n1"
        web = address(s, other)
        many = [watcher(web) for _ in range(50)]
        wait_for("events for all", lambda: all(len(w.events) >= 2 for w in many), 20)
        equal({k for w in many for _, k, _ in w.events}, {"cluster"}, "kinds of events")
        first = many[0].events[0][2]
        equal(set(first), {"leader", "nodes", "streams", "warnings"}, "what an event holds")
        begun = time.monotonic()
        slowest = 0.0
        for _ in range(50):
            at = time.monotonic()
            equal(ask(web, "GET", "/healthz/ready").status, 200, "ready")
            slowest = max(slowest, time.monotonic() - at)
        killed = s.kill(leader)
        term = status["leader"]["term"]
        seen = wait_for("a new term in the events", lambda: [
            at for at, _, e in many[7].events if e["leader"] and e["leader"]["term"] > term], 15)[0]
        say(f"    50 watchers: 50 looks at health {time.monotonic() - begun:.2f} s, slowest {slowest * 1000:.1f} ms; "
            f"the new term was seen {seen - killed:.2f} s after kill -9 of the leader")
        s.stop_cleanly()  # while they watch


def tokens(wanted: argparse.Namespace) -> None:
    """Three roles; nobody without a token; a revoked one is refused within seconds; the file holds no secret."""
    with scenario(wanted, "http_tokens", nodes=1) as s:
        file = s.directory / "tokens"
        s.cluster.write_config("n1", CONFIG.format(http=f'tokens_file = "{file}"'))
        made = {}
        for role in ("viewer", "operator", "admin"):
            done = s.cluster.weir("token", "create", f"a-{role}", "--role", role)
            made[role] = done.stdout.strip()
            check(made[role] not in file.read_text(encoding="utf-8"), "the file holds hashes only")
        equal(oct(file.stat().st_mode & 0o777), "0o600", "mode of the file")
        equal(s.cluster.weir("token", "create", "a-viewer", "--role", "viewer", code=None).returncode, 5, "taken")
        start(s, f'tokens_file = "{file}"')
        web = address(s)

        def status(role: Optional[str], method: str, path: str, body: Any = None) -> int:
            headers = {"Authorization": f"Bearer {made[role]}"} if role else {}
            return ask(web, method, path, body, **headers).status
        table = [("GET", "/api/v1/cluster", None, (401, 200, 200, 200)),
                 ("GET", "/api/v1/tasks", None, (401, 200, 200, 200)),
                 ("POST", "/api/v1/tasks", {"name": "mail"}, (401, 403, 201, 201)),
                 ("POST", "/api/v1/streams/mail:pause", None, (401, 403, 200, 200)),
                 ("POST", "/api/v1/streams/mail:resume", None, (401, 403, 200, 200)),
                 ("POST", "/api/v1/leader:resign", None, (401, 403, 403, 200)),
                 ("GET", "/healthz/live", None, (200, 200, 200, 200)),
                 ("GET", "/openapi.json", None, (200, 200, 200, 200))]
        for method, path, body, wanted_status in table:
            equal(tuple(status(role, method, path, body) for role in (None, "viewer", "operator", "admin")),
                  wanted_status, f"{method} {path} for nobody, viewer, operator, admin")
        # Every route of the description asks for a token, but those that say that they do not.
        described = ask(web, "GET", "/openapi.json").json()
        for path, methods in described["paths"].items():
            for method, facts in methods.items():
                at = path.replace("{id}", "1").replace("{", "").replace("}", "")
                equal(ask(web, method.upper(), at, "{}").status == 401, "x-role" in facts, f"{method} {path}")
        task = ask(web, "POST", "/api/v1/tasks", {"name": "mail"},
                   Authorization=f"Bearer {made['operator']}").json()
        equal(task["created_by"], "a-operator", "who enqueued")
        names = [t["name"] for t in s.cluster.weir_json("token", "list")["items"]]
        equal(names, ["a-viewer", "a-operator", "a-admin"], "tokens that there are")
        watching = http.client.HTTPConnection(web, timeout=10)
        watching.request("GET", "/api/v1/events", headers={"Authorization": f"Bearer {made['operator']}"})
        events_of_it = watching.getresponse()
        check(events_of_it.readline().startswith(b"id:"), "it watches")
        s.cluster.weir("token", "revoke", "a-operator")
        wait_for("the revoked token is refused",
                 lambda: status("operator", "GET", "/api/v1/cluster") == 401, 5)
        equal(status("viewer", "GET", "/api/v1/cluster"), 200, "the others are not")
        while events_of_it.readline():  # times out if it may go on watching
            pass
        log = s.cluster.nodes["n1"].log.read_text(encoding="utf-8")
        check(not any(secret in log for secret in made.values()), "no token in the log")
        s.stop_cleanly()


def ready(wanted: argparse.Namespace) -> None:
    """Health answers while the database does not: live, not ready with the reason, and ready again."""
    with scenario(wanted, "http_ready", nodes=1) as s:
        start(s)
        web = address(s)
        equal(ask(web, "GET", "/healthz/live").status, 200, "live")
        equal(ask(web, "GET", "/healthz/ready").status, 200, "ready")
        equal(s.cluster.weir("healthcheck", "ready").returncode, 0, "weir healthcheck ready")
        # Every session of this node's database is stopped in its place: nothing answers, nothing is closed.
        backends = [int(pid) for pid in s.sql(
            "select pid from pg_stat_activity where application_name like 'weir n1%' "
            f"and query like '%{s.schema}%'").split()]
        check(backends, "sessions of the node")
        for pid in backends:
            os.kill(pid, signal.SIGSTOP)
        try:
            got = wait_for("not ready", lambda: (r := ask(web, "GET", "/healthz/ready")).status == 503 and r, TTL + 3)
            equal(got.json()["reasons"][0]["code"], "no_beat", got.text)
            slowest = 0.0
            for _ in range(50):
                at = time.monotonic()
                equal(ask(web, "GET", "/healthz/live").status, 200, "live")
                slowest = max(slowest, time.monotonic() - at)
            say(f"    health with a silent database: slowest of 50 {slowest * 1000:.1f} ms")
            check(s.cluster.weir("healthcheck", "ready", code=None).returncode != 0, "weir healthcheck ready")
        finally:
            for pid in backends:
                try:
                    os.kill(pid, signal.SIGCONT)
                except ProcessLookupError:
                    pass
        wait_for("ready again", lambda: ask(web, "GET", "/healthz/ready").status == 200, 30)
        s.stop_cleanly()


def base_path(wanted: argparse.Namespace) -> None:
    """Below a path that a proxy serves; two nodes never share an address; a bad one is said at once."""
    with scenario(wanted, "http_base", nodes=1) as s:
        start(s, 'base_path = "/ops/weir/"')
        web = address(s)
        equal(ask(web, "GET", "/ops/weir/api/v1/cluster").status, 200, "below the base path")
        refused(ask(web, "GET", "/api/v1/cluster"), 404, "not_found", "/ops/weir")
        equal(ask(web, "GET", "/ops/weir/healthz/live").status, 200, "health as well")
        made = ask(web, "POST", "/ops/weir/api/v1/tasks", {"name": "mail"})
        equal(ask(web, "GET", made.headers["location"]).status, 200, f"where it is: {made.headers['location']}")
        s.cluster.weir("healthcheck", "ready")
        config = s.cluster.config("n1").read_text(encoding="utf-8")
        second = s.directory / "n1" / "second.toml"
        second.write_text(config.replace('[http]\nlisten = "127.0.0.1:0"', f'[http]\nlisten = "{web}"')
                          .replace('name = "n1"', 'name = "n9"').replace("/state", "/state9"), encoding="utf-8")
        taken = s.direct("run", "--config", str(second))
        equal(taken.returncode, 5, taken.stderr)
        check("http.listen" in taken.stderr and "in use" in taken.stderr, taken.stderr)
        logged = [json.loads(line) for line in taken.stderr.splitlines() if line.startswith("{")]
        check(any(line["level"] == "error" and "http.listen" in line["msg"] for line in logged),
              f"a program that reads the log hears of it, too: {taken.stderr}")
        check(any(line.startswith("weir: error: http.listen") for line in taken.stderr.splitlines()), "for people")
        s.stop_cleanly()


def metrics(wanted: argparse.Namespace) -> None:
    """What a node counted is what ran; the leader tells of the cluster; each line is as the format has it."""
    with scenario(wanted, "http_metrics", nodes=2) as s:
        start(s)
        for _ in range(7):
            done = ask(address(s), "POST", "/api/v1/tasks?wait=20s", {"name": "mail"})
            equal(done.json()["state"], "DONE", "a task")
        values: dict[str, dict[str, float]] = {}
        for name in s.cluster.names:
            got = ask(address(s, name), "GET", "/metrics")
            equal(got.status, 200, got.text[:200])
            lines = [line for line in got.text.splitlines() if not line.startswith("#")]
            bad = [line for line in lines if not LINE.fullmatch(line)]
            equal(bad, [], "lines that are none of the format")
            values[name] = {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in lines}
            equal(len(values[name]), len(lines), "each series once")
            check(all("e" not in line.rsplit(" ", 1)[1] for line in lines if "_total" in line and "cpu" not in line),
                  "counts are whole numbers")
            types = [line.split()[2] for line in got.text.splitlines() if line.startswith("# TYPE")]
            equal(len(types), len(set(types)), "each metric once")
        both = lambda series: sum(v.get(series, 0) for v in values.values())  # noqa: E731
        equal(both('weir_attempts_total{stream="mail",name="mail",result="success"}'), 7, "runs")
        equal(both('weir_tasks_finished_total{stream="mail",name="mail",result="success"}'), 7, "ended tasks")
        through = [value for series, value in values["n1"].items()
                   if series.startswith("weir_tasks_enqueued_total") and 'name="mail"' in series]
        equal(sum(through), 7, "enqueued through n1")
        equal(both('weir_task_run_seconds_count{stream="mail"}'), 7, "measured runs")
        posted = 'weir_http_requests_total{method="POST",route="/api/v1/tasks",status="201"}'
        equal(values["n1"][posted], 7, "requests")
        equal(both("weir_leader"), 1, "leaders")
        equal(both('weir_nodes{state="active"}'), 2, "told by the leader alone")
        equal(both('weir_tasks{stream="mail",state="ready"}'), 0, "waiting tasks")
        for v in values.values():
            check(v["weir_beat_seconds_count"] > 0 and v["process_resident_memory_bytes"] > 1e6, "beats and memory")
            check(abs(v["process_start_time_seconds"] - time.time()) < 300, "when it started")
        s.stop_cleanly()


def document(wanted: argparse.Namespace) -> None:
    """docs/http.md says what works: each of its requests is asked, each of its commands run."""
    text = (Path(__file__).resolve().parents[2] / "docs" / "http.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(\w+)\n(.*?)```", text, re.S)
    equal([kind for kind, _ in blocks], ["toml", "sh", "sh", "toml", "sh"], "snippets")
    check('listen = "127.0.0.1:7711"' in blocks[0][1], "the address of the others")
    equal(blocks[3][1], blocks[0][1].rstrip() + '\ntokens_file = "tokens"\n', "the same, with tokens")
    with scenario(wanted, "http_document", nodes=2) as s:
        file = s.directory / "tokens"
        start(s, "[stream.netsuite]\nmode = \"single\"")
        web = address(s)
        for _ in range(10):
            ask(web, "POST", "/api/v1/tasks", {"name": "mail"})
        asked = 0
        for line in blocks[1][1].splitlines():
            words = shlex.split(line, comments=True)
            url = next(word for word in words if word.startswith("localhost:7711"))
            path = url.removeprefix("localhost:7711")
            if path.endswith("/events"):
                wait_for("an event", lambda: watcher(web).events or time.sleep(1.5), 20)
            elif "-d" in words:
                check(ask(web, "POST", path, words[words.index("-d") + 1]).status in (200, 201), line)
            else:
                equal(ask(web, "GET", path).status, 200, line)
            asked += 1
        equal(asked, 6, "requests of the page")
        make, send = blocks[2][1].splitlines()
        subprocess.run(["sh", "-c", make], cwd=s.directory, check=True)
        check(send.endswith("localhost:7711/api/v1/tasks:batch --data-binary @tasks.ndjson"), send)
        got = ask(web, "POST", "/api/v1/tasks:batch", (s.directory / "tasks.ndjson").read_bytes())
        check(all("id" in json.loads(line) for line in got.text.splitlines()), got.text)
        equal(len(got.text.splitlines()), 2, "tasks of the batch")
        s.cluster.write_config("n1", CONFIG.format(http=f'tokens_file = "{file}"'))
        for line in blocks[4][1].splitlines():
            s.cluster.weir(*shlex.split(line, comments=True)[1:])
        s.stop_cleanly()


SCENARIOS = {each.__name__: each
             for each in (tasks, bad_requests, actions, events, tokens, ready, base_path, metrics, document)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
