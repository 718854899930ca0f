#!/usr/bin/env python3
"""Each metric moves by its real cause: leaders and owners that are killed, pins, links that break, locks that hold a
schedule up, a source that is gone, a mail service that is busy."""
import argparse
import json
import subprocess
import sys
import time
from typing import Any

import exposition
from http_api import address, ask
from services import serve
from support import TTL, arguments, check, equal, run_all, scenario, wait_for

CONFIG = """
[http]
listen = "127.0.0.1:0"
[stream.partner]
mode = "single"
[stream.mail]
mode = "parallel"
partitions = 6
[action.update]
stream = "partner"
type = "noop"
[action.send]
stream = "mail"
type = "noop"
"""


def start(s: scenario, *names: str, more: str = "") -> None:
    for name in names or s.cluster.names:
        s.cluster.write_config(name, CONFIG + more)
        s.cluster.nodes[name].start(
            [str(s.cluster.weir_program), "run", "--config", str(s.cluster.config(name))], s.cluster.environment())
    s.wait_active(set(names or s.cluster.names))


def look(s: scenario, name: str) -> exposition.exposition:
    got = ask(address(s, name), "GET", "/metrics")
    equal(got.status, 200, got.text[:200])
    return exposition.parse(got.text)


def total(s: scenario, metric: str, *names: str, **labels: str) -> float:
    return sum(look(s, name).total(metric, **labels) for name in names or s.cluster.names)


def until(s: scenario, what: str, metric: str, wanted: Any, *names: str, seconds: float = 15, **labels: str) -> None:
    """Waits until the sum over these nodes is what `wanted` says."""
    last: list[float] = []

    def so() -> bool:
        last[:] = [total(s, metric, *names, **labels)]
        return bool(wanted(last[0]))
    try:
        wait_for(what, so, seconds, 0.2)
    except TimeoutError as late:
        raise AssertionError(f"{late}; {metric}{labels} is {last[0]:g}") from None


def owned_by(s: scenario, node: str) -> int:
    return sum(p["owner"] == node for stream in s.cluster.status()["streams"] for p in stream["partitions"])


def all_owned(s: scenario) -> bool:
    return all(p["owner"] for stream in s.cluster.status()["streams"] for p in stream["partitions"])


def leading(wanted: argparse.Namespace) -> None:
    """A leader is killed: another one counts the term, its links break, and what it owned is moved. Then a pin, an
    order, a drain and an orderly end."""
    with scenario(wanted, "metrics_leading") as s:
        start(s)
        wait_for("owners", lambda: all_owned(s), 20)
        for name in s.cluster.names:
            until(s, f"links of {name}", "weir_links_up", lambda n: n == 2, name)
        equal(total(s, "weir_leader_changes_total"), 1, "terms")
        equal(total(s, "weir_leader_changes_total", reason="first"), 1, "the first one")
        check(total(s, "weir_moves_total", reason="placed") > 0, "partitions that nobody had")
        equal(total(s, "weir_moves_total", reason="dead"), 0, "nobody has died")

        first = s.cluster.status()["leader"]["node"]
        left = [name for name in s.cluster.names if name != first]
        had = owned_by(s, first)
        check(had > 0, "the leader owns something")
        s.kill(first)
        for name in left:
            until(s, f"the broken link of {name}", "weir_links_up", lambda n: n == 1, name)
        until(s, "another leader", "weir_leader_changes_total", lambda n: n == 1, *left)
        until(s, "why", "weir_leader_changes_total", lambda n: n == 1, *left, reason="lost")
        until(s, "a dead node", "weir_nodes", lambda n: n == 1, *left, seconds=TTL + 10, state="dead")
        until(s, "what it owned is moved", "weir_moves_total", lambda n: n == had, *left, reason="dead")
        check(not any(look(s, name).tells("weir_beat_age_seconds", node=first) for name in left),
              "a dead node's beat has no age")
        wait_for("owners", lambda: all_owned(s), 20)

        here = s.cluster.owner("partner")
        there = next(name for name in left if name != here)
        s.cluster.weir("stream", "pin", "partner", there, code=0)
        until(s, "the pin", "weir_moves_total", lambda n: n == 1, *left, reason="pinned")
        wait_for("the pinned owner", lambda: s.cluster.owner("partner") == there, 15)
        equal(total(s, "weir_moves_total", *left, reason="ordered"), 0, "no order yet")
        mail = next(x for x in s.cluster.status()["streams"] if x["name"] == "mail")
        at = mail["partitions"][0]["owner"]
        s.cluster.weir("stream", "move", "mail", next(n for n in left if n != at), "--slot", "0")
        until(s, "the order", "weir_moves_total", lambda n: n >= 1, *left, reason="ordered")
        equal(total(s, "weir_moves_total", *left, reason="drained"), 0, "no drain yet")
        s.cluster.weir("node", "drain", there)
        until(s, "the drain", "weir_moves_total", lambda n: n >= 1, *left, reason="drained")
        s.cluster.weir("node", "undrain", there)

        leader = s.cluster.status()["leader"]["node"]
        other = next(name for name in left if name != leader)
        s.cluster.nodes[leader].signal(15)
        equal(s.cluster.nodes[leader].ended(30), 0, "exit code")
        until(s, "the next leader", "weir_leader_changes_total", lambda n: n == 1, other, reason="resigned")
        until(s, "no link is left", "weir_links_up", lambda n: n == 0, other)
        s.stop_cleanly()


