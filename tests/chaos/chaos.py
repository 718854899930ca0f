#!/usr/bin/env python3
"""Three nodes, a single stream and parallel ones, a PostgreSQL of their own, and a fault every few seconds for as long
as it is told. Afterwards every promise is judged from what was recorded. Exit code 0: all of them held."""
import argparse
import json
import random
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Optional

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))
sys.path.insert(0, str(HERE))
from certificates import certificates  # noqa: E402
from clock_faults import clock_faults  # noqa: E402
from wall_clock import on_the_real_clock, wall_clock  # noqa: E402
from database_faults import database_faults  # noqa: E402
from disk_faults import disk_faults  # noqa: E402
from fail_over_faults import fail_over_faults  # noqa: E402
from figures import figures, summary, table  # noqa: E402
from load import background, producer, watch  # noqa: E402
from namespaces import NAMESPACES, not_here, start_again_inside, started_again  # noqa: E402
from network import address  # noqa: E402
from network_faults import network_faults  # noqa: E402
from pooler_faults import pooler_faults  # noqa: E402
from process_faults import STREAM, process_faults  # noqa: E402
from proxy_faults import proxy_faults  # noqa: E402
from record import record  # noqa: E402
from rig import make_rig, rig  # noqa: E402
from schedule import schedule  # noqa: E402
from standby import pair  # noqa: E402
from support import TTL, say, scenario, wait_for  # noqa: E402
from verdict import broken_promises  # noqa: E402

REST_SECONDS = 90  # for what is left, after the last fault
LEDGER = """
[stream.ledger]
mode = "parallel"
partitions = 8
concurrency = 8
[action.entry]
type = "http"
stream = "ledger"
url = "http://{recorder}/"
headers = {{ X-Node = "{node}" }}
timeout = "20s"
retry = {{ every = "500ms", max_attempts = 1000 }}
"""  # the parallel stream whose runs an outside system writes down
TLS = """
[tls]
cert = "../{node}.pem"
key = "../{node}.key"
ca = "../ca.pem"
"""
CALM = 0.1  # share of pauses that are long enough for a take-over from a dead node without another fault


def rows(s: scenario, statement: str) -> list[dict[str, Any]]:
    text = s.sql(f"select coalesce(json_agg(x), '[]') from ({statement.replace('weir.', s.schema + '.')}) x")
    return json.loads(text)


