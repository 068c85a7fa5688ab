"""Keys change under a running load: people notice nothing, and what a leaked key signs is refused.

Two servers in token mode and one in session mode share a file.  Keys that wait are published two
hours ago, so that a rotation hands over at once, as it does in a server that has run for long.
"""

import asyncio
import json
import re
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import httpx2
import pytest

from doorward import open_store
from doorward.keys import RootKeys, base64url, first_keys, load_root_keys, signer_at, verify_jws
from doorward.keys.algorithm import signing
from doorward.keys.rotation import private_part
from doorward.types import SigningKey, system_clock
from tests.cli.desk import Desk
from tests.journeys.conftest import Running
from tests.journeys.traveller import PASSWORD, UNUSED
from tests.support.server import running_server
from tests.support.thread_server import server_in_thread
from tests.support.until import PATIENCE

pytestmark = [pytest.mark.anyio, pytest.mark.process]

HOUR = 3600
FAR = 2**40
ROUND = 3
"""Requests that each client makes between two acts at least."""

JsonObject = dict[str, Any]


Start = Callable[..., AbstractContextManager[Running]]


@dataclass(frozen=True, slots=True)
class Size:
    """How the servers run, how many people there are, and how long an access token lives.  Who has
    a long-lived one renews it when told to."""

    start: Start
    people: int
    access_ttl: int


SMALL, LARGE = Size(server_in_thread, 3, 600), Size(running_server, 5, 6)


@dataclass(frozen=True, slots=True)
class Site:
    """One application: servers on one file, under one root key."""

    size: Size
    tokens: tuple[Running, Running]
    sessions: Running
    desk: Desk
    root: RootKeys

    async def keys(self) -> list[SigningKey]:
        store = open_store(self.desk.database)
        try:
            return list(await store.keys())
        finally:
            await store.close()

    async def publish_long_ago(self, many: int) -> None:
        """So many keys that wait, and may sign as soon as they are told to."""
        store = open_store(self.desk.database)
        try:
            for _ in range(many):
                await store.put_key(first_keys("ES256", self.root, system_clock() - 2 * HOUR)[1])
        finally:
            await store.close()

    async def command(self, *words: str) -> JsonObject:
        found: JsonObject = await asyncio.to_thread(self.desk.data, *words)
        return found


@pytest.fixture(
    scope="module",
    params=[
        pytest.param(SMALL, id="threads"),
        pytest.param(LARGE, id="processes", marks=pytest.mark.soak),
    ],
)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    size: Size = request.param
    folders = [tmp_path_factory.mktemp(name) for name in ("first", "second", "third")]
    database, key_file = f"sqlite:///{folders[0]}/doorward.db", folders[1] / "root.key"
    root = load_root_keys(key_file, {}, sealed_exist=False)
    same = ("--database", database, "--root-key-file", str(key_file), "--signup-limit", "1000")
    short = ("--mode", "token", "--access-ttl", str(size.access_ttl))
    with ExitStack() as stack:

        def start(folder: Path, *options: str) -> Running:
            return stack.enter_context(size.start(*same, *options, folder=folder))

        first = start(folders[0], *short)
        origin = ("--public-origin", first.url)
        second, third = start(folders[1], *short, *origin), start(folders[2], *origin)
        yield Site(size, (first, second), third, Desk(folders[0], database, key_file), root)


class Load:
    """How far everybody came, and a way to wait until everybody came further."""

    def __init__(self) -> None:
        self.clients: list[Honest] = []
        self.attempts: list[Attempt] = []
        self.over = False
        self.eager = False
        self._moved = asyncio.Condition()

    async def moved(self) -> None:
        async with self._moved:
            self._moved.notify_all()

    async def until(self, condition: Callable[[], bool]) -> None:
        async with self._moved:
            await self._moved.wait_for(condition)

    @asynccontextmanager
    async def renewing(self) -> AsyncIterator[None]:
        """Everybody gets a new access token before each request, as if the old one had expired."""
        self.eager = True
        yield
        self.eager = False

    async def round(self) -> None:
        """Every honest client makes `ROUND` more requests."""
        marks = [(client, client.done + ROUND) for client in self.clients]
        await self.until(lambda: all(client.done >= mark for client, mark in marks))

    async def attacked(self, since: float, sets: int) -> list["Attempt"]:
        """What was tried after a moment, once there is this much of every kind on each process."""

        def tried() -> list[Attempt]:
            return [attempt for attempt in self.attempts if attempt.begun >= since]

        def enough() -> bool:
            names = [(attempt.url, attempt.kind) for attempt in tried()]
            kinds = 2 * len(KINDS_OF_FORGERY)
            return len(set(names)) == kinds and min(map(names.count, set(names))) >= sets

        await self.until(enough)
        return tried()


