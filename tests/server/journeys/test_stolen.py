"""What who steals the databases and the log holds: no secret, and nothing that opens anything."""

import json
import logging
import re
import sqlite3
from base64 import b64encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
from redis import Redis

from doorward.tokens import mint_session_token
from tests.server.databases import FILE, POSTGRES, VALKEY, new_url
from tests.server.desk import ADMIN, person
from tests.server.house import EMAIL, PASSWORD, House, houses, login
from tests.support.postgres import Postgres
from tests.support.valkey import Valkey

pytestmark = pytest.mark.anyio

CHOSEN = "another correct horse"
DIGESTS = "SELECT sid, secret_hash FROM doorward_sessions"


@dataclass(frozen=True, slots=True)
class Place:
    """Databases that were stolen: all that is in them as text, and digests of secrets by sid."""

    mode: str
    database: str
    sessions: str | None
    loot: Callable[[], str]
    digests: Callable[[], list[tuple[str, bytes]]]


def from_sqlite(path: Path) -> str:
    with closing(sqlite3.connect(path)) as file:
        tables = [name for (name,) in file.execute("SELECT name FROM sqlite_master")]
        tables = [name for name in tables if re.fullmatch("doorward_[a-z]+", name)]
        rows = [row for name in tables for row in file.execute(f"SELECT * FROM {name}")]  # noqa: S608
    values = (value for row in rows for value in row)
    return "\n".join(v.hex() if isinstance(v, bytes) else str(v) for v in values)


def from_postgres(server: Postgres, url: str) -> str:
    names = "SELECT tablename FROM pg_tables WHERE tablename LIKE 'doorward%'"
    tables = server.execute(names, url).split()
    return "\n".join(server.execute(f"COPY {name} TO STDOUT", url) for name in tables)


def from_valkey(url: str) -> Iterator[str]:
    readers: dict[bytes, Callable[[Redis, bytes], Any]] = {
        b"string": lambda redis, key: redis.get(key),
        b"hash": lambda redis, key: redis.hgetall(key),
        b"zset": lambda redis, key: redis.zrange(key, 0, -1),
        b"set": lambda redis, key: redis.smembers(key),
        b"stream": lambda redis, key: redis.xrange(key),
        b"list": lambda redis, key: redis.lrange(key, 0, -1),
    }
    with closing(Redis.from_url(url)) as redis:
        for key in cast("list[bytes]", redis.keys()):
            value = readers[cast("bytes", redis.type(key))](redis, key)
            yield f"{key.decode()}\n{value.decode() if isinstance(value, bytes) else value}"


def digests_of_valkey(url: str) -> list[tuple[str, bytes]]:
    found = re.findall(r"doorward:session:(\w+)\n(.*)", "\n".join(from_valkey(url)))
    return [(sid, bytes.fromhex(text)) for sid, row in found for text in hexes(row)]


def hexes(row: str) -> list[str]:
    return [each for each in json.loads(row) if re.fullmatch("[0-9a-f]{64}", str(each))]


PLACES = [
    pytest.param((mode, *each.values), id=f"{mode}-{each.values[0]}", marks=each.marks)
    for mode in ("session", "token")
    for each in (FILE, POSTGRES, VALKEY)
]


