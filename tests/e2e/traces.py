#!/usr/bin/env python3
"""Runs as spans at a collector of the test's own: tied to their producers whatever way a task came in, and never in its
way."""
import argparse
import contextlib
import http.server
import json
import re
import sys
import threading
import urllib.request
from typing import Any, Iterator, Optional

from private_postgres import free_port
from readme_test import snippets
from support import arguments, check, equal, run_all, scenario, wait_for

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PRODUCER = f"00-{TRACE}-{SPAN}-01"
UNSAMPLED = f"00-{TRACE}-{SPAN}-00"

NODE = """
[http]
listen = "127.0.0.1:0"
[log]
format = "json"
{documented}headers = {{ X-Tenant = "blue" }}
percent = {percent}
join = {join}
queue = {queue}
[stream.lane]
mode = "{mode}"
[action.tell]
type = "exec"
stream = "lane"
command = ["/bin/sh", "-c", "echo look >&2; echo $WEIR_TRACEPARENT"]
[action.fails]
type = "exec"
stream = "lane"
command = ["/bin/sh", "-c", "echo no such customer; exit 75"]
retry = {{ every = "10ms", max_attempts = 2 }}
"""


class collector:
    """Keeps what comes; answers as it was told."""

    def __init__(self) -> None:
        self.port = free_port()
        self.status = 200
        self.headers: list[dict[str, str]] = []
        self.resources: list[dict[str, Any]] = []
        self.spans: list[dict[str, Any]] = []
        self.server: Optional[http.server.ThreadingHTTPServer] = None

    def start(self) -> None:
        outer = self

        class handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:  # pylint: disable=invalid-name
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if outer.status == 200:
                    outer.headers.append({k.lower(): v for k, v in self.headers.items()})
                    for each in json.loads(body)["resourceSpans"]:
                        outer.resources.append(values(each["resource"]))
                        for scope in each["scopeSpans"]:
                            outer.spans += scope["spans"]
                self.send_response(outer.status)
                self.send_header("Content-Length", "2")
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, format: str, *args: Any) -> None:  # pylint: disable=redefined-builtin
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        if self.server is not None:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def of(self, task: int) -> list[dict[str, Any]]:
        """The spans of a task's runs, in their order."""
        mine = [span for span in self.spans if values(span)["messaging.message.id"] == str(task)]
        return sorted(mine, key=lambda span: int(values(span)["weir.task.attempt"]))

    def wait_for(self, task: int, runs: int) -> list[dict[str, Any]]:
        wait_for(f"{runs} spans of task {task}", lambda: len(self.of(task)) >= runs, 20)
        return self.of(task)


def values(of: dict[str, Any]) -> dict[str, Any]:
    """Attributes without their types."""
    return {each["key"]: next(iter(each["value"].values())) for each in of["attributes"]}


def documented(language: str) -> str:
    """The snippet of docs/traces.md in that language."""
    return next(text for kind, text in snippets("docs/traces.md", "tests/e2e/traces.py") if kind == language)


@contextlib.contextmanager
def traced(wanted: argparse.Namespace, name: str, percent: int = 100, join: bool = False, queue: int = 1000,
           mode: str = "parallel", up: bool = True) -> Iterator[tuple[scenario, collector]]:
    """A node that traces, and where it does so."""
    at = collector()
    if up:
        at.start()
    with contextlib.ExitStack() as done, scenario(wanted, name, nodes=1) as s:
        done.callback(at.stop)
        file = s.cluster.write_config("n1", NODE.format(documented=documented("toml").replace("4318", str(at.port)),
                                                        percent=percent, join=str(join).lower(), queue=queue,
                                                        mode=mode))
        s.cluster.nodes["n1"].start([str(s.cluster.weir_program), "run", "--config", str(file)],
                                    s.cluster.environment())
        s.wait_active({"n1"})
        yield s, at


def url_of(s: scenario) -> str:
    return "http://" + s.wait_active({"n1"})["nodes"][0]["http"]


