"""One node, for a test to watch: `python -m tests.faults.node URL ROOT_KEY_FILE MAX_STALENESS`.

It checks every credential it was told to watch, over and over, and answers commands, one line of
JSON each on standard input: `{"watch": credential}`, `{"step": seconds}` for its clock, and
`{"report": true}`, which prints what became of the checks.
"""

import asyncio
import json
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from doorward import Auth, Rejected, Settings, StoreUnavailable
from doorward.types import system_clock
from doorward.web.lifecycle import Lifecycle


@dataclass(slots=True)
class Run:
    """Checks in a row with one answer: when the first and the last began, how long they took."""

    answer: str
    first: float
    last: float
    longest: float


@dataclass(slots=True)
class Watch:
    """What became of the checks of one credential."""

    runs: list[Run] = field(default_factory=list)

    def note(self, answer: str, began: float) -> None:
        took = monotonic() - began
        if not self.runs or self.runs[-1].answer != answer:
            self.runs.append(Run(answer, began, began, took))
        run = self.runs[-1]
        run.last, run.longest = began, max(run.longest, took)


class Clock:
    """The system's, put forward or back."""

    def __init__(self) -> None:
        self.ahead = 0

    def __call__(self) -> int:
        return system_clock() + self.ahead


async def check(auth: Auth, credential: str) -> str:
    try:
        await auth.authenticate(credential)
    except Rejected as refused:
        return refused.reason
    except StoreUnavailable:
        return "unavailable"
    return "accepted"


async def watch(auth: Auth, credential: str, seen: Watch) -> None:
    while True:
        began = monotonic()
        seen.note(await check(auth, credential), began)
        await asyncio.sleep(0.002)


async def obey(auth: Auth, clock: Clock, commands: asyncio.StreamReader) -> None:
    watched: dict[str, Watch] = {}
    tasks: list[asyncio.Task[None]] = []
    while line := await commands.readline():
        command: dict[str, Any] = json.loads(line)
        if "watch" in command:
            seen = watched[command["watch"]] = Watch()
            tasks.append(asyncio.create_task(watch(auth, command["watch"], seen)))
        elif "step" in command:
            clock.ahead += command["step"]
        report = {name: [asdict(run) for run in seen.runs] for name, seen in watched.items()}
        print(json.dumps(report), flush=True)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def main(url: str, root_key_file: str, max_staleness: str) -> None:
    clock = Clock()
    settings = Settings(mode="token", accept=("session", "token"), max_staleness=int(max_staleness))
    lifecycle = Lifecycle(url, settings, root_key_file=Path(root_key_file), clock=clock)
    commands = asyncio.StreamReader()
    reading = asyncio.StreamReaderProtocol(commands)
    await asyncio.get_running_loop().connect_read_pipe(lambda: reading, sys.stdin)
    async with lifecycle.running() as auth:
        await obey(auth, clock, commands)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
