"""A node in a process of its own behind a cable, and who decides elsewhere on the same store."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

from doorward import Auth, Settings
from doorward.open import open_auth
from doorward.types import Mode, system_clock
from tests.support.proxy import Proxy, running_proxy
from tests.support.until import PATIENCE

BOUND = 1
"""Seconds of `max_staleness`."""

LONGEST = 2.0 + 1.0
"""Seconds a check may take at most: two for the store to answer, and what a busy machine adds."""

RECOVERY = 5.0
"""Seconds after which all must be well again, on a machine that does nothing else."""

WIDE = 10 * RECOVERY
"""The same on a machine that is busy with other tests."""

MODES: tuple[Mode, Mode] = ("session", "token")


@dataclass(frozen=True, slots=True)
class Run:
    """Checks in a row with one answer; see `node.py`."""

    answer: str
    first: float
    last: float
    longest: float


@dataclass(frozen=True, slots=True)
class Node:
    """The node's process."""

    process: asyncio.subprocess.Process

    async def tell(self, **command: object) -> dict[str, list[Run]]:
        """What became of the checks of each credential until now."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps(command).encode() + b"\n")
        line = await asyncio.wait_for(self.process.stdout.readline(), PATIENCE)
        return {name: [Run(**run) for run in runs] for name, runs in json.loads(line).items()}

    def pause(self) -> None:
        """Stop it in the middle of whatever it does."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self.process.send_signal(signal.SIGCONT)

    async def until(self, credential: str, answers: set[str], after: float, seconds: float) -> None:
        """Until a check that began `after` had one of these answers."""
        async with asyncio.timeout(seconds):
            while True:
                runs = (await self.tell(report=True))[credential][-1:]
                if any(run.answer in answers and run.last > after for run in runs):
                    return
                await asyncio.sleep(0.01)


@dataclass(frozen=True, slots=True)
class Scene:
    """`decider` issues and decides, next to the store; the node hears of it through `cable`.  Of
    each mode there is one login to be revoked and one that lives on, all known to the node.
    `recovery` is how many seconds it may take until all is well again."""

    deciders: dict[Mode, Auth]
    node: Node
    cable: Proxy
    doomed: dict[Mode, tuple[str, str]]
    spared: dict[Mode, tuple[str, str]]
    recovery: float

    async def revoke(self) -> float:
        """Revoke those that are to be; when the last of it was acknowledged."""
        for mode, decider in self.deciders.items():
            await decider.revoke(sid=self.doomed[mode][0])
        return monotonic()

    async def refused(self, after: float) -> None:
        """Until the node refuses what was revoked."""
        for _, credential in self.doomed.values():
            await self.node.until(credential, {"revoked"}, after, self.recovery)

    async def well(self, after: float) -> None:
        """Until the node lets in who lives on."""
        for _, credential in self.spared.values():
            await self.node.until(credential, {"accepted"}, after, self.recovery)

    async def judge(self, acknowledged: float) -> None:
        """Nothing revoked was accepted after the bound, nobody else was refused, no check hung."""
        report = await self.node.tell(report=True)
        for _, credential in self.doomed.values():
            for run in report[credential]:
                assert run.answer in ("accepted", "unavailable", "revoked")
                assert run.answer != "accepted" or run.last < acknowledged + BOUND
                assert run.longest < LONGEST
        for _, credential in self.spared.values():
            for run in report[credential]:
                assert run.answer in ("accepted", "unavailable")
                assert run.longest < LONGEST


@asynccontextmanager
async def scene(url: str, folder: Path, recovery: float) -> AsyncIterator[Scene]:
    """A node that has checked four logins, behind a cable that is whole."""
    key_file = folder / "root.key"
    deciders = {
        mode: await open_auth(url, Settings(mode=mode), root_key_file=key_file) for mode in MODES
    }
    try:
        doomed = {mode: await _login(deciders[mode], "doomed") for mode in MODES}
        spared = {mode: await _login(deciders[mode], "spared") for mode in MODES}
        async with running_proxy(urlsplit(url).port or 0) as cable:
            far = url.replace(f":{urlsplit(url).port}/", f":{cable.port}/")
            async with _running(far, key_file) as node:
                begun = monotonic()
                for _, credential in (*doomed.values(), *spared.values()):
                    await node.tell(watch=credential)
                for _, credential in (*doomed.values(), *spared.values()):
                    await node.until(credential, {"accepted"}, begun, 15)
                yield Scene(deciders, node, cable, doomed, spared, recovery)
    finally:
        for decider in deciders.values():
            await decider.store.close()


async def _login(auth: Auth, subject: str) -> tuple[str, str]:
    issued = await (await auth.attempt()).login(subject)
    return issued.session.sid, issued.credential


@asynccontextmanager
async def _running(url: str, key_file: Path) -> AsyncIterator[Node]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.faults.node", url, str(key_file), str(BOUND)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**20,
    )
    try:
        yield Node(process)
    finally:
        process.send_signal(signal.SIGCONT)
        process.kill()
        await asyncio.wait_for(process.wait(), PATIENCE)


def children_of(pid: int) -> list[int]:
    """The processes that a process started."""
    text = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(word) for word in text.split()]


def signal_all(pid: int, number: int) -> None:
    """Signal a process and those it started."""
    for each in (pid, *children_of(pid)):
        os.kill(each, number)


def now() -> int:
    """By this machine's clock."""
    return system_clock()