class run:
    """One run: its cluster, what goes wrong there, and what was recorded."""

    def __init__(self, wanted: argparse.Namespace, on: rig, s: scenario) -> None:
        self.wanted, self.on, self.s, self.net = wanted, on, s, on.net
        self.begin, self.begin_of_day = time.monotonic(), time.time()
        self.story: list[str] = []
        self.plan = schedule(wanted.seed, self.tell)
        self.processes = process_faults(s, self.plan, s.cluster.start_node)
        database_faults(s, self.plan, on.server)
        self.fail_overs = fail_over_faults(s, self.plan, on.server, on.lead_to) if isinstance(on.server, pair) else None
        proxy_faults(self.plan, on.between, self.processes)
        if self.net:
            network_faults(self.plan, self.net, self.processes)
        if on.disks:
            disk_faults(s, self.plan, on.server)
        if on.pooler:
            pooler_faults(self.plan, on.pooler, on.pooled)
        self.node_clocks = {name: wall_clock(s.directory / f"{name}.clock") for name in s.cluster.names if on.clocks}
        self.clocks = clock_faults(self.plan, on.server, self.processes, self.node_clocks, on.clocks, on.step) \
            if on.clocks else None
        if wanted.only:
            self.plan.keep(wanted.only)
        self.sent = producer(s, wanted.seed)
        self.watch = watch(s, STREAM)

    def tell(self, text: str) -> None:
        self.story.append(f"{time.monotonic() - self.begin:7.1f} s  {text}")
        say("  " + self.story[-1])

    def go(self) -> Optional[str]:
        """Until the end; what went wrong with the run itself, if anything did."""
        outside = address("outside") if self.net else "127.0.0.1"
        self.s.cluster.start_partner("--host", outside)
        self.configure(self.start_recorder(outside))
        self.s.start_nodes()
        sending, *looking = (background(0.25, self.sent.send), background(0.5, self.watch.look),
                             background(3.0, self.watch.ask))
        try:
            while time.monotonic() < self.begin + self.wanted.seconds:
                self.plan.step()
                calm = self.plan.random.random() < CALM
                self.pause(TTL + 4 if calm else self.plan.random.uniform(1.0, self.wanted.pause))
            sending.end(60)
            if self.clocks:
                self.clocks.heal()
            self.processes.heal()
            if self.fail_overs:
                self.fail_overs.finish()
            self.tell("no more faults")
            wait_for("all tasks to end", lambda: self.s.unfinished() == 0, REST_SECONDS, 0.5)
            self.watch.ask()
            self.s.stop_cleanly()
        except Exception as problem:  # judged all the same: the record tells more than the exception
            return f"{type(problem).__name__}: {problem}"
        finally:
            for each in (sending, *looking):
                each.end(10)
        return None

    def configure(self, recorder: str) -> None:
        cluster = self.s.cluster
        if self.net:
            certificates(cluster, self.s.directory, *cluster.names)
        for name in cluster.names:
            cluster.before[name] = [*(self.net.enter(name) if self.net else []),
                                    *(self.node_clocks[name].before() if self.clocks else [])]
            if self.net:
                cluster.listen_of[name] = f"{self.net.address(name, 'peers')}:0" if cluster.listen != "off" else "off"
            cluster.url_of[name], cluster.direct_url_of[name] = self.on.url(name), self.on.direct_url(name)
            cluster.write_config(name, LEDGER.format(recorder=recorder, node=name) +
                                 (TLS.format(node=name) if self.net else ""))

    def start_recorder(self, host: str) -> str:
        """Its address."""
        log = self.s.directory / "recorder.jsonl"
        command = [sys.executable, "-B", str(HERE / "recorder.py"), host, str(log), str(self.wanted.seed)]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.s.others.append(child)
        return child.stdout.readline().strip()

    def pause(self, seconds: float) -> None:
        end = min(time.monotonic() + seconds, self.begin + self.wanted.seconds)
        while time.monotonic() < end:
            self.plan.undo()
            time.sleep(0.1)

    def lines(self, file: str) -> list[dict[str, Any]]:
        """Whole ones only: a process that was killed may have left a part of one."""
        text = (self.s.directory / file).read_text(encoding="utf-8")
        return [json.loads(line) for line in text[:text.rfind("\n") + 1].splitlines()]

    def timed(self, statement: str) -> list[dict[str, Any]]:
        """Rows with `since` and `until`, put right where the database's clock was set."""
        begin = self.begin_of_day - TTL
        return [{**row, **{name: on_the_real_clock(row[name], begin, self.on.step) for name in ("since", "until")}}
                for row in rows(self.s, statement)]

    def recorded(self) -> record:
        s = self.s
        return record(
            chunks=self.sent.chunks, partner=self.lines("partner.jsonl"), recorder=self.lines("recorder.jsonl"),
            faults=sorted((each.plain() for each in self.plan.log), key=lambda f: f["t"]),
            fail_overs=self.fail_overs.log if self.fail_overs else [],
            old_primaries=self.fail_overs.old_primaries if self.fail_overs else [], absences=self.processes.absences,
            looks=self.watch.looks, late_writes=self.watch.late_writes, wall=time.time() - time.monotonic(),
            single_part=s.number(f"select first_part from weir.stream where name = '{STREAM}'"),
            tasks=rows(s, "select id, name, key, created_by as label, (data ->> 'version')::int as version "
                          "from weir.task"),
            attempts=rows(s, "select task_id, no, result, message, part_id, epoch from weir.attempt "
                             "order by task_id, no"),
            owners=self.timed("select part_id, o.timeline, epoch, n.name as node, o.reason, "
                              "extract(epoch from acquired_at) as since, extract(epoch from o.ended_at) as until "
                              "from weir.ownership o join weir.node n using (node_id)"),
            terms=self.timed("select t.timeline, term, n.name as node, reason, "
                             "extract(epoch from elected_at) as since, extract(epoch from t.ended_at) as until "
                             "from weir.term t join weir.node n using (node_id) order by t.timeline, term"),
            nodes=self.timed("select node_id, name, state, extract(epoch from registered_at) as since, "
                             "extract(epoch from ended_at) as until from weir.node"))

    def report(self, trouble: Optional[str]) -> int:
        seen = self.recorded()
        broken = broken_promises(seen) + ([f"the run did not end as it should: {trouble}"] if trouble else [])
        told = {"seed": self.wanted.seed, "seconds": round(time.monotonic() - self.begin), "not_run": self.on.not_run,
                **figures(seen, broken)}
        if self.wanted.report:
            self.wanted.report.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
        if broken:
            (self.s.directory / "record.json").write_text(json.dumps(seen.__dict__), encoding="utf-8")
            say("\n".join(["", "what was done:", *self.story, ""]))
        gap = told["longest_silence"]
        if gap:
            say("\n".join([f"the longest silence of the single stream, {gap['seconds']:.1f} s:",
                           *(f"  {line}" for line in gap["events"])]))
        say("\n".join(["take-over times by fault:", *table(told)]))
        if broken:
            say("\n".join(["", "what was broken, the first of it first:", *broken[:20]]))
        say(f"chaos: seed {told['seed']}, {told['seconds']} s: {summary(told)}")
        return 1 if broken else 0


def chaos(wanted: argparse.Namespace, missing: dict[str, str]) -> int:
    say(f"chaos: seed {wanted.seed}, {wanted.seconds} s")
    with ExitStack() as stack:
        on = make_rig(wanted, missing, stack)
        s = stack.enter_context(scenario(wanted, "chaos", url=on.server.url))
        s.cluster.command_url = s.url
        one = run(wanted, on, s)
        if one.report(one.go()) != 0:
            raise SystemExit(1)  # leaves the logs
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="build directory, with weir in it")
    parser.add_argument("--suffix", default="", help="of the programs, as in -asan")
    parser.add_argument("--listen", default="127.0.0.1:0", help="of the nodes' links; off: they work by polling")
    parser.add_argument("--keep", action="store_true", help="keep logs and schema of a good run, too")
    parser.add_argument("--seconds", type=int, default=300, help="how long faults go on (default 300)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1, 2**31), help="of the faults")
    parser.add_argument("--pause", type=float, default=5.0, help="longest pause between faults, seconds (default 5)")
    parser.add_argument("--report", type=Path, help="write all figures to this file, as JSON")
    parser.add_argument("--standby", choices=("none", "synchronous", "asynchronous"), help="without: by the seed")
    parser.add_argument("--only", nargs="+", metavar="KIND", help="these faults alone, by the names in the report")
    parser.add_argument("--one-network", action="store_true", help="all nodes on loopback, no faults of the network")
    wanted = parser.parse_args()
    missing = {what: why for what in NAMESPACES if (why := not_here(what)) is not None}
    if not started_again():
        start_again_inside([what for what in NAMESPACES if what not in missing and
                            not (what == "net" and wanted.one_network)])
    return chaos(wanted, missing)


if __name__ == "__main__":
    sys.exit(main())
