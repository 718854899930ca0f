"""Several nodes and a partner on this machine: configuration, start, stop, by pid files.

Every process is recorded with its start time, so that a stop never hits a stranger who got the same pid.
"""
import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Callable, Optional


def wait_for(what: str, check: Callable[[], Any], seconds: float, pause: float = 0.05) -> Any:
    """Polls until `check` gives something true, and returns it; TimeoutError after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() >= end:
            raise TimeoutError(f"{what}: not within {seconds:g} s")
        time.sleep(pause)


def stat_of(pid: int) -> Optional[tuple[str, int, int]]:
    """(state, parent, start time) of a process, or None. A zombie is Z only when all its threads ended."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
        fields = text.rsplit(")", 1)[1].split()
        state = "D" if fields[0] == "Z" and int(fields[17]) > 1 else fields[0]
        return state, int(fields[1]), int(fields[19])
    except (OSError, IndexError):
        return None


def alive(pid: int, started: int) -> bool:
    """Does this very process still run? A zombie does not."""
    found = stat_of(pid)
    return found is not None and found[0] not in "ZX" and found[2] == started


def tree_of(pid: int) -> list[tuple[int, int]]:
    """(pid, start time) of a process and all its descendants."""
    everyone = {int(p): s for p in os.listdir("/proc") if p.isdigit() and (s := stat_of(int(p)))}
    found = [pid] if pid in everyone else []
    for each in found:
        found += [child for child, (_, parent, _) in everyone.items() if parent == each]
    return [(each, everyone[each][2]) for each in found]


class background:
    """A detached process with a log and a pid file."""

    def __init__(self, directory: Path, name: str) -> None:
        self.name = name
        self.log = directory / f"{name}.log"
        self.pid_file = directory / f"{name}.pid"

    def start(self, command: list[str], environment: dict[str, str], output: Optional[Path] = None) -> int:
        """Starts it; stderr (and stdout, unless `output` takes it) are appended to the log."""
        with open(self.log, "ab") as log, open(output or self.log, "ab") as out:
            child = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=out,
                                     stderr=log, start_new_session=True)
        children[child.pid] = child
        found = stat_of(child.pid)
        self.pid_file.write_text(f"{child.pid} {found[2] if found else 0}\n", encoding="utf-8")
        return child.pid

    def recorded(self) -> tuple[int, int]:
        try:
            pid, started = self.pid_file.read_text(encoding="utf-8").split()
            return int(pid), int(started)
        except (OSError, ValueError):
            return 0, 0

    def pid(self) -> int:
        """Its pid while it runs, else 0."""
        pid, started = self.recorded()
        child = children.get(pid)
        if child is not None:
            child.poll()
        return pid if pid and alive(pid, started) else 0

    def signal(self, number: int) -> int:
        pid = self.pid()
        if pid:
            os.kill(pid, number)
        return pid

    def ended(self, seconds: float) -> int:
        """Waits for its end: the exit code if it is a child of this process (-9: killed), 0 otherwise."""
        wait_for(f"end of {self.name}", lambda: not self.pid(), seconds, 0.02)
        child = children.get(self.recorded()[0])
        # Its main thread may be gone while others still end: only a wait tells that the whole process has.
        return child.wait(seconds) if child is not None else 0

    def stop(self, seconds: float, asked: bool = False) -> str:
        """SIGTERM (unless it is asked already: a second one would end its drain), wait, SIGKILL if it must
        be. What happened, for people."""
        if not asked and not self.signal(signal.SIGTERM):
            self.pid_file.unlink(missing_ok=True)
            return "was not running"
        try:
            self.ended(seconds)
            how = "stopped"
        except TimeoutError:
            self.signal(signal.SIGKILL)
            self.ended(5)
            how = f"killed after {seconds:g} s"
        self.pid_file.unlink(missing_ok=True)
        return how


children: dict[int, subprocess.Popen] = {}  # of this very process, to be reaped


