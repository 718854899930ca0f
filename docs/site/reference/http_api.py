"""docs/http-api.md: every path of the API, from the description that a node serves at /openapi.json."""

from __future__ import annotations

import json
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from markdown_text import code, page, table

HEAD = """
Every path, in the order in which a node serves them. How requests, errors and tokens work is told in
[HTTP](http.md); the whole of it for machines, with the shape of each answer (JSON, where nothing else is said), is
`GET /openapi.json` of any node. `[http] base_path` goes in front of every path.
"""
ROLES = """
*Who* is the least role that may ask: `viewer`, `operator` or `admin`, and `-` where no token is needed. Without
`tokens_file` nobody is asked for one.
"""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def description(weir: Path) -> dict[str, Any]:
    """What `weir dev` serves: it needs no database."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        (Path(folder) / "weir.toml").write_text(f'[http]\nlisten = "127.0.0.1:{port}"\n', encoding="utf-8")
        node = subprocess.Popen([weir, "dev"], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                env={"HOME": folder, "LC_ALL": "C.UTF-8"})
        try:
            return fetched(f"http://127.0.0.1:{port}/openapi.json", node)
        finally:
            node.terminate()
            node.wait(20)


def fetched(url: str, node: "subprocess.Popen[bytes]") -> dict[str, Any]:
    until = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                return dict(json.load(answer))
        except (urllib.error.URLError, ConnectionError):
            if node.poll() is not None or time.monotonic() > until:
                raise
            node_is_starting()


def node_is_starting() -> None:
    """Nothing tells when a port is listened at, so the next try comes a little later."""
    time.sleep(0.05)


def kind(schema: dict[str, Any]) -> str:
    told = schema.get("type", "")
    return " or ".join(told) if isinstance(told, list) else str(told)


def rows_of(one: dict[str, Any]) -> list[tuple[str, str, str]]:
    rows = []
    for each in one.get("parameters", []):
        need = ", needed" if each["required"] and each["in"] != "path" else ""
        rows.append((code(each["name"]), each["in"] + need, each["description"]))
    for _, content in one.get("requestBody", {}).get("content", {}).items():
        needed = content["schema"].get("required", [])
        for name, each in content["schema"].get("properties", {}).items():
            told = " ".join(["body", kind(each)]).strip() + (", needed" if name in needed else "")
            rows.append((code(name), told, each["description"]))
    return rows


def answers(one: dict[str, Any]) -> str:
    """Each status, with its kind where that is not JSON."""
    told = []
    for status, each in one["responses"].items():
        if status == "default":
            continue
        kinds = [one.split(";")[0] for one in each["content"] if one != "application/json"]
        notes = ([] if each["description"] == "done" else [each["description"]]) + kinds
        told.append(status + (f" ({', '.join(notes)})" if notes else ""))
    return "; ".join(told)


def operation(path: str, method: str, one: dict[str, Any]) -> str:
    rows = rows_of(one)
    summary = one["summary"].rstrip(".")
    who = code(one.get("x-role", "-"))
    head = f"### {method.upper()} {path}\n\n{summary[0].upper()}{summary[1:]}. *Who*: {who}. *Answer*: {answers(one)}."
    return head + ("\n\n" + table(("name", "where", "what"), rows) if rows else "")


def section_of(path: str) -> str:
    """tasks, streams, ... and, outside of /api/v1, the rest."""
    words = path.removeprefix("/api/v1/").split("/")[0].split(":")[0]
    return words.capitalize() if path.startswith("/api/v1/") else "Beside the API"


def write(weir: Path) -> str:
    sections: dict[str, list[str]] = {}
    for path, methods in description(weir)["paths"].items():
        for method, one in methods.items():
            sections.setdefault(section_of(path), []).append(operation(path, method, one))
    parts = [part for title, found in sections.items() for part in (f"## {title}", *found)]
    return page("HTTP API", "/openapi.json", HEAD, ROLES, *parts)
