"""A server changes from sessions to tokens and back under load: nobody is logged out, and what was
revoked stays refused, in every form it ever had.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import httpx2
import pytest
from playwright.async_api import Browser, Page, expect

from doorward.types import Mode
from tests.journeys.changing import Client, Site, Start
from tests.journeys.traveller import PASSWORD, UNUSED, Transport
from tests.support.server import running_server
from tests.support.thread_server import server_in_thread
from tests.support.until import PATIENCE, eventually

pytestmark = [pytest.mark.anyio, pytest.mark.process]

SECONDS = 300
"""What a busy machine may take; a quiet one needs half a minute."""

WINDOW = ("--accept", "session,token")
CHANGES: tuple[tuple[Mode, tuple[str, ...]], ...] = (
    ("token", WINDOW),
    ("session", WINDOW),
    ("session", ()),
)
TRANSPORTS: tuple[Transport, Transport] = ("cookie", "bearer")
ANN, BOB = "ann@example.org", "bob@example.org"
PLACES = "section[aria-labelledby=where] .places > li"


@dataclass(frozen=True, slots=True)
class Load:
    """How the server runs, the seconds that somebody waits between two rounds of requests, and
    whether those at a browser do without a script, too."""

    start: Start
    pause: float
    scripts: tuple[bool, ...]


LIGHT, HEAVY = Load(server_in_thread, 0.1, (True,)), Load(running_server, 0, (True, False))


@dataclass
class Town:
    """Everybody who uses the site: those who are never logged out, those whose login is still to
    be revoked, and those whose login was."""

    site: Site
    pause: float
    honest: list[Client] = field(default_factory=list)
    doomed: list[Client] = field(default_factory=list)
    ended: list[Client] = field(default_factory=list)
    over: bool = False

    async def arrive(self, changes: int) -> None:
        """Before so many changes; with each, four logins are revoked."""
        for email in (ANN, BOB):
            await sign_up(self.site, email)
            for each in TRANSPORTS:
                self.honest.append(await Client(self.site, each, email, tabs=3).log_in())
        kinds = [*TRANSPORTS, *TRANSPORTS, *TRANSPORTS[::-1], *TRANSPORTS[::-1]]
        doomed = [Client(self.site, each, BOB) for each in (kinds + kinds)[: 4 * changes]]
        self.doomed += await asyncio.gather(*(client.log_in() for client in doomed))

    @asynccontextmanager
    async def under_load(self) -> AsyncIterator[None]:
        """Everybody asks over and over while the body runs."""
        async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as tasks:
            for client in self.honest:
                tasks.create_task(self._stay(client))
            for client in self.doomed:
                tasks.create_task(self._go_on_until_revoked(client))
            yield
            self.over = True

    async def all_hold(self, mode: Mode) -> None:
        """Until everybody came by since the change, and has credentials of this mode; who has
        tokens, those of a later generation than they were given for a session."""
        marks = [(client, client.rounds + 2) for client in (*self.honest, *self.doomed)]
        await eventually(lambda: all(client.rounds >= mark for client, mark in marks))
        least = 2 if mode == "token" else 0
        await eventually(
            lambda: all(each.mode == mode and each.given >= least for each, _ in marks)
        )

    async def revoke(self) -> None:
        """The next of them, by a request of another client of theirs."""
        client = self.doomed.pop(0)
        answer = await self.honest[2].ask("DELETE", f"/api/sessions/{client.sid}")
        assert answer.status_code in (204, 404), answer.text  # at a second try it is gone
        self.ended.append(client)

    async def change(self, mode: Mode, *options: str) -> None:
        """Meanwhile somebody is given a role, and a login is revoked while the server is down; the
        next one by a request that met no server, and waited for it."""
        client = self.doomed.pop(0)
        await asyncio.gather(
            self.site.start("--mode", mode, *options),
            self.site.command("users", "set-roles", BOB, role_in(mode, options)),
            self.site.command("sessions", "revoke", client.sid),
            self.revoke(),
        )
        self.ended.append(client)

    async def look(self, *roles: str) -> None:
        """Who was revoked is out, and who has these roles has them everywhere."""
        assert all(await asyncio.gather(*(client.is_out() for client in self.ended)))
        for client in self.honest:
            await client.goes_on()
            assert client.roles == (roles if client.email == BOB else ())

    async def _stay(self, client: Client) -> None:
        while not self.over:
            await client.goes_on()
            await asyncio.sleep(self.pause)

    async def _go_on_until_revoked(self, client: Client) -> None:
        """Let in until it is revoked, and not once after it was refused."""
        refused = False
        while client not in self.ended:
            statuses = {answer.status_code for answer in await client.go_on()}
            assert statuses <= ({401} if refused else {200, 401}), statuses
            refused = 401 in statuses
            await asyncio.sleep(self.pause)
        assert client not in self.doomed


def role_in(mode: Mode, options: tuple[str, ...]) -> str:
    """What bob may do from this change on."""
    return f"{mode}-{'window' if options else 'only'}"


async def sign_up(site: Site, email: str) -> None:
    body = {"email": email, "password": PASSWORD}
    answer = await site.ask("POST", "/api/signup", json=body)
    assert answer.status_code == 201, answer.text


@pytest.fixture(
    params=[
        pytest.param(LIGHT, id="thread"),
        pytest.param(HEAVY, id="process", marks=pytest.mark.soak),
    ]
)
def load(request: pytest.FixtureRequest) -> Load:
    return cast(Load, request.param)


@pytest.fixture(params=["sqlite"])
def place(request: pytest.FixtureRequest) -> tuple[str, ...]:
    """The options that say where sessions are."""
    match request.param:
        case "postgres":
            return ("--database", request.getfixturevalue("postgres").new_database())
        case "valkey":
            return ("--sessions", request.getfixturevalue("valkey").url)
        case _:
            return ()


@pytest.fixture
async def site(
    load: Load, place: tuple[str, ...], tmp_path: Path, anyio_backend: str
) -> AsyncIterator[Site]:
    """In session mode at first."""
    limits = httpx2.Limits(max_connections=100)
    async with httpx2.AsyncClient(timeout=PATIENCE, verify=UNUSED, limits=limits) as http:
        found = Site(load.start, tmp_path, http, place)
        try:
            await found.start("--mode", "session")
            yield found
        finally:
            await found.stop()


async def test_there_and_back_nobody_is_logged_out_and_what_was_revoked_stays_refused(
    site: Site, load: Load, chromium: Browser
) -> None:
    town = Town(site, load.pause)
    await town.arrive(len(CHANGES))
    async with AsyncExitStack() as stack:
        pages = await asyncio.gather(
            *(opened(stack, site, chromium, script) for script in load.scripts)
        )
        async with town.under_load():
            for mode, options in CHANGES:
                await goes(town, mode, options)
                await asyncio.gather(*(ends_one_other(page) for page in pages))


@pytest.mark.parametrize(
    "place", [pytest.param("postgres", marks=pytest.mark.soak), "valkey"], indirect=True
)
async def test_with_the_sessions_across_a_network_it_is_the_same(site: Site, load: Load) -> None:
    there_and_back = CHANGES[:2]  # what comes after the window asks no store anything new
    town = Town(site, load.pause)
    await town.arrive(len(there_and_back))
    async with town.under_load():
        for mode, options in there_and_back:
            await goes(town, mode, options)


async def goes(town: Town, mode: Mode, options: tuple[str, ...]) -> None:
    """One change, with a login that is revoked before it and one after it."""
    await town.revoke()
    await town.change(mode, *options)
    await town.all_hold(mode)
    await town.revoke()
    await town.look(role_in(mode, options))


async def opened(stack: AsyncExitStack, site: Site, chromium: Browser, script: bool) -> Page:
    """Somebody's account page in a browser; they are logged in elsewhere too, once for each change
    that is to come."""
    email = f"bea-{script}@example.org"
    await sign_up(site, email)
    for _ in CHANGES:
        await Client(site, "bearer", email).log_in()
    context = await chromium.new_context(java_script_enabled=script)
    stack.push_async_callback(context.close)
    page = await context.new_page()
    await page.goto(f"{site.url}/login")
    await page.locator("input#email").fill(email)
    await page.locator("input#password").fill(PASSWORD)
    await page.get_by_role("button", name="Log in", exact=True).click()
    await expect(page.locator(PLACES)).to_have_count(1 + len(CHANGES))
    return page


async def ends_one_other(page: Page) -> None:
    """On the page that is open since before the change: it does what it says, and they are still
    logged in."""
    places = page.locator(PLACES)
    many = await places.count()
    await places.filter(has_not_text="This one").get_by_role("button").first.click()
    await expect(places).to_have_count(many - 1)
    heading = page.get_by_role("heading", level=1)
    await expect(heading).to_have_text("Your account")
