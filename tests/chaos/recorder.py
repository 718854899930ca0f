#!/usr/bin/env python3
"""The outside system of the parallel stream: takes its tasks by HTTP, takes a while over each, and writes down when
each run began and how it ended. Shares no code with weir.

usage: recorder.py ADDRESS LOG SEED   prints HOST:PORT when it listens. Of a hundred runs five are asked to come again,
and two take longer than a second. A run whose caller hangs up ends there, without effect."""
import asyncio
import json
import random
import sys
import time
from typing import Any, Optional, TextIO

SHORT, LONG = (0.005, 0.060), (1.1, 2.0)  # seconds, drawn
AGAIN, SLOW = 0.05, 0.02  # shares


class recorder:
    def __init__(self, log: TextIO, seed: int) -> None:
        self.log, self.random = log, random.Random(seed)

    def write(self, kind: str, run: dict[str, Any], **more: Any) -> None:
        """A line is whole in the file before the next thing happens."""
        self.log.write(json.dumps({"t": time.monotonic(), "event": kind, **run, **more}) + "\n")
        self.log.flush()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await read_request(reader)) is not None:
                answer = await self.perform(request, reader)
                if answer is None:
                    break
                writer.write(f"HTTP/1.1 {answer}\r\nContent-Length: 0\r\n\r\n".encode())
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass  # it hung up between two requests
        finally:
            writer.close()

    async def perform(self, request: dict[str, Any], reader: asyncio.StreamReader) -> Optional[str]:
        headers, task = request["headers"], request["body"]
        run = {"task": int(task["id"]), "key": task["key"], "attempt": int(headers["weir-attempt"]),
               "token": int(headers["weir-fencing-token"]), "node": headers["x-node"]}
        again = self.random.random() < AGAIN
        seconds = self.random.uniform(*(LONG if self.random.random() < SLOW else SHORT))
        self.write("start", run)
        hung_up = asyncio.ensure_future(reader.read(1))  # nobody sends a request before the answer to the last
        done, _ = await asyncio.wait({hung_up}, timeout=seconds)
        if done:
            hung_up.exception()
            self.write("end", run, how="gone")
            return None
        hung_up.cancel()
        await asyncio.wait({hung_up})
        self.write("end", run, how="again" if again else "done")
        return "503 Service Unavailable" if again else "200 OK"


async def read_request(reader: asyncio.StreamReader) -> Optional[dict[str, Any]]:
    """None at the end of the connection."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
    except asyncio.IncompleteReadError:
        return None
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    return {"headers": headers, "body": json.loads(body)}


async def main() -> None:
    host, log, seed = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with open(log, "a", encoding="utf-8") as out:
        one = recorder(out, seed)
        server = await asyncio.start_server(one.serve, host, 0)
        print("%s:%d" % server.sockets[0].getsockname()[:2], flush=True)
        async with server:
            await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main())
