#!/usr/bin/env python3
"""A real Prometheus watches three nodes, as docs/metrics.md says it: each expression of the dashboard has data, each
alert's names are served, the table of metrics is what is served, and a node that is killed is heard of."""
import argparse
import itertools
import json
import re
import shlex
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import exposition
from http_api import address, ask
from support import TTL, arguments, check, equal, run_all, say, scenario, wait_for

REPO = Path(__file__).resolve().parents[2]
CONFIG = """
[http]
listen = "127.0.0.1:0"
tokens_file = "{tokens}"
[trace]
url = "http://127.0.0.1:9/nobody-listens"
[stream.mail]
mode = "parallel"
partitions = 6
[action.send]
stream = "mail"
type = "noop"
[action.broken]
stream = "mail"
type = "exec"
command = ["false"]
[action.welcome]
type = "email"
api_key_file = "key"
[action.customers]
type = "cdc"
controller = "4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e"
query = "select 'a' as object_id, md5('a')::uuid as hash"
[schedule.tick]
task = "send"
every = "1s"
"""
# What Prometheus makes itself.
OF_PROMETHEUS = {"up": {"job", "instance"}}
EVERYWHERE = {"job", "instance", "le"}


def document() -> tuple[list[str], dict[str, tuple[str, set[str], str]]]:
    """The lines of the page's snippet, and its table: metric -> type, labels, who tells it."""
    text = (REPO / "docs" / "metrics.md").read_text(encoding="utf-8")
    lines = re.findall(r"```sh\n(.*?)```", text, re.S)
    equal(len(lines), 1, "snippets of the page")
    table = {}
    for name, kind, labels, teller in re.findall(r"^\| `(\w+)` \| (\w+) \| ([\w, -]+) \| (\w+) \|", text, re.M):
        check(name not in table, f"{name} is in the table twice")
        table[name] = (kind, set(labels.split(", ")) - {"-"}, teller)
    return lines[0].splitlines(), table


class prometheus:
    """The server, in a copy of deploy/prometheus whose targets are these nodes."""

    def __init__(self, s: scenario, check_line: str, run_line: str) -> None:
        self.s = s
        file = s.directory / "deploy" / "prometheus" / "prometheus.yml"
        text = file.read_text(encoding="utf-8")
        targets = json.dumps([address(s, name) for name in s.cluster.names])
        for old, new in ((r"# (authorization:)", r"\1"), (r"targets: .*", f"targets: {targets}"),
                         (r"(scrape|evaluation)_interval: 15s", r"\1_interval: 1s")):
            text, times = re.subn(old, new, text)
            check(times > 0, f"{old} is in {file.name}")
        file.write_text(text, encoding="utf-8")
        checked = subprocess.run(shlex.split(check_line), cwd=s.directory, capture_output=True, text=True, timeout=60)
        equal(checked.returncode, 0, checked.stdout + checked.stderr)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.at = f"127.0.0.1:{probe.getsockname()[1]}"
        with open(s.directory / "prometheus.log", "ab") as log:
            s.others.append(subprocess.Popen(
                [*shlex.split(run_line), f"--web.listen-address={self.at}", f"--storage.tsdb.path={s.directory}/tsdb"],
                cwd=s.directory, stdout=log, stderr=log))
        wait_for("Prometheus", self.ready, 30, 0.2)

    def ready(self) -> bool:
        check(self.s.others[-1].poll() is None, (self.s.directory / "prometheus.log").read_text()[-1000:])
        try:
            with urllib.request.urlopen(f"http://{self.at}/-/ready", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def get(self, path: str, **query: str) -> Any:
        url = f"http://{self.at}/api/v1/{path}?{urllib.parse.urlencode(query)}"
        try:
            with urllib.request.urlopen(url, timeout=20) as answer:
                return json.load(answer)["data"]
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"{query}: {refused.read().decode()}") from None

    def query(self, expression: str) -> list[Any]:
        found: list[Any] = self.get("query", query=expression)["result"]
        return found

    def alerts(self) -> dict[str, str]:
        return {each["labels"]["alertname"]: each["state"] for each in self.get("alerts")["alerts"]}


