"""Another process that writes: `python -m tests.stores.scribe URL` adds sessions without end and
says each one's sid once it is acknowledged; then why it may add no more."""

import asyncio
import sys
from itertools import count

from doorward.errors import StoreUnavailable
from doorward.stores import open_store
from doorward.testing.contract.rows import ANY_MARK, NOW, a_session


async def main(url: str) -> None:
    store = open_store(url)

    async def write(worker: int) -> None:
        for number in count():
            sid = f"{worker}.{number}"
            await store.insert(a_session(sid), ANY_MARK, NOW)
            print(sid, flush=True)

    try:
        await asyncio.gather(*map(write, range(4)))
    except StoreUnavailable as error:
        print("refused:", error, flush=True)
    finally:
        await store.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