@pytest.fixture(scope="module", params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Place:
    mode, kind = request.param
    tmp_path = tmp_path_factory.mktemp("stolen")
    if kind == "file":
        path = tmp_path / "doorward.db"

        def rows() -> list[tuple[str, bytes]]:
            with closing(sqlite3.connect(path)) as file:
                return file.execute(DIGESTS).fetchall()

        return Place(mode, f"sqlite:///{path}", None, lambda: from_sqlite(path), rows)
    server = cast(Postgres, request.getfixturevalue("postgres"))
    url = new_url("postgres", request, tmp_path)
    if kind == "postgres":

        def lines() -> list[tuple[str, bytes]]:
            found = server.execute(DIGESTS, url).splitlines()
            return [(line[:32], bytes.fromhex(line[35:])) for line in found]

        return Place(mode, url, None, lambda: from_postgres(server, url), lines)
    valkey = cast(Valkey, request.getfixturevalue("valkey_server"))
    valkey.ask("FLUSHALL")
    return Place(
        mode,
        url,
        valkey.url,
        lambda: "\n".join((from_postgres(server, url), *from_valkey(valkey.url))),
        lambda: digests_of_valkey(valkey.url),
    )


@dataclass(frozen=True, slots=True)
class Life:
    """A house in which everything happened that gives something out, what was given out, and what
    was logged since it was opened."""

    house: House
    secrets: list[str]
    log: StringIO


@pytest.fixture(scope="module")
async def life(root_key_file: Path, place: Place) -> AsyncIterator[Life]:
    """One for all tests of a place."""
    beside = {} if place.sessions is None else {"sessions": place.sessions}
    with everything_logged() as log:
        async with houses(root_key_file) as opened:
            house: House = await opened(mode=place.mode, database=place.database, **beside)
            yield Life(house, await everything_given_out(house), log)


@contextmanager
def everything_logged() -> Iterator[StringIO]:
    log, root = StringIO(), logging.getLogger()
    handler, level = logging.StreamHandler(log), root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield log
    finally:
        root.setLevel(level)
        root.removeHandler(handler)


async def everything_given_out(house: House) -> list[str]:
    admin, _ = await person(house, ADMIN, "admin")
    browser = await house.new_alice()
    tokens = (await login(await house.client(), transport="bearer")).json()
    given = [PASSWORD, CHOSEN, *admin.cookies.values(), *browser.cookies.values()]
    given += [tokens["access_token"], tokens.get("refresh_token", tokens["access_token"])]
    given.append((await browser.get("/api/me")).json()["csrf_token"])
    given.append((await browser.post("/api/elevate", json={"password": PASSWORD})).text)
    given += browser.cookies.values()
    subject = (await browser.get("/api/me")).json()["subject"]
    link = (await admin.post(f"/api/admin/users/{subject}/reset-link")).json()["reset_link"]
    given.append(link.partition("ticket=")[2])
    change = {"current": PASSWORD, "new": CHOSEN}
    assert (await browser.post("/api/password", json=change)).status_code == 204
    await browser.get("/api/me", headers={"authorization": "Bearer dws_made-up-secret"})
    return given


def forms(secret: str) -> Iterator[str]:
    """How a secret may stand in a text: as it is, or the random part of it in another spelling."""
    yield secret
    if secret.startswith(("dws_", "dwr_")):
        body = urlsafe_b64decode(secret[4:])
        raw = body[16:48] if secret.startswith("dws_") else body[21:53]
        for code in (raw.hex(), b64encode(raw).decode(), urlsafe_b64encode(raw).decode()):
            yield code.rstrip("=")


async def test_no_secret_that_was_given_out_is_in_a_database_or_the_log(
    life: Life, place: Place
) -> None:
    loot, log = place.loot(), life.log.getvalue()
    assert log
    assert "argon2id" in loot
    assert len(place.digests()) >= 3
    for secret in life.secrets:
        for form in forms(secret):
            assert form not in loot
            assert form not in log
    assert "made-up-secret" not in loot + log


async def test_nothing_that_is_in_a_database_opens_anything(life: Life, place: Place) -> None:
    words = {word for word in re.split(r"[\s\"'{}\[\],:|\\]+", place.loot()) if len(word) > 15}
    made = {mint_session_token(sid, digest) for sid, digest in place.digests()}
    assert len(words) > 20
    thief = await life.house.client()
    for good in await alive(life.house):
        assert await opens(thief, good)
    for word in {*words, *made}:
        if not word.isascii() or not word.isprintable():
            continue
        assert not await opens(thief, word), word


async def alive(house: House) -> list[str]:
    """What does open something: to see that the thief tries in earnest."""
    tokens = (await login(await house.client(), CHOSEN, transport="bearer")).json()
    admin = await house.browser()
    await login(admin, email=ADMIN)
    users = (await admin.get("/api/admin/users")).json()["users"]
    (subject,) = [user["subject"] for user in users if user["email"] == EMAIL]
    link = (await admin.post(f"/api/admin/users/{subject}/reset-link")).json()["reset_link"]
    found = [tokens["access_token"], tokens.get("refresh_token"), link.partition("ticket=")[2]]
    return [each for each in found if each]


async def opens(thief: httpx2.AsyncClient, word: str) -> bool:
    cookie = {"cookie": f"__Host-session={word}; __Host-access={word}; __Host-refresh={word}"}
    answers = [
        await thief.get("/api/me", headers={"authorization": f"Bearer {word}"}),
        await thief.get("/api/me", headers={"cookie": f"__Host-session={word}"}),
        await thief.get("/api/me", headers=cookie),
        await thief.post("/api/refresh", json={"refresh_token": word}),
        await thief.get("/metrics", headers={"authorization": f"Bearer {word}"}),
    ]
    reset = {"ticket": word, "new": "a password of the thief"}
    answers.append(await thief.post("/reset", data=reset, headers={"sec-fetch-site": "none"}))
    return any(answer.status_code < 400 for answer in answers)


async def test_a_digest_is_no_password(life: Life, place: Place) -> None:
    (digest, *_) = re.findall(r"\$argon2id\$\S+", place.loot())
    answer = await login(await life.house.client(), digest, email=EMAIL)
    assert answer.status_code == 401
