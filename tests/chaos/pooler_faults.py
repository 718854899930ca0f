"""Faults of the pooler that some nodes work through: killed, paused, stopped, used up. Their beats go past it, so that
they keep what they own; while it is away they cannot work on it."""
from __future__ import annotations

import contextlib
import signal
import sys
import time
from pathlib import Path
from typing import Callable, Optional

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))
from support import TTL  # noqa: E402
from pooler import CONSOLE, POOL_SIZE, pooler  # noqa: E402
from raw_session import open_session, send_query  # noqa: E402
from schedule import fault, schedule  # noqa: E402


class pooler_faults:
    def __init__(self, plan: schedule, between: pooler, nodes: list[str]) -> None:
        self.plan, self.between, self.nodes = plan, between, nodes
        self.hindered = False  # one at a time
        for kind in (self.pooler_killed, self.pooler_paused, self.pooler_stopped, self.pool_used_up):
            plan.add(1, kind)

    def for_a_while(self, kind: str, text: str, do: Callable[[], Callable[[], None]]) -> Optional[fault]:
        """`do` does it and returns what undoes it."""
        if self.hindered or self.plan.hindrance:
            return None
        done = fault(kind, "", self.nodes, hinders=True, t=time.monotonic())
        undo = do()
        self.hindered = True

        def heal() -> None:
            undo()
            self.hindered = False
            done.until = time.monotonic()
        wait = self.plan.later(0.5, TTL + 4, heal)
        done.text = f"the pooler of {' and '.join(self.nodes)} {text} for {wait:.1f} s"
        return done

    def pooler_killed(self) -> Optional[fault]:
        def do() -> Callable[[], None]:
            self.between.kill()
            return self.between.start
        return self.for_a_while("pooler_killed", "is killed, and away", do)

    def pooler_paused(self) -> Optional[fault]:
        """Its own order: it waits for what runs, and holds back the rest."""
        def do() -> Callable[[], None]:
            waits = open_session(self.between.host, self.between.port, CONSOLE)
            send_query(waits, "pause")

            def resume() -> None:
                self.between.order("resume")
                waits.close()
            return resume
        return self.for_a_while("pooler_paused", "is told to pause", do)

    def pooler_stopped(self) -> Optional[fault]:
        def do() -> Callable[[], None]:
            self.between.signal(signal.SIGSTOP)
            return lambda: self.between.signal(signal.SIGCONT)
        return self.for_a_while("pooler_stopped", "is stopped by SIGSTOP", do)

    def pool_used_up(self) -> Optional[fault]:
        """By somebody else's transactions, that do nothing."""
        def do() -> Callable[[], None]:
            held = contextlib.ExitStack()
            for _ in range(POOL_SIZE):
                send_query(held.enter_context(open_session(self.between.host, self.between.port)), "begin")
            return held.close
        return self.for_a_while("pool_used_up", "has no session left", do)
