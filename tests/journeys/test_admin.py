"""An administrator at a console in a real browser, the people at the other end in others."""

import itertools
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import replace
from pathlib import Path

import httpx2
import pytest
from playwright.async_api import Browser, Page, Route, expect

from doorward.types import Mode
from tests.journeys.traveller import PASSWORD, Traveller, travelling
from tests.support.thread_server import ThreadServer, server_in_thread
from tests.support.until import PATIENCE, until

pytestmark = [pytest.mark.anyio, pytest.mark.process]

_names = itertools.count()
MODES: list[Mode] = ["session", "token"]


class Console:
    """One server and its first administrator."""

    def __init__(self, running: ThreadServer, mode: Mode) -> None:
        self.running, self.url, self.mode = running, running.url, mode
        self.email = "root@example.org"
        link = re.search(r"http\S+/setup\?ticket=\S+", running.output)
        assert link is not None, running.output
        with httpx2.Client(
            base_url=self.url, headers={"sec-fetch-site": "same-origin"}, timeout=PATIENCE
        ) as client:
            form = {"ticket": link[0].partition("=")[2], "email": self.email, "password": PASSWORD}
            assert client.post("/setup", data=form).status_code == 303


@pytest.fixture(scope="module", params=MODES)
def console(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Console]:
    options = ("--mode", request.param, "--signup-limit", "1000")
    with server_in_thread(*options, folder=tmp_path_factory.mktemp("console")) as running:
        yield Console(running, request.param)


def mostly(mode: Mode) -> pytest.MarkDecorator:
    """In this mode in the ordinary suite: what a test shows does not depend on it."""
    others = [pytest.param(each, marks=pytest.mark.soak) for each in MODES if each != mode]
    return pytest.mark.parametrize("console", [mode, *others], indirect=True)


Sit = Callable[[], Awaitable[Page]]


@pytest.fixture
async def sit(chromium: Browser) -> AsyncIterator[Sit]:
    """`await sit()` is one more person at a browser of their own."""
    async with AsyncExitStack() as stack:

        async def seated() -> Page:
            context = await chromium.new_context()
            stack.push_async_callback(context.close)
            return await context.new_page()

        yield seated


async def log_in(page: Page, url: str, email: str) -> None:
    await page.goto(f"{url}/login")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Log in", exact=True).click()
    await page.wait_for_url(f"{url}/account")


async def newcomer(page: Page, url: str) -> str:
    email = f"cat{next(_names)}@example.org"
    await page.goto(f"{url}/signup")
    await page.get_by_label("E-mail").fill(email)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_role("button", name="Create account").click()
    await page.wait_for_url(f"{url}/account")
    return email


@mostly("token")
async def test_a_customer_is_locked_out_at_the_next_click_and_a_third_person_notices_nothing(
    console: Console, sit: Sit
) -> None:
    admin, customer, third = await sit(), await sit(), await sit()
    await log_in(admin, console.url, console.email)
    email = await newcomer(customer, console.url)
    await newcomer(third, console.url)
    with travelling(console.url, "bearer") as phone:
        phone.log_in(email)
        await admin.goto(f"{console.url}/admin/users?query={email}")
        await admin.get_by_role("link", name=email).click()
        await admin.get_by_role("link", name="Lock").click()
        await expect(admin.get_by_role("heading", level=1)).to_have_text(f"Lock {email}?")
        await admin.get_by_role("button", name="Lock").click()
        await expect(admin.locator("main")).to_contain_text("2 sessions ended")
        assert phone.is_out()
        if console.mode == "token":
            assert phone.refresh().status_code == 401
    await customer.get_by_role("button", name="Log out").focus()
    await customer.reload()
    await expect(customer).to_have_url(f"{console.url}/login?return_to=%2Faccount")
    await third.reload()
    await expect(third.get_by_role("heading", level=1)).to_have_text("Your account")
    await customer.get_by_label("E-mail").fill(email)
    await customer.get_by_label("Password", exact=True).fill(PASSWORD)
    await customer.get_by_role("button", name="Log in", exact=True).click()
    await expect(customer.locator("main")).to_contain_text("is wrong")


