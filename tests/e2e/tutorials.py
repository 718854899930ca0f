#!/usr/bin/env python3
"""The tutorials, taken at their word: all that they tell people to type is typed, in order, on a database of its own;
then it is looked whether what they say about the outcome is so. The same goes for SQL and requests of other pages that
need nothing but a node."""
from __future__ import annotations

import argparse
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

from readme_test import database, run, snippets
from support import check, equal

MINE = "tests/e2e/tutorials.py"
NODES_ARE_UP = "nodes_are_up\n"
# Nothing of these names is unfinished any more.
ALL_ENDED = """
for name in {names}; do
  for _ in $(seq 200); do
    [ "$(weir task count "$name")" = 0 ] && continue 2
    read -rt 0.1 <> <(:) || :
  done
  echo "tasks named $name did not end" >&2
  exit 1
done
"""


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class world:
    """A folder, a database, and the programs of a person who follows a page."""

    def __init__(self, build: Path, suffix: str, folder: Path, url: str) -> None:
        self.folder, self.port, self.url = folder, free_port(), url
        programs = folder / "bin"
        programs.mkdir()
        for name in ("weir", "examples/session/session-node", "examples/producer/producer"):
            (programs / Path(name).name).symlink_to((build / (name + suffix)).resolve())
        self.environment = {k: v for k, v in os.environ.items() if not k.startswith(("WEIR_", "PG"))}
        self.environment.update(DATABASE_URL=url, PATH=f"{programs}:{os.environ['PATH']}", NO_COLOR="1")

    def script(self, page: str, mark: str = MINE) -> str:
        """The snippets of a page as one script, which waits for its nodes where a person would look at the status;
        a configuration is put where it belongs."""
        parts = []
        for language, body in snippets(page, mark):
            text = body.replace("127.0.0.1:7711", f"127.0.0.1:{self.port}").replace(
                "localhost:7711", f"127.0.0.1:{self.port}")
            if language == "toml":
                (self.folder / "weir.toml").write_text(text, encoding="utf-8")
            elif language == "sql":
                parts.append(f"psql -X -q -v ON_ERROR_STOP=1 \"$DATABASE_URL\" <<'SQL'\n{text}SQL\n")
            else:
                parts.append(text + (NODES_ARE_UP if "&\n" in text else ""))
        check(parts, f"{page} has no snippets of {mark}")
        return "".join(parts)

    def run(self, script: str) -> None:
        run(script, self.folder, self.environment)

    def tasks(self, **wanted: str) -> list[dict[str, str]]:
        """As weir lists them, oldest first."""
        words = [word for name, value in wanted.items() for word in (f"--{name}", value)]
        done = subprocess.run(["weir", "task", "list", *words, "-o", "ndjson"], env=self.environment, cwd=self.folder,
                              text=True, capture_output=True, check=True)
        return [json.loads(line) for line in reversed(done.stdout.splitlines())]

    def states(self, **wanted: str) -> list[str]:
        return [task["state"] for task in self.tasks(**wanted)]


def producer(w: world) -> None:
    w.run(w.script("docs/tutorial-producer.md") + ALL_ENDED.format(names="order_mail customer_update"))
    mails = w.tasks(name="order_mail")
    sent = (w.folder / "sent").read_text(encoding="utf-8")
    check("ann@example.org" in sent and "bob@example.org" not in sent, "the mail of the order that was rolled back")
    equal([task["state"] for task in mails if task["key"] == "77"], ["CANCELLED"], "the task that waited")
    equal([task["state"] for task in mails if task["key"] in ("78", "79")], ["DONE", "DONE"], "enqueue_many")
    updates = w.tasks(name="customer_update")
    equal([task["state"] for task in updates], ["CANCELLED", "CANCELLED", "DONE"], "newest wins")
    equal(len((w.folder / "updates").read_text(encoding="utf-8").split('"version"')), 2, "updates performed")
    answers = [json.loads(text) for text in (w.folder / "answers").read_text(encoding="utf-8").splitlines()]
    equal(len({answer["id"] for answer in answers}), 1, "ids of the request that was sent twice")
    equal(len(answers), 2, "answers")


