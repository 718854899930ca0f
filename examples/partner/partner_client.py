"""A small client of the partner server: its protocol in Python, for checks and reports."""
import json
import socket
from typing import Any


class partner_client:
    """One connection to the partner. Every call waits for the answer, 10 s at most."""

    def __init__(self, address: str) -> None:
        host, port = address.rsplit(":", 1)
        self.socket = socket.create_connection((host, int(port)), timeout=10)
        self.lines = self.socket.makefile("r", encoding="utf-8", newline="\n")

    def __enter__(self) -> "partner_client":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self.lines.close()
        self.socket.close()

    def send(self, request: dict[str, Any]) -> None:
        self.socket.sendall(json.dumps(request).encode() + b"\n")

    def answer(self) -> dict[str, Any]:
        line = self.lines.readline()
        if not line:
            raise ConnectionError("the partner closed the connection")
        return json.loads(line)

    def ask(self, op: str, **members: Any) -> dict[str, Any]:
        self.send({"op": op, **members})
        return self.answer()


def report(address: str) -> dict[str, Any]:
    """What the partner holds and what it counted."""
    with partner_client(address) as client:
        return client.ask("REPORT")