@mostly("session")
async def test_who_logs_in_or_is_logged_out_is_seen_without_a_reload(
    console: Console, sit: Sit
) -> None:
    admin = await sit()
    trouble: list[str] = []
    admin.on("pageerror", lambda error: trouble.append(str(error)))
    await log_in(admin, console.url, console.email)
    await admin.goto(f"{console.url}/admin")
    with travelling(console.url, "bearer") as somebody:
        email = f"dan{next(_names)}@example.org"
        somebody.sign_up(email)
        row = admin.locator("#live").get_by_role("link", name=email, exact=True)
        await expect(row).to_have_count(0)
        somebody.log_in(email)
        await expect(row).to_have_count(1)
        somebody.ask("POST", "/api/logout")
        await expect(row).to_have_count(0)
    assert trouble == []


async def test_below_a_path_the_list_follows_and_a_failing_one_reloads_once_and_backs_off(
    sit: Sit, tmp_path: Path
) -> None:
    with server_in_thread("--at", "/auth", folder=tmp_path) as running:
        console = Console(replace(running, url=f"{running.url}/auth"), "session")
        admin, documents, asked, answer = await sit(), 0, 0, 0
        await log_in(admin, console.url, console.email)
        await admin.clock.install()
        async with admin.expect_response("**/auth/admin/online/events") as events:
            await admin.goto(f"{console.url}/admin")
        assert (await events.value).ok
        moment = await admin.evaluate("Date.now()")
        await admin.clock.pause_at(moment / 1000 + 60)

        async def failing(route: Route) -> None:
            nonlocal documents, asked
            if route.request.resource_type == "document":
                documents += 1
                await route.continue_()
            elif answer:
                asked += 1
                await route.fulfill(status=answer)
            else:
                await route.continue_()

        async def two_minutes() -> None:
            for _ in range(60):
                await admin.clock.run_for(2000)

        await admin.route("**/auth/admin", failing)
        email = "dan@example.org"
        row = admin.locator("#live").get_by_role("link", name=email, exact=True)
        with travelling(console.url, "bearer") as somebody:
            somebody.sign_up(email)
            somebody.log_in(email)
            while not await row.count():
                await admin.clock.run_for(1000)
            for status, reloads in ((503, 0), (403, 1)):
                answer, asked = status, 0
                for _ in range(2):  # also after the reload
                    somebody.log_in(email)
                    await two_minutes()
                assert 1 < asked < 20, status
                assert documents == reloads
            answer = 0
            await two_minutes()
            await expect(row).to_have_count(1)
            somebody.ask("POST", "/api/logout")
            await two_minutes()
            await expect(row).to_have_count(0)
            assert documents == 1


async def test_an_open_console_of_an_administrator_who_is_logged_out_ends_by_itself(
    console: Console, sit: Sit
) -> None:
    admin = await sit()
    await log_in(admin, console.url, console.email)
    await admin.goto(f"{console.url}/admin")
    await expect(admin.get_by_role("heading", level=1)).to_have_text("Online now")
    async with admin.expect_request("**/admin/online/events"):
        await admin.reload()
    with travelling(console.url, "bearer") as another:
        another.log_in(console.email)
        assert another.ask("DELETE", "/api/sessions").status_code == 204
    await expect(admin).to_have_url(re.compile("/login"))


@mostly("session")
async def test_without_javascript_everything_can_be_done(
    console: Console, chromium: Browser
) -> None:
    context = await chromium.new_context(java_script_enabled=False)
    page = await context.new_page()
    await log_in(page, console.url, console.email)
    with travelling(console.url, "bearer") as person:
        email = f"eve{next(_names)}@example.org"
        person.sign_up(email)
        person.log_in(email)
        await page.get_by_role("link", name="Console").click()
        await page.get_by_label("E-mail or subject").fill(email)
        await page.get_by_role("button", name="Search").click()
        await page.get_by_role("link", name=email, exact=True).click()
        await page.get_by_role("link", name="Set roles").click()
        await page.get_by_label("Roles").fill("editor, reviewer")
        await page.get_by_role("button", name="Set roles").click()
        await expect(page.locator("main")).to_contain_text(
            "1 session changed, and nobody was logged"
        )
        assert person.knows("roles") == ["editor", "reviewer"]
        await page.get_by_role("link", name="End").last.click()
        await page.get_by_role("button", name="End this session").click()
        await expect(page.locator("main")).to_contain_text("1 session ended")
        assert person.is_out()
        await page.goto(f"{console.url}/admin/history?person={email}")
        await expect(page.locator("main")).to_contain_text("Roles set")
    await context.close()


