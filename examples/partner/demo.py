#!/usr/bin/env python3
"""The main job in front of your eyes: a partner that allows one login, three nodes, 10,000 updates.

  demo.py up --build build/release --url postgres://... --dir .local/demo     starts it all and returns
  demo.py status --dir .local/demo                                            what runs, what happened
  demo.py down --dir .local/demo                                              stops all of it

While the updates come in, the director pins the partner's stream to n2, kills the leader and then the
partner's owner with -9, and starts both again (--calm: it only feeds). Its story is in DIR/director.log.
"""
import argparse
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from feeder import feeder
from local_cluster import background, local_cluster, wait_for
from make_updates import last_versions, make
from partner_client import report

STREAM = "partner"
SETTINGS = "demo.json"
WEB_PORTS = range(27_711, 28_711)  # below those that the kernel gives to whoever asks for any


def say(text: str) -> None:
    print(text, flush=True)


def read_settings(directory: Path) -> dict[str, Any]:
    try:
        return json.loads((directory / SETTINGS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def cluster_of(directory: Path) -> local_cluster:
    known = read_settings(directory)
    return local_cluster(Path(known.get("build", "")), known.get("url", ""), directory,
                         known.get("schema", "weir"), suffix=known.get("suffix", ""))


def is_free(address: str) -> bool:
    host, port = address.rsplit(":", 1)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, int(port)))
        except OSError:
            return False
    return True


def web_addresses(directory: Path) -> dict[str, str]:
    """Where each node serves HTTP. Chosen once, so that a page is still there when a killed node is back."""
    known = read_settings(directory).get("http", {})
    chosen: dict[str, str] = {}
    for name, node in cluster_of(directory).nodes.items():
        kept = known.get(name, "")
        if kept and (node.pid() or is_free(kept)):
            chosen[name] = kept
            continue
        taken = {*known.values(), *chosen.values()}
        every = (f"127.0.0.1:{port}" for port in WEB_PORTS)
        chosen[name] = next(each for each in every if each not in taken and is_free(each))
    return chosen


def up(wanted: argparse.Namespace) -> int:
    directory = wanted.dir.resolve()
    directory.mkdir(parents=True, exist_ok=True)
    settings = {"build": str(wanted.build.resolve()), "url": wanted.url, "schema": wanted.schema,
                "suffix": wanted.suffix, "http": web_addresses(directory)}
    running = [p.name for p in processes(cluster_of(directory)) if p.pid()]
    if running and read_settings(directory) != settings:
        say(f"demo: {', '.join(running)} run with other settings; first: demo.py down --dir {directory}")
        return 5
    (directory / SETTINGS).write_text(json.dumps(settings) + "\n", encoding="utf-8")
    cluster = cluster_of(directory)
    for program in (cluster.weir_program, cluster.node_program, cluster.partner_program):
        if not os.access(program, os.X_OK):
            say(f"demo: {program} is missing: build it first")
            return 1
    for name in cluster.names:
        cluster.write_config(name, f'[http]\nlisten = "{settings["http"][name]}"\n')
    say("demo: migrating the schema")
    cluster.weir("db", "migrate", seconds=120)
    if not cluster.partner.pid():
        say(f"demo: partner on {cluster.start_partner()}")
    for name, node in cluster.nodes.items():
        if not node.pid():
            say(f"demo: node {name}, pid {cluster.start_node(name)}")
    try:
        wait_for("three active nodes", lambda: all_active(cluster), 30, 0.2)
    except TimeoutError as late:
        say(f"demo: {late}; the logs in {directory} tell why")
        return 1
    director = background(directory, "director")
    if not director.pid():
        here = str(Path(__file__).resolve())
        director.start([sys.executable, here, "direct", "--dir", str(directory), "--seconds",
                        str(wanted.seconds), *(["--calm"] if wanted.calm else [])], dict(os.environ))
        say(f"demo: 10,000 customer updates come in over {wanted.seconds:g} s; the story: {director.log}")
    say(f"demo: the dashboard: {dashboard(directory)}")
    return 0


def dashboard(directory: Path) -> str:
    """Where a browser sees the cluster: at n1, and at the others while n1 is away."""
    return " or ".join(f"http://{address}/" for address in read_settings(directory).get("http", {}).values())


def all_active(cluster: local_cluster) -> bool:
    fallen = [n.name for n in cluster.nodes.values() if not n.pid()]
    if fallen:
        raise TimeoutError(f"{', '.join(fallen)} ended at once")
    return cluster.active_nodes(cluster.status()) >= set(cluster.names)


def processes(cluster: local_cluster) -> list[background]:
    return [background(cluster.directory, "director"), *cluster.nodes.values(), cluster.partner]