def panels() -> list[dict[str, Any]]:
    """Panels of the dashboard that ask something; what they are is checked on the way."""
    board = json.loads((REPO / "deploy" / "grafana" / "weir.json").read_text(encoding="utf-8"))
    every = board["panels"]
    equal([p["id"] for p in every], list(range(1, len(every) + 1)), "ids of the panels")
    equal([p["title"] for p in every if p["type"] == "row"], ["Cluster", "Streams", "Tasks", "Database", "HTTP"],
          "rows")
    taken: set[tuple[int, int]] = set()
    for p in every:
        at = p["gridPos"]
        cells = set(itertools.product(range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"])))
        check(at["x"] + at["w"] <= 24 and not cells & taken, f"{p['title']} lies over another panel")
        taken |= cells
    asking = [p for p in every if p["type"] != "row"]
    for p in asking:
        check(p["datasource"]["uid"] == "${datasource}" and p["targets"] and p["fieldConfig"]["defaults"]["unit"],
              f"{p['title']}: data source, targets and unit")
    asking.append({"title": "annotation", "targets": [{"expr": board["annotations"]["list"][0]["expr"],
                                                       "legendFormat": ""}], "may_be_empty": True})
    variable = next(v for v in board["templating"]["list"] if v["name"] == "stream")
    series, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]).groups()  # type: ignore
    asking.append({"title": "variable", "targets": [{"expr": f"count by ({label}) ({series})", "legendFormat": ""}]})
    return asking


def check_names(expression: str, served: exposition.exposition) -> None:
    """Every metric of the expression is served, with the labels that it is asked for by."""
    series, grouped = exposition.spoken_of(expression)
    check(series, f"{expression}: speaks of something")
    known = set(EVERYWHERE)
    for name, labels in series.items():
        metric = served.metric_of(name)
        of = OF_PROMETHEUS.get(name) or served.labels_of(metric)
        check(name in OF_PROMETHEUS or metric in served.types, f"{expression}: no node serves {name}")
        check(labels <= of | EVERYWHERE, f"{expression}: {name} has no label {labels - of - EVERYWHERE}")
        known |= of
    check(grouped <= known, f"{expression}: none of its metrics has {grouped - known}")


def served_by(s: scenario, token: str) -> dict[str, exposition.exposition]:
    found = {}
    for name in s.cluster.names:
        got = ask(address(s, name), "GET", "/metrics", Authorization=f"Bearer {token}")
        equal(got.status, 200, got.text)
        lint = subprocess.run(["promtool", "check", "metrics"], input=got.text, capture_output=True, text=True,
                              timeout=60)
        equal((lint.returncode, lint.stdout + lint.stderr), (0, ""), f"promtool check metrics, {name}")
        found[name] = exposition.parse(got.text)
    return found


def check_table(table: dict[str, tuple[str, set[str], str]], served: dict[str, exposition.exposition],
                leader: str) -> None:
    """The page says of each metric what is served, and of none that is not."""
    for name, one in served.items():
        wanted = {m for m, (_, _, teller) in table.items() if teller == "node" or name == leader}
        equal(sorted(one.types), sorted(wanted), f"metrics of {name}")
        equal({m: one.types[m] for m in wanted}, {m: table[m][0] for m in wanted}, "types")
    for metric, (kind, labels, _) in table.items():
        found = set().union(*(one.labels_of(metric) for one in served.values()))
        equal(found, labels, f"labels of {metric}")
        check((kind == "counter") == metric.endswith("_total"), f"{metric}: counters end in _total, nothing else")
        check(not re.search(r"_(ms|millis\w*|us|minutes|hours|kb|mb|percent)(_|$)", metric), f"{metric}: base units")


