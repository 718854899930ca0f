"""Awa as bench/peers.py drives it: says "ready", does its part on each line of standard input, says "done".
usage: peer.py URL SCHEMA migrate | add BATCH | one CALLERS | work      input: a number of jobs, anything (work)
Its tables are in the schema "awa", whatever SCHEMA says: bench/peers.py gives it a database of its own."""
from __future__ import annotations

import asyncio
import sys
import time
from dataclasses import dataclass

import awa

PAD = "x" * 90
LOOK = 0.02  # seconds
# One load over several queues, as its documents advise for throughput, and more workers than 512, from which on it
# completes in four places at once.
QUEUES = awa.PartitionedQueue("bench", 4)
WORKERS = 1024


@dataclass
class Noop:
    n: int
    pad: str = PAD


def say(text: str) -> None:
    print(text, flush=True)


async def add(client: awa.AsyncClient, count: int, batch: int) -> None:
    """A batch goes to one queue, the next one to the next."""
    for turn, begin in enumerate(range(0, count, batch)):
        await client.enqueue_many_copy([Noop(n) for n in range(begin, min(begin + batch, count))],
                                       **QUEUES.route_by_index(turn))


async def add_one_by_one(client: awa.AsyncClient, count: int, callers: int) -> None:
    async def caller(index: int) -> None:
        for n in range(-(-count // callers)):
            await client.insert(Noop(n), **QUEUES.route_by_index(index))
    await asyncio.gather(*(caller(index) for index in range(callers)))


async def work(client: awa.AsyncClient) -> None:
    """Says how many were begun: whether all of them are completed, bench/peers.py asks the database then."""
    begun = 0

    @client.task(Noop, queue=QUEUES.physical_queues[0])
    async def noop(_: awa.Job[Noop]) -> None:
        nonlocal begun
        if begun == 0:
            say(f"first {time.time():.6f}")
        begun += 1

    await client.start(QUEUES.queue_configs(WORKERS // len(QUEUES.physical_queues), deadline_duration_ms=0),
                       poll_interval_ms=50, storage_transition_role="queue_storage_target")
    while True:
        say(f"ended {begun}")
        await asyncio.sleep(LOOK)


async def main(url: str, _: str, part: str, size: int = 0) -> None:
    async with awa.AsyncClient(url, max_connections=size if part == "one" else 20 if part == "work" else 2) as client:
        if part == "migrate":
            await client.migrate()
            await client.install_queue_storage()
        say("ready")
        while part != "migrate" and (line := await asyncio.to_thread(sys.stdin.readline)):
            if part == "add":
                await add(client, int(line), size)
            if part == "one":
                await add_one_by_one(client, int(line), size)
            if part == "work":  # ends when it is killed
                await work(client)
            say("done")


asyncio.run(main(*sys.argv[1:4], *map(int, sys.argv[4:])))