@dataclass(slots=True)
class Honest:
    """One person, who makes requests without pause, to each process in turn."""

    http: httpx2.AsyncClient
    urls: tuple[str, ...]
    path: str
    transport: str
    held: dict[str, str] = field(default_factory=dict)
    sid: str = ""
    done: int = 0
    withdrawn: int = 0
    tokens: list[str] = field(default_factory=list)

    async def log_in(self, email: str) -> None:
        body = {"email": email, "password": PASSWORD, "transport": self.transport}
        answer = await self.ask("POST", self.urls[0], "/api/login", body)
        assert answer.status_code == 200, answer.text
        self._take(answer)
        self.sid = await self.whoami()

    async def whoami(self) -> str:
        answer = await self._through(self.urls[0], "/api/me")
        return str(answer.json()["sid"])

    async def go_on(self, load: Load) -> None:
        while not load.over:
            url = self.urls[self.done % len(self.urls)]
            if load.eager:
                await self._renew(url)
            await self._through(url, self.path)
            self.done += 1
            await load.moved()

    async def _through(self, url: str, path: str) -> httpx2.Response:
        """A request that succeeds; who holds bearer tokens may be told to refresh."""
        answer = await self.ask("GET", url, path)
        told = 0
        while answer.status_code == 401 and "refresh_token" in self.held:
            self._told(answer.json()["reason"])
            told += 1
            assert told <= 3, answer.text  # one just given out may be withdrawn or expire, too
            await self._renew(url)
            answer = await self.ask("GET", url, path)
        assert answer.status_code == 200, (self.transport, path, answer.status_code, answer.text)
        return answer

    async def _renew(self, url: str) -> None:
        """A program refreshes; a browser no longer sends a cookie that is over."""
        self.held.pop("__Host-access", None)
        if "refresh_token" in self.held:
            body = {"refresh_token": self.held["refresh_token"]}
            refreshed = await self.ask("POST", url, "/api/refresh", body)
            assert refreshed.status_code == 200, refreshed.text
            self._take(refreshed)

    def _told(self, reason: str) -> None:
        """Only a token whose own time is over is refused as such, or one whose key was lost."""
        if reason == "withdrawn":
            self.withdrawn += 1
        else:
            assert (reason, True) == (
                "expired",
                claims_of(self.tokens[-1])["exp"] <= system_clock(),
            )

    async def ask(
        self, method: str, url: str, path: str, body: JsonObject | None = None
    ) -> httpx2.Response:
        answer = await self.http.request(method, url + path, json=body, headers=self._headers())
        for line in answer.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                if name != "__Host-device":
                    assert morsel["max-age"] != "0", answer.text
                    self._hold(name, morsel.value)
        return answer

    def _take(self, answer: httpx2.Response) -> None:
        given = answer.json()
        for name in ("access_token", "refresh_token"):
            if given.get(name):
                self._hold(name, given[name])

    def _hold(self, name: str, value: str) -> None:
        self.held[name] = value
        if value.count(".") == 2:
            self.tokens.append(value)

    def _headers(self) -> dict[str, str]:
        if self.transport == "bearer":
            token = self.held.get("access_token")
            return {"authorization": f"Bearer {token}"} if token else {}
        cookie = "; ".join(f"{name}={value}" for name, value in self.held.items())
        return {"sec-fetch-site": "same-origin", **({"cookie": cookie} if cookie else {})}


@dataclass(frozen=True, slots=True)
class Attempt:
    """One forgery shown to one process."""

    url: str
    kind: str
    begun: float
    status: int
    where: str


