"""Transcripts of the pages, played: `curl` by a client of ours, `doorward` in this process."""

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from string import Template

from httpx2 import Client, Request, Response

from tests.cli.inside import run_inside
from tests.docs.pages import Block
from tests.support.server import RunningServer, clean_environment
from tests.support.thread_server import ThreadServer

WRITTEN = "http://localhost:8000"
"""Where the pages say the server is."""


def commands(block: Block) -> Iterator[tuple[str, str]]:
    """Each command of a transcript and the answer shown for it."""
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        command, _, answer = part.replace("\\\n", " ").partition("\n")
        yield command, answer.strip()


def matches(shown: str, answer: str) -> bool:
    """Whether an answer is the one shown, where `...` stands for anything."""
    pattern = ".*".join(map(re.escape, shown.split("...")))
    return re.fullmatch(pattern, answer.strip(), re.DOTALL) is not None


@dataclass
class Reader:
    """Somebody who types what a page shows, and keeps what came back."""

    server: RunningServer | ThreadServer
    members: dict[str, str] = field(default_factory=dict)
    jar: dict[str, str] = field(default_factory=dict)

    def types(self, command: str) -> str:
        """What is printed."""
        words = [Template(word).safe_substitute(self.members) for word in shlex.split(command)]
        play = {"curl": self.curl, "doorward": self.doorward, "./dev": self.doorward}[words[0]]
        return play([word.replace(WRITTEN, self.server.url) for word in words[1:]])

    def doorward(self, words: list[str]) -> str:
        """Beside the server, on its database."""
        environment = {
            **clean_environment(),
            "DOORWARD_DATABASE": self.server.database,
            "DOORWARD_ROOT_KEY_FILE": str(self.server.root_key_file),
            "DOORWARD_PUBLIC_ORIGIN": WRITTEN,
        }
        done = run_inside(words, "", environment, self.server.folder)
        self._keep(done.out)
        return f"{done.out}{done.err}" + (f"exit {done.status}" * bool(done.status))

    def curl(self, words: list[str]) -> str:
        """The options of curl that the pages use, and no others."""
        method, body, whole, sends, keeps = "", None, False, False, False
        headers: dict[str, str] = {"user-agent": "curl"}
        rest = iter(words)
        url = ""
        for word in rest:
            if word == "--json":
                body, method = next(rest), method or "POST"
                headers["content-type"] = "application/json"
            elif word == "-X":
                method = next(rest)
            elif word == "-H":
                name, _, value = next(rest).partition(": ")
                headers[name] = value
            elif word in ("-b", "-c"):
                sends, keeps = sends or word == "-b", keeps or word == "-c"
                next(rest)
            elif word == "-i":
                whole = True
            else:
                assert not word.startswith("-"), f"an option of curl nobody plays: {word}"
                url = word
        if sends:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.jar.items())
        with Client() as client:
            answer = client.send(Request(method or "GET", url, headers=headers, content=body))
        if keeps:
            self._fill_jar(answer)
        self._keep(answer.text)
        return (_head(answer) if whole else "") + answer.text

    def _fill_jar(self, answer: Response) -> None:
        for cookie in answer.headers.get_list("set-cookie"):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.jar[name] = value

    def _keep(self, text: str) -> None:
        """The members of a JSON object, as the variables that the page calls them by."""
        try:
            said = json.loads(text)
        except ValueError:
            return
        if isinstance(said, dict):
            self.members |= {key.upper(): value for key, value in said.items()}


def _head(answer: Response) -> str:
    lines = [f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.multi_items()]
    return "\n".join([*lines, "", ""])
