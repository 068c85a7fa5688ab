"""The other process of `bench/lag.py`: a node that checks one credential again and again.

    python bench/node.py URL MODE ROOT_KEY_FILE

For each line of its input, an accepted credential, it prints `ready`, then when the roles had
changed, then when the credential was refused: in seconds of CLOCK_MONOTONIC, which all processes
of a machine share.
"""

import asyncio
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from threading import Thread

import uvloop

from doorward import Auth, Rejected, Settings
from doorward.types import Principal
from doorward.web.lifecycle import Lifecycle

PAUSE = 0.0002
"""Seconds between two checks, so that the node leaves the machine to those it waits for."""


async def lines() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def ask(auth: Auth, credential: str) -> Principal | None:
    try:
        return await auth.authenticate(credential)
    except Rejected:
        return None


def beat(loop: asyncio.AbstractEventLoop, due: asyncio.Event) -> None:
    """Says when the next check is due: a timer of the loop would be five times as coarse, and to
    ask without a pause would hold up the follower."""
    with suppress(RuntimeError):  # the loop was closed
        while True:
            time.sleep(PAUSE)
            loop.call_soon_threadsafe(due.set)


async def asked_until(
    auth: Auth, credential: str, due: asyncio.Event, done: Callable[[Principal | None], bool]
) -> float:
    """When a check first gave what was waited for."""
    while not done(await ask(auth, credential)):
        due.clear()
        await due.wait()
    return time.clock_gettime(time.CLOCK_MONOTONIC)


async def serve(url: str, mode: str, root_key_file: str) -> None:
    given, due = await lines(), asyncio.Event()
    Thread(target=beat, args=(asyncio.get_running_loop(), due), daemon=True).start()
    async with Lifecycle(url, Settings(mode=mode), root_key_file=root_key_file).running() as auth:
        while credential := (await given.readline()).decode().strip():
            before = await auth.authenticate(credential)
            print("ready", flush=True)
            for done in (lambda now: now.roles != before.roles, lambda now: now is None):  # noqa: B023
                print(await asked_until(auth, credential, due, done), flush=True)


if __name__ == "__main__":
    uvloop.run(serve(*sys.argv[1:]))
