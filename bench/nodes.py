"""Does a second, third and fourth node on the same two cores cost anything? The rate of a load in bulk by message with
one node, with four, with four, with one: a drift of the machine cancels out."""
from __future__ import annotations

from budget import figures
from place import noop_cluster, run


def measure(this: run) -> figures:
    count = max(1000, this.size.tasks // 2)
    one: list[float] = []
    four: list[float] = []
    with noop_cluster(this.wanted, "nodes", nodes=4) as c:
        c.start("n1")
        c.rate(count // 4)
        for _ in range(this.size.pairs):
            one.append(c.rate(count))
            c.start("n2", "n3", "n4")
            c.rate(count // 4)
            four += [c.rate(count), c.rate(count)]
            c.stop("n2", "n3", "n4")
            c.wait_spread()
            one.append(c.rate(count))
    return {"four_nodes_to_one": sum(four) / sum(one), "one_node_per_s": sum(one) / len(one),
            "four_nodes_per_s": sum(four) / len(four)}
