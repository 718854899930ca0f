"""What the documents tell people to type exists: every `weir` command with its options, every `./dev` command. Whether
it also works is shown by the test that stands above each snippet (tests/tidy)."""
from __future__ import annotations

import re
import subprocess
import unittest
from collections.abc import Iterator

import made
from made import REPO, markdown_files

from document import document

WEIR = re.compile(r"(?:^|[\s|;&(\"'`]|\$\()weir ((?:[^`;&|)\n\\]|\|(?=[a-z])|\\\n)*)")
DEV = re.compile(r"\./dev ([^`;&)\n]*)")
REDIRECTION = re.compile(r"\s*\d?[<>].*| #.*", re.S)


def pages_of_help() -> dict[str, str]:
    """Command -> its help page, as docs/commands.md has them."""
    text = (REPO / "docs/commands.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^##+ weir ?([^\n]*)\n\n```text\n(.*?)\n```", text, re.M | re.S))


def code_of(path: str) -> Iterator[str]:
    """Shell fences, without comments, and code within prose."""
    for token in document(path, (REPO / path).read_text(encoding="utf-8")).tokens:
        if token.type == "fence" and token.info in ("sh", "bash", "console"):
            yield token.content
        for child in token.children or []:
            if child.type == "code_inline":
                yield child.content


def alternatives(words: list[str]) -> Iterator[list[str]]:
    """`stream pin|unpin S` is two commands."""
    if not words:
        yield []
        return
    for rest in alternatives(words[1:]):
        for one in words[0].split("|"):
            yield [one, *rest]


class snippets_test(unittest.TestCase):
    helps = pages_of_help()

    def known(self, words: list[str]) -> tuple[str, str]:
        """How far the words are a command, and the word that is none where one was due."""
        path = ""
        for word in words:
            longer = f"{path} {word}".strip()
            if longer in self.helps:
                path = longer
            else:
                return path, word if re.search(r"^Commands:$", self.helps[path], re.M) else ""
        return path, ""

    def problems(self, command: str) -> Iterator[str]:
        text = REDIRECTION.sub("", command.replace("\\\n", " ").split("$(")[0])
        words = [word.strip("`'\",.:") for word in text.split()]
        while words and words[0].startswith("--"):  # options before the command, each with a value
            del words[:2]
        plain = [word for word in words if re.fullmatch(r"[a-z][a-z|-]*", word)]
        begins = 0
        while begins < len(words) and words[begins] in plain:
            begins += 1
        for one in alternatives(words[:begins]):
            path, stray = self.known(one)
            if stray:
                yield f"weir {path} has no command {stray}"
            for option in re.findall(r"(?<![\w-])--[a-z][a-z-]*", text):
                known = self.helps[path] + self.helps[""] + " --help"
                if not re.search(rf"(?<![\w-]){option}(?![\w-])", known):
                    yield f"weir {path} has no option {option}"

    def test_there_are_commands_to_look_at(self) -> None:
        self.assertGreater(len(self.helps), 60)
        found = [command for path in markdown_files() for code in code_of(path) for command in WEIR.findall(code)]
        self.assertGreater(len(found), 200)

    def test_every_weir_command_exists_with_its_options(self) -> None:
        for path in markdown_files():
            for code in code_of(path):
                for command in WEIR.findall(code):
                    with self.subTest(page=path, command=command.strip()):
                        self.assertEqual(list(self.problems(command)), [])

    def test_what_does_not_exist_is_seen(self) -> None:
        for command in ("taks list", "task lst", "task list --stat failed", "stream pin|unpon S", "--conf x"):
            with self.subTest(command):
                self.assertTrue(list(self.problems(command)))
        for command in ("task list --state failed", "stream pin|unpin S", "", "--url u task list",
                        "run --supervise --cell eu.toml > log"):
            with self.subTest(command):
                self.assertEqual(list(self.problems(command)), [])

    def test_every_dev_command_exists_with_its_options(self) -> None:
        told = subprocess.run([REPO / "dev", "help"], text=True, capture_output=True, check=True).stdout
        commands = set(re.findall(r"^  ([a-z]+)\b", told, re.M))
        self.assertLessEqual({"up", "test", "site"}, commands)
        for path in markdown_files():
            for code in code_of(path):
                for command in DEV.findall(code):
                    words = command.split("#")[0].split()
                    with self.subTest(page=path, command=command):
                        self.assertTrue(not words or words[0] in commands | {"COMMAND", "help"})
                        if words and words[0] != "weir":
                            for option in re.findall(r"(?<!\S)--[a-z-]+", command.split("#")[0]):
                                self.assertIn(option, told)


if __name__ == "__main__":
    made.main()
