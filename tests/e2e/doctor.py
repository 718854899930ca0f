#!/usr/bin/env python3
"""`weir doctor` before real servers, poolers and nodes: each illness is made, found, and mended by running the very
command that the doctor names; then it is gone."""
import argparse
import glob
import json
import os
import pwd
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterator, Optional

from private_postgres import free_port, private_postgres
from standby import ask, standby
from support import arguments, check, equal, run_all, say, scenario, wait_for


class patient:
    """A scenario's cluster, its doctor, and a shell in which weir is `weir` and finds its configuration."""

    def __init__(self, s: scenario) -> None:
        self.s = s
        programs = s.directory / "bin"
        programs.mkdir()
        (programs / "weir").symlink_to(s.cluster.weir_program)
        self.environment = {**s.cluster.environment(), "WEIR_CONFIG": str(s.cluster.config("n1")), "NO_COLOR": "1"}
        self.environment["PATH"] = f"{programs}:{self.environment['PATH']}"

    def shell(self, command: str) -> subprocess.CompletedProcess:
        return subprocess.run(command, shell=True, capture_output=True, text=True, timeout=60,
                              env=self.environment, cwd=self.s.directory)

    def examine(self, before: str = "", options: str = "") -> dict[str, Any]:
        done = self.shell(f"{before} weir doctor -o json {options}")
        check(done.returncode in (0, 6), f"exit code {done.returncode}\n{done.stdout}{done.stderr}")
        report = json.loads(done.stdout)
        equal(report["healthy"], done.returncode == 0, "exit code 0 if healthy")
        equal(done.stderr, "", "messages beside the report")
        return report

    def codes(self, **how: str) -> set[str]:
        return {one["code"] for one in self.examine(**how)["findings"]}

    def find(self, code: str, seconds: float = 0, **how: str) -> dict[str, str]:
        def look() -> Optional[dict[str, str]]:
            return next((f for f in self.examine(**how)["findings"] if f["code"] == code), None)
        try:
            found = wait_for(code, look, seconds, 0.3)
        except TimeoutError:
            raise AssertionError(f"no {code} in {self.examine(**how)}") from None
        for part in ("what", "where", "fix"):
            check(found[part], f"{code} says no {part}: {found}")
        return found

    def gone(self, code: str, seconds: float = 0, **how: str) -> None:
        wait_for(f"{code} to be gone", lambda: code not in self.codes(**how), seconds, 0.3)

    def cure(self, code: str, seconds: float = 0, **how: str) -> None:
        """It is found; its fix is run as it stands; it is gone."""
        found = self.find(code, seconds, **how)
        done = self.shell(found["fix"])
        equal(done.returncode, 0, f"exit code of {found['fix']!r}\n{done.stderr}")
        self.gone(code, seconds, **how)
        say(f"  {code}: {found['fix']}")


@contextmanager
def sick(wanted: argparse.Namespace, name: str, server: private_postgres, nodes: int = 1,
         migrated: bool = True) -> Iterator[patient]:
    with server, scenario(wanted, name, nodes=nodes, url=server.url, migrated=migrated) as s:
        yield patient(s)


@contextmanager
def session(p: patient, statements: str) -> Iterator[subprocess.Popen]:
    """A psql that has run these and stays where it is; it may be ended by the doctor's order."""
    held = subprocess.Popen(["psql", "-XqAt", "-d", p.s.url], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL, text=True, bufsize=1)
    held.stdin.write(f"{statements}\n\\echo ready\n")
    while held.stdout.readline().strip() != "ready":
        check(held.poll() is None, f"psql ended: {statements}")
    try:
        yield held
    finally:
        held.kill()
        held.wait(10)


def settings(wanted: argparse.Namespace) -> None:
    """Settings under which acknowledged tasks are lost: found wherever they were set, and mended there."""
    with sick(wanted, "settings", private_postgres()) as p:
        for name, bad, code in (("fsync", "off", "fsync_off"), ("full_page_writes", "off", "full_page_writes_off"),
                                ("synchronous_commit", "off", "synchronous_commit_off"),
                                ("autovacuum", "off", "autovacuum_off"), ("track_counts", "off", "track_counts_off"),
                                ("default_transaction_read_only", "on", "database_read_only")):
            p.s.sql(f"alter system set {name} = {bad}")
            p.s.sql("select pg_reload_conf()")
            p.cure(code, 5)
        p.s.sql("alter database weir set synchronous_commit = off")
        p.cure("synchronous_commit_off")
        p.s.sql("alter role weir set synchronous_commit = off")
        p.cure("synchronous_commit_off")
        p.s.sql("alter role weir in database weir set default_transaction_read_only = on")
        p.cure("database_read_only")
        p.s.sql("alter system set synchronous_standby_names = 'nobody'")
        p.s.sql("select pg_reload_conf()")
        p.cure("standby_missing", 5)
        by_url = p.find("synchronous_commit_off", before="PGOPTIONS='-c synchronous_commit=off'")
        check("PGOPTIONS" in by_url["fix"], str(by_url))


