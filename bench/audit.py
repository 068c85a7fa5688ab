"""The cost of the audit log: appending, verifying, asking.

    python bench/audit.py [ENTRIES] [FOLDER | URL]

Prints one JSON object.  Appending ends on the disk that holds FOLDER (default: the folder for
temporary files), or in the empty database at URL (`postgresql://...`); the rest is of a log of
ENTRIES (default: 100,000).  `cpu` is processor time of this process, the rest wall-clock time.
"""

import asyncio
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

from doorward.server import app
from doorward.server.audit.entry import Entry
from doorward.server.audit.history import History, Place, Query
from doorward.server.audit.log import Audit
from doorward.server.db.database import Database, open_database

BEGIN = 1_700_000_000
KINDS = ("login",) * 12 + ("logout",) * 4 + ("login_failed",) * 3 + ("password_changed",)
ROUNDS = 200
IN_FLIGHT = 32
AT_ONCE = 1000


def entry(number: int) -> Entry:
    """One of a busy day: 1,000 people at 5,000 addresses, one entry a second."""
    who = f"u_{number % 1000:032x}"
    return Entry(
        kind=KINDS[number % len(KINDS)],
        at=BEGIN + number,
        actor=who,
        subject=who,
        sid=f"{number:032x}",
        address=f"2001:db8::{number * 7 % 5000:x}",
        user_agent="Mozilla/5.0 (X11; Linux x86_64; rv:130.0) Gecko/20100101 Firefox/130.0",
    )


async def appending(audit: Audit, at_once: int) -> float:
    """Median microseconds per entry if `at_once` are appended together."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        await asyncio.gather(*[audit.append(entry(0)) for _ in range(at_once)])
        times.append((time.perf_counter() - began) / at_once)
    return round(median(times) * 1e6)


async def asking(history: History, entries: int) -> float:
    """The p95 in milliseconds over every kind of question, on first and later pages."""
    who, where, middle = entry(7).subject, entry(7).address, BEGIN + entries // 2
    queries = [
        Query(),
        Query(person=who),
        Query(person=who, kind="password_changed"),
        Query(address=where),
        Query(address=where, kind="logout"),
        Query(kind="password_changed"),
        Query(since=middle, until=middle + 1000),
    ]
    times = []
    for query in queries:
        for after in (None, Place(middle, 0)) * 15:
            began = time.perf_counter()
            await history.page(query, after)
            times.append(time.perf_counter() - began)
    return round(quantiles(times, n=20)[-1] * 1000, 1)


async def verifying(audit: Audit) -> dict[str, float]:
    """Seconds, of the clock and of the processor."""

    async def once(clock: Callable[[], float]) -> float:
        began = clock()
        if await audit.verify():
            raise AssertionError("the log is not intact")
        return round(clock() - began, 2)

    return {"s": await once(time.perf_counter), "cpu_s": await once(time.process_time)}


async def measured(database: Database, entries: int) -> dict[str, object]:
    audit, history = Audit(database), History(database)
    report: dict[str, object] = {
        "append_us": await appending(audit, 1),
        f"append_us_with_{IN_FLIGHT}_in_flight": await appending(audit, IN_FLIGHT),
    }
    for first in range(0, entries, AT_ONCE):
        await asyncio.gather(*[audit.append(entry(first + n)) for n in range(AT_ONCE)])
    report["entries"] = (await audit.head()).seq
    report["verify"] = await verifying(audit)
    report["history_p95_ms"] = await asking(history, entries)
    began = time.perf_counter()
    await history.counts(BEGIN, BEGIN + entries, app.KINDS)
    report["plot_counts_ms"] = round((time.perf_counter() - began) * 1000, 1)
    return report


async def main() -> None:
    """Measure in a new database and print."""
    entries = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    place = sys.argv[2] if len(sys.argv) > 2 else None
    if place is not None and "://" in place:
        await report(place, entries)
        return
    with TemporaryDirectory(dir=place) as folder:
        await report(f"sqlite:///{Path(folder, 'audit.db')}", entries)


async def report(url: str, entries: int) -> None:
    database = await open_database(url)
    print(json.dumps(await measured(database, entries), indent=2))
    await database.close()


if __name__ == "__main__":
    asyncio.run(main())
