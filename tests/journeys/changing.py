"""A server that is restarted in another mode under the eyes of its clients.

Who gets no answer because it is down asks again with what they hold, once it is up.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any, Protocol

import httpx2

from doorward.types import Mode
from tests.cli.desk import Desk
from tests.journeys.conftest import Running
from tests.journeys.traveller import PASSWORD, Transport
from tests.support.ports import free_port

REFRESH = ("__Host-refresh", "refresh_token")

OPTIONS = ("--access-ttl", "2", "--refresh-grace", "60", "--signup-limit", "1000")
"""Access tokens end soon; the grace is for machines so busy that an answer takes seconds."""

EXCHANGES = 3
"""What is given to a program on a busy machine may have expired, too, when it is shown."""

Start = Callable[..., AbstractContextManager[Running]]
"""`running_server`, or `server_in_thread`."""


class Asked(Protocol):
    """Whatever answers HTTP requests for a path."""

    async def ask(self, method: str, path: str, **what: Any) -> httpx2.Response: ...


class Site:
    """One server at a time, on one port and one database; `place` are the options that put it
    elsewhere than into a file."""

    def __init__(
        self, start: Start, folder: Path, http: httpx2.AsyncClient, place: tuple[str, ...]
    ) -> None:
        self.http = http
        self._start = start
        self._folder = folder
        self._place = place
        self._port = free_port()
        self._running = ExitStack()
        self._up = asyncio.Event()
        self._server: Running | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self._port}"

    async def start(self, *options: str) -> None:
        """With these options from now on; what ran before is stopped."""
        self._up.clear()
        await asyncio.to_thread(self._restart, options)
        self._up.set()

    async def stop(self) -> None:
        await asyncio.to_thread(self._running.close)

    async def ask(self, method: str, path: str, **what: Any) -> httpx2.Response:
        while True:
            await self._up.wait()
            try:
                return await self.http.request(method, self.url + path, **what)
            except httpx2.TransportError:
                continue

    async def command(self, *words: str) -> None:
        """On the command line, whether or not a server is up."""
        server = self._server
        assert server is not None
        desk = Desk(server.folder, server.database, server.root_key_file)
        done = await asyncio.to_thread(desk.run, *words, *self._place)
        assert done.status == 0, done.err

    def _restart(self, options: tuple[str, ...]) -> None:
        self._running.close()
        self._server = self._running.enter_context(
            self._start(*OPTIONS, *self._place, *options, folder=self._folder, port=self._port)
        )


@dataclass(eq=False)
class Client:
    """One login, in a browser with a jar or in a program with Bearer credentials.

    A browser makes as many requests at once as it has `tabs`.  `held` is what it has now, `seen`
    all it ever had, by the names of the cookies or of the API.  `rounds` counts its rounds, `given`
    the refresh tokens it was given.
    """

    site: Asked
    transport: Transport
    email: str
    tabs: int = 1
    held: dict[str, str] = field(default_factory=dict)
    seen: set[tuple[str, str]] = field(default_factory=set)
    sid: str = ""
    roles: tuple[str, ...] = ()
    rounds: int = 0
    given: int = 0

    @property
    def mode(self) -> Mode:
        """Of the credentials it has now."""
        return "token" if any(name in REFRESH for name in self.held) else "session"

    async def log_in(self) -> "Client":
        body = {"email": self.email, "password": PASSWORD, "transport": self.transport}
        answer = await self.ask("POST", "/api/login", body)
        assert answer.status_code == 200, answer.text
        if self.transport == "bearer":
            self._take(answer.json())
        self.sid = (await self.ask("GET", "/api/me")).json()["sid"]
        return self

    async def ask(
        self, method: str, path: str, body: dict[str, Any] | None = None
    ) -> httpx2.Response:
        answer = await self.site.ask(method, path, json=body, headers=self._headers())
        for line in answer.headers.get_list("set-cookie"):
            for name, morsel in SimpleCookie(line).items():
                if name != "__Host-device":
                    self._keep(name, morsel.value if morsel["max-age"] != "0" else "")
        return answer

    async def go_on(self) -> list[httpx2.Response]:
        """The answers to one round, in which a program refreshes where it would."""
        if self.transport == "cookie":
            answers = await asyncio.gather(*(self.ask("GET", "/api/me") for _ in range(self.tabs)))
        else:
            answers = [await self._by_bearer()]
        self.rounds += 1
        return list(answers)

    async def goes_on(self) -> None:
        """A round of somebody who is not to notice anything."""
        for answer in await self.go_on():
            assert answer.status_code == 200, (self.transport, answer.status_code, answer.text)
            assert answer.json()["sid"] == self.sid
            self.roles = tuple(answer.json()["roles"])

    async def is_out(self) -> bool:
        """Whether nothing it ever held is good for anything."""
        return all(await asyncio.gather(*(self._is_refused(*each) for each in self.seen)))

    async def _is_refused(self, name: str, value: str) -> bool:
        shown = cookies({name: value}) if self.transport == "cookie" else bearer(value)
        body = {"refresh_token": value}
        checked = await self.site.ask("GET", "/api/me", headers=shown)
        exchanged = await self.site.ask("POST", "/api/refresh", json=body)
        return checked.status_code == 401 and exchanged.status_code in (401, 404)

    async def _by_bearer(self) -> httpx2.Response:
        if "refresh_token" not in self.held:
            await self._exchange()  # a session token has no end at which a program would come
        answer = await self.ask("GET", "/api/me")
        for _ in range(EXCHANGES):
            if answer.status_code != 401 or answer.json()["reason"] != "expired":
                break
            await self._exchange()
            answer = await self.ask("GET", "/api/me")
        return answer

    async def _exchange(self) -> None:
        shown = self.held.get("refresh_token") or self.held["access_token"]
        answer = await self.site.ask("POST", "/api/refresh", json={"refresh_token": shown})
        if answer.status_code == 200:
            self._take(answer.json())

    def _take(self, given: dict[str, Any]) -> None:
        if given["access_token"].startswith("dws_"):
            self._keep("refresh_token", "")
        for name in ("access_token", "refresh_token"):
            if given.get(name):
                self._keep(name, given[name])

    def _keep(self, name: str, value: str) -> None:
        if not value:
            self.held.pop(name, None)
            return
        self.given += name in REFRESH and (name, value) not in self.seen
        self.held[name] = value
        self.seen.add((name, value))

    def _headers(self) -> dict[str, str]:
        if self.transport == "cookie":
            return cookies(self.held)
        return bearer(self.held["access_token"]) if self.held else {}


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def cookies(held: dict[str, str]) -> dict[str, str]:
    pairs = "; ".join(f"{name}={value}" for name, value in held.items())
    return {"sec-fetch-site": "same-origin", **({"cookie": pairs} if pairs else {})}
