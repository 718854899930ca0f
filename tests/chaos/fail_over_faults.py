"""Fail-overs: the primary is killed and its standby promoted, and the old primary comes back for a while as if nothing
had happened."""
from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any, Callable, Optional

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from support import scenario  # noqa: E402
from schedule import fault, schedule  # noqa: E402
from standby import ask, pair  # noqa: E402

CONTENTS = """
    select json_build_object(
      'tasks', (select count(*) from weir.task), 'attempts', (select count(*) from weir.attempt),
      'owners', (select count(*) from weir.ownership), 'nodes', (select count(*) from weir.node),
      'terms', (select count(*) from weir.term), 'beats', (select sum(beat) from weir.beat))"""


class fail_over_faults:
    def __init__(self, s: scenario, plan: schedule, servers: pair, lead_to: Callable[[int], None]) -> None:
        """`lead_to` has whoever stands in front of the database lead to the server at a port."""
        self.s, self.plan, self.servers, self.lead_to = s, plan, servers, lead_to
        self.log: list[dict[str, Any]] = []  # t, safe: what was committed by then is on the standby, synchronous
        self.old_primaries: list[dict[str, Any]] = []  # before, after: what they held when they came and when they went
        self.remaking: Optional[threading.Thread] = None
        self.lead()
        plan.add(3, self.fail_over)

    def lead(self) -> None:
        """Producers and the command go to the primary; only nodes have to find it by themselves."""
        self.s.url = self.s.cluster.command_url = self.servers.primary.url
        self.lead_to(self.servers.primary.port)

    def fail_over(self) -> Optional[fault]:
        if self.plan.hindrance or not self.servers.follows:
            return None
        synchronous = self.servers.synchronous
        lag = 0.0 if synchronous else self.plan.random.choice((0.0, self.plan.random.uniform(0.1, 1.0)))
        comes_back = self.plan.random.random() < 0.5
        safe = self.servers.caught_up()
        self.fall_behind(lag)
        at = time.monotonic()
        self.servers.fail_over()
        self.lead()
        self.log.append({"t": at, "safe": safe, "synchronous": synchronous})
        self.plan.later(2, 5, self.old_primary_back if comes_back else self.remake)
        kind = "fail_over_synchronous" if synchronous else "fail_over_asynchronous"
        text = f"the primary is killed and its {'' if synchronous else 'a'}synchronous standby promoted"
        if lag:
            text += f", which was {lag:.1f} s behind"
        return fault(kind, text, everybody=True, hinders=True, t=at, until=time.monotonic())

    def fall_behind(self, seconds: float) -> None:
        if not seconds:
            return
        receiver = int(ask(self.servers.standby, "select pid from pg_stat_wal_receiver"))
        os.kill(receiver, signal.SIGSTOP)
        time.sleep(seconds)  # the lag itself
        self.servers.primary.stop("immediate")
        os.kill(receiver, signal.SIGCONT)

    def when_it_can_be(self, what: Callable[[], None]) -> bool:
        """False, and put off, while something hinders everybody."""
        if self.plan.hindrance:
            self.plan.due.append((time.monotonic() + 1.0, what))
        return not self.plan.hindrance

    def remake(self) -> None:
        """Beside the other faults, since it takes seconds; one that stops the primary meanwhile makes it begin anew."""
        def until_it_follows() -> None:
            while not self.servers.follows:
                try:
                    self.servers.remake_standby()
                except Exception:  # the primary is away; the run ends all this if it does not come back
                    time.sleep(1.0)
        self.remaking = threading.Thread(target=until_it_follows, daemon=True)
        self.remaking.start()

    def finish(self) -> None:
        if self.remaking:
            self.remaking.join(60)

    def old_primary_back(self) -> None:
        if not self.when_it_can_be(self.old_primary_back):
            return
        contents = CONTENTS.replace("weir.", f"{self.s.schema}.")
        before = self.servers.old_primary_alone(contents)
        text = "the old primary comes back, and all sessions of the new one end"
        done = fault("old_primary_back", text, t=time.monotonic())
        self.servers.standby.start()
        ask(self.servers.primary, "select pg_terminate_backend(pid) from pg_stat_activity "
                                  "where application_name like 'weir%'")  # each has to choose anew

        def goes() -> None:
            self.old_primaries.append({"before": before, "after": ask(self.servers.standby, contents)})
            self.servers.standby.stop()
            self.plan.due.append((time.monotonic(), self.remake))
        self.plan.hinder(done, 1, 6, goes)
        self.plan.log.append(done)
        self.plan.tell(done.text)
