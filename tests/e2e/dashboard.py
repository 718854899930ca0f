#!/usr/bin/env python3
"""The dashboard as it is served: the page, all that it loads, its size, its policy, copies that are still right, and a
path in front. What it does in a browser is tests/browser."""
import argparse
import gzip
import http.client
import re
import sys
from pathlib import Path

from http_api import address, ask, refused, start
from support import arguments, check, equal, run_all, say, scenario

WEB = Path(__file__).resolve().parents[2] / "web"
TYPES = {".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8",
         ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
MOST_BYTES = 150_000  # of all files together, gzipped: what a slow line has to bring before anything is seen


class raw:
    """A reply with its bytes, as http.client gives it."""

    def __init__(self, web: str, path: str, **headers: str) -> None:
        line = http.client.HTTPConnection(web, timeout=20)
        line.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        reply = line.getresponse()
        self.status, self.body = reply.status, reply.read()
        self.headers = {k.lower(): v for k, v in reply.getheaders()}
        line.close()


def files() -> dict[str, Path]:
    """Address below the base path -> file, of everything that belongs to the dashboard."""
    found = {f"assets/{path.relative_to(WEB)}": path for path in WEB.rglob("*") if path.suffix in TYPES}
    return {"": WEB / "index.html", **found}


def served(wanted: argparse.Namespace) -> None:
    """Each file is what web/ has, plain and zipped, with type, policy and tag; a copy is answered by 304."""
    with scenario(wanted, "web_served", nodes=1) as s:
        start(s)
        web = address(s)
        zipped = 0
        for name, path in files().items():
            text = path.read_bytes()
            plain = raw(web, f"/{name}")
            equal((plain.status, plain.headers["content-type"]), (200, TYPES[path.suffix]), name)
            equal(plain.body, text, f"content of {name}")
            check("content-encoding" not in plain.headers, f"{name}: zipped for one who cannot read it")
            policy = plain.headers["content-security-policy"]
            check("default-src 'none'" in policy and "unsafe" not in policy, policy)
            equal(plain.headers["x-content-type-options"], "nosniff", name)
            equal(plain.headers["cache-control"], "no-cache", name)
            small = raw(web, f"/{name}", Accept_Encoding="br, gzip")
            equal(small.headers["content-encoding"], "gzip", name)
            equal(gzip.decompress(small.body), text, f"zipped content of {name}")
            check(small.headers["etag"] != plain.headers["etag"], "a tag for each form")
            zipped += len(small.body)
            for reply, encoding in ((plain, "identity"), (small, "gzip")):
                again = raw(web, f"/{name}", If_None_Match=reply.headers["etag"], Accept_Encoding=encoding)
                equal((again.status, again.body), (304, b""), f"{name} again")
            other = raw(web, f"/{name}", If_None_Match='"another"')
            equal((other.status, other.body), (200, text), f"{name} after a change")
        check(zipped < MOST_BYTES, f"{zipped} bytes, at most {MOST_BYTES}")
        say(f"    {len(files())} files, {zipped} bytes gzipped")
        for path in ("/assets/", "/assets/nothing.js", "/assets/../CMakeLists.txt", "/assets/%2e%2e/dev",
                     "/assets/.npmrc", "/assets/pages", "/index.html", "/assets/pages%2Fcluster.js"):
            refused(ask(web, "GET", path), 404, "not_found")
        equal(ask(web, "POST", "/", "{}").status, 404, "nothing is posted to a page")
        equal(ask(web, "GET", "/api/v1/cluster").headers["cache-control"], "no-store", "what the API says is not kept")
        s.stop_cleanly()


def self_contained(wanted: argparse.Namespace) -> None:
    """No address of another place, no script or style inside the page, no text set as markup."""
    del wanted
    for name, path in files().items():
        text = path.read_text(encoding="utf-8")
        for found in re.findall(r"https?://[^\s\"'`)>]+", text):
            check(found.startswith("http://www.w3.org/"), f"{name} names {found}")
        check(not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text),
              f"{name} makes markup or code of text")
    page = (WEB / "index.html").read_text(encoding="utf-8")
    check(not re.search(r"<style|\sstyle=|\son\w+=", page), "the page has inline styles or handlers")
    check(not re.search(r"<script(?![^>]*\ssrc=)", page), "the page has an inline script")
    check(not re.search(r"(?:src|href)=\"/", page), "an address begins at the root: no path could be in front")


def with_tokens(wanted: argparse.Namespace) -> None:
    """The page is everybody's, what it shows is not; it learns whose token it has."""
    with scenario(wanted, "web_tokens", nodes=1) as s:
        file = s.directory / "tokens"
        s.cluster.write_config("n1", f'[http]\nlisten = "127.0.0.1:0"\ntokens_file = "{file}"')
        token = s.cluster.weir("token", "create", "eve", "--role", "viewer").stdout.strip()
        start(s, f'tokens_file = "{file}"')
        web = address(s)
        equal(ask(web, "GET", "/").status, 200, "the page without a token")
        refused(ask(web, "GET", "/api/v1/me"), 401, "unauthorized")
        me = ask(web, "GET", "/api/v1/me", Authorization=f"Bearer {token}").json()
        equal(me, {"name": "eve", "role": "viewer"}, "me")
        s.stop_cleanly()


def base_path(wanted: argparse.Namespace) -> None:
    """Below a path: the page is at its slash, whoever leaves it out is led there."""
    with scenario(wanted, "web_base", nodes=1) as s:
        start(s, 'base_path = "/ops/weir"')
        web = address(s)
        page = ask(web, "GET", "/ops/weir/")
        equal((page.status, page.text), (200, (WEB / "index.html").read_text(encoding="utf-8")), "the page")
        led = ask(web, "GET", "/ops/weir")
        equal((led.status, led.headers["location"]), (308, "/ops/weir/"), "without its slash")
        equal(ask(web, "GET", "/ops/weir/assets/main.js").status, 200, "what it loads")
        refused(ask(web, "GET", "/assets/main.js"), 404, "not_found", "/ops/weir")
        equal(ask(web, "GET", "/ops/weir/api/v1/me").json(), {"name": "http", "role": "admin"}, "without tokens")
        equal(len(ask(web, "GET", "/ops/weir/api/v1/schedules/nightly/next").json()["items"]), 5, "next ticks")
        refused(ask(web, "GET", "/ops/weir/api/v1/schedules/no/next"), 404, "not_found")
        s.stop_cleanly()


SCENARIOS = {each.__name__: each for each in (served, self_contained, with_tokens, base_path)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
