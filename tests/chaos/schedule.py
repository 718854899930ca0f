"""What goes wrong when, drawn from a seed: kinds of faults with weights, what is to be undone later, and the log of
what was done. Knows no kind itself; see process_faults.py and its neighbours."""
from __future__ import annotations

import random
import time
from dataclasses import asdict, dataclass, field
from typing import Any, Callable, Optional


@dataclass
class fault:
    """One fault that was done. Times are of time.monotonic(), the partner's clock too."""
    kind: str
    text: str  # a sentence for people
    nodes: list[str] = field(default_factory=list)  # those it hit; everybody: it hit whoever there was
    everybody: bool = False
    hinders: bool = False  # nothing can be expected of the cluster until it is undone
    t: float = 0.0
    until: Optional[float] = None  # when it was undone; None: it was not, or needs no undoing

    def plain(self) -> dict[str, Any]:
        return asdict(self)


class schedule:
    """`step` does one fault; every time-out and wait is drawn from the seed, so that a seed repeats a schedule."""

    def __init__(self, seed: int, tell: Callable[[str], None]) -> None:
        self.random, self.tell = random.Random(seed), tell
        self.kinds: list[tuple[int, Callable[[], Optional[fault]]]] = []
        self.due: list[tuple[float, Callable[[], None]]] = []
        self.log: list[fault] = []
        self.hindrance: Optional[fault] = None  # one at a time of those that hinder everybody
        self.watchers: list[Callable[[bool], None]] = []  # called by undo, each time

    def add(self, weight: int, kind: Callable[[], Optional[fault]]) -> None:
        self.kinds.append((weight, kind))

    def keep(self, names: list[str]) -> None:
        """Only the kinds that are called so."""
        unknown = set(names) - {kind.__name__ for _, kind in self.kinds}
        if unknown:
            known = ", ".join(kind.__name__ for _, kind in self.kinds)
            raise ValueError(f"no kind of fault is called {', '.join(sorted(unknown))}; there are {known}")
        self.kinds = [(weight, kind) for weight, kind in self.kinds if kind.__name__ in names]

    def step(self) -> None:
        """Undoes what is due, then does one fault."""
        self.undo()
        kind = self.random.choices([k for _, k in self.kinds], [w for w, _ in self.kinds])[0]
        at = time.monotonic()
        done = kind()
        if done:
            done.t = done.t or at
            self.log.append(done)
            self.tell(done.text)

    def later(self, least: float, most: float, what: Callable[[], None]) -> float:
        """Has it undone after so many seconds, which are drawn and returned."""
        wait = self.random.uniform(least, most)
        self.due.append((time.monotonic() + wait, what))
        return wait

    def undo(self, everything: bool = False) -> None:
        ready = [entry for entry in self.due if everything or entry[0] <= time.monotonic()]
        self.due = [entry for entry in self.due if entry not in ready]
        for _, what in sorted(ready, key=lambda entry: entry[0]):
            what()
        for watch in self.watchers:
            watch(everything)

    def hinder(self, done: fault, least: float, most: float, heal: Callable[[], None]) -> fault:
        """A fault that takes away what all need, for a while; no second one of the kind meanwhile."""
        done.everybody = done.hinders = True
        done.t = done.t or time.monotonic()
        self.hindrance = done

        def back() -> None:
            heal()
            done.until = time.monotonic()
            self.hindrance = None
        wait = self.later(least, most, back)
        done.text += f" for {wait:.1f} s"
        return done

    def counts(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for each in self.log:
            found[each.kind] = found.get(each.kind, 0) + 1
        return found
