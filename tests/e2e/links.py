#!/usr/bin/env python3
"""Links between nodes: what they make faster, and that they come back after every fault without touching others."""
import argparse
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time

from support import arguments, check, equal, run_all, say, scenario, wait_for

from by_message import flood
from certificates import certificates

CONFIG = """
[stream.ledger]
mode = "single"
isolation = "thread"
[action.post]
stream = "ledger"
type = "noop"
"""


def start(s: scenario, name: str, before: tuple[str, ...] = ()) -> None:
    file = s.cluster.write_config(name, CONFIG)
    s.cluster.nodes[name].start([*before, str(s.cluster.weir_program), "run", "--config", str(file)],
                                s.cluster.environment())


def start_all(s: scenario) -> None:
    for name in s.cluster.names:
        start(s, name)
    s.wait_active(set(s.cluster.names))
    if s.cluster.listen != "off":
        for name in s.cluster.names:
            for other in set(s.cluster.names) - {name}:
                wait_for(f"link of {name} with {other}", lambda: linked(s, name, other), 15)


def log(s: scenario, name: str) -> str:
    return s.cluster.nodes[name].log.read_text(encoding="utf-8", errors="replace")


def linked(s: scenario, name: str, other: str) -> int:
    """How often `name` has become linked with `other`."""
    return len(re.findall(rf"linked with {other}\b", log(s, name)))


def lost(s: scenario, name: str, other: str) -> int:
    return len(re.findall(rf"link closed (?:to|from) {other}\b", log(s, name)))


def address(s: scenario, name: str) -> str:
    return next(n["address"] for n in s.cluster.status()["nodes"] if n["name"] == name)


def pin(s: scenario, name: str) -> None:
    s.cluster.weir("stream", "pin", "ledger", name)
    wait_for(f"ledger on {name}", lambda: s.cluster.owner("ledger") == name, 30, 0.02)


def hand_overs(s: scenario) -> list[float]:
    """Moves the stream to and fro; for each move the milliseconds without an owner."""
    pin(s, "n1")
    first = s.number("select max(epoch) from weir.ownership o join weir.stream s on s.first_part = o.part_id "
                     "where s.name = 'ledger'")
    for name in ("n2", "n3", "n1", "n2", "n3", "n1"):
        pin(s, name)
    gaps = s.sql(f"""
        select extract(epoch from o.acquired_at - lag(o.ended_at) over (order by o.epoch)) * 1000
        from {s.schema}.ownership o join {s.schema}.stream s on s.first_part = o.part_id
        where s.name = 'ledger' and o.epoch >= {first} order by o.epoch""").split()
    return [float(gap) for gap in gaps if gap]


def foreign_starts(s: scenario) -> list[float]:
    """Tasks are enqueued one by one at n1, whose owner is n2: milliseconds from the insert to the start."""
    pin(s, "n2")
    told = flood(s, "weir://" + address(s, "n1"), "post", 200, 1).ended()
    equal(told["enqueued"], 200, "enqueued")
    s.wait_empty(30)
    waits = s.sql(f"""
        select extract(epoch from a.started_at - t.created_at) * 1000
        from {s.schema}.task t join {s.schema}.attempt a on a.task_id = t.id""").split()
    equal(len(waits), 200, "attempts")
    return [float(wait) for wait in waits]


def figures(values: list[float]) -> str:
    return f"median {statistics.median(values):.1f} ms, longest {max(values):.1f} ms"


def speed(wanted: argparse.Namespace) -> None:
    """The same cluster with links and without: everything works in both, sooner with links."""
    gaps, waits = {}, {}
    for listen in ("127.0.0.1:0", "off"):
        with scenario(wanted, "links_" + listen.split(":", maxsplit=1)[0]) as s:
            s.cluster.listen = listen
            start_all(s)
            gaps[listen] = hand_overs(s)
            if listen != "off":
                waits[listen] = foreign_starts(s)
                equal([lost(s, a, b) for a in s.cluster.names for b in s.cluster.names], [0] * 9, "links lost")
            s.stop_cleanly()
        say(f"links {listen}: without an owner {figures(gaps[listen])}")
        if listen in waits:
            say(f"links {listen}: from insert at another node to start {figures(waits[listen])}")
    check(max(gaps["127.0.0.1:0"]) < 200, f"a linked hand-over took {max(gaps['127.0.0.1:0']):.0f} ms")


