#!/usr/bin/env python3
"""`weir config init`, `schema` and `reload`: a first file that is accepted, a schema that editors can trust, and nodes
that take over what they can while they run."""
import argparse
import json
import re
import signal
import sys
import tomllib
from pathlib import Path
from typing import Any

from support import arguments, check, equal, run_all, scenario, wait_for

ROOT = Path(__file__).resolve().parents[2]


def init(wanted: argparse.Namespace) -> None:
    with scenario(wanted, "init", migrated=False, nodes=1) as s:
        file = s.directory / "weir.toml"
        equal(s.direct("config", "init").returncode, 0, "config init")
        text = file.read_text(encoding="utf-8")
        checked = s.direct("config", "check")
        equal(checked.returncode, 0, checked.stderr)
        check("weir.toml" in checked.stdout, "it is the file that is checked")
        equal(s.direct("config", "init", "--out", "-").stdout, text, "what - prints")
        file.write_text("# mine\n", encoding="utf-8")
        refused = s.direct("config", "init")
        equal(refused.returncode, 5, "a file that is there")
        check(str(file) in refused.stderr and "--replace" in refused.stderr, refused.stderr)
        equal(file.read_text(encoding="utf-8"), "# mine\n", "it is left as it is")
        done = s.direct("config", "init", "--replace", "-o", "json")
        equal(json.loads(done.stdout), {"file": str(file), "replaced": True}, "what it says as JSON")
        equal((s.directory / "weir.toml.old").read_text(encoding="utf-8"), "# mine\n", "the old one is kept")
        equal(file.read_text(encoding="utf-8"), text, "the new one")
        equal(s.direct("config", "init", "--out", "/proc/none/weir.toml").returncode, 2, "a place that cannot be")
        shown = json.loads(s.direct("config", "show", "--origin", "-o", "json").stdout)
        equal(shown["cluster"]["ttl"], {"origin": "default", "value": "6s"}, "origin of a default")


TYPES = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}


def complaints(schema: Any, value: Any, place: str = "") -> list[str]:
    """What of JSON Schema ours uses."""
    if schema is False:
        return [f"{place}: not allowed"]
    if schema is True:
        return []
    found: list[str] = []
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(isinstance(value, TYPES[t]) and (t == "boolean") == isinstance(value, bool) for t in types):
        return [f"{place}: no {types}"]
    if "enum" in schema and value not in schema["enum"] or "const" in schema and value != schema["const"]:
        found.append(f"{place}: not one of them")
    if isinstance(value, str):
        if not re.search(schema.get("pattern", ""), value) or \
                not schema.get("minLength", 0) <= len(value) <= schema.get("maxLength", len(value)):
            found.append(f"{place}: not of that form")
    if isinstance(value, int) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        found.append(f"{place}: out of bounds")
    if isinstance(value, list):
        if len(value) < schema.get("minItems", 0):
            found.append(f"{place}: too few")
        for i, each in enumerate(value):
            found += complaints(schema.get("items", True), each, f"{place}[{i}]")
    if isinstance(value, dict):
        found += [f"{place}: {name} is missing" for name in schema.get("required", []) if name not in value]
        for name, each in value.items():
            rule = schema.get("properties", {}).get(name, schema.get("additionalProperties", True))
            found += complaints(rule, each, f"{place}.{name}")
    for rule in schema.get("allOf", []):
        found += complaints(rule, value, place)
    if "if" in schema and not complaints(schema["if"], value, place):
        found += complaints(schema.get("then", True), value, place)
    return found


BROKEN = [
    ("[node]\nnamee = 'n1'\n", ".node.namee"),
    ("[nodes]\n", ".nodes"),
    ("[cluster]\nttl = 6\n", ".cluster.ttl"),
    ("[cluster]\nttl = '6 s'\n", ".cluster.ttl"),
    ("[node]\nweight = 1001\n", ".node.weight"),
    ("[node]\nleader_eligible = 1\n", ".node.leader_eligible"),
    ("[log]\nlevel = 'loud'\n", ".log.level"),
    ("[stream.a]\npartitions = 4\n", ".stream.a"),
    ("[stream.a]\nmode = 'single'\nrate = '10'\n", ".stream.a.rate"),
    ("[action.a]\ntype = 'exec'\nurl = 'https://x'\n", ".action.a.url"),
    ("[action.a]\ntype = 'exec'\ncommand = []\n", ".action.a.command"),
    ("[action.a]\ntype = 'http'\nurl = 'ftp://x'\n", ".action.a.url"),
]


