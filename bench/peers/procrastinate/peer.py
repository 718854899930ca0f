"""Procrastinate as bench/peers.py drives it: says "ready", does its part on each line of standard input, says "done".
usage: peer.py URL SCHEMA migrate | add BATCH | one CALLERS | work      input: a number of jobs, anything (work)"""
from __future__ import annotations

import asyncio
import logging
import sys
import time

import procrastinate
from psycopg import connect
from psycopg.conninfo import make_conninfo

PAD = "x" * 90
CONCURRENCY = 10  # of a process, which fetches its jobs one after the other: processes count more


def say(text: str) -> None:
    print(text, flush=True)


def app_of(url: str, schema: str, connections: int) -> procrastinate.App:
    """Its tables have no schema in their names: the search path says it."""
    where = make_conninfo(url, options=f"-c search_path={schema}")
    return procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=where, min_size=connections,
                                                                      max_size=connections))


async def add(task: procrastinate.tasks.Task, count: int, batch: int) -> None:
    for begin in range(0, count, batch):
        await task.batch_defer_async(*({"n": n, "pad": PAD} for n in range(begin, min(begin + batch, count))))


async def add_one_by_one(task: procrastinate.tasks.Task, count: int, callers: int) -> None:
    async def caller() -> None:
        for n in range(-(-count // callers)):
            await task.defer_async(n=n, pad=PAD)
    await asyncio.gather(*(caller() for _ in range(callers)))


async def main(url: str, schema: str, part: str, size: int = 0) -> None:
    app = app_of(url, schema, size if part == "one" else CONCURRENCY + 2 if part == "work" else 1)
    started = False

    @app.task(name="noop")
    async def noop(n: int, pad: str) -> None:
        nonlocal started
        if not started:
            say(f"first {time.time():.6f}")
        started = True

    if part == "migrate":
        with connect(url, autocommit=True) as session:
            session.execute(f"create schema {schema}")
    async with app.open_async():
        if part == "migrate":
            await app.schema_manager.apply_schema_async()
        say("ready")
        while part != "migrate" and (line := await asyncio.to_thread(sys.stdin.readline)):
            if part == "add":
                await add(noop, int(line), size)
            if part == "one":
                await add_one_by_one(noop, int(line), size)
            if part == "work":  # ends when it is killed
                await app.run_worker_async(concurrency=CONCURRENCY, install_signal_handlers=False,
                                           delete_jobs="always")
            say("done")


logging.basicConfig(level=logging.ERROR)
asyncio.run(main(*sys.argv[1:4], *map(int, sys.argv[4:])))
