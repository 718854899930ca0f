"""Enqueues tasks at a steady pace through `weir task enqueue -`, a chunk at a time."""
import json
import time
from typing import Any, Callable, Optional

from local_cluster import local_cluster


class feeder:
    """Feeds `tasks` within about `seconds`. `ids` are the answered ids, in the order of the tasks."""

    def __init__(self, cluster: local_cluster, tasks: list[dict[str, Any]], seconds: float,
                 chunk: int = 200) -> None:
        self.cluster, self.tasks, self.seconds, self.chunk = cluster, tasks, seconds, chunk
        self.ids: list[int] = []
        self.trouble: Optional[str] = None
        self.stopped = False

    def share(self) -> float:
        """How much of it is enqueued, 0 to 1."""
        return len(self.ids) / len(self.tasks) if self.tasks else 1.0

    def run(self, each_chunk: Callable[[], None] = lambda: None) -> None:
        """Feeds all of it; `each_chunk` is called between chunks. Stops at the first refusal, because a
        later try would change the order of a customer's updates. Never raises: see `trouble`."""
        try:
            start = time.monotonic()
            while len(self.ids) < len(self.tasks) and not self.stopped:
                self.enqueue(self.tasks[len(self.ids):len(self.ids) + self.chunk])
                each_chunk()
                time.sleep(max(0.0, start + self.seconds * self.share() - time.monotonic()))
        except Exception as problem:  # a thread of the caller: told through `trouble`
            self.trouble = f"{type(problem).__name__}: {problem}"

    def enqueue(self, tasks: list[dict[str, Any]]) -> None:
        lines = "".join(json.dumps(t, ensure_ascii=False) + "\n" for t in tasks)
        done = self.cluster.weir("task", "enqueue", "-", "-o", "ndjson", given=lines)
        answers = {a["line"]: a for a in map(json.loads, done.stdout.splitlines())}
        for line in range(1, len(tasks) + 1):
            answer = answers.get(line, {"error": "no answer"})
            if "id" not in answer:
                raise RuntimeError(f"task {len(self.ids) + 1} was refused: {answer}")
            self.ids.append(int(answer["id"]))