def post(s: scenario, task: dict[str, Any], **headers: str) -> dict[str, Any]:
    asked = urllib.request.Request(f"{url_of(s)}/api/v1/tasks", json.dumps(task).encode(),
                                   {"Content-Type": "application/json", **headers})
    with urllib.request.urlopen(asked, timeout=10) as answer:
        return json.load(answer)


def message_of(s: scenario, task: int) -> str:
    return s.cluster.weir_json("task", "show", str(task))["message"]


def every_way_in(wanted: argparse.Namespace) -> None:
    """HTTP, SQL and the command: the run is linked to its producer's span and tells the action its own."""
    with traced(wanted, "every_way_in") as (s, at):
        shown = post(s, {"name": "tell"}, traceparent=PRODUCER)
        equal(shown["traceparent"], PRODUCER, "the answer's trace context")
        lines = json.dumps({"name": "tell", "traceparent": PRODUCER})
        told = s.cluster.weir("task", "enqueue", "-", "-o", "ndjson", given=lines)
        ids = {"http": int(shown["id"]),
               "member": int(post(s, {"name": "tell", "traceparent": PRODUCER}, traceparent=UNSAMPLED)["id"]),
               "sql": s.number(documented("sql").replace("'mail'", "'tell'")),
               "sql, many": s.number("select weir.enqueue_many('" +
                                     json.dumps([{"name": "tell", "traceparent": PRODUCER}]) + "')"),
               "command": int(json.loads(told.stdout.splitlines()[0])["id"])}
        for way, task in ids.items():
            span = at.wait_for(task, 1)[0]
            equal([(link["traceId"], link["spanId"]) for link in span["links"]], [(TRACE, SPAN)], f"{way}: the links")
            check(span["traceId"] != TRACE and not span.get("parentSpanId"), f"{way}: a trace of its own: {span}")
            equal(message_of(s, task), f"00-{span['traceId']}-{span['spanId']}-01", f"{way}: what the action was told")
        equal(s.cluster.weir_json("task", "show", str(ids["sql"]))["traceparent"], PRODUCER, "what is shown")
        one = at.of(ids["sql"])[0]
        equal((one["name"], one["kind"], one.get("status", {}).get("code", 0)), ("process lane", 5, 0), "the span")
        check(0 < int(one["startTimeUnixNano"]) <= int(one["endTimeUnixNano"]), f"it has its times: {one}")
        found = values(one)
        for name, value in {"messaging.system": "weir", "messaging.operation.type": "process",
                            "messaging.destination.name": "lane", "weir.task.name": "tell", "weir.task.key": "42",
                            "weir.task.attempt": "1", "weir.result": "success"}.items():
            equal(str(found[name]), value, name)
        resource = at.resources[0]
        equal((resource["service.name"], resource["service.instance.id"]), ("weir", "n1"), "the resource")
        equal((at.headers[0]["content-type"], at.headers[0]["x-tenant"]), ("application/json", "blue"), "headers")
        logged = [json.loads(line) for line in s.cluster.nodes["n1"].log.read_text().splitlines() if '"task"' in line]
        mine = [line for line in logged if line.get("task") == str(ids["sql"])]
        check(mine and all(line["trace_id"] == one["traceId"] and line["stream"] == "lane" for line in mine),
              f"the log names the trace: {logged}")


def every_attempt(wanted: argparse.Namespace) -> None:
    """A task that is tried again has a span a run, each linked to the producer, each an error; also from a runner
    process."""
    with traced(wanted, "every_attempt", mode="single") as (s, at):
        task = s.number(f"select weir.enqueue('fails', traceparent => '{PRODUCER}')")
        spans = at.wait_for(task, 2)
        equal(len({span["spanId"] for span in spans}), 2, "spans")
        for number, span in enumerate(spans, 1):
            equal(span["links"][0]["spanId"], SPAN, f"the link of attempt {number}")
            equal((span["status"]["code"], span["status"]["message"]), (2, "no such customer"), "the status")
            equal((values(span)["weir.task.attempt"], values(span)["error.type"]), (str(number), "retry"), "attributes")


