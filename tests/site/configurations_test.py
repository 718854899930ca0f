"""Every piece of a configuration that the documents show is accepted by the program."""
from __future__ import annotations

import os
import re
import subprocess
import tempfile
import unittest
from pathlib import Path

import made
from made import REPO, given, markdown_files

from document import document


def refusal(text: str) -> str:
    """Why the program does not take it, or nothing."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "weir.toml"
        secret = Path(folder) / "secret"
        secret.write_text("s3cret", encoding="utf-8")
        file.write_text(re.sub(r'(_file = )"/[^"]*"', rf'\1"{secret}"', text), encoding="utf-8")
        done = subprocess.run([given.weir.resolve(), "config", "check", "--config", file], text=True, timeout=30,
                              capture_output=True, cwd=folder, env={"PATH": os.environ["PATH"], "HOME": folder})
        return done.stderr if done.returncode else ""


class configurations_test(unittest.TestCase):
    def test_each_is_accepted(self) -> None:
        seen = 0
        for path in markdown_files():
            for token in document(path, (REPO / path).read_text(encoding="utf-8")).tokens:
                if token.type == "fence" and token.info == "toml":
                    seen += 1
                    with self.subTest(page=path, line=token.map[0] + 1 if token.map else 0):
                        self.assertEqual(refusal(token.content), "")
        self.assertGreater(seen, 10)

    def test_a_mistake_is_seen(self) -> None:
        self.assertIn("did you mean", refusal('[node]\nnamee = "n1"\n'))


if __name__ == "__main__":
    made.main()