def unowned(wanted: argparse.Namespace) -> None:
    """A stream whose pinned node is dead has no owner, and it is told since when; other streams have one."""
    with scenario(wanted, "metrics_unowned", nodes=2) as s:
        start(s)
        s.cluster.weir("stream", "pin", "partner", "n2")
        wait_for("the pinned owner", lambda: s.cluster.owner("partner") == "n2", 15)
        wait_for("owners", lambda: all_owned(s), 20)
        for stream in ("partner", "mail"):
            equal(total(s, "weir_unowned_seconds", stream=stream), 0, f"{stream} is owned")
        s.kill("n2")
        at = time.monotonic()
        until(s, "it is unowned", "weir_unowned_seconds", lambda n: n > 3, "n1", seconds=TTL + 15, stream="partner")
        check(total(s, "weir_unowned_seconds", "n1", stream="partner") < time.monotonic() - at, "not since before")
        until(s, "the others have an owner", "weir_unowned_seconds", lambda n: n == 0, "n1", stream="mail")
        start(s, "n2")
        until(s, "it is owned again", "weir_unowned_seconds", lambda n: n == 0, seconds=25, stream="partner")
        s.stop_cleanly()


def late(wanted: argparse.Namespace) -> None:
    """A transaction holds a schedule's row: its tick is late until the row is free. A paused one is not late."""
    with scenario(wanted, "metrics_late", nodes=1) as s:
        start(s, more='[schedule.tick]\ntask = "send"\nevery = "1s"\n')
        wait_for("the first ticks", lambda: s.number(
            "select count(*) from weir.task where created_by = 'schedule tick'") >= 2, 20)
        check(total(s, "weir_schedule_late_seconds", schedule="tick") < 3, "it is on time")
        s.others.append(subprocess.Popen(
            ["psql", "-XqAt", "-d", s.url], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True))
        holder = s.others[-1].stdin
        assert holder is not None
        holder.write(f"begin; select from {s.schema}.schedule for update;\n")
        holder.flush()
        until(s, "the tick is late", "weir_schedule_late_seconds", lambda n: n > 3, schedule="tick")
        holder.write("rollback;\n")
        holder.flush()
        until(s, "it is fired", "weir_schedule_late_seconds", lambda n: n < 2, schedule="tick")
        s.cluster.weir("schedule", "pause", "tick")
        check(not look(s, "n1").tells("weir_schedule_late_seconds"), "a paused one is left out")
        s.stop_cleanly()


def looking(wanted: argparse.Namespace) -> None:
    """What makes nodes look for tasks: time, what another node says, a long backlog, a time that has come."""
    with scenario(wanted, "metrics_looking", nodes=2) as s:
        start(s)
        wait_for("owners", lambda: all_owned(s), 20)
        until(s, "links", "weir_links_up", lambda n: n == 2)
        owner = s.cluster.owner("partner")
        other = next(name for name in s.cluster.names if name != owner)
        before = total(s, "weir_wakeups_total", owner, source="poll")
        until(s, "polls of an idle node", "weir_wakeups_total", lambda n: n > before, owner, source="poll")
        before = total(s, "weir_wakeups_total", owner, source="hint")
        equal(ask(address(s, other), "POST", "/api/v1/tasks?wait=10s", {"name": "update"}).status, 201, "a task")
        until(s, "a hint", "weir_wakeups_total", lambda n: n > before, owner, source="hint")
        before = total(s, "weir_wakeups_total", owner, source="due")
        soon = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 2))
        ask(address(s, owner), "POST", "/api/v1/tasks", {"name": "update", "do_after": soon})
        until(s, "its time has come", "weir_wakeups_total", lambda n: n > before, owner, source="due")
        before = total(s, "weir_wakeups_total", owner, source="backlog")
        s.sql(f"select count({s.schema}.enqueue('update')) from generate_series(1, 5000)")
        until(s, "page after page", "weir_wakeups_total", lambda n: n > before, owner, source="backlog")
        s.wait_empty(60)
        s.stop_cleanly()