class Forger:
    """Holds a leaked private key, knows what a token looks like, who is logged in, and has an
    account of their own."""

    def __init__(self, site: Site, key: SigningKey, example: str, own: dict[str, str]) -> None:
        self.kid = key.kid
        self._sign = signing(key.algorithm).signer(private_part(site.root, key))
        members = {"alg": key.algorithm, "kid": key.kid, "typ": "at+jwt"}
        self._header = _encoded(members)
        self._claims = claims_of(example)
        self._refresh = own["__Host-refresh"]
        self._kept = {url: self.token() for url in urls_of(site)}

    def token(self, **claims: object) -> str:
        now = system_clock()
        said = {**self._claims, "iat": now + 50, "auth_time": now, "exp": now + 55, **claims}
        message = self._header + b"." + _encoded(said)
        return (message + b"." + base64url.encode(self._sign(message))).decode()

    def forged(self, kind: str, url: str) -> tuple[str, dict[str, str]]:
        """Where it is shown, and as what."""
        invented = {"sid": secrets.token_hex(16), "sub": secrets.token_hex(16)}
        match kind:
            case "kept":  # the same every time, so that it is found among what was checked before
                return "/api/me", _bearer(self._kept[url])
            case "existing":
                return "/api/me", _bearer(self.token())
            case "existing, far ahead":
                return "/api/me", _bearer(self.token(ver=FAR, exp=FAR))
            case "invented":
                return "/api/me", _bearer(self.token(**invented))
            case "invented administrator, far ahead":
                more = {"roles": ["admin"], "ver": FAR, "exp": FAR}
                return "/api/admin/online", _bearer(self.token(**invented, **more))
            case "page":
                return "/account", _cookie(f"__Host-access={self.token()}")
            case _:  # with a good refresh token, but of another session
                pair = f"__Host-access={self.token(ver=FAR)}; __Host-refresh={self._refresh}"
                return "/account", _cookie(pair)

    async def go_on(
        self, http: httpx2.AsyncClient, url: str, load: Load, over: asyncio.Event
    ) -> None:
        while not over.is_set():
            for kind in KINDS_OF_FORGERY:
                path, headers = self.forged(kind, url)
                begun = time.monotonic()
                answer = await http.get(url + path, headers=headers)
                where = answer.headers.get("location", "")
                load.attempts.append(Attempt(url, kind, begun, answer.status_code, where))
            await load.moved()


KINDS_OF_FORGERY = (
    "kept",
    "existing",
    "existing, far ahead",
    "invented",
    "invented administrator, far ahead",
    "page",
    "page, own refresh token",
)


def urls_of(site: Site) -> tuple[str, ...]:
    return tuple(server.url for server in site.tokens)


def claims_of(token: str) -> JsonObject:
    found: JsonObject = json.loads(base64url.decode(token.split(".")[1].encode()))
    return found


def kid_of(token: str) -> str:
    return str(json.loads(base64url.decode(token.split(".")[0].encode()))["kid"])


def _encoded(value: object) -> bytes:
    return base64url.encode(json.dumps(value, separators=(",", ":")).encode())


def _bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def _cookie(pairs: str) -> dict[str, str]:
    return {"cookie": pairs, "sec-fetch-site": "same-origin"}


class Drill:
    """A site under load, its administrator, and what is done to its keys."""

    def __init__(self, site: Site, http: httpx2.AsyncClient, load: Load) -> None:
        self.site, self.http, self.load = site, http, load
        self.urls = urls_of(site)
        self.root = self._client("/api/admin/keys", "bearer")

    async def arrive(self) -> None:
        """Log in the administrator, and everybody else four times each."""
        await self._set_up("root@example.org")
        await self.root.log_in("root@example.org")
        kinds = [("/api/me", "bearer"), ("/api/me", "cookie"), ("/account", "cookie")]
        here = (self.site.sessions.url,)
        for number in range(self.site.size.people):
            email = f"ann{number}@example.org"
            body = {"email": email, "password": PASSWORD}
            answer = await self.http.post(f"{self.urls[0]}/api/signup", json=body)
            assert answer.status_code == 201, answer.text
            people = [self._client(path, transport) for path, transport in kinds]
            path, transport = kinds[number % 3]
            people.append(self._client(path, transport, here))
            for client in people:
                await client.log_in(email)
            self.load.clients += people

    async def jwks(self, url: str) -> JsonObject:
        answer = await self.http.get(f"{url}/.well-known/jwks.json")
        assert answer.status_code == 200, answer.text
        found: JsonObject = answer.json()
        return found

    async def published(self) -> list[set[str]]:
        """The kids that each process publishes."""
        return [{key["kid"] for key in (await self.jwks(url))["keys"]} for url in self.urls]

    async def signer(self) -> SigningKey:
        return signer_at(await self.site.keys(), system_clock())

    async def rotate_by_command(self) -> str:
        return str((await self.site.command("keys", "rotate"))["kid"])

    async def rotate_by_api(self) -> str:
        return str((await self._act("/api/admin/keys/rotate"))["kid"])

    async def compromise_by_command(self, kid: str) -> JsonObject:
        return await self.site.command("keys", "compromise", kid)

    async def compromise_by_api(self, kid: str) -> JsonObject:
        return await self._act(f"/api/admin/keys/{kid}/compromise")

    async def _act(self, path: str) -> JsonObject:
        await self.root._through(self.urls[1], "/api/me")  # nobody sends an act with an old token
        answer = await self.root.ask("POST", self.urls[1], path)
        assert answer.status_code == 200, answer.text
        found: JsonObject = answer.json()
        return found

    async def _set_up(self, email: str) -> None:
        link = re.search(r"/setup\?ticket=(\S+)", self.site.tokens[0].output)
        assert link is not None, self.site.tokens[0].output
        form = {"ticket": link[1], "email": email, "password": PASSWORD}
        headers = {"sec-fetch-site": "same-origin"}
        answer = await self.http.post(f"{self.urls[0]}/setup", data=form, headers=headers)
        assert answer.status_code == 303, answer.text

    def _client(self, path: str, transport: str, urls: tuple[str, ...] = ()) -> Honest:
        return Honest(self.http, urls or self.urls, path, transport)


