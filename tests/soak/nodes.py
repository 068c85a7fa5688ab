"""Nodes on one store, each in a process of its own, of which any may be killed at any moment."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from doorward.types import system_clock
from tests.soak.node import Words
from tests.support.until import PATIENCE

NODES = 2


class Died(Exception):
    """The node ended without an answer; what was asked of it may be done or not."""


class Node:
    """One process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self._answers = 0
        self._asked = 0
        self._waiting: dict[int, asyncio.Future[Words]] = {0: asyncio.Future()}
        self._ended = False
        self._mark, self._marked = 0, asyncio.Future[None]()
        self._listening = asyncio.create_task(self._listen())

    async def ready(self) -> None:
        """Until it answers."""
        await asyncio.wait_for(self._waiting[0], PATIENCE)

    async def ask(self, **command: object) -> Words:
        """Raises `Died`."""
        if self._ended:
            raise Died
        assert self.process.stdin is not None
        self._asked += 1
        number, answer = self._asked, asyncio.Future[Words]()
        self._waiting[number] = answer
        self.process.stdin.write(json.dumps({"id": number, **command}).encode() + b"\n")
        return await asyncio.wait_for(answer, PATIENCE)

    async def answered(self, more: int) -> None:
        """Until it answered so many more."""
        self._mark, self._marked = self._answers + more, asyncio.Future()
        await asyncio.wait_for(self._marked, PATIENCE)

    async def kill(self) -> None:
        """As `kill -9` does it."""
        if self.process.returncode is None:
            self.process.kill()
        await asyncio.wait_for(self.process.wait(), PATIENCE)
        await asyncio.wait_for(self._listening, PATIENCE)

    async def _listen(self) -> None:
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            words = json.loads(line)
            self._answers += 1
            if self._answers >= self._mark and not self._marked.done():
                self._marked.set_result(None)
            answer = self._waiting.pop(words.pop("id"))
            if not answer.done():  # else nobody waits for it any more
                answer.set_result(words)
        self._ended = True
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(Died())


@dataclass
class Site:
    """The nodes, the time they are told, and what became of all that was asked."""

    url: str
    key_file: Path
    random: Random
    now: int = field(default_factory=system_clock)
    nodes: list[Node] = field(default_factory=list)
    figures: dict[str, int] = field(default_factory=dict)
    _up: asyncio.Condition = field(default_factory=asyncio.Condition)

    def count(self, name: str) -> None:
        self.figures[name] = self.figures.get(name, 0) + 1

    async def ask(self, **command: object) -> Words:
        """At any node, and again at another until one answers."""
        while True:
            async with self._up:
                await self._up.wait_for(lambda: self.nodes)
            node = self.random.choice(self.nodes)
            try:
                answer = await node.ask(at=self.now, **command)
            except Died:
                self.count("requests that got no answer")
                continue
            if "unavailable" not in answer:
                self.count("requests answered")
                return answer
            self.count("requests answered with 503")

    async def start(self) -> Node:
        """One more node."""
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.soak.node"),
            *(self.url, str(self.key_file), str(self.now)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            limit=2**20,
        )
        node = Node(process)
        try:
            await node.ready()
        except BaseException:
            await node.kill()
            raise
        async with self._up:
            self.nodes.append(node)
            self._up.notify_all()
        return node

    async def kill(self, doomed: list[Node]) -> None:
        """Who got no answer asks another node, or waits for one."""
        for node in doomed:
            self.nodes.remove(node)
        for node in doomed:
            await node.kill()
            self.count("nodes killed")


@asynccontextmanager
async def running_site(url: str, folder: Path, seed: int) -> AsyncIterator[Site]:
    site = Site(url, folder / "root.key", Random(seed))
    try:
        for _ in range(NODES):
            await site.start()
        yield site
    finally:
        for node in site.nodes:
            await node.kill()