def mails(wanted: argparse.Namespace) -> None:
    """Mails that the service takes, and those that it wants again later."""
    with scenario(wanted, "metrics_mails", nodes=1) as s:
        web, _ = serve(s)
        s.cluster.config("n1").parent.mkdir(parents=True, exist_ok=True)
        (s.cluster.config("n1").parent / "key").write_text("k\n", encoding="utf-8")
        start(s, more=f'[action.welcome]\ntype = "email"\napi_key_file = "key"\nbase_url = "{web}"\n'
                      'retry = { every = "100ms", max_attempts = 3 }\n')
        equal(total(s, "weir_emails_total"), 0, "none yet")
        mail = {"to_email": "ann@example.org", "from_email": "shop@example.org", "text_body": "hi"}
        s.enqueue([{"name": "welcome", "data": {**mail, "subject": "status=202"}}] * 2 +
                  [{"name": "welcome", "data": {**mail, "subject": "status=503"}},
                   {"name": "welcome", "data": {**mail, "to_email": "nobody"}}, {"name": "send"}])
        s.wait_empty(20)
        found = look(s, "n1")
        equal(found.total("weir_emails_total", result="success"), 2, "taken")
        equal(found.total("weir_emails_total", result="retry"), 3, "refused for now, three times")
        equal(found.total("weir_emails_total", result="failure"), 1, "what is no mail")
        equal(found.total("weir_emails_total"), 6, "no other task counts")
        s.stop_cleanly()


def behind(wanted: argparse.Namespace) -> None:
    """A pass that ends well brings the lag down, one that fails does not."""
    with scenario(wanted, "metrics_behind", nodes=1) as s:
        s.sql(f"create table {s.schema}.customer(id text primary key)")
        query = f"select id as object_id, md5(c::text)::uuid as hash from {s.schema}.customer c"
        start(s, more=f'[action.customers]\ntype = "cdc"\ncontroller = "4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e"\n'
                      f'query = {json.dumps(query)}\n')

        def one_pass(state: str) -> None:
            task = str(s.enqueue([{"name": "customers"}])[0])
            wait_for(f"a pass that is {state}",
                     lambda: s.cluster.weir_json("task", "show", task)["state"] == state, 30, 0.2)
        check(not look(s, "n1").tells("weir_cdc_lag_seconds"), "no pass was ever wanted")
        one_pass("DONE")
        until(s, "time passes", "weir_cdc_lag_seconds", lambda n: n > 3, name="customers")
        one_pass("DONE")
        check(total(s, "weir_cdc_lag_seconds", name="customers") < 3, "seen just now")
        s.sql(f"alter table {s.schema}.customer rename to away")
        one_pass("FAILED")
        until(s, "it falls behind", "weir_cdc_lag_seconds", lambda n: n > 4, name="customers")
        one_pass("FAILED")
        check(total(s, "weir_cdc_lag_seconds", name="customers") > 4, "a failed pass has seen nothing")
        s.sql(f"alter table {s.schema}.away rename to customer")
        one_pass("DONE")
        check(total(s, "weir_cdc_lag_seconds", name="customers") < 4, "it has caught up")
        s.stop_cleanly()


def stored(wanted: argparse.Namespace) -> None:
    """Tasks take room, and the leader says how much; a node that takes no links says nothing of them."""
    with scenario(wanted, "metrics_stored", nodes=1) as s:
        s.cluster.listen = "off"
        start(s)
        before = total(s, "weir_storage_bytes")
        check(before > 0, "what an empty schema takes")
        s.sql(f"select count({s.schema}.enqueue('send')) from generate_series(1, 3000)")
        until(s, "it grows", "weir_storage_bytes", lambda n: n > before + 100_000)
        check(not look(s, "n1").tells("weir_links_up"), "no links")
        s.stop_cleanly()


SCENARIOS = {each.__name__: each for each in (leading, unowned, late, looking, mails, behind, stored)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
