#!/usr/bin/env python3
"""The programs of docs/languages.md as they stand, each where its language is: what they enqueue is performed."""
import argparse
import shutil
import subprocess
import sys

from readme_test import snippets
from support import arguments, check, equal, run_all, say, scenario, wait_for

NODE = """
[http]
listen = "127.0.0.1:0"
[action.customer_update]
type = "exec"
command = ["/bin/sh", "-c", "echo saved $WEIR_TASK_KEY"]
"""
# How each file is run; Debian's own Python, since that has Debian's psycopg2.
RUNNERS = {"python": ("py", ["/usr/bin/python3"]), "js": ("mjs", ["node"]), "go": ("go", ["go", "run"])}


def programs(wanted: argparse.Namespace) -> None:
    """Each prints the id of its task, which is done."""
    with scenario(wanted, "languages", nodes=1) as s:
        file = s.cluster.write_config("n1", NODE)
        s.cluster.nodes["n1"].start([str(s.cluster.weir_program), "run", "--config", str(file)],
                                    s.cluster.environment())
        web = "http://" + s.wait_active({"n1"})["nodes"][0]["http"]
        found = snippets("docs/languages.md", "tests/e2e/languages.py")
        equal([language for language, _ in found], ["python", "python", "js", "go"], "programs of the page")
        ran = 0
        for number, (language, text) in enumerate(found):
            ending, command = RUNNERS[language]
            if shutil.which(command[0]) is None:
                say(f"no {command[0]} here: {language} was not tried")
                continue
            program = s.directory / f"program{number}.{ending}"
            program.write_text(text.replace("weir.enqueue", f"{s.schema}.enqueue"), encoding="utf-8")
            to, customer = s.url if "psycopg2" in text else web, f"customer {number}"
            go_cache = str(wanted.build.resolve() / "tests" / "go-cache")
            done = subprocess.run([*command, str(program), to, customer], capture_output=True, text=True, timeout=120,
                                  cwd=s.directory, env={**s.cluster.environment(), "GOCACHE": go_cache})
            equal(done.returncode, 0, f"{language}: {done.stderr}")
            task = done.stdout.strip()
            wait_for(f"the end of task {task}",
                     lambda: s.cluster.weir_json("task", "show", task)["state"] == "DONE", 20)
            equal(s.cluster.weir_json("task", "show", task)["message"], f"saved {customer}", language)
            ran += 1
        check(ran >= 2, "Python's at least")


if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), {"programs": programs}))