class local_cluster:
    """Nodes n1, n2, ... and a partner, in one directory. `build` is where weir was built."""

    def __init__(self, build: Path, url: str, directory: Path, schema: str = "weir", nodes: int = 3,
                 suffix: str = "", listen: str = "127.0.0.1:0") -> None:
        self.weir_program = build / f"weir{suffix}"
        self.node_program = build / "examples" / "partner" / f"partner-node{suffix}"
        self.partner_program = build / "examples" / "partner" / f"partner-server{suffix}"
        self.url, self.schema, self.directory = url, schema, directory
        self.names = [f"n{i + 1}" for i in range(nodes)]
        self.nodes = {name: background(directory, name) for name in self.names}
        self.partner = background(directory, "partner")
        self.cluster_settings: dict[str, str] = {}
        self.listen = listen  # "off": the nodes work by polling
        self.listen_of: dict[str, str] = {}  # where it differs
        self.url_of: dict[str, str] = {}  # likewise
        self.direct_url_of: dict[str, str] = {}  # where it is not the url
        self.command_url = ""  # the database of the command, where it is not n1's
        self.before: dict[str, list[str]] = {}  # a command to be put before a node's own

    # -- files

    def config(self, name: str) -> Path:
        return self.directory / name / "weir.toml"

    def write_config(self, name: str, extra: str = "") -> Path:
        file = self.config(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps  # a JSON string is a TOML string
        cluster = "".join(f"{key} = {text(value)}\n" for key, value in self.cluster_settings.items())
        direct = f"direct_url = {text(self.direct_url_of[name])}\n" if name in self.direct_url_of else ""
        file.write_text(
            f"[database]\n{direct}url = {text(self.url_of.get(name, self.url))}\nschema = {text(self.schema)}\n"
            f"[cluster]\n{cluster}"
            f"[node]\nname = {text(name)}\nlisten = {text(self.listen_of.get(name, self.listen))}\n"
            f"state_dir = {text(str(file.parent / 'state'))}\n"
            f"{extra}", encoding="utf-8")
        return file

    def write_configs(self) -> None:
        for name in self.names:
            self.write_config(name)

    def partner_address(self) -> str:
        return (self.directory / "partner.address").read_text(encoding="utf-8").strip()

    def environment(self) -> dict[str, str]:
        """This process's environment without anything that would configure weir from outside."""
        kept = {k: v for k, v in os.environ.items()
                if not k.startswith(("WEIR_", "PG")) and k not in ("DATABASE_URL",)}
        try:
            kept["PARTNER_ADDRESS"] = self.partner_address()
        except OSError:
            pass
        return kept

    # -- the command

    def weir(self, *arguments: str, given: Optional[str] = None, code: Optional[int] = 0,
             seconds: float = 30) -> subprocess.CompletedProcess:
        """Runs `weir ... --config n1`. Another exit code than `code` is an error (None: any is fine)."""
        command = [str(self.weir_program), *arguments, "--config", str(self.config(self.names[0]))]
        command += ["--url", self.command_url] if self.command_url else []
        done = subprocess.run(command, input=given, text=True, capture_output=True, timeout=seconds,
                              env=self.environment())
        if code is not None and done.returncode != code:
            raise RuntimeError(f"weir {' '.join(arguments)}: exit code {done.returncode}, not {code}\n"
                               f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
        return done

    def weir_json(self, *arguments: str, **options: Any) -> Any:
        return json.loads(self.weir(*arguments, "-o", "json", **options).stdout)

    # -- processes

    def start_partner(self, *flags: str) -> str:
        """Starts the partner on a free port and returns its address."""
        address = self.directory / "partner.address"
        address.unlink(missing_ok=True)
        command = [str(self.partner_program), "--log", str(self.directory / "partner.jsonl"), *flags]
        self.partner.start(command, self.environment(), output=address)
        return wait_for("address of the partner", lambda: address.exists() and
                        address.read_text(encoding="utf-8").endswith("\n") and self.partner_address(), 10)

    def start_node(self, name: str) -> int:
        command = [*self.before.get(name, []), str(self.node_program), "--config", str(self.config(name))]
        return self.nodes[name].start(command, self.environment())

    def status(self) -> dict[str, Any]:
        return self.weir_json("status")

    def active_nodes(self, status: dict[str, Any]) -> set[str]:
        return {n["name"] for n in status["nodes"] if n["state"] == "active"}

    def owner(self, stream: str, status: Optional[dict[str, Any]] = None) -> Optional[str]:
        """The owner of a single stream, None while it is free."""
        for each in (status or self.status())["streams"]:
            if each["name"] == stream and each["partitions"]:
                return each["partitions"][0]["owner"]
        return None

    def stop_all(self, seconds: float = 35) -> dict[str, str]:
        """Stops what runs, nodes first and side by side; says what happened to each."""
        asked = {name: bool(node.signal(signal.SIGTERM)) for name, node in self.nodes.items()}
        ends = {name: node.stop(seconds, asked[name]) for name, node in self.nodes.items()}
        ends["partner"] = self.partner.stop(5)
        return ends
