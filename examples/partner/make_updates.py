#!/usr/bin/env python3
"""Writes the main job's input: customer updates (and mails between them) as NDJSON for `weir task enqueue -`.

The same arguments give the same bytes, on every machine: the generator is spelt out here and not the
library's. Versions of a customer grow line by line, so its last line is the one that the partner must hold
in the end.
"""
import argparse
import json
import sys
from collections.abc import Iterator
from typing import Any

FIRST = ("Ana", "Bo", "Chidi", "Dana", "Eve", "Farid", "Gus", "Hana", "Ivo", "Jo", "Kiri", "Māhina", "Noë")
LAST = ("Apata", "Berg", "Cruz", "Dvořák", "Eze", "Fitz", "Grün", "Hale", "Ito", "Jansen", "O'Neil")
TOWNS = ("Apia", "Bergen", "Cusco", "Dunedin", "Essen", "Faro", "Galway", "Hobart", "Izmir", "Jena")


class numbers:
    """A 64-bit linear congruential generator (Knuth's MMIX constants), its upper bits used."""

    def __init__(self, seed: int) -> None:
        self.state = seed

    def below(self, bound: int) -> int:
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (self.state >> 33) % bound


def make(updates: int, customers: int, mails: int, seed: int) -> Iterator[dict[str, Any]]:
    """The tasks, in the order in which they are to be enqueued. Every customer is updated at least once
    if there are as many updates as customers."""
    draw = numbers(seed)
    order = [n if n < customers else draw.below(customers) for n in range(updates)]
    for i in range(len(order) - 1, 0, -1):  # Fisher-Yates
        j = draw.below(i + 1)
        order[i], order[j] = order[j], order[i]
    versions = [0] * customers
    sent = 0
    for done, number in enumerate(order, start=1):
        versions[number] += 1
        name = f"c{number + 1:04d}"
        person = f"{FIRST[draw.below(len(FIRST))]} {LAST[draw.below(len(LAST))]}"
        data = {"customer_id": name, "version": versions[number], "name": person,
                "town": TOWNS[draw.below(len(TOWNS))], "credit": draw.below(100_000)}
        yield {"name": "customer_update", "key": name, "data": data}
        while sent * updates < mails * done:
            sent += 1
            yield {"name": "mail", "data": {"to": f"{name}@example.org", "number": sent}}


def last_versions(tasks: list[dict[str, Any]]) -> dict[str, int]:
    """Customer -> the version of its last update: what the partner must hold."""
    return {t["key"]: t["data"]["version"] for t in tasks if t["name"] == "customer_update"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--updates", type=int, default=10_000)
    parser.add_argument("--customers", type=int, default=500)
    parser.add_argument("--mails", type=int, default=2_000)
    parser.add_argument("--seed", type=int, default=20_240_229)
    wanted = parser.parse_args()
    for task in make(wanted.updates, wanted.customers, wanted.mails, wanted.seed):
        print(json.dumps(task, ensure_ascii=False, separators=(",", ":")))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:
        sys.exit(1)