def operator(w: world) -> None:
    w.run(w.script("docs/tutorial-operator.md") + ALL_ENDED.format(names="sync"))
    failed = [task["key"] for task in w.tasks(name="sync", state="failed")]
    equal(failed[:2], ["1", "2"], "what failed stays")
    done = w.tasks(name="sync", state="done")
    equal(sorted(task["key"] for task in done), ["1", "2", "3", "4"], "what was mended and requeued")


def embedder(w: world) -> None:
    w.run(w.script("docs/tutorial-embedder.md"))
    equal(w.states(name="import"), ["DONE"] * 4, "imports")
    logs = {name: (w.folder / f"{name}.log").read_text(encoding="utf-8") for name in ("n1", "n2")}
    for name, log in logs.items():
        check("logged in under token" in log, f"{name} was never logged in: {log}")
    check("Resource temporarily unavailable" not in "".join(logs.values()), "two were logged in at once")
    equal(len(w.tasks(name="customer_update")), 2, "what the producer enqueued")


def moved_jobs(w: world) -> None:
    """The statement of docs/from-other-queues.md takes what waits, and leaves the rest where it is."""
    w.run("weir db migrate\n" + """psql -X -q "$DATABASE_URL" <<'SQL'
      create table old_jobs(id bigint, kind text, subject text, args jsonb, run_at timestamptz);
      insert into old_jobs
      select n, 'remind', n::text, '{}', now() + make_interval(hours => n)
      from generate_series(-1, 2) n;\nSQL\n""" + w.script("docs/from-other-queues.md"))
    equal([task["key"] for task in w.tasks(name="remind")], ["1", "2"], "jobs that were handed over")
    left = subprocess.run(["psql", "-XAtc", "select count(*) from old_jobs", w.url], text=True, capture_output=True)
    equal(left.stdout.strip(), "2", "jobs that were due")


def enqueueing(w: world) -> None:
    """The statements and the request of docs/enqueue.md."""
    text = w.script("docs/enqueue.md")
    (w.folder / "weir.toml").write_text(
        f'[http]\nlisten = "127.0.0.1:{w.port}"\n[node]\nname = "n1"\nstate_dir = "s"\n', encoding="utf-8")
    w.run("weir db migrate\nweir run &\n" + NODES_ARE_UP + text)
    names = ["customer_update", "customer_update", "mail", "mail", "reminder"]
    equal(sorted(task["name"] for task in w.tasks()), names, "tasks")


def guides(w: world) -> None:
    """Orders that need a node, a stream and nothing else, from docs/operating.md, schedules.md and security.md."""
    (w.folder / "weir.toml").write_text(
        '[node]\nname = "n1"\nstate_dir = "s"\n[stream.netsuite]\nmode = "single"\n'
        '[action.price_pull]\ntype = "noop"\nstream = "netsuite"\n', encoding="utf-8")
    pages = "".join(w.script(page) for page in ("docs/operating.md", "docs/schedules.md", "docs/security.md"))
    w.run("weir db migrate\nweir run &\n" + NODES_ARE_UP + pages + "weir schedule show nightly\n")
    for name in ("weir-ca/ca.pem", "n1/n1.key", "shop/shop.pem"):
        check((w.folder / name).is_file(), name)


STORIES = {each.__name__: each for each in (producer, operator, embedder, moved_jobs, enqueueing, guides)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, required=True, help="folder of the build")
    parser.add_argument("--suffix", default="", help="behind the names of programs")
    parser.add_argument("only", nargs="*", choices=[[], *STORIES], help="of these pages")
    told = parser.parse_args()
    url = os.environ.get("WEIR_TEST_DATABASE_URL", "")
    if not url:
        raise SystemExit("WEIR_TEST_DATABASE_URL is not set: it names the database for tests")
    for name, story in STORIES.items():
        if told.only and name not in told.only:
            continue
        with tempfile.TemporaryDirectory() as folder, database(url) as own:
            story(world(told.build, told.suffix, Path(folder), own))
        print(f"{name}: ok", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
