"""Another process on the same file: `python -m tests.stores.sqlite.child VERB PATH [ARG ...]`.

It says `ready` when it has opened the file, then does its verb, line by line on its pipes.
"""

import asyncio
import json
import resource
import sqlite3
import sys
from itertools import count

from doorward.errors import ConfigurationError, StoreUnavailable
from doorward.stores import Decision
from doorward.stores.sqlite import SQLiteStore
from doorward.testing.contract.rows import ANY_MARK, NOW, a_session

REVOKE = Decision(revoke=True)


def say(line: str) -> None:
    print(line, flush=True)


def hear() -> str:
    return sys.stdin.readline().strip()


async def revoke(store: SQLiteStore) -> None:
    """Revoke each session named, and acknowledge it."""
    while sid := hear():
        await store.change(sid=sid, decision=REVOKE, at=NOW)
        say("done")


async def write_until_killed(store: SQLiteStore) -> None:
    """Add and revoke sessions without end, and acknowledge each."""

    async def one_after_another(worker: int) -> None:
        for number in count():
            sid = f"{worker}.{number}"
            await store.insert(a_session(sid), ANY_MARK, NOW)
            say(f"added {sid}")
            if number % 2:
                await store.change(sid=sid, decision=REVOKE, at=NOW)
                say(f"revoked {sid}")

    await asyncio.gather(*map(one_after_another, range(8)))


async def fill(store: SQLiteStore) -> None:
    """Write on a disk that becomes full, and then is not."""
    kept = await until_full(store)
    say(json.dumps(kept))
    limit_files(resource.RLIM_INFINITY)
    await store.insert(a_session("after"), ANY_MARK, NOW)
    say("works")


async def until_full(store: SQLiteStore) -> list[str]:
    """What was acknowledged before all of a group of writes failed for want of space."""
    limit_files(256 * 1024)
    kept: list[str] = []
    for group in range(1000):
        sids = [f"{group}.{number}" for number in range(4)]
        wide = {"wide": "x" * 10_000}
        results = await asyncio.gather(
            *(store.insert(a_session(sid, attributes=wide), ANY_MARK, NOW) for sid in sids),
            return_exceptions=True,
        )
        kept += [sid for sid, result in zip(sids, results, strict=True) if result is None]
        failed = [result for result in results if result is not None]
        if failed:
            assert all(isinstance(result, StoreUnavailable) for result in failed)
            return kept
    raise AssertionError("the disk never was full")


async def overflow(store: SQLiteStore) -> None:
    """Write more at once than the disk holds or memory keeps: SQLite gives up in the middle."""
    limit_files(256 * 1024)
    await store.put("code", b"small", "payload", NOW + 10)
    try:
        await store.put("code", b"large", "x" * 8_000_000, NOW + 10)
    except StoreUnavailable as error:
        say(str(error))
    limit_files(resource.RLIM_INFINITY)
    await store.put("code", b"after", "payload", NOW + 10)
    say("works")


def limit_files(size: int) -> None:
    """No file may grow beyond `size`: what a full disk looks like to those who write."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


async def hold(path: str) -> None:
    """Keep the file locked until told to let go."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("BEGIN EXCLUSIVE")
    say("ready")
    hear()
    connection.close()


async def open_and_add(path: str, sid: str) -> None:
    """Open a file that several open at once, as the first of them."""
    say("ready")
    hear()
    store = SQLiteStore(path)
    await store.insert(a_session(sid), ANY_MARK, NOW)
    await store.close()
    say("done")


def cramped(path: str) -> None:
    """Open a file where there is no room for one."""
    say("ready")
    limit_files(4096)
    try:
        SQLiteStore(path)
    except ConfigurationError as error:
        say(str(error))
    limit_files(resource.RLIM_INFINITY)


VERBS = {
    "revoke": revoke,
    "write": write_until_killed,
    "fill": fill,
    "overflow": overflow,
}


async def main(verb: str, path: str, *arguments: str) -> None:
    if verb == "hold":
        await hold(path)
    elif verb == "cramped":
        cramped(path)
    elif verb == "open":
        await open_and_add(path, *arguments)
    else:
        store = SQLiteStore(path)
        say("ready")
        await VERBS[verb](store)
        await store.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
