"""What the console and its API cost when many are logged in: 100,000 sessions of 50,000 people and
100,000 entries of the audit log, on SQLite, in a real `doorward serve`.

    python bench/admin.py [ROUNDS] [FOLDER]

Prints the time from a request to its whole answer, in milliseconds, as its one client sees it.  The
ways are measured in turn, round after round.  Users and sessions are filled in by SQL in bulk, as
the stores would write them; the audit log by its own `append`, so that its chain is whole.
"""

import asyncio
import os
import platform
import re
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from urllib.parse import urlencode

import httpx2

from doorward import open_store
from doorward.server.audit.entry import Entry
from doorward.server.audit.log import Audit
from doorward.server.db.database import open_database
from doorward.stores.rows import values
from doorward.stores.sqlite.sessions import INSERT
from doorward.types import Device, Session

NOW = int(time.time())
PEOPLE, SESSIONS, ENTRIES = 50_000, 100_000, 100_000
CROWDED, EACH = 40, 100
"""People with many sessions, who are locked, and how many sessions they have."""
DAYS = 90
TARGET = 50
"""Milliseconds, for 95 of 100 answers."""

EMAIL, PASSWORD = "root@example.org", "a sturdy door of oak"
DEVICE = Device("192.0.2.7", "Mozilla/5.0 (X11; Linux x86_64) Firefox/150.0", "Firefox on Linux")
BUSY_ADDRESS = "203.0.113.9"
KINDS = ("login", "login", "login", "logout", "login_failed", "refused", "revoked", "signup")
Call = Callable[[], httpx2.Response]


def subject(number: int) -> str:
    return f"u_{number * 7919 % PEOPLE:032x}"


def a_session(number: int) -> Session:
    """The first ones are those of the crowded, the others are spread evenly; the latest activity
    of all lies within a fortnight."""
    crowd = CROWDED * EACH
    owner = number // EACH if number < crowd else CROWDED + number % (PEOPLE - CROWDED)
    seen = NOW - number * 104_729 % 1_000_000
    return Session(
        sid=f"{number * 7919 % 1_000_003:032x}",
        subject=subject(owner),
        mode="session",
        secret_hash=os.urandom(32),
        created_at=seen - 3600,
        authenticated_at=seen - 3600,
        seen_at=seen,
        expires_at=NOW + 2_592_000,
        ends_at=NOW + 1_209_600,
        rotated_at=seen,
        roles=frozenset({"editor"}),
        amr=("pwd",),
        device=DEVICE,
    )


def an_entry(number: int) -> Entry:
    """In the order of time; each tenth comes from one address."""
    kind, owner = KINDS[number % len(KINDS)], subject(number * 31 % PEOPLE)
    busy = number % 10 == 0
    return Entry(
        kind=kind,
        at=NOW - DAYS * 86_400 + number * DAYS * 86_400 // ENTRIES,
        actor=owner,
        subject=owner,
        sid=f"{number:032x}",
        address=BUSY_ADDRESS if busy else f"198.51.{number % 250}.{number // 250 % 250}",
        user_agent=DEVICE.user_agent,
    )


async def fill(folder: Path) -> str:
    """A database as the server would have made it.  Its URL."""
    url = f"sqlite:///{folder}/doorward.db"
    await open_store(url).close()
    database = await open_database(url)
    with sqlite3.connect(folder / "doorward.db") as connection:
        connection.executemany(
            "INSERT INTO doorward_users (subject, email, roles, created_at, password_changed_at)"
            " VALUES (?, ?, '[]', ?, ?)",
            [(subject(n), f"person{n:05d}@example.org", NOW, NOW) for n in range(PEOPLE)],
        )
        connection.executemany(INSERT, (values(a_session(n)) for n in range(SESSIONS)))
    connection.close()
    audit = Audit(database)
    for start in range(0, ENTRIES, 10_000):
        entries = [an_entry(number) for number in range(start, start + 10_000)]
        await asyncio.gather(*(audit.append(entry) for entry in entries))
    await audit.close()
    await database.close()
    return url


