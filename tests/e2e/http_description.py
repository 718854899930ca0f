#!/usr/bin/env python3
"""/openapi.json says what the API answers: each route is asked, and its answer held against its schema."""
import argparse
import json
import re
import sys
from datetime import datetime
from typing import Any, Optional

from http_api import address, answer, ask, start
from support import arguments, check, equal, run_all, scenario, wait_for

KINDS = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int,
         "number": (int, float)}


def is_a(kind: str, value: Any) -> bool:
    return isinstance(value, KINDS[kind]) and not (kind in ("integer", "number") and isinstance(value, bool))


def is_time(text: str) -> bool:
    try:
        return datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


class description:
    """The document, as far as weir's schemas go: type, properties, required, items, enum, pattern, format, anyOf."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document

    def unfit(self, value: Any, schema: dict[str, Any], at: str = "answer") -> list[str]:
        """How a value differs. A member that the schema does not know differs, too: it was forgotten there."""
        if "$ref" in schema:
            return self.unfit(value, self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], at)
        if "anyOf" in schema:
            tried = [self.unfit(value, each, at) for each in schema["anyOf"]]
            return [] if any(not each for each in tried) else tried[0]
        if "type" in schema and not is_a(schema["type"], value):
            return [f"{at}: {value!r} is no {schema['type']}"]
        if value not in schema.get("enum", [value]):
            return [f"{at}: {value!r} is none of {schema['enum']}"]
        if "pattern" in schema and not re.search(schema["pattern"], value):
            return [f"{at}: {value!r} does not match {schema['pattern']}"]
        if schema.get("format") == "date-time" and not is_time(value):
            return [f"{at}: {value!r} is no time"]
        found = []
        if isinstance(value, list):
            for i, each in enumerate(value):
                found += self.unfit(each, schema.get("items", {}), f"{at}[{i}]")
        if isinstance(value, dict):
            found += [f"{at}: {name} is missing" for name in schema.get("required", []) if name not in value]
            others = schema.get("additionalProperties", None if "properties" in schema else {})
            for name, each in value.items():
                known = schema.get("properties", {}).get(name, others)
                found += [f"{at}: {name} is unknown"] if known is None else self.unfit(each, known, f"{at}.{name}")
        return found


def every_answer(wanted: argparse.Namespace) -> None:
    """Of a cluster where everything has happened once; whatever it answers has all that its schema requires."""
    with scenario(wanted, "http_description", nodes=2) as s:
        start(s)
        web = address(s)
        document = ask(web, "GET", "/openapi.json").json()
        equal(document["openapi"], "3.1.0", "the version of the description")
        shapes, asked = description(document), set()

        def fits(pattern: str, body: Any = None, path: str = "", status: Optional[int] = None,
                 **headers: str) -> answer:
            method, where = pattern.split()
            facts = document["paths"][where][method.lower()]
            got = ask(web, method, path or where, body, **headers)
            replies = facts["responses"]
            if status is not None:
                equal(got.status, status, f"{pattern}: {got.text[:300]}")
            told = replies.get(str(got.status), replies["default"])["content"]
            kind = got.headers["content-type"].split(";")[0]
            shape = next(each["schema"] for name, each in told.items() if name.split(";")[0] == kind)
            for line in got.text.splitlines() if kind == "application/x-ndjson" else [got.text]:
                equal(shapes.unfit(json.loads(line), shape), [], f"{pattern}, {got.status}: {got.text[:500]}")
            asked.add(pattern)
            return got
        one = "/api/v1/tasks"
        task = fits(f"POST {one}", {"name": "mail", "key": "k", "data": {"a": [1, None]}}, f"{one}?wait=20s", 201,
                    Idempotency_Key="same", traceparent=f"00-{'1' * 32}-{'2' * 16}-01").json()["id"]
        fits(f"POST {one}", {"name": "mail", "key": "k", "data": {"a": [1, None]}}, status=200, Idempotency_Key="same")
        fits(f"POST {one}", {}, status=422)
        fits(f"POST {one}:batch", '{"name": "mail"}\n{"name": ""}\n', status=200)
        broken = fits(f"POST {one}", {"name": "broken"}, f"{one}?wait=20s", 201).json()["id"]
        for state in ("", "?limit=2", "?state=failed"):
            fits(f"GET {one}", path=f"{one}{state}", status=200)
        for each in (task, broken):
            fits(f"GET {one}/{{id}}", path=f"{one}/{each}", status=200)
            fits(f"GET {one}/{{id}}/explain", path=f"{one}/{each}/explain", status=200)
        fits(f"GET {one}/{{id}}", path=f"{one}/999999", status=404)

        streams = "/api/v1/streams"
        wait_for("an owner", lambda: ask(web, "GET", f"{streams}/mail").json()["partitions"][0]["owner"], 15)
        fits(f"POST {streams}/{{stream}}:pause", {"until": "2099-01-01T00:00:00Z"}, f"{streams}/mail:pause", 200)
        wait_for("the pause is heeded", lambda: ask(web, "POST", f"{one}?wait=500ms", {"name": "mail"})
                 .json()["state"] == "READY", 15)
        waits = fits(f"POST {one}", {"name": "mail"}, status=201).json()["id"]
        fits(f"GET {one}/{{id}}/explain", path=f"{one}/{waits}/explain", status=200)
        fits(f"POST {one}/{{id}}:snooze", {"for": "1h"}, f"{one}/{waits}:snooze", 200)
        for verb in ("retry", "cancel"):
            fits(f"POST {one}/{{id}}:{verb}", path=f"{one}/{waits}:{verb}", status=200)
        fits(f"POST {one}/{{id}}:requeue", path=f"{one}/{broken}:requeue", status=200)
        for dry in (True, False):
            fits(f"POST {one}:bulk", {"filter": {"name": "mail"}, "action": "cancel", "dry_run": dry}, status=200)
        fits(f"POST {streams}/{{stream}}:resume", path=f"{streams}/mail:resume", status=200)
        fits(f"POST {streams}/{{stream}}:pin", {"node": "n2"}, f"{streams}/partner:pin", 200)
        fits(f"POST {streams}/{{stream}}:pin", {"node": "n2", "expected_epoch": 10 ** 6}, f"{streams}/partner:pin", 409)
        fits(f"POST {streams}/{{stream}}:unpin", path=f"{streams}/partner:unpin", status=200)
        fits(f"POST {streams}/{{stream}}:move", {"node": "n1", "slot": 2}, f"{streams}/mail:move")
        fits(f"GET {streams}", status=200)
        fits(f"GET {streams}/{{stream}}", path=f"{streams}/partner", status=200)
        for more, status in (("", 200), ("?limit=1", 200), ("?limit=0", 422), ("?page=2", 422)):
            fits(f"GET {streams}/{{stream}}/owners", path=f"{streams}/partner/owners{more}", status=status)
        fits(f"GET {streams}/{{stream}}/owners", path=f"{streams}/nobody/owners", status=404)
        names = "/api/v1/task-names"
        fits(f"POST {names}/{{name}}:pause", {"until": "2099-01-01T00:00:00Z"}, f"{names}/mail:pause", 200)
        fits(f"POST {names}/{{name}}:resume", path=f"{names}/mail:resume", status=200)
        fits(f"POST {names}/{{name}}:resume", path=f"{names}/mail:resume", status=404)

        schedules = "/api/v1/schedules"
        for verb in ("pause", "resume", "trigger"):
            fits(f"POST {schedules}/{{schedule}}:{verb}", path=f"{schedules}/nightly:{verb}", status=200)
        fits(f"GET {schedules}", status=200)
        fits(f"GET {schedules}/{{schedule}}", path=f"{schedules}/nightly", status=200)
        fits(f"GET {schedules}/{{schedule}}/next", path=f"{schedules}/nightly/next", status=200)

        for plain in ("/api/v1/cluster", "/api/v1/nodes", "/api/v1/me", "/api/v1/audit", "/healthz/live",
                      "/healthz/ready", "/openapi.json"):
            fits(f"GET {plain}", status=200)
        fits("GET /api/v1/nodes/{node}", path="/api/v1/nodes/n1", status=200)
        for verb in ("drain", "undrain"):
            fits(f"POST /api/v1/nodes/{{node}}:{verb}", path=f"/api/v1/nodes/n2:{verb}", status=200)
        fits("POST /api/v1/config:reload", status=200)
        fits("POST /api/v1/leader:resign", status=200)
        fits("GET /api/v1/leader/terms", status=200)

        json_routes = {f"{method.upper()} {path}" for path, methods in document["paths"].items()
                       for method, facts in methods.items()
                       if "json" in " ".join(next(iter(facts["responses"].values()))["content"])}
        equal(asked, json_routes, "routes that were asked, and those that there are")
        s.stop_cleanly()


def whats_needed(wanted: argparse.Namespace) -> None:
    """Types, what is required, the header and the statuses are told; a check that finds nothing is none."""
    with scenario(wanted, "http_needed", nodes=1) as s:
        start(s)
        document = ask(address(s), "GET", "/openapi.json").json()
        create = document["paths"]["/api/v1/tasks"]["post"]
        equal(create["requestBody"]["content"]["application/json"]["schema"]["required"], ["name"], "of a task")
        headers = [p["name"] for p in create["parameters"] if p["in"] == "header"]
        equal(headers, ["Idempotency-Key", "traceparent"], "headers")
        equal(set(create["responses"]), {"201", "200", "default"}, "statuses")
        equal(set(document["paths"]["/healthz/ready"]["get"]["responses"]), {"200", "503", "default"}, "ready")
        listed = {p["name"]: p["schema"]["type"] for p in document["paths"]["/api/v1/tasks"]["get"]["parameters"]}
        equal(listed["limit"], "integer", "limit")
        shapes = description(document)
        good = ask(address(s), "POST", "/api/v1/tasks", {"name": "mail"}).json()
        schema = {"$ref": "#/components/schemas/task"}
        equal(shapes.unfit(good, schema), [], "a task")
        for change in ({"id": 7}, {"id": "x"}, {"state": "ready"}, {"created_at": "today"}, {"key": 1}, {"more": 1}):
            check(shapes.unfit({**good, **change}, schema), f"{change} was not seen")
        check(shapes.unfit({k: v for k, v in good.items() if k != "stream"}, schema), "a missing member was not seen")
        s.stop_cleanly()


SCENARIOS = {each.__name__: each for each in (every_answer, whats_needed)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
