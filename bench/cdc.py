#!/usr/bin/env python3
"""One pass of change data capture over tables of several sizes, 1,000 objects of each changed: how long it takes, and
how much memory its runner had at most. Everything is in one database; the hashes of before are put there by SQL, so
that the runner's peak is that of this one pass. Drive it by ./dev bench --cdc."""
import argparse
import json
import sys
from pathlib import Path
from statistics import median
from typing import Any

HOUSE = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(HOUSE / "tests" / "e2e"))
from support import equal, say, scenario, tree_of, wait_for  # noqa: E402

CONTROLLER = "4f0c2f0e-8c5a-4f6e-9a51-1f2a3b4c5d6e"
CONFIG = """
[action.customers]
type = "cdc"
controller = "{controller}"
query = "select id as object_id, md5(c::text)::uuid as hash from {schema}.customer c"
limit = 100000
[stream.changes]
mode = "parallel"
[action."customers.create"]
type = "noop"
stream = "changes"
[action."customers.update"]
type = "noop"
stream = "changes"
[action."customers.delete"]
type = "noop"
stream = "changes"
"""


def fill(s: scenario, objects: int, changed: int) -> None:
    """Customers as they were at the last pass, then with `changed` differences: most updated, a tenth each new and
    gone."""
    tenth = changed // 10
    s.sql(f"create table {s.schema}.customer(id int primary key, name text, mail text, street text, credit numeric)")
    s.sql(f"insert into {s.schema}.customer select n, 'Customer ' || n, 'c' || n || '@example.org', "
          f"'Street ' || n % 977, n % 1000 from generate_series(1, {objects}) n")
    s.sql(f"insert into {s.schema}.cdc_controller(controller, name, objects) "
          f"values ('{CONTROLLER}', 'customers', {objects})")
    s.sql(f"insert into {s.schema}.cdc_hash(controller, hash, round, object_id) "
          f"select '{CONTROLLER}', md5(c::text)::uuid, 1, id::text from {s.schema}.customer c")
    step = objects // changed
    s.sql(f"update {s.schema}.customer set credit = -1 where id % {step} = 0 and id <= {(changed - 2 * tenth) * step}")
    s.sql(f"delete from {s.schema}.customer where id % {step} = 0 and id > {(changed - tenth) * step}")
    s.sql(f"insert into {s.schema}.customer select n, 'New', 'n', 's', 0 "
          f"from generate_series({objects} + 1, {objects} + {tenth}) n")
    s.sql(f"vacuum analyze {s.schema}.customer")
    s.sql(f"vacuum analyze {s.schema}.cdc_hash")


def peak_kib(pid: int) -> int:
    """The most memory that the family of a node's runner ever had in use: that of its largest process."""
    peaks = [0]
    for each, _ in tree_of(pid):
        if each == pid:
            continue
        lines = Path(f"/proc/{each}/status").read_text(encoding="utf-8").splitlines()
        peaks += [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]
    return max(peaks)


def one_pass(s: scenario) -> dict[str, Any]:
    task = s.enqueue([{"name": "customers"}])[0]

    def over() -> Any:
        found = s.cluster.weir_json("task", "show", str(task))
        return found["finished_at"] and found
    shown = wait_for("a pass", over, 600, 0.5)
    equal(shown["state"], "DONE", shown["message"])
    took = s.sql(f"select took_ms from {s.schema}.attempt where task_id = {task}")
    return {"seconds": int(took) / 1000, "message": shown["message"]}


def measure(wanted: argparse.Namespace, objects: int) -> dict[str, Any]:
    with scenario(wanted, f"cdc_bench_{objects}", nodes=1) as s:
        s.cluster.write_config("n1", CONFIG.format(controller=CONTROLLER, schema=s.schema))
        fill(s, objects, wanted.changed)
        s.cluster.nodes["n1"].start([str(s.cluster.weir_program), "run", "--config", str(s.cluster.config("n1"))],
                                    s.cluster.environment())
        s.wait_active({"n1"})
        wait_for("an owner", lambda: s.cluster.owner(CONTROLLER), 15)
        first = one_pass(s)
        tenth = wanted.changed // 10
        equal(first["message"], f"{tenth} created, {wanted.changed - 2 * tenth} updated, {tenth} deleted", "changes")
        peak = peak_kib(s.cluster.nodes["n1"].pid())
        again = one_pass(s)
        equal(again["message"], "nothing has changed", "the pass after it")
        s.wait_empty(60)
        s.stop_cleanly()
        return {"objects": objects, "changed_s": first["seconds"], "unchanged_s": again["seconds"],
                "objects_per_s": round(objects / first["seconds"]), "peak_mib": round(peak / 1024, 1)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, required=True, help="build directory, with weir in it")
    parser.add_argument("--suffix", default="", help="of the programs, as in -asan")
    parser.add_argument("--repeat", type=int, default=1, help="rounds; medians are shown")
    parser.add_argument("--objects", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--changed", type=int, default=1000, help="objects that changed (default 1000)")
    parser.add_argument("-o", dest="output", choices=["table", "json"], default="table")
    wanted = parser.parse_args()
    wanted.listen, wanted.keep = "127.0.0.1:0", False
    found = []
    for objects in wanted.objects:
        rounds = [measure(wanted, objects) for _ in range(wanted.repeat)]
        found.append({name: median(each[name] for each in rounds) for name in rounds[0]})
        if wanted.output == "table":
            say("  ".join(f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
                          for name, value in found[-1].items()))
    if wanted.output == "json":
        say(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