def slow_beats(wanted: argparse.Namespace) -> None:
    """With ten seconds between beats only a hint can make a node see a wish soon."""
    with scenario(wanted, "links_slow_beats") as s:
        s.cluster.cluster_settings = {"ttl": "60s", "beat": "10s", "margin": "5s"}
        start_all(s)
        for name in ("n1", "n2", "n3"):
            s.cluster.weir("stream", "pin", "ledger", name)
            # The leader looks by itself twice a beat; from its wish on, hints do the rest.
            wait_for(f"wish for {name}", lambda: s.number(
                f"select count(*) from weir.assignment a join weir.stream s on s.first_part = a.part_id "
                f"where s.name = 'ledger' and a.node = '{name}'"), 20, 0.02)
            began = time.monotonic()
            wait_for(f"ledger on {name}", lambda: s.cluster.owner("ledger") == name, 5, 0.02)
            say(f"{name} owns it {time.monotonic() - began:.2f} s after the wish")
        s.cluster.weir("stream", "unpin", "ledger")
        began = time.monotonic()
        s.cluster.nodes["n3"].signal(signal.SIGTERM)
        wait_for("another owner", lambda: s.cluster.owner("ledger") in ("n1", "n2"), 3, 0.02)
        equal(s.cluster.nodes["n3"].ended(40), 0, "exit code of n3")
        say(f"n3 stopped: another node owns it after {time.monotonic() - began:.2f} s")


def links_come_back(wanted: argparse.Namespace) -> None:
    """kill -9, restart, SIGSTOP and SIGCONT of n1: it is linked again, and the link of n2 with n3 never ended."""
    with scenario(wanted, "links_come_back") as s:
        start_all(s)
        others = ("n2", "n3")

        def again(counts: dict[str, int]) -> bool:
            return all(linked(s, o, "n1") > counts[o] for o in others)

        before = {o: linked(s, o, "n1") for o in others}
        s.kill("n1")
        wait_for("the end of n1's links", lambda: all(lost(s, o, "n1") for o in others), 10)
        start(s, "n1")
        wait_for("links with n1, started again", lambda: again(before), 20)

        before = {o: linked(s, o, "n1") for o in others}
        ended = {o: lost(s, o, "n1") for o in others}
        s.cluster.nodes["n1"].signal(signal.SIGSTOP)
        wait_for("the stopped n1 to be given up", lambda: all(lost(s, o, "n1") > ended[o] for o in others), 20)
        s.cluster.nodes["n1"].signal(signal.SIGCONT)
        wait_for("links with n1, which goes on", lambda: again(before), 30)
        s.wait_active(set(s.cluster.names))
        pin(s, "n1")
        equal([lost(s, a, b) for a in others for b in others], [0] * 4, "ends of links that nothing happened to")
        s.stop_cleanly()


def same_process_numbers(wanted: argparse.Namespace) -> None:
    """Two nodes that are both process 1 of a container: answers find the right one."""
    lines = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")
    if os.geteuid() != 0 or shutil.which("unshare") is None or \
            subprocess.run([*lines, "true"], capture_output=True, check=False).returncode != 0:
        say("NOT RUN: pid namespaces are not allowed here")
        return
    with scenario(wanted, "links_namespaces", nodes=2) as s:
        for name in s.cluster.names:
            start(s, name, lines)
        s.wait_active(set(s.cluster.names))
        wait_for("both to be linked", lambda: linked(s, "n1", "n2") and linked(s, "n2", "n1"), 15)
        both = [flood(s, "weir://" + address(s, name), "post", 500, 1) for name in s.cluster.names]
        for told in [each.ended() for each in both]:
            equal((told["enqueued"], told["in_doubt"]), (500, 0), f"enqueued: {told}")
        s.wait_empty(30)
        pin(s, "n2")
        pin(s, "n1")
        equal([lost(s, "n1", "n2"), lost(s, "n2", "n1")], [0, 0], "links lost")
        s.check_every_task_ended_once(1000)