@mostly("token")
async def test_a_reset_link_is_shown_once_and_works(console: Console, sit: Sit) -> None:
    admin, person = await sit(), await sit()
    await log_in(admin, console.url, console.email)
    email = await newcomer(person, console.url)
    await admin.goto(f"{console.url}/admin/users?query={email}")
    await admin.get_by_role("link", name=email).click()
    await admin.get_by_role("link", name="Make a reset link").click()
    await admin.get_by_role("button", name="Make the link").click()
    link = await admin.locator("main code").inner_text()
    await person.goto(link)
    await person.get_by_label("New password", exact=True).fill("another one made of pine")
    await person.get_by_role("button").last.click()
    await expect(person.locator("main")).to_contain_text("Your new password is set")


Pair = tuple[Console, ThreadServer]


@pytest.fixture(scope="module")
def pair(console: Console, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """The console's server, and a second one on the same file."""
    first = console.running
    same = ("--database", first.database, "--root-key-file", str(first.root_key_file))
    options = ("--mode", console.mode, *same, "--public-origin", first.url)
    with server_in_thread(*options, folder=tmp_path_factory.mktemp("second")) as second:
        yield console, second


@pytest.mark.parametrize("transport", ["cookie", "bearer"])
def test_an_insider_loses_the_role_at_the_next_request_to_another_server_and_stays_logged_in(
    pair: Pair, transport: str
) -> None:
    console, second = pair
    with ExitStack() as stack:
        root = stack.enter_context(travelling(console.url, "bearer"))
        root.log_in(console.email)
        there: Traveller = stack.enter_context(
            travelling(second.url, "cookie" if transport == "cookie" else "bearer")
        )
        email = f"ida{next(_names)}@example.org"
        subject = there.sign_up(email)
        roles = f"/api/admin/users/{subject}/roles"
        assert root.ask("PUT", roles, {"roles": ["admin"]}).status_code == 200
        there.log_in(email)
        assert there.ask("GET", "/api/admin/online").status_code == 200
        assert root.ask("PUT", roles, {"roles": []}).status_code == 200
        refused = there.ask("GET", "/api/admin/online")
        assert (refused.status_code, refused.json()["reason"]) == (403, "insufficient_role")
        assert there.knows("roles") == []


def test_the_news_of_a_login_elsewhere_arrive_and_end_with_the_role(pair: Pair) -> None:
    console, second = pair
    with ExitStack() as stack:
        root = stack.enter_context(travelling(console.url, "bearer"))
        root.log_in(console.email)
        insider = stack.enter_context(travelling(console.url, "bearer"))
        admin = f"jon{next(_names)}@example.org"
        subject = insider.sign_up(admin)
        roles = f"/api/admin/users/{subject}/roles"
        root.ask("PUT", roles, {"roles": ["admin"]})
        insider.log_in(admin)
        token = insider.held["access_token"]
        listening = httpx2.Client(
            base_url=console.url, headers={"authorization": f"Bearer {token}"}, timeout=PATIENCE
        )
        stack.enter_context(listening)
        with listening.stream("GET", "/admin/online/events") as stream:
            lines = stream.iter_lines()
            assert next(lines) == "retry: 2000"
            other = stack.enter_context(travelling(second.url, "bearer"))
            email = f"kim{next(_names)}@example.org"
            other.sign_up(email)
            other.log_in(email)
            until(lambda: next(lines) == "event: change")
            root.ask("PUT", roles, {"roles": []})
            assert [line for line in lines if line not in ("", "event: change", "data:")] == []
        assert listening.get("/admin/online/events").status_code == 403