def schema(wanted: argparse.Namespace) -> None:
    """What the schema refuses, `config check` refuses, and what is accepted there fits the schema."""
    with scenario(wanted, "schema", migrated=False, nodes=1) as s:
        printed = s.direct("config", "schema")
        equal(printed.returncode, 0, printed.stderr)
        rules = json.loads(printed.stdout)
        for name in ("config/weir.example.toml",):
            equal(complaints(rules, tomllib.loads((ROOT / name).read_text(encoding="utf-8"))), [], name)
        s.direct("config", "init")
        equal(complaints(rules, tomllib.loads((s.directory / "weir.toml").read_text(encoding="utf-8"))), [], "init")
        for text, place in BROKEN:
            found = complaints(rules, tomllib.loads(text))
            check(any(one.startswith(place) for one in found), f"{text!r}: {found}")
            (s.directory / "broken.toml").write_text(text, encoding="utf-8")
            equal(s.direct("config", "check", "--config", "broken.toml").returncode, 78, f"config check of {text!r}")


NODE = """
[http]
listen = "127.0.0.1:0"
[limits]
payload = "{payload}"
[log]
level = "{level}"
format = "json"
[action.flaky]
type = "exec"
command = ["sh", "-c", "exit 75"]
retry = {{ every = "{every}", max_attempts = {attempts} }}
"""


def reload(wanted: argparse.Namespace) -> None:
    with scenario(wanted, "reload", nodes=1) as s:
        def write(level: str = "info", every: str = "1h", attempts: int = 2, payload: str = "1MiB") -> None:
            s.cluster.write_config("n1", NODE.format(level=level, every=every, attempts=attempts, payload=payload))

        def log() -> str:
            return s.cluster.nodes["n1"].log.read_text(encoding="utf-8")

        write()
        s.cluster.nodes["n1"].start([str(s.cluster.weir_program), "run", "--config", str(s.cluster.config("n1"))],
                                    s.cluster.environment())
        web = "http://" + s.wait_active({"n1"})["nodes"][0]["http"]
        pid = s.cluster.nodes["n1"].pid()
        slow = s.enqueue([{"name": "flaky"}])[0]
        wait_for("its retry", lambda: s.cluster.weir_json("task", "show", str(slow))["state"] == "RETRY", 15)

        write(every="200ms", payload="2MiB")
        answer = s.cluster.weir_json("config", "reload")["items"][0]
        equal(answer["node"], "n1", "who has read it")
        equal(answer["applied"], ["action.flaky.retry.every"], "what is in force")
        equal(answer["needs_restart"], ["limits.payload"], "what needs a restart")
        told = s.cluster.weir_json("audit", "list")["items"][0]
        equal((told["action"], told["object"], told["details"]),
              ("config.reload", "n1", {"applied": answer["applied"], "needs_restart": answer["needs_restart"]}),
              "the audit")
        check("needs a restart: limits.payload" in log(), "the log names it, too")
        quick = s.enqueue([{"name": "flaky"}])[0]
        wait_for("its end", lambda: s.cluster.weir_json("task", "show", str(quick))["state"] == "FAILED", 15)
        equal(len(s.cluster.weir_json("task", "show", str(quick))["attempts"]), 2, "attempts")

        write(every="soon", level="debug")
        s.cluster.nodes["n1"].signal(signal.SIGHUP)
        wait_for("the refusal in the log", lambda: log().count("the configuration is refused") == 1, 10)
        refused = s.direct("config", "reload", "--url", web)
        equal(refused.returncode, 78, refused.stderr)
        check("retry.every" in refused.stderr, refused.stderr)
        equal(log().count("the configuration is refused"), 2, "refusals in the log")
        write(every="200ms", level="debug", payload="2MiB")
        s.cluster.nodes["n1"].signal(signal.SIGHUP)
        wait_for("the new level in the log", lambda: "now in force: log.level" in log(), 10)
        write(every="200ms", level="error", payload="2MiB")
        answer = s.cluster.weir_json("config", "reload")["items"][0]
        equal((answer["applied"], answer["needs_restart"]), (["log.level"], ["limits.payload"]), "what is told")
        s.cluster.config("n1").rename(s.cluster.config("n1").with_suffix(".away"))
        refused = s.direct("config", "reload", "--url", web)
        equal(refused.returncode, 78, refused.stderr)
        s.cluster.config("n1").with_suffix(".away").rename(s.cluster.config("n1"))
        told = log()
        s.cluster.weir("stream", "list")
        equal(log(), told, "what is logged from here on")
        check(s.cluster.nodes["n1"].pid() == pid, "the node goes on")
        s.cluster.nodes["n1"].signal(signal.SIGTERM)
        equal(s.cluster.nodes["n1"].ended(20), 0, "exit code")


def nobody(wanted: argparse.Namespace) -> None:
    """Nodes without HTTP are named with what to do instead."""
    with scenario(wanted, "nobody", nodes=1) as s:
        equal(s.cluster.weir("config", "reload", code=3).stdout, "", "without any node")
        s.cluster.nodes["n1"].start([str(s.cluster.weir_program), "run", "--config", str(s.cluster.config("n1"))],
                                    s.cluster.environment())
        s.wait_active({"n1"})
        done = s.cluster.weir("config", "reload", code=5)
        check("n1" in done.stderr and "SIGHUP" in done.stderr, done.stderr)


SCENARIOS = {each.__name__: each for each in (init, schema, reload, nobody)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