def start_with(s: scenario, name: str, certificate: str) -> None:
    """Starts a node with a certificate, named by folder and the node that it is for."""
    folder = certificate.split("/", maxsplit=1)[0]
    file = s.cluster.write_config(name, CONFIG + f'''
[tls]
cert = "../{certificate}.pem"
key = "../{certificate}.key"
ca = "../{folder}/ca.pem"
''')
    s.cluster.nodes[name].start([str(s.cluster.weir_program), "run", "--config", str(file)], s.cluster.environment())


def tls(wanted: argparse.Namespace) -> None:
    """Nodes with certificates link with each other and with clients of their authority. One whose certificate names
    another node stays outside: it is named in the logs, works by polling, and harms nobody's link."""
    with scenario(wanted, "links_tls") as s:
        certificates(s.cluster, s.directory / "ours", "n1", "n2", "n9")
        for name, certificate in (("n1", "ours/n1"), ("n2", "ours/n2"), ("n3", "ours/n9")):
            start_with(s, name, certificate)
        s.wait_active(set(s.cluster.names))
        wait_for("the link of n1 and n2", lambda: linked(s, "n1", "n2") and linked(s, "n2", "n1"), 15)
        wait_for("word of n3 in the log", lambda: "link to node n3 (" in log(s, "n1") + log(s, "n2"), 20)
        pin(s, "n3")
        s.cluster.weir("task", "enqueue", "-", given='{"name": "post"}\n' * 50)  # by message: n1 is its configuration
        plain = flood(s, "weir://" + address(s, "n1"), "post", 1, 1).ended()
        equal(plain["failed"], 1, "what a client without a certificate failed to enqueue")
        s.wait_empty(20)
        check(s.number("select count(*) from weir.receipt") > 0, "nothing was enqueued by message")
        equal([linked(s, "n3", other) for other in ("n1", "n2")], [0, 0], "links of n3")
        equal([lost(s, "n1", "n2"), lost(s, "n2", "n1")], [0, 0], "links lost")
        s.stop_cleanly()


def other_authority(wanted: argparse.Namespace) -> None:
    """Three commands make two nodes that link. A node of that name by another authority stays outside, both ways; a
    certificate that ends within a month is warned of."""
    with scenario(wanted, "links_authority") as s:
        certificates(s.cluster, s.directory / "ours", "n1", "n2")
        certificates(s.cluster, s.directory / "theirs", "n3", days=20)
        for name, certificate in (("n1", "ours/n1"), ("n2", "ours/n2"), ("n3", "theirs/n3")):
            start_with(s, name, certificate)
        s.wait_active(set(s.cluster.names))
        wait_for("the link of n1 and n2", lambda: linked(s, "n1", "n2") and linked(s, "n2", "n1"), 15)
        wait_for("word of n3 in the log", lambda: "link to node n3 (" in log(s, "n1") + log(s, "n2"), 20)
        equal([linked(s, "n3", other) for other in ("n1", "n2")], [0, 0], "links of n3")
        equal([linked(s, other, "n3") for other in ("n1", "n2")], [0, 0], "links with n3")
        check("theirs/n3.pem" in log(s, "n3") and "in 19 days" in log(s, "n3"), f"no warning:\n{log(s, 'n3')}")
        check("weir cert node" not in log(s, "n1"), "n1 warns of a certificate that is good for a year")
        shown = s.cluster.weir_json("cert", "show", str(s.directory / "theirs" / "n3.pem"))["items"]
        equal([one["nodes"] for one in shown], [["n3"]], "what the certificate says")
        s.stop_cleanly()


SCENARIOS = {"tls": tls, "other_authority": other_authority, "speed": speed, "slow_beats": slow_beats,
             "links_come_back": links_come_back, "same_process_numbers": same_process_numbers}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
