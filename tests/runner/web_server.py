#!/usr/bin/env python3
"""A web server for tests: answers as the query of each request says, and writes down what it was asked.

usage: web_server.py FOLDER [CERT KEY]   FOLDER/port is written when it listens, FOLDER/requests a JSON line a request.
The query: status=, body=, header=NAME:VALUE, delay= (seconds before the answer), drop= (hangs up instead).
On the path /v3/mail/send, which has no query, the mail's subject takes its place."""
import itertools
import json
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

FOLDER = Path(sys.argv[1])
connections = itertools.count(1)
writing = threading.Lock()


class handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # connections stay open

    def setup(self) -> None:
        super().setup()
        self.connection_number = next(connections)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        query = urlsplit(self.path).query
        if self.path == "/v3/mail/send":
            query = json.loads(body)["subject"]
        with writing, (FOLDER / "requests").open("a", encoding="utf-8") as out:
            out.write(json.dumps({"path": self.path, "body": body, "connection": self.connection_number,
                                  "headers": {k.lower(): v for k, v in self.headers.items()}}) + "\n")
        self.answer(parse_qsl(query))

    def answer(self, wishes: list[tuple[str, str]]) -> None:
        named = dict(wishes)
        time.sleep(float(named.get("delay", 0)))  # what the test asks for, not a wait for something
        if "drop" in named:
            self.close_connection = True
            return
        text = named.get("body", "").encode() * int(named.get("times", 1))
        self.send_response(int(named.get("status", 200)))
        for wish, value in wishes:
            if wish == "header":
                self.send_header(*value.split(":", 1))
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        pass


class server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        pass  # clients that go in the middle are what some tests are about


def main() -> None:
    serving = server(("127.0.0.1", 0), handler)
    if len(sys.argv) > 2:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(sys.argv[2], sys.argv[3])
        serving.socket = context.wrap_socket(serving.socket, server_side=True)
    ready = FOLDER / "port.new"
    ready.write_text(str(serving.server_port), encoding="utf-8")
    ready.rename(FOLDER / "port")
    serving.serve_forever()


if __name__ == "__main__":
    main()