def limits(wanted: argparse.Namespace) -> None:
    """Connections, room for tasks, and what keeps weir's tables from being looked after."""
    server = private_postgres()
    server.settings = ["max_connections=25", "autovacuum_naptime=1d", "max_slot_wal_keep_size=1MB", "wal_keep_size=0"]
    with sick(wanted, "limits", server) as p:
        schema = p.s.schema
        p.s.sql("alter role weir connection limit 4")
        p.cure("login_connection_limit")
        p.s.sql("alter database weir connection limit 5")
        p.cure("database_connection_limit")
        p.s.sql(f"alter table {schema}.open set (autovacuum_enabled = off)")
        p.cure("table_autovacuum_off")
        p.s.sql(f"insert into {schema}.receipt(token, ids) values (gen_random_uuid(), '{{1}}'), "
                f"(gen_random_uuid(), '{{1}}')")
        index = f"create unique index concurrently twice on {schema}.receipt(ids)"
        broken = p.shell(f"psql -XqAt -d {p.s.url} -c '{index}'")
        check(broken.returncode != 0, "an index over equal values was finished")
        p.cure("invalid_index")
        p.s.sql(f"insert into {schema}.receipt(token, ids) select gen_random_uuid(), '{{1}}' "
                f"from generate_series(1, 110000)")
        p.s.sql(f"delete from {schema}.receipt")
        p.cure("dead_rows", 5)
        p.s.sql(f"select setval('{schema}.task_id', 25000000); select {schema}.enqueue('mail')")
        p.cure("segments_low")
        with session(p, f"begin; lock table {schema}.node in exclusive mode;"):
            p.cure("table_locked")
        p.s.sql("select pg_create_physical_replication_slot('old', true)")
        for _ in range(3):
            p.s.sql("create table filler as select 1; drop table filler; select pg_switch_wal()")
        p.s.sql("checkpoint")
        p.cure("replication_slot_idle", 10)
        crowd = [subprocess.Popen(["psql", "-XqAt", "-d", p.s.url, "-c", "select pg_sleep(60)"],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) for _ in range(15)]
        try:
            found = p.find("connections_scarce", 10)
        finally:
            p.s.sql("select pg_terminate_backend(pid) from pg_stat_activity where query like '%pg_sleep(60)%' "
                    "and pid <> pg_backend_pid()")
            for each in crowd:
                each.wait(10)
        command = found["fix"].removesuffix(", and restart the server")
        equal(p.shell(command).returncode, 0, command)
        p.gone("connections_scarce", 10)


def queue_view(wanted: argparse.Namespace) -> None:
    """Schema and the view of episub/queue: missing, of another version, and made."""
    with sick(wanted, "queue_view", private_postgres(), migrated=False) as p:
        p.cure("schema_missing")
        p.s.sql(f"delete from {p.s.schema}.migration where version = (select max(version) from {p.s.schema}.migration)")
        check("weir db migrate" in p.find("schema_mismatch")["fix"], "an older schema is migrated")
        p.s.sql(f"drop schema {p.s.schema} cascade")
        p.environment["WEIR_DATABASE__MESSAGE_QUEUE"] = "public.message_queue"
        p.cure("schema_missing")
        p.s.sql("drop view public.message_queue")
        p.cure("message_queue_missing")
        del p.environment["WEIR_DATABASE__MESSAGE_QUEUE"]
        p.s.sql(f"drop view {p.s.schema}.message_queue cascade")
        p.cure("message_queue_missing")
        p.s.sql(f"insert into {p.s.schema}.message_queue(task_name) values ('mail')")