def who_is_traced(wanted: argparse.Namespace) -> None:
    """By the producer's flag; without one by the percentage, here none. With join a run is its producer's child."""
    with traced(wanted, "who_is_traced", percent=0, join=True) as (s, at):
        unsampled = s.number(f"select weir.enqueue('tell', traceparent => '{UNSAMPLED}')")
        bare = s.number("select weir.enqueue('tell')")
        broken = int(post(s, {"name": "tell"}, traceparent="00-nothing-01")["id"])
        sampled = s.number(f"select weir.enqueue('tell', traceparent => '{PRODUCER}')")
        span = at.wait_for(sampled, 1)[0]
        equal((span["traceId"], span["parentSpanId"]), (TRACE, SPAN), "trace and parent")
        check(not span.get("links"), f"a child needs no link: {span}")
        s.wait_empty(20)
        check(re.fullmatch(f"00-{TRACE}-[0-9a-f]{{16}}-00", message_of(s, unsampled)),
              f"the flag is passed on: {message_of(s, unsampled)}")
        for task in (bare, broken):
            check(re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-00", message_of(s, task)), message_of(s, task))
        s.stop_cleanly()  # all that was to be sent has been
        equal([values(each)["messaging.message.id"] for each in at.spans], [str(sampled)], "traced tasks")


def refused_contexts(wanted: argparse.Namespace) -> None:
    """What is no trace context is refused by name where it was meant to be one, and nothing is enqueued."""
    with scenario(wanted, "refused_contexts", nodes=1) as s:
        for text in ("hello", PRODUCER.upper(), PRODUCER.replace("00-0", "ff-0"), f"00-{'0' * 32}-{SPAN}-01"):
            for call in (f"weir.enqueue('tell', traceparent => '{text}')",
                         "weir.enqueue_many('" + json.dumps([{"name": "tell", "traceparent": text}]) + "')"):
                try:
                    s.number(f"select {call}")
                except RuntimeError as refusal:
                    check(f'"{text}" is no traceparent' in str(refusal), f"{call}: {refusal}")
                else:
                    check(False, f"{call} was taken")
            told = s.cluster.weir("task", "enqueue", "-", "-o", "ndjson", code=None,
                                  given=json.dumps({"name": "tell", "traceparent": text}))
            check(told.returncode != 0 and "traceparent" in told.stdout + told.stderr,
                  f"the command: {told.stdout}{told.stderr}")
        equal(s.number("select count(*) from weir.task"), 0, "tasks")


def collector_away(wanted: argparse.Namespace) -> None:
    """Runs go on without it; what waits is sent when it is back, and what did not fit is counted."""
    with traced(wanted, "collector_away", queue=20, up=False) as (s, at):
        ids = s.enqueue([{"name": "tell"} for _ in range(50)])
        s.wait_empty(30)

        def metric(name: str) -> float:
            with urllib.request.urlopen(f"{url_of(s)}/metrics", timeout=10) as answer:
                text = answer.read().decode()
            return sum(float(line.split()[-1]) for line in text.splitlines() if line.startswith(name))

        wait_for("spans to be dropped", lambda: metric('weir_spans_dropped_total{reason="full"}') > 0, 20)
        at.start()
        wait_for("the rest to be sent",
                 lambda: metric("weir_spans_exported_total") + metric("weir_spans_dropped_total") == len(ids), 30)
        equal(len(at.spans), metric("weir_spans_exported_total"), "spans that came")
        check(len(at.spans) >= 20, f"what waited was sent: {len(at.spans)}")
        at.status = 400
        last = s.number("select weir.enqueue('tell')")
        wait_for("a refusal", lambda: metric('weir_spans_dropped_total{reason="refused"}') == 1, 20)
        check(message_of(s, last).startswith("00-"), "the task was done all the same")
        at.stop()
        s.enqueue([{"name": "tell"}])
        s.wait_empty(20)
        s.stop_cleanly()  # in time, though nobody answers


if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), {
        "every_way_in": every_way_in, "every_attempt": every_attempt, "who_is_traced": who_is_traced,
        "refused_contexts": refused_contexts, "collector_away": collector_away}))
