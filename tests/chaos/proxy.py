"""A TCP proxy between each node and the database, that can be slow, hold back what it has, one way or both, and take no
more connections. What it held arrives later, as from a network that was not dead after all."""
from __future__ import annotations

import asyncio
import contextlib
import threading
from dataclasses import dataclass, field
from typing import Any, Coroutine


@dataclass
class line:
    """What happens on the connections of one node. Read and written on the proxy's loop alone."""
    delay: float = 0.0  # seconds, for whatever passes, each way
    refuses: bool = False
    up: asyncio.Event = field(default_factory=asyncio.Event)  # set: requests pass
    down: asyncio.Event = field(default_factory=asyncio.Event)  # set: answers pass


class proxy:
    """`with proxy(host, names, ports) as p:` for each node a port for each port of the database."""

    def __init__(self, host: str, names: list[str], targets: list[int]) -> None:
        self.host, self.targets = host, targets
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.lines: dict[str, line] = {name: line() for name in names}
        self.later: list[asyncio.Future] = []  # kept, or they could end before their time
        self.ports: dict[str, list[int]] = {}

    def __enter__(self) -> "proxy":
        self.thread.start()
        for name in self.lines:
            self.set(name)
            self.ports[name] = [self.wait(self.listen(name, port)) for port in self.targets]
        return self

    def __exit__(self, *_: object) -> None:
        async def end_all() -> None:
            others = asyncio.all_tasks() - {asyncio.current_task()}
            for each in others:
                each.cancel()
            if others:
                await asyncio.wait(others)
        self.wait(end_all())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)

    def wait(self, what: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(what, self.loop).result(20)

    def url(self, name: str, targets: list[int]) -> str:
        ports = [self.ports[name][self.targets.index(target)] for target in targets]
        return f"postgres://weir@{','.join(f'{self.host}:{port}' for port in ports)}/weir"

    def set(self, name: str, delay: float = 0.0, refuses: bool = False, up: bool = True, down: bool = True) -> None:
        """From now on; without arguments all is well again."""
        async def change() -> None:
            its = self.lines[name]
            its.delay, its.refuses = delay, refuses
            for gate, open_now in ((its.up, up), (its.down, down)):
                if open_now:
                    gate.set()
                else:
                    gate.clear()
        self.wait(change())

    async def listen(self, name: str, target: int, port: int = 0) -> int:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await self.connect(self.lines[name], target, reader, writer)
            except ConnectionRefusedError:
                if server.is_serving():
                    server.close()  # so that the next one is refused as well, and goes on to another server of its url
                    self.later = [*self.later, asyncio.ensure_future(self.listen_again(name, target, port))]
            except (OSError, asyncio.CancelledError):  # cancelled: the run is over
                pass
            writer.close()
        server = await asyncio.start_server(serve, self.host, port)
        port = server.sockets[0].getsockname()[1]
        return port

    async def listen_again(self, name: str, target: int, port: int) -> None:
        """Once the server answers."""
        while True:
            await asyncio.sleep(0.2)
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(self.host, target)
                writer.close()
                await self.listen(name, target, port)
                return

    async def connect(self, its: line, target: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if its.refuses:
            return
        there, back = await asyncio.open_connection(self.host, target)
        ways = [asyncio.ensure_future(self.carry(its, its.up, reader, back)),
                asyncio.ensure_future(self.carry(its, its.down, there, writer))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.wait(ways)
        back.close()

    async def carry(self, its: line, gate: asyncio.Event, source: asyncio.StreamReader,
                    sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while some := await source.read(1 << 16):
                if its.delay:
                    await asyncio.sleep(its.delay)
                await gate.wait()
                sink.write(some)
                await sink.drain()
