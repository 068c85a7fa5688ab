"""A node that is going to be killed: `python -m tests.soak.node URL ROOT_KEY_FILE AT`.

It obeys commands, one line of JSON each on standard input, many at once, and answers each with a
line that has its `id`.  `at` is the time, the same for every node: none of them looks at a clock.
"""

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from doorward import Auth, Issued, Rejected, Settings, StoreUnavailable
from doorward.web.lifecycle import Lifecycle

Words = dict[str, Any]


class Told:
    """A clock that somebody else sets."""

    def __init__(self, at: int) -> None:
        self.at = at

    def __call__(self) -> int:
        return self.at


def given(issued: Issued) -> Words:
    return {
        "sid": issued.session.sid,
        "credential": issued.credential,
        "refresh_token": issued.refresh_token,
    }


async def done(auth: Auth, command: Words) -> Words:
    match command["do"]:
        case "login":
            return given(await (await auth.attempt()).login(command["subject"]))
        case "refresh":
            return given(await auth.refresh(command["token"]))
        case "revoke":
            return {"sids": list(await auth.revoke(**command["whose"]))}
        case _:
            principal = await auth.authenticate(command["credential"], command.get("staleness"))
            return {"sid": principal.sid}


async def answered(auth: Auth, command: Words) -> Words:
    try:
        return await done(auth, command)
    except Rejected as refused:
        return {"refused": refused.reason}
    except StoreUnavailable:
        return {"unavailable": True}


def say(words: Words) -> None:
    print(json.dumps(words), flush=True)


async def obey(auths: dict[str, Auth], clock: Told, commands: asyncio.StreamReader) -> None:
    async def one(command: Words) -> None:
        say({"id": command["id"], **await answered(auths[command["mode"]], command)})

    say({"id": 0})
    async with asyncio.TaskGroup() as tasks:
        while line := await commands.readline():
            command = json.loads(line)
            clock.at = command["at"]
            tasks.create_task(one(command))


async def main(url: str, root_key_file: str, at: str) -> None:
    commands = asyncio.StreamReader()
    reading = asyncio.StreamReaderProtocol(commands)
    await asyncio.get_running_loop().connect_read_pipe(lambda: reading, sys.stdin)
    clock = Told(int(at))
    async with AsyncExitStack() as stack:
        auths: dict[str, Auth] = {}
        for settings in (Settings(mode="token"), Settings(mode="session")):
            lifecycle = Lifecycle(url, settings, root_key_file=Path(root_key_file), clock=clock)
            auths[settings.mode] = await stack.enter_async_context(lifecycle.running())
        await obey(auths, clock, commands)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
