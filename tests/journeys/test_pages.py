"""What people do in a real browser, in both modes, with and without JavaScript."""

import itertools
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from doorward.server.cookie_hint import MARKER
from doorward.types import Mode
from tests.cli.desk import Desk as Operator
from tests.support.thread_server import ThreadServer, server_in_thread

pytestmark = pytest.mark.anyio

PASSWORD, OTHER = "a sturdy door of oak", "another one made of pine"
PLACES = "section[aria-labelledby=where] .places > li"
_names = itertools.count()


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody at one browser of their own."""

    page: Page
    context: BrowserContext
    server: ThreadServer

    async def go(self, path: str) -> None:
        await self.page.goto(self.server.url + path)

    async def press(self, name: str) -> None:
        await self.page.get_by_role("button", name=name, exact=True).click()

    async def fill(self, **fields: str) -> None:
        for name, value in fields.items():
            await self.page.locator(f"input#{name}").fill(value)

    async def sign_up(self, address: str = "bea{}@example.org") -> str:
        email = address.format(next(_names))
        await self.go("/signup")
        await self.fill(email=email, password=PASSWORD)
        await self.press("Create account")
        await self.sees("Your account")
        return email

    async def log_in(self, email: str, password: str = PASSWORD) -> None:
        await self.go("/login")
        await self.fill(email=email, password=password)
        await self.press("Log in")

    async def sees(self, heading: str) -> None:
        await expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)

    async def is_sent_to_log_in(self) -> None:
        await self.go("/account")
        await self.sees("Log in")
        assert "return_to=%2Faccount" in self.page.url

    async def cookie(self, name: str) -> str | None:
        cookies = {each.get("name"): each.get("value") for each in await self.context.cookies()}
        return cookies.get(f"__Host-{name}")


Sit = Callable[[], Awaitable[Desk]]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[Mode], ThreadServer]]:
    """One of each mode, for all tests."""
    started: dict[Mode, ThreadServer] = {}
    with ExitStack() as stack:

        def in_mode(mode: Mode) -> ThreadServer:
            if mode not in started:
                folder = tmp_path_factory.mktemp(mode)
                options = ("--mode", mode, "--signup-limit", "1000")
                running = server_in_thread(*options, folder=folder)
                started[mode] = stack.enter_context(running)
            return started[mode]

        yield in_mode


Way = tuple[Mode, bool]
WAYS: dict[str, Way] = {
    "session, script": ("session", True),
    "session, no script": ("session", False),
    "token, script": ("token", True),
    "token, no script": ("token", False),
}


def mostly(chosen: str, *, among: Collection[str] = tuple(WAYS)) -> pytest.MarkDecorator:
    """In this way in the ordinary suite, in the others under soak.  No script knows the mode, and
    each of the four ways is chosen by several tests."""
    ways = [
        pytest.param(WAYS[name], id=name, marks=() if name == chosen else pytest.mark.soak)
        for name in among
    ]
    return pytest.mark.parametrize("way", ways, indirect=True)


@pytest.fixture
def way(request: pytest.FixtureRequest) -> Way:
    """A mode, and whether the browser runs scripts."""
    return cast(Way, request.param)


@pytest.fixture
def server(servers: Callable[[Mode], ThreadServer], way: Way) -> ThreadServer:
    return servers(way[0])


@pytest.fixture
def script(way: Way) -> bool:
    return way[1]


@pytest.fixture
async def sit(chromium: Browser, server: ThreadServer, script: bool) -> AsyncIterator[Sit]:
    """`await sit()` is one more browser, which nobody used before."""
    async with AsyncExitStack() as stack:

        async def one_more() -> Desk:
            context = await chromium.new_context(java_script_enabled=script)
            stack.push_async_callback(context.close)
            return Desk(await context.new_page(), context, server)

        yield one_more


@mostly("session, script")
async def test_sign_up_look_around_log_out_and_in_again(sit: Sit) -> None:
    bea = await sit()
    await bea.is_sent_to_log_in()
    email = await bea.sign_up()
    places = bea.page.locator(PLACES)
    await expect(places).to_have_count(1)
    await expect(places).to_contain_text("This one")
    await expect(places).to_contain_text("Chrome on Linux")
    await expect(bea.page.get_by_text(email, exact=True)).to_be_visible()
    await bea.press("Log out")
    await expect(bea.page.get_by_role("status")).to_have_text("You are logged out.")
    await bea.is_sent_to_log_in()
    await bea.fill(email=email, password="not the right one")
    await bea.press("Log in")
    await expect(bea.page.get_by_role("alert")).to_be_visible()
    await bea.fill(password=PASSWORD)
    await bea.press("Log in")
    await bea.sees("Your account")


@mostly("token, no script")
async def test_the_back_button_shows_no_private_page_after_logging_out(sit: Sit) -> None:
    bea = await sit()
    email = await bea.sign_up()
    await bea.go("/docs")
    await bea.go("/account")
    await bea.press("Log out")
    await expect(bea.page.get_by_role("status")).to_have_text("You are logged out.")
    for _ in range(3):
        await bea.page.go_back()
        await expect(bea.page.get_by_text(email)).to_have_count(0)
        await expect(bea.page.locator(PLACES)).to_have_count(0)


async def test_a_page_that_the_browser_kept_whole_asks_again_when_it_is_shown(
    chromium: Browser, servers: Callable[[Mode], ThreadServer]
) -> None:
    """The account was locked meanwhile.  Headless, this browser keeps no page whole by itself."""
    server = servers("session")
    context = await chromium.new_context()
    bea = Desk(await context.new_page(), context, server)
    email = await bea.sign_up()
    desk = Operator(server.folder, server.database, server.root_key_file)
    assert desk.run("users", "lock", email).status == 0
    await bea.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow'))")
    await bea.sees("Your account")
    await bea.page.evaluate(
        "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))"
    )
    await bea.sees("Log in")
    await context.close()


@mostly("session, no script")
async def test_whose_address_has_umlauts_signs_up_and_logs_in(sit: Sit) -> None:
    here, there = await sit(), await sit()
    email = await here.sign_up("müller{}@exämple.org")
    await there.log_in(email)
    await there.sees("Your account")


@mostly("token, script")
async def test_another_place_is_ended_and_then_all_others(sit: Sit) -> None:
    here, there, elsewhere = [await sit() for _ in range(3)]
    email = await here.sign_up()
    for each in (there, elsewhere):
        await each.log_in(email)
        await each.sees("Your account")
    await here.go("/account")
    others = here.page.locator(PLACES).filter(has_not_text="This one")
    await expect(others).to_have_count(2)
    await others.first.get_by_role("button").click()
    await expect(here.page.get_by_role("status")).to_have_text("That device is logged out.")
    await expect(others).to_have_count(1)
    out = [await is_out(each) for each in (there, elsewhere)]
    assert sorted(out) == [False, True]
    await here.press("End all others")
    await expect(here.page.get_by_role("status")).to_have_text("All other devices are logged out.")
    assert [await is_out(each) for each in (here, there, elsewhere)] == [False, True, True]


async def is_out(desk: Desk) -> bool:
    await desk.go("/account")
    heading = await desk.page.get_by_role("heading", level=1).inner_text()
    assert heading in ("Your account", "Log in")
    return heading == "Log in"


@mostly("session, no script")
async def test_a_new_password_ends_every_other_place_and_the_old_one_opens_nothing(
    sit: Sit,
) -> None:
    here, there = await sit(), await sit()
    email = await here.sign_up()
    await there.log_in(email)
    await here.go("/account/password")
    await here.fill(current="not the right one", new=OTHER)
    await here.press("Change password")
    await expect(here.page.get_by_role("alert")).to_be_visible()
    await here.fill(current=PASSWORD, new=OTHER)
    await here.press("Change password")
    await expect(here.page.get_by_role("status")).to_contain_text("Your password was changed")
    await there.is_sent_to_log_in()
    await there.log_in(email)
    await expect(there.page.get_by_role("alert")).to_be_visible()
    await there.log_in(email, OTHER)
    await there.sees("Your account")


@mostly("token, script")
async def test_a_person_confirms_who_they_are_within_the_same_session(sit: Sit) -> None:
    bea = await sit()
    await bea.sign_up()
    name = "session" if await bea.cookie("session") else "access"
    before = await bea.cookie(name)
    await bea.go("/elevate?return_to=/docs")
    await bea.fill(password="not the right one")
    await bea.press("Confirm")
    await expect(bea.page.get_by_role("alert")).to_be_visible()
    await bea.fill(password=PASSWORD)
    await bea.press("Confirm")
    await bea.page.wait_for_url("**/docs")
    assert await bea.cookie(name) not in (None, before)
    await bea.go("/account")
    await expect(bea.page.locator(PLACES)).to_have_count(1)


@mostly("token, no script")
async def test_a_reset_link_opens_once_and_ends_every_place(sit: Sit, server: ThreadServer) -> None:
    here, there = await sit(), await sit()
    email = await here.sign_up()
    link = reset_link(server, email)
    await there.page.goto(link)
    await there.fill(new=OTHER)
    await there.press("Save the new password")
    await expect(there.page.get_by_role("status")).to_contain_text("Your new password is set")
    await here.is_sent_to_log_in()
    await there.log_in(email, OTHER)
    await there.sees("Your account")
    await here.page.goto(link)
    assert await here.page.get_by_role("heading", level=1).inner_text() == "That did not work"


def reset_link(server: ThreadServer, email: str) -> str:
    operator = Operator(server.folder, server.database, server.root_key_file)
    done = operator.run("users", "reset-link", email, "--public-origin", server.url)
    found = re.search(r"http://\S+", done.out)
    assert found is not None, done
    return found[0]


@mostly("session, no script")
async def test_a_browser_that_dropped_the_cookie_is_told_why_in_one_sentence(sit: Sit) -> None:
    bea = await sit()
    url = bea.server.url
    # what is left in Safari after a login over plain http
    await bea.context.add_cookies([{"name": MARKER, "value": "1", "url": url}])
    await bea.is_sent_to_log_in()
    sentence = "Your password was right, but this browser did not keep the login"
    await expect(bea.page.get_by_role("status")).to_contain_text(sentence)
    await bea.go("/login")
    await expect(bea.page.get_by_role("status")).to_have_count(0)


@mostly("session, script", among=("session, script", "token, script"))
async def test_another_site_cannot_post_a_form_on_a_cookie(sit: Sit) -> None:
    bea = await sit()
    await bea.sign_up()
    port = bea.server.port
    evil = f"http://127.0.0.1:{port}"  # another site than localhost, to a browser and to us
    await bea.page.route(
        f"{evil}/evil",
        lambda route: route.fulfill(
            content_type="text/html",
            body=f"<form method=post action='{bea.server.url}/logout'><button>Win</button></form>",
        ),
    )
    await bea.page.goto(f"{evil}/evil")
    await bea.press("Win")
    await bea.sees("Not allowed")
    await bea.go("/account")
    await bea.sees("Your account")


@mostly("token, script")
async def test_a_page_left_in_a_tab_does_nothing_to_whoever_logged_in_since(sit: Sit) -> None:
    forgotten = await sit()
    await forgotten.sign_up("ada{}@example.org")
    bob = Desk(await forgotten.context.new_page(), forgotten.context, forgotten.server)
    await bob.sign_up("bob{}@example.org")
    await forgotten.press("Log out")
    await forgotten.sees("Not allowed")
    sentence = "belongs to another login than the one that is active here now. Load it again"
    await expect(forgotten.page.locator("main")).to_contain_text(sentence)
    assert not await is_out(bob)
    await forgotten.go("/account")
    await forgotten.press("Log out")
    assert await is_out(bob)


async def test_an_expired_access_cookie_is_renewed_without_a_script(
    chromium: Browser, tmp_path: Path
) -> None:
    with server_in_thread("--mode", "token", "--access-ttl", "1", folder=tmp_path) as server:
        context = await chromium.new_context(java_script_enabled=False)
        bea = Desk(await context.new_page(), context, server)
        await bea.sign_up()
        before = await bea.cookie("refresh")
        while await bea.cookie("access") is not None:
            await bea.page.wait_for_timeout(50)
        await bea.go("/account")
        await bea.sees("Your account")
        assert await bea.cookie("access") is not None
        assert await bea.cookie("refresh") not in (None, before)
        await context.close()
