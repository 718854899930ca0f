"""A session at PostgreSQL or a pooler by hand, where a program for each would be too much."""
import socket
import struct


def open_session(host: str, port: int, database: str = "weir") -> socket.socket:
    """Asks for one; what is answered is the caller's to read."""
    greeting = f"user\0weir\0database\0{database}\0\0".encode()
    one = socket.create_connection((host, port), timeout=5)
    one.sendall(struct.pack("!ii", len(greeting) + 8, 196608) + greeting)
    return one


def send_query(session: socket.socket, text: str) -> None:
    body = text.encode() + b"\0"
    session.sendall(b"Q" + struct.pack("!i", len(body) + 4) + body)