def old_things(wanted: argparse.Namespace) -> None:
    """The server's clock is set forward by two hours, so that what began just now is old."""
    found = glob.glob("/usr/lib/*/faketime/libfaketime.so.1")
    check(found, "libfaketime is not installed (Debian: libfaketime)")
    server = private_postgres()
    server.settings = ["max_prepared_transactions=5"]
    clock = server.directory / "clock"
    clock.write_text("+0s\n")
    clock.chmod(0o644)
    server.environment = {"LD_PRELOAD": found[0], "FAKETIME_TIMESTAMP_FILE": str(clock), "FAKETIME_NO_CACHE": "1",
                          "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1"}
    with sick(wanted, "old_things", server) as p:
        p.gone("clock_differs")
        p.s.sql(f"select {p.s.schema}.enqueue('mail')")
        p.s.cluster.weir("stream", "create", "held", "--mode", "single")
        p.s.sql(f"select {p.s.schema}.enqueue('push', stream => 'held')")
        p.s.cluster.weir("stream", "pause", "held")
        p.s.cluster.weir("task", "pause", "mail")
        p.s.sql("begin; create table prepared(); prepare transaction 'it''s old'")
        with session(p, "begin; select 1;"), subprocess.Popen(
                ["psql", "-XqAt", "-d", p.s.url, "-c", "select count(*), pg_sleep(300) from pg_class"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as report:
            wait_for("the report's transaction", lambda: p.s.number(
                "select count(*) from pg_stat_activity where query like '%pg_sleep(300)%' and backend_xmin is not null "
                "and pid <> pg_backend_pid()"), 10)
            healthy = p.codes() - {"no_nodes", "name_paused"}
            equal(healthy, set(), "findings while all is young")
            clock.write_text("+2h\n")
            p.find("clock_differs")
            p.cure("idle_in_transaction")
            p.cure("old_snapshot")
            report.wait(10)
        p.cure("prepared_transaction")
        old = [one for one in p.examine()["findings"] if one["code"] == "paused_with_work"]
        equal(sorted(one["where"] for one in old), ["stream held", "task name mail"], "pauses with old work")
        p.cure("name_paused")
        for one in old:
            p.shell(one["fix"])
        equal({"paused_with_work", "name_paused"} & p.codes(), set(), "pauses that were ended")
        equal({one["where"] for one in p.examine()["findings"] if one["code"] == "old_work"},
              {"stream default", "stream held"}, "streams whose tasks wait")
        clock.write_text("+0s\n")
        p.gone("clock_differs")


class pooler:
    """pgbouncer in transaction mode, as /usr/sbin/pgbouncer runs it."""

    def __init__(self, server: private_postgres, directory: Path, extra: str = "") -> None:
        self.port = free_port()
        self.url = f"postgres://weir@127.0.0.1:{self.port}/weir"
        file = directory / f"pgbouncer{self.port}.ini"
        file.write_text(f"[databases]\nweir = host=127.0.0.1 port={server.port} dbname=weir user=weir\n"
                        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {self.port}\nauth_type = any\n"
                        f"pool_mode = transaction\ndefault_pool_size = 5\nunix_socket_dir =\n{extra}")
        as_user = server.as_user
        if as_user:
            owner = pwd.getpwnam("postgres")
            os.chown(file, owner.pw_uid, owner.pw_gid)
        readable = server.directory / file.name
        readable.write_text(file.read_text())
        self.process = subprocess.Popen([*as_user, "pgbouncer", "-q", str(readable)], cwd="/",
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                        env={**os.environ, "PATH": f"{os.environ['PATH']}:/usr/sbin"})
        wait_for("pgbouncer", lambda: subprocess.run(["psql", "-XqAt", "-d", self.url, "-c", "select 1"],
                                                     capture_output=True).returncode == 0, 10)

    def __enter__(self) -> "pooler":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait(10)


def ways(wanted: argparse.Namespace) -> None:
    """Poolers where sessions are needed, a second database, a server that is not there."""
    server = private_postgres()
    with sick(wanted, "ways", server) as p:
        for extra in ("", "ignore_startup_parameters = options\n"):
            with pooler(server, p.s.directory, extra) as pool:
                if not extra:
                    refused = p.shell(f"WEIR_DATABASE__URL={pool.url} weir run")
                    check("ignore_startup_parameters" in refused.stderr, refused.stderr)
                found = p.find("direct_url_pooled", before=f"WEIR_DATABASE__URL={pool.url}")
                equal(found["fix"], f"WEIR_DATABASE__DIRECT_URL=postgres://weir@127.0.0.1:{server.port}/weir", "fix")
                p.gone("direct_url_pooled", before=f"WEIR_DATABASE__URL={pool.url} {found['fix']}")
        p.s.sql("create database other")
        other = f"postgres://weir@127.0.0.1:{server.port}/other"
        found = p.find("direct_url_elsewhere", before=f"WEIR_DATABASE__DIRECT_URL={other}")
        p.gone("direct_url_elsewhere", before=found["fix"])
        with pooler(server, p.s.directory, "ignore_startup_parameters = options\n") as pool:
            both = f"WEIR_DATABASE__URL={pool.url} "
            found = p.find("direct_url_elsewhere", before=f"{both} WEIR_DATABASE__DIRECT_URL={other}")
            check(str(server.port) in found["fix"], f"not the pooler's address: {found}")
            p.gone("direct_url_elsewhere", before=both + found["fix"])
        missing = f"postgres://weir@127.0.0.1:{server.port}/nowhere"
        found = p.find("database_unreachable", before=f"WEIR_DATABASE__URL={missing}")
        equal(found["fix"], f"createdb -h 127.0.0.1 -p {server.port} -U postgres nowhere", "fix")
        closed = f"postgres://weir:secret@127.0.0.1:{free_port()}/weir"
        p.find("direct_url_unreachable", before=f"WEIR_DATABASE__DIRECT_URL={closed}")
        found = p.find("database_unreachable", before=f"WEIR_DATABASE__URL={closed}")
        check("secret" not in json.dumps(found), f"a password is shown: {found}")
        equal(p.shell(found["fix"]).returncode, 2, "pg_isready of a server that is not there")
        found = p.find("slow_loss_detection", before=f"WEIR_DATABASE__URL='{p.s.url}?keepalives=0'")
        check("keepalives=0" in found["what"], str(found))
        p.s.sql("create database latin encoding 'LATIN1' template template0")
        latin = f"postgres://weir@127.0.0.1:{server.port}/latin"
        p.find("database_encoding", before=f"WEIR_DATABASE__URL={latin}")
        with standby(server) as follower:
            wait_for("the standby", lambda: ask(follower, "select 1") == "1", 20)
            p.find("database_is_standby", before=f"WEIR_DATABASE__URL={follower.url}")
        p.s.sql("create role clerk login")
        found = p.find("login_without_role", before=f"WEIR_DATABASE__URL=postgres://clerk@127.0.0.1:{server.port}/weir")
        check("weir db grant reader --to clerk" in found["fix"], str(found))
        p.s.cluster.weir("db", "grant", "reader", "--to", "clerk")
        clerk = f"WEIR_DATABASE__URL=postgres://clerk@127.0.0.1:{server.port}/weir"
        blind = p.examine(before=clerk)["unchecked"]
        check(any("pg_read_all_stats" in one["why"] for one in blind), f"what a reader may not see: {blind}")
        p.s.sql("grant pg_read_all_stats to clerk")
        equal(p.examine(before=clerk)["unchecked"], [], "what is not looked at")


def wraparound(wanted: argparse.Namespace) -> None:
    """The server's transaction counter is set forward by more than a thousand million."""
    server = private_postgres()
    server.settings = ["autovacuum_freeze_max_age=2000000000"]  # else the server mends it by itself
    with sick(wanted, "wraparound", server) as p:
        p.gone("wraparound_close")
        server.stop()
        new = 1_200_000_000
        segment = server.directory / "data" / "pg_xact" / f"{new // (8192 * 4 * 32):04X}"
        segment.write_bytes(bytes(256 * 1024))
        if server.as_user:
            owner = pwd.getpwnam("postgres")
            os.chown(segment, owner.pw_uid, owner.pw_gid)
        server.run("pg_resetwal", "-x", str(new), "-D", str(server.directory / "data"))
        server.start()
        p.cure("wraparound_close")


ACTIONS = """
[stream.slow]
mode = "single"
isolation = "process"
[stream.flaky]
mode = "single"
isolation = "thread"
breaker = { failures = 2, pause = "10m" }
[action.crash]
type = "exec"
stream = "slow"
command = ["/bin/sh", "-c", "kill -SEGV $$"]
max_crashes = 2
[action.fails]
type = "exec"
stream = "flaky"
command = ["/bin/false"]
"""


def start(p: patient, name: str, extra: str = "") -> None:
    p.s.cluster.write_config(name, extra)
    command = [str(p.s.cluster.weir_program), "run", "--config", str(p.s.cluster.config(name))]
    p.s.cluster.nodes[name].start(command, p.s.cluster.environment())


def cluster(wanted: argparse.Namespace) -> None:
    """Nodes, streams and tasks: healthy at first, then one thing after the other."""
    with scenario(wanted, "cluster", nodes=2) as s:
        p = patient(s)
        p.find("no_nodes")
        start(p, "n1", ACTIONS)
        start(p, "n2", ACTIONS)
        s.wait_active({"n1", "n2"})
        wait_for("health", lambda: p.examine()["findings"] == [], 10)
        s.cluster.weir("stream", "pin", "slow", "n9")
        p.cure("pinned_node_away")
        s.cluster.weir("task", "pause", "mail")
        p.cure("name_paused")
        s.cluster.weir("node", "drain", "n1")
        p.cure("node_drained", 5)
        for name in ("n1", "n2"):
            s.cluster.weir("node", "drain", name)
        for _ in range(2):
            p.shell(p.find("no_worker", 5)["fix"])
            if "no_worker" not in p.codes():
                break
        p.gone("no_worker", 5)
        p.shell(p.find("node_drained", 5)["fix"])
        p.gone("node_drained", 5)
        found = p.find("cluster_settings_differ", before="WEIR_CLUSTER__TTL=9s")
        p.gone("cluster_settings_differ", before=f"WEIR_CLUSTER__TTL=9s {found['fix']}")
        for _ in range(5):
            leader = s.cluster.status()["leader"]
            term = leader["term"]
            s.sql("select pg_terminate_backend(pid) from pg_stat_activity "
                  f"where application_name = 'weir {leader['node']} lead'")
            wait_for("another leader", lambda: (s.cluster.status()["leader"] or {"term": 0})["term"] > term, 10)
        p.find("leader_changes")
        s.cluster.weir("task", "enqueue", "crash", "--wait=30s", code=1)
        found = p.find("task_crashes")
        check("crash" in p.shell(found["fix"]).stdout, "the task that crashed is shown")
        s.enqueue([{"name": "fails"}] * 2)
        found = p.find("stream_rests", 20)
        check("breaker.failures=0" in found["fix"], str(found))
        s.sql(f"insert into {s.schema}.route(name, stream_id) select 'unknown', stream_id from {s.schema}.stream "
              f"where name = 'slow'")
        p.find("no_action")
        s.sql(f"delete from {s.schema}.route where name = 'unknown'")
        s.sql(f"update {s.schema}.node set version = '0.0.1' where name = 'n2' and newest")
        p.find("versions_differ")
        for name in ("n1", "n2"):
            s.kill(name)
        p.find("node_silent", 20)


def differing(wanted: argparse.Namespace) -> None:
    """Declarations that differ, an action of one node only, nodes that die again and again, and nobody who leads."""
    with scenario(wanted, "differing", nodes=2) as s:
        p = patient(s)
        extra = '[stream.mail]\nmode = "parallel"\nconcurrency = 4\n[action.mail]\ntype = "noop"\nstream = "mail"\n'
        start(p, "n1", extra)
        s.wait_active({"n1"})
        s.cluster.weir("stream", "set", "mail", "concurrency=16")
        s.cluster.nodes["n1"].signal(signal.SIGTERM)
        s.cluster.nodes["n1"].ended(20)
        start(p, "n1", extra)
        s.wait_active({"n1"})
        p.cure("declaration_differs", 20)
        s.cluster.weir("stream", "set", "mail", "rate=10/s", "breaker.failures=5", "breaker.pause=20s")
        s.cluster.nodes["n1"].signal(signal.SIGTERM)
        s.cluster.nodes["n1"].ended(20)
        start(p, "n1", extra)
        s.wait_active({"n1"})
        check("declaration_differs" not in p.codes(), "what no file says differs from nothing")
        s.cluster.weir("stream", "create", "ledger", "--mode", "single")
        start(p, "n2", '[stream.ledger]\nmode = "parallel"\n[action.print]\ntype = "noop"\n')
        s.wait_active({"n1", "n2"})
        modes = [one for one in p.examine()["findings"] if one["code"] == "declaration_differs"]
        equal([one["where"] for one in modes], ["stream ledger"], "one finding, whatever follows from the mode")
        check("node n2 says parallel, the database single" in modes[0]["what"], str(modes))
        check("stream set" not in modes[0]["fix"], str(modes))
        s.cluster.weir("stream", "delete", "ledger")
        p.find("stream_missing")
        p.find("action_elsewhere")
        for _ in range(3):
            before = s.incarnations().get("n2", 0)
            s.kill("n2")
            start(p, "n2")
            wait_for("n2 as another incarnation", lambda: s.incarnations().get("n2", 0) > before, 30)
        found = p.find("node_dies")
        equal(found["where"], "node n2", "who dies")
        for name in ("n1", "n2"):
            s.cluster.nodes[name].signal(signal.SIGTERM)
        for name in ("n1", "n2"):
            s.cluster.nodes[name].ended(20)
        follower = subprocess.Popen([str(s.cluster.weir_program), "run"], cwd=s.directory, stdout=subprocess.DEVNULL,
                                    stderr=subprocess.DEVNULL,
                                    env={**p.environment, "WEIR_NODE__LEADER_ELIGIBLE": "false"})
        s.others.append(follower)
        p.find("no_leader", 15)


def machine(wanted: argparse.Namespace) -> None:
    """Files and folders of this machine, and mistakes of the configuration."""
    with scenario(wanted, "machine", nodes=1) as s:
        p = patient(s)
        blocked = s.directory / "blocked"
        blocked.write_text("")
        found = p.find("state_dir_unusable", before=f"WEIR_NODE__STATE_DIR={blocked}/state")
        check(str(blocked) in found["what"], str(found))
        found = p.find("state_dir_unusable", before="WEIR_NODE__STATE_DIR=/proc/weir/n1")
        check("cannot be made" in found["what"], str(found))
        (s.directory / "nowhere").symlink_to(s.directory / "gone")
        found = p.find("state_dir_unusable", before=f"WEIR_NODE__STATE_DIR={s.directory}/nowhere")
        check("is a link to something" in found["what"], str(found))
        p.shell("weir cert authority --out ca && weir cert node n1 --authority ca --out short --days 5")
        p.shell("weir cert node other --authority ca --out other")
        def tls(folder: str) -> str:
            return " ".join(f"WEIR_TLS__{k}={s.directory}/{folder}/{v}" for k, v in
                            (("CERT", f"{'n1' if folder == 'short' else 'other'}.pem"),
                             ("KEY", f"{'n1' if folder == 'short' else 'other'}.key"), ("CA", "ca.pem")))
        check("ends on" in p.find("certificate_ends", before=tls("short"))["what"], "a certificate that ends soon")
        check("not for node n1" in p.find("certificate_ends", before=tls("other"))["what"], "of another node")
        http = f"WEIR_HTTP__LISTEN=0.0.0.0:7711 WEIR_HTTP__TOKENS_FILE={s.directory}/tokens"
        p.find("tokens_unreadable", before=http)
        (s.directory / "tokens").write_text("nonsense\n")
        found = p.find("tokens_unreadable", before=http)
        equal(p.shell(f"export {http}; " + found["fix"].replace("NAME", "eve")).returncode, 0, found["fix"])
        p.gone("tokens_unreadable", before=http)
        (s.directory / "tokens").unlink()
        p.find("tokens_unreadable", before=http)
        p.find("http_plain", before=http)
        equal(p.shell(f"{http} weir token create ann --role viewer").returncode, 0, "weir token create")
        p.gone("tokens_unreadable", before=http)
        s.cluster.write_config("n1", '[action.push]\ntype = "exec"\ncommand = ["./push"]\n')
        check("weir.toml:" in p.find("command_missing")["where"], "the place of the command")
        program = s.cluster.config("n1").parent / "push"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
        p.gone("command_missing")
        s.cluster.write_config("n1", "[nodes]\nx = 1\n")
        found = p.find("configuration_mistake")
        check(found["where"].startswith(str(s.cluster.config("n1"))) or "weir.toml:" in found["where"], str(found))
        equal(p.shell(found["fix"]).returncode, 78, "weir config check")


SCENARIOS = {each.__name__: each for each in (settings, limits, queue_view, old_things, ways, wraparound, cluster,
                                              differing, machine)}

if __name__ == "__main__":
    sys.exit(run_all(arguments(__doc__).parse_args(), SCENARIOS))
