"""Another process at the same store: `python -m tests.stores.racer URL`.

It says `ready` when it has opened the store.  At each line on its pipe, a kind and a number of
rounds, it tries everything the other one tries, and says what it won.
"""

import asyncio
import json
import sys
from contextlib import suppress
from dataclasses import replace

from doorward.errors import Rejected
from doorward.stores import Backend, Decision, Most, open_store
from doorward.testing.contract.keys import a_key
from doorward.testing.contract.rows import ANY_MARK, NOW, a_session


async def insert(store: Backend, number: int) -> bool:
    """One of two processes may add the same session; another session may not pass the limit."""
    with suppress(ValueError, Rejected):
        most = Most(1, end_oldest=False)
        await store.insert(a_session(f"i{number}", f"of {number}"), ANY_MARK, NOW, most)
        return True
    return False


async def replace_one(store: Backend, number: int) -> bool:
    old = a_session(f"r{number}")
    return await store.replace(old, replace(old, seen_at=NOW))


async def change(store: Backend, number: int) -> bool:
    return bool(await store.change(sid=f"c{number}", decision=Decision(revoke=True), at=NOW))


async def take(store: Backend, number: int) -> bool:
    taken = await store.take("code", number.to_bytes(4, "big"), NOW)
    return taken is not None and taken[1]


async def first_keys(store: Backend, number: int) -> bool:
    """In the first round nobody put any; in the others somebody did."""
    return await store.put_first_keys([a_key(f"of {id(store)}", NOW)])


KINDS = {
    "insert": insert,
    "replace": replace_one,
    "change": change,
    "take": take,
    "first_keys": first_keys,
}


async def race(url: str) -> None:
    store = open_store(url)
    await store.mark()
    print("ready", flush=True)
    for line in sys.stdin:
        kind, rounds = line.split()
        won = [await KINDS[kind](store, number) for number in range(int(rounds))]
        print(json.dumps(won), flush=True)
    await store.close()


if __name__ == "__main__":
    asyncio.run(race(*sys.argv[1:]))
