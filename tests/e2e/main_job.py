#!/usr/bin/env python3
"""The main job on real input: 10,000 updates of 500 customers go to a partner that allows one login, over
three nodes, while the stream is pinned and the leader and the partner's owner are killed with -9."""
import argparse
import sys
import threading
import time
from typing import Any

from support import TTL, arguments, check, equal, run_all, say, scenario, wait_for
from feeder import feeder
from make_updates import last_versions, make
from partner_client import report

UPDATES, CUSTOMERS, MAILS, SEED = 10_000, 500, 2_000, 20_240_229
FEED_SECONDS = 40.0
LONGEST = 90.0


class main_job:
    def __init__(self, s: scenario) -> None:
        self.s, self.cluster = s, s.cluster
        self.tasks = list(make(UPDATES, CUSTOMERS, MAILS, SEED))
        self.feed = feeder(self.cluster, self.tasks, FEED_SECONDS)
        self.began = time.monotonic()
        self.figures: dict[str, str] = {}

    def tell(self, text: str) -> None:
        say(f"  {time.monotonic() - self.began:5.1f} s  {text}")

    def run(self) -> None:
        address = self.cluster.start_partner()
        self.s.start_nodes()
        self.tell(f"three nodes are active, the leader is {self.cluster.status()['leader']['node']}")
        feeding = threading.Thread(target=self.feed.run, daemon=True)
        feeding.start()
        try:
            self.pin_while_running(address)
            self.until_share(0.25)
            self.kill_the_leader()
            self.until_share(0.45)
            self.kill_the_owner_of_a_strict_pin()
            self.until_share(0.65)
            self.kill_the_owner_of_a_preferred_pin()
            self.until_share(1.0)
        finally:
            self.feed.stopped = True
            feeding.join(30)
        self.tell("all is enqueued")
        self.s.wait_empty(self.left())
        self.tell("nothing is left")
        self.s.stop_cleanly()
        self.check_the_partner(report(address))
        self.check_the_database()
        took = time.monotonic() - self.began
        check(took <= LONGEST, f"the run took {took:.0f} s, more than {LONGEST:g} s")

    def left(self) -> float:
        return max(5.0, self.began + LONGEST - time.monotonic())

    def until_share(self, share: float) -> None:
        def reached() -> bool:
            check(self.feed.trouble is None, f"enqueueing stopped: {self.feed.trouble}")
            return self.feed.share() >= share
        wait_for(f"{share:.0%} enqueued", reached, self.left())

    def pin_while_running(self, address: str) -> None:
        wait_for("first updates", lambda: report(address)["updates"] > 20, 20)
        if self.cluster.owner("partner") == "n2":  # so that the pin has something to move
            self.move("n1")
        self.move("n2")

    def move(self, name: str) -> None:
        since = time.monotonic()
        self.cluster.weir("stream", "pin", "partner", name)
        self.wait_login(name, since, 15)
        ends = [e for k in ("eof", "reset", "logout") for e in self.s.partner_events(k, since)]
        gap = self.s.partner_events("login", since)[-1]["t"] - max(e["t"] for e in ends)
        self.tell(f"stream partner is pinned to {name} and runs there; without a session for {gap:.3f} s")
        self.figures["hand-over"] = f"{gap:.3f} s"

    def wait_login(self, name: str, since: float, seconds: float) -> float:
        """Waits for a login of that node at the partner; when it was."""
        def found() -> list[dict[str, Any]]:
            return [e for e in self.s.partner_events("login", since) if e["node"] == name]
        return wait_for(f"login of {name} at the partner", found, seconds)[0]["t"]

    def kill_the_leader(self) -> None:
        before = self.cluster.status()["leader"]
        at = self.s.kill(before["node"])

        def another() -> Any:
            leader = self.cluster.status()["leader"]
            return leader if leader and leader["term"] > before["term"] else None
        after = wait_for("another leader", another, 10, 0.1)
        took = time.monotonic() - at
        self.tell(f"kill -9 {before['node']}, the leader: {after['node']} leads after {took:.1f} s")
        self.figures["new leader"] = f"{took:.1f} s"
        self.cluster.start_node(before["node"])
        self.s.wait_active(set(self.cluster.names))

    def kill_the_owner_of_a_strict_pin(self) -> None:
        at = self.s.kill("n2")
        time.sleep(1.5)  # long enough for another node to make the mistake
        equal(self.s.partner_events("login", at), [], "logins while the node of a strict pin is away")
        started = time.monotonic()
        self.cluster.start_node("n2")
        took = self.wait_login("n2", started, TTL + 3) - started
        self.tell(f"kill -9 n2, the partner's owner (strict), started again: it goes on after {took:.1f} s")
        self.figures["restart"] = f"{took:.1f} s"
        self.s.wait_active(set(self.cluster.names))

    def kill_the_owner_of_a_preferred_pin(self) -> None:
        self.cluster.weir("stream", "pin", "partner", "n2", "--policy", "prefer")
        at = self.s.kill("n2")
        wait_for("take-over", lambda: self.s.partner_events("login", at), TTL + 3)
        first = self.s.partner_events("login", at)[0]
        check(first["node"] != "n2", "n2 is dead and logged in")
        took = first["t"] - at
        self.tell(f"kill -9 n2 (prefer): {first['node']} took over after {took:.1f} s")
        self.figures["take-over"] = f"{took:.1f} s"
        started = time.monotonic()
        self.cluster.start_node("n2")
        self.wait_login("n2", started, 15)
        self.tell(f"n2 is back and has the stream again after {time.monotonic() - started:.1f} s")

    def check_the_partner(self, seen: dict[str, Any]) -> None:
        wanted = last_versions(self.tasks)
        held = seen["customers"]
        wrong = {k: (v, held.get(k)) for k, v in wanted.items() if held.get(k) != v}
        equal(wrong, {}, "customers (wanted, held) whose last update the partner does not hold")
        for violation in ("overlaps", "overlapping_updates", "token_regressions", "version_regressions",
                          "refused", "open_sessions"):
            equal(seen[violation], 0, f"{violation} at the partner")
        check(seen["sessions"] >= 5, f"only {seen['sessions']} sessions: the moves did not happen")
        gap = max(g["seconds"] for g in seen["gaps"])
        self.tell(f"the partner holds the last update of all {len(wanted)} customers: {seen['updates']} "
                  f"updates in {seen['sessions']} sessions, overlaps 0, longest without one {gap:.1f} s")
        self.tell(", ".join(f"{name} {figure}" for name, figure in self.figures.items()))

    def check_the_database(self) -> None:
        s = self.s
        equal(len(set(self.feed.ids)), len(self.tasks), "different ids answered")
        equal(self.feed.ids, sorted(self.feed.ids), "ids in the order of enqueueing")
        s.check_every_task_ended_once(len(self.tasks))
        count = {r: s.number(f"select count(*) from weir.attempt where result = '{r}'") for r in "dfcsmxirt"}
        equal(count["d"] + count["s"], len(self.tasks), "tasks DONE or superseded")
        equal(s.number("select count(*) from weir.task t join weir.attempt a on a.task_id = t.id "
                       "where t.name = 'mail' and a.result = 'd'"), MAILS, "mails DONE")
        equal(s.number("select count(*) from (select distinct on (key) id from weir.task "
                       "where key is not null order by key, id desc) last "
                       "where not exists (select 1 from weir.attempt a "
                       "where a.task_id = last.id and a.result = 'd')"), 0, "last updates that are not DONE")
        unfounded = ("select count(*) from weir.attempt a join weir.task t on t.id = a.task_id "
                     "where a.result = 's' and not exists (select 1 from weir.task n join weir.attempt b "
                     "on b.task_id = n.id where n.key = t.key and n.id > t.id and b.result <> 's')")
        equal(s.number(unfounded), 0, "updates superseded by none that ran")
        for name in ("customer_update", "mail"):
            counted = s.cluster.weir_json("task", "count", name)
            check(0 in (counted, *(counted.values() if isinstance(counted, dict) else ())),
                  f"weir task count {name} says {counted}")
        for state in ("READY", "IN PROGRESS", "RETRY", "FAILED"):
            equal(s.cluster.weir_json("task", "list", "--state", state)["items"], [], f"tasks {state}")
        self.tell(f"{len(self.tasks)} accepted: {count['d']} done, {count['s']} superseded; attempts that "
                  f"crashed {count['x']}, interrupted {count['i']}, retried {count['r'] + count['t']}")


def once(wanted: argparse.Namespace) -> None:
    with scenario(wanted, "main_job") as s:
        main_job(s).run()


if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), {"main_job": once}))