@contextmanager
def serving(url: str, folder: Path) -> Iterator[tuple[str, str]]:
    """Where the server is, and the ticket of its first administrator."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = ("--port", str(port), "--database", url, "--root-key-file", str(folder / "root.key"))
    process = subprocess.Popen(
        [sys.executable, "-m", "doorward", "serve", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"/setup\?ticket=(\S+)", line):
                yield f"http://localhost:{port}", found[1]
                break
    finally:
        process.terminate()
        process.wait()


@dataclass(frozen=True, slots=True)
class Admin:
    """The administrator, as a program and in a browser."""

    api: httpx2.Client
    page: httpx2.Client

    def json(self, path: str, **query: str | int) -> Call:
        return lambda: self._good(self.api.get(f"/api/admin/{path}", params=query))

    def html(self, path: str, **query: str | int) -> Call:
        address = f"/admin{path}" + (f"?{urlencode(query)}" if query else "")
        return lambda: self._good(self.page.get(address))

    def lock(self, who: int) -> httpx2.Response:
        answer = self._good(self.api.post(f"/api/admin/users/{subject(who)}/lock"))
        assert answer.json()["sessions_ended"] == EACH, answer.text
        return answer

    def end_everyone(self) -> int:
        answer = self._good(self.api.delete("/api/admin/sessions", timeout=900))
        return int(answer.json()["sessions_ended"])

    def _good(self, answer: httpx2.Response) -> httpx2.Response:
        assert answer.status_code == 200, (answer.url, answer.text)
        return answer


@contextmanager
def administering(origin: str, ticket: str) -> Iterator[Admin]:
    with (
        httpx2.Client(base_url=origin, timeout=60) as api,
        httpx2.Client(
            base_url=origin, timeout=60, headers={"sec-fetch-site": "same-origin"}
        ) as page,
    ):
        form = {"ticket": ticket, "email": EMAIL, "password": PASSWORD}
        assert page.post("/setup", data=form).status_code == 303
        login = {"email": EMAIL, "password": PASSWORD}
        token = api.post("/api/login", json={**login, "transport": "bearer"}).json()["access_token"]
        cookies = page.post("/api/login", json={**login, "transport": "cookie"}).headers
        api.headers["authorization"] = f"Bearer {token}"
        page.cookies.clear()
        # by hand: a jar keeps Secure cookies from plain http
        page.headers["cookie"] = cookies["set-cookie"].partition(";")[0]
        yield Admin(api, page)


def ways(admin: Admin) -> dict[str, Call]:
    """Every way to look, with the number of people and the middle of each list."""
    person, middle = subject(CROWDED + 5), a_session(SESSIONS // 2)
    deep_online = f"{NOW - 500_000}.{middle.sid}"
    entry = an_entry(ENTRIES // 2)
    deep = f"{entry.at}.{ENTRIES // 2}"
    since, until = entry.at - 86_400, entry.at
    history: dict[str, dict[str, str | int]] = {
        "no filter": {},
        "deep page": {"after": deep},
        "person": {"person": person},
        "person by address": {"person": "person00045@example.org"},
        "kind, frequent": {"kind": "login"},
        "kind, frequent, deep": {"kind": "login", "after": deep},
        "kind, rare": {"kind": "first_admin"},
        "address, frequent": {"address": BUSY_ADDRESS},
        "address, rare": {"address": "198.51.100.77"},
        "a day": {"since": since, "until": until},
        "since the beginning": {"since": NOW - DAYS * 86_400},
        "address and kind": {"address": BUSY_ADDRESS, "kind": "revoked"},
        "address and kind, never together": {"address": BUSY_ADDRESS, "kind": "signup"},
        "kind and a day": {"kind": "refused", "since": since, "until": until},
        "all four": {
            "person": person,
            "kind": "login",
            "address": BUSY_ADDRESS,
            "since": since,
        },
    }
    both: dict[str, tuple[str, str, dict[str, str | int]]] = {
        "online, first page": ("online", "", {}),
        "online, deep page": ("online", "", {"after": deep_online}),
        "online, search of one": ("online", "", {"query": "person12345@"}),
        "online, search of many": ("online", "", {"query": "person1"}),
        "users, first page": ("users", "/users", {}),
        "users, deep page": ("users", "/users", {"after": "person25000@example.org"}),
        "users, search of one": ("users", "/users", {"query": "person49999@"}),
        "users, search of nobody": ("users", "/users", {"query": "nobody"}),
        "a user": (f"users/{person}", f"/users/{person}", {}),
        "a user, 100 sessions": (f"users/{subject(0)}", f"/users/{subject(0)}", {}),
        **{f"history, {name}": ("history", "/history", query) for name, query in history.items()},
    }
    table: dict[str, Call] = {}
    for name, (path, page, query) in both.items():
        table[f"{name} (API)"] = admin.json(path, **query)
        table[f"{name} (page)"] = admin.html(page, **query)
    return table


def timed(call: Call) -> float:
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def measure(admin: Admin, rounds: int) -> dict[str, list[float]]:
    locks = [timed(partial(admin.lock, who)) for who in range(1, CROWDED)]
    table = ways(admin)
    spent: dict[str, list[float]] = {name: [] for name in table}
    for _ in range(rounds):
        for name, call in table.items():
            spent[name].append(timed(call))
    return {**spent, f"lock of a user with {EACH} sessions (API)": locks}


def show(spent: dict[str, list[float]]) -> None:
    print(f"{'milliseconds':48} {'p50':>7} {'p95':>7} {'target':>7}")
    for name, times in spent.items():
        hundredths = quantiles(times, n=100, method="inclusive")
        missed = "  missed" if hundredths[94] > TARGET else ""
        print(f"{name:48} {hundredths[49]:7.1f} {hundredths[94]:7.1f} {TARGET:7}{missed}")


def main(rounds: int, folder: Path) -> None:
    start = time.perf_counter()
    url = asyncio.run(fill(folder))
    print(f"filled in {time.perf_counter() - start:.0f} s")
    before = os.getloadavg()[0]
    with serving(url, folder) as (origin, ticket), administering(origin, ticket) as admin:
        spent = measure(admin, rounds)
        start = time.perf_counter()
        ended = admin.end_everyone()
        everyone = time.perf_counter() - start
    load = f"load {before:.1f} before, {os.getloadavg()[0]:.1f} after"
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"
    python = f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    print(f"{machine}, {python}, {load}")
    show(spent)
    print(f"all the {ended} sessions left, of everybody, ended in {everyone:.0f} s")


if __name__ == "__main__":
    arguments = sys.argv[1:]
    with TemporaryDirectory(dir=arguments[1] if len(arguments) > 1 else None) as folder:
        main(int(arguments[0]) if arguments else 40, Path(folder))