@pytest.fixture(scope="module")
async def drill(site: Site, anyio_backend: str) -> AsyncIterator[Drill]:
    limits = httpx2.Limits(max_connections=100)
    async with httpx2.AsyncClient(timeout=PATIENCE, verify=UNUSED, limits=limits) as http:
        found = Drill(site, http, Load())
        await found.arrive()
        yield found


@asynccontextmanager
async def under_fire(drill: Drill) -> AsyncIterator[Load]:
    """Everybody is at work while the body runs; at its end all are logged in as before."""
    load = drill.load
    load.over = False
    for each in load.clients:
        del each.tokens[:-1]
        each.withdrawn = 0
    async with asyncio.timeout(PATIENCE):
        async with asyncio.TaskGroup() as tasks:
            for each in load.clients:
                tasks.create_task(each.go_on(load))
            await load.round()
            yield load
            await load.round()
            load.over = True
        for each in [drill.root, *load.clients]:
            assert await each.whoami() == each.sid


async def test_keys_hand_over_under_load_and_no_request_fails(drill: Drill) -> None:
    await drill.site.publish_long_ago(2)
    async with under_fire(drill) as load:
        before = await drill.jwks(drill.urls[0])
        signed = [(await drill.signer()).kid]
        for rotate in (drill.rotate_by_command, drill.rotate_by_api):
            signed.append(await rotate())
            assert (await drill.signer()).kid == signed[-1]
            async with load.renewing():
                await load.until(lambda: everybody_has(load, signed[-1]))
        assert len(set(signed)) == 3
        heir = await drill.rotate_by_command()  # made a moment ago: others do not know it yet
        assert all(heir in kids for kids in await drill.published())
        assert (await drill.signer()).kid == signed[-1]
    tokens = [token for client in load.clients for token in client.tokens]
    assert {kid_of(token) for token in tokens} == set(signed)
    for token in tokens:
        # whoever fetched the keys before all this, and never again, can check every one
        assert verify_jws(token, before)
    assert sum(client.withdrawn for client in load.clients) == 0


def everybody_has(load: Load, kid: str) -> bool:
    """Whether all who hold an access token hold one under this key."""
    holders = [client for client in load.clients if client.tokens]
    return len(holders) * 4 == len(load.clients) * 3 and all(
        kid_of(client.tokens[-1]) == kid for client in holders
    )


Withdraw = Callable[[Drill, str], Awaitable[JsonObject]]


@pytest.mark.parametrize(
    "withdraw",
    [
        Drill.compromise_by_command,  # no server is told: each must find out
        pytest.param(Drill.compromise_by_api, marks=pytest.mark.soak),
    ],
)
async def test_what_a_leaked_key_signs_is_accepted_until_it_is_withdrawn_and_then_never(
    drill: Drill, withdraw: Withdraw
) -> None:
    async with under_fire(drill) as load:
        leaked, victim, thief = await drill.signer(), load.clients[1], load.clients[5]
        forger = Forger(drill.site, leaked, victim.held["__Host-access"], thief.held)
        async with attacked(drill, forger):
            accepted = await load.attacked(time.monotonic(), 1)
            assert {attempt.status for attempt in accepted} == {200}, accepted
            answer = await withdraw(drill, leaked.kid)
            returned = time.monotonic()
            assert leaked.kid in answer["withdrawn"]
            for kids in await drill.published():
                assert kids.isdisjoint(answer["withdrawn"])
                assert answer["signing"] in kids
            await load.attacked(returned, 3)
            await load.until(lambda: everybody_has(load, answer["signing"]))
    late = [attempt for attempt in load.attempts if attempt.begun >= returned]
    assert [attempt for attempt in late if not is_refused(attempt)] == []
    assert sum(client.withdrawn for client in load.clients) > 0


@asynccontextmanager
async def attacked(drill: Drill, forger: Forger) -> AsyncIterator[None]:
    """Forgeries are shown to both processes while the body runs."""
    over = asyncio.Event()
    drill.load.attempts.clear()
    async with asyncio.TaskGroup() as tasks:
        for url in drill.urls:
            tasks.create_task(forger.go_on(drill.http, url, drill.load, over))
        yield
        over.set()


def is_refused(attempt: Attempt) -> bool:
    """A page leads to the login."""
    if attempt.kind.startswith("page"):
        return attempt.status == 303 and attempt.where.startswith("/login")
    return attempt.status == 401