def start(s: scenario) -> None:
    for name in s.cluster.names:
        file = s.cluster.write_config(name, CONFIG.format(tokens=s.directory / "tokens"))
        (file.parent / "key").write_text("k\n", encoding="utf-8")
    s.cluster.weir("token", "create", "first", "--role", "viewer")
    for name in s.cluster.names:
        s.cluster.nodes[name].start([str(s.cluster.weir_program), "run", "--config", str(s.cluster.config(name))],
                                    s.cluster.environment())
    s.wait_active(set(s.cluster.names))


def watched(wanted: argparse.Namespace) -> None:
    """All of it on one cluster."""
    lines, table = document()
    with scenario(wanted, "prometheus") as s:
        shutil.copytree(REPO / "deploy", s.directory / "deploy")
        start(s)
        command, into = lines[0].split("#")[0].split(" > ")
        token = s.cluster.weir(*shlex.split(command)[1:]).stdout.strip()
        (s.directory / into.strip()).write_text(token + "\n", encoding="utf-8")
        server = prometheus(s, lines[1], lines[2])
        s.enqueue([{"name": name} for name in ("send", "broken", "customers") for _ in range(5)])
        wait_for("the end of the broken ones",
                 lambda: len(s.cluster.weir_json("task", "list", "--state", "failed")["items"]) == 5, 30, 0.5)
        wait_for("scrapes of all nodes", lambda: len(server.query('up{job="weir"} == 1')) == 3, 30, 0.5)
        served = wait_for("each metric", lambda: complete(served_by(s, token), table), 30, 1)
        check_table(table, served, s.cluster.status()["leader"]["node"])
        everything = exposition.exposition()
        for one in served.values():
            everything.types.update(one.types)
            everything.samples += one.samples

        for wrong in ("sum(weir_node)", "max by (planet) (weir_nodes)", 'weir_nodes{planet="x"}', "1 + 1"):
            try:
                check_names(wrong, everything)
            except AssertionError:
                continue
            raise AssertionError(f"{wrong} was taken for right")

        asked = 0
        for panel in panels():
            for target in panel["targets"]:
                expression = target["expr"].replace("$__rate_interval", "30s").replace("$stream", ".*")
                check_names(expression, everything)
                legend = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
                found = wait_for(f"data of {expression}",
                                 lambda e=expression: server.query(e) or panel.get("may_be_empty"), 40, 0.5)
                for series in found if isinstance(found, list) else []:
                    check(legend <= set(series["metric"]), f"{panel['title']}: {series['metric']} lacks {legend}")
                asked += 1
        rules = [rule for group in server.get("rules")["groups"] for rule in group["rules"]]
        for rule in rules:
            equal((rule["type"], rule["health"], rule.get("lastError")), ("alerting", "ok", None), rule["name"])
            check_names(rule["query"], everything)
        say(f"  {asked} expressions of the dashboard, {len(rules)} alerts, {len(table)} metrics")
        equal({k: v for k, v in server.alerts().items() if v == "firing"}, {}, "alerts of a cluster that is well")

        # The rule compares with what was: at least one of its steps lies behind.
        wait_for("a past without deaths",
                 lambda: server.query('min_over_time(max(weir_nodes{state="dead"})[15m:15s])'), 40, 0.5)
        s.kill("n3")
        wait_for("it is heard that a node does not answer", lambda: "WeirNodeDown" in server.alerts(), 15, 0.3)
        wait_for("it is heard that a node died", lambda: server.alerts().get("WeirNodeDied") == "firing", TTL + 25, 0.5)
        check("WeirAllNodesDown" not in server.alerts(), "two are left")
        s.stop_cleanly()


def complete(served: dict[str, exposition.exposition], table: dict[str, Any]) -> Any:
    """What is served, once each metric of the table has a sample somewhere."""
    missing = [m for m in table if not any(
        m == one.metric_of(name) for one in served.values() for name, _, _ in one.samples)]
    return None if missing else served


SCENARIOS = {each.__name__: each for each in (watched,)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