# -- the director: a background process that feeds and makes trouble


class director:
    def __init__(self, cluster: local_cluster, seconds: float, calm: bool) -> None:
        self.cluster = cluster
        self.tasks = list(make(10_000, 500, 2_000, 20_240_229))
        self.feed = feeder(cluster, self.tasks, seconds)
        self.acts = [] if calm else [(0.15, self.pin), (0.40, self.kill_leader), (0.65, self.kill_owner)]
        self.began = time.monotonic()

    def tell(self, text: str) -> None:
        say(f"{time.monotonic() - self.began:6.1f} s  {text}")

    def next_act(self) -> None:
        if self.acts and self.feed.share() >= self.acts[0][0]:
            self.acts.pop(0)[1]()

    def pin(self) -> None:
        if self.cluster.owner(STREAM) == "n2":  # so that there is a move to be seen
            self.pin_to("n3")
            time.sleep(3)
        self.pin_to("n2")

    def pin_to(self, name: str) -> None:
        self.cluster.weir("stream", "pin", STREAM, name)
        self.tell(f"stream {STREAM} is pinned to {name}")

    def kill_leader(self) -> None:
        self.kill(self.cluster.status()["leader"]["node"], "the leader")

    def kill_owner(self) -> None:
        self.kill(self.cluster.owner(STREAM) or "n2", f"the owner of {STREAM}")

    def kill(self, name: str, what: str) -> None:
        self.cluster.nodes[name].signal(signal.SIGKILL)
        self.tell(f"kill -9 {name}, {what}")
        time.sleep(2)  # long enough to be seen
        self.cluster.start_node(name)
        self.tell(f"{name} is started again")

    def run(self) -> int:
        self.cluster.weir("stream", "unpin", STREAM, code=None)
        self.tell(f"{len(self.tasks)} tasks to enqueue")
        self.feed.run(self.next_act)
        if self.feed.trouble:
            self.tell(f"enqueueing stopped: {self.feed.trouble}")
            return 1
        self.tell("all enqueued")
        wait_for("an empty queue", self.nothing_left, 600, 0.5)
        seen = report(self.cluster.partner_address())
        wanted = last_versions(self.tasks)
        right = sum(seen["customers"].get(name) == version for name, version in wanted.items())
        self.tell(f"nothing is left. The partner holds the last update of {right} of {len(wanted)} "
                  f"customers; {seen['updates']} updates in {seen['sessions']} sessions, "
                  f"overlaps {seen['overlaps']}")
        return 0 if right == len(wanted) and seen["overlaps"] == 0 else 1

    def nothing_left(self) -> bool:
        streams = self.cluster.status()["streams"]
        return sum(s["ready"] + s["in_progress"] + s["retry"] for s in streams) == 0


def direct(wanted: argparse.Namespace) -> int:
    return director(cluster_of(wanted.dir), wanted.seconds, wanted.calm).run()


def status(wanted: argparse.Namespace) -> int:
    cluster = cluster_of(wanted.dir.resolve())
    for each in processes(cluster):
        say(f"{each.name:9} {'pid ' + str(each.pid()) if each.pid() else 'not running':12} {each.log}")
    if cluster.partner.pid():
        seen = report(cluster.partner_address())
        seen["customers"] = len(seen["customers"])
        say(f"partner   {json.dumps(seen)}")
        say(f"dashboard {dashboard(cluster.directory)}")
    story = background(cluster.directory, "director").log
    if story.exists():
        say(story.read_text(encoding="utf-8").rstrip())
    return 0


def down(wanted: argparse.Namespace) -> int:
    cluster = cluster_of(wanted.dir.resolve())
    say(f"director: {background(cluster.directory, 'director').stop(5)}")
    for name, end in cluster.stop_all().items():
        say(f"{name}: {end}")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True, metavar="up|status|down")
    for name, what in (("up", up), ("status", status), ("down", down), ("direct", direct)):
        command = commands.add_parser(name)
        command.set_defaults(perform=what)
        command.add_argument("--dir", type=Path, default=Path(".local/demo"))
        command.add_argument("--url", default="")
        command.add_argument("--build", type=Path, default=Path("build/release"))
        if what in (up, direct):
            command.add_argument("--schema", default="weir")
            command.add_argument("--suffix", default="", help="of the programs, as in -dev")
            command.add_argument("--seconds", type=float, default=75, help="how long the updates come in")
            command.add_argument("--calm", action="store_true", help="no pin, no kills")
    wanted = parser.parse_args()
    return wanted.perform(wanted)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (RuntimeError, TimeoutError, OSError) as problem:
        print(f"demo: {problem}", file=sys.stderr)
        sys.exit(1)
