"""How long a move takes, and its pause.

    python bench/move.py SESSIONS URL [SESSIONS_URL]

Fills a SQLite file with SESSIONS sessions of a tenth as many users, and an audit entry for each,
and moves it to the empty database at URL (and the sessions to the empty store at SESSIONS_URL),
while up to 200 sessions a second are touched and ten a second revoked.  Prints one JSON object; all
times are seconds of wall-clock time.
"""

import asyncio
import json
import sys
import time
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from doorward.errors import StoreUnavailable
from doorward.server.accounts.users import Users
from doorward.server.audit.entry import Entry
from doorward.server.audit.log import Audit
from doorward.server.move.moving import Place, move, opened
from doorward.stores import Decision
from doorward.types import Device, Session, system_clock

ANY_MARK = 2**62
AT_ONCE = 500
DEVICE = Device("192.0.2.7", "Mozilla/5.0 (X11; Linux x86_64) Firefox/150.0", "Firefox on Linux")


def a_session(number: int, now: int) -> Session:
    return Session(
        sid=f"{number:032x}",
        subject=f"u_{number // 10}",
        mode="session",
        secret_hash=b"\x00" * 32,
        created_at=now,
        authenticated_at=now,
        seen_at=now - number % 1000,
        expires_at=now + 2_592_000,
        ends_at=now + 1_209_600,
        rotated_at=now,
        device=DEVICE,
    )


async def fill(place: Place, size: int) -> None:
    now, users, audit = system_clock(), Users(place.database), Audit(place.database)
    for start in range(0, size, AT_ONCE):
        numbers = range(start, min(start + AT_ONCE, size))
        await asyncio.gather(
            *(place.store.insert(a_session(number, now), ANY_MARK, now) for number in numbers),
            *(audit.append(Entry(kind="login", at=now, subject="u")) for _ in numbers),
        )
        for number in numbers[::10]:
            await users.create(f"u{number}@example.test", None, at=now)


async def serve(place: Place, size: int) -> None:
    """Write like a server, until writing is refused."""
    with suppress(StoreUnavailable):
        for number in count():
            now = system_clock()
            row = await place.store.get(f"{number * 7919 % size:032x}")
            if row is not None:
                await place.store.replace(row, replace(row, seen_at=now))
            if row is not None and number % 20 == 0:
                await place.store.change(sid=row.sid, decision=Decision(revoke=True), at=now)
            await asyncio.sleep(0.005)


async def measured(size: int, url: str, sessions_url: str) -> dict[str, object]:
    with TemporaryDirectory() as folder:
        source = f"sqlite:///{Path(folder)}/doorward.db"
        async with opened(source, source) as here:
            await fill(here, size)
            async with opened(url, sessions_url) as there:
                serving, began = asyncio.create_task(serve(here, size)), time.perf_counter()
                moved = await move(here, there, "moved", system_clock, _say)
                took = time.perf_counter() - began
                await serving
    passes = [round(seconds, 2) for seconds in moved.passes]
    return {
        "sessions": moved.sessions,
        **moved.rows,
        "passes": passes,
        "pause": round(moved.pause, 2),
        "all": round(took, 2),
    }


def _say(sentence: str) -> None:
    print(sentence, file=sys.stderr)


if __name__ == "__main__":
    size, url, *elsewhere = sys.argv[1:]
    print(json.dumps(asyncio.run(measured(int(size), url, (elsewhere or [url])[0]))))
