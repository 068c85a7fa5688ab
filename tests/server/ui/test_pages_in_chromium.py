"""The pages in a real browser, under the strict policy they are served with."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
from playwright.async_api import Browser, Page

from tests.server.pages import every_page
from tests.server.served import ORIGIN, serving

pytestmark = pytest.mark.anyio

PAGES = every_page("<b>" + "long" * 90)
answer = serving(PAGES)


@pytest.fixture
async def page(chromium: Browser) -> AsyncIterator[Page]:
    context = await chromium.new_context(viewport={"width": 320, "height": 640})
    await context.route("**/*", answer)
    yield await context.new_page()
    await context.close()


SOAK = pytest.mark.soak
SIDEWAYS = (320, pytest.param(390, marks=SOAK), 768, 961, pytest.param(1280, marks=SOAK))
MENU = (320, pytest.param(375, marks=SOAK), 464, pytest.param(480, marks=SOAK))
"""The ordinary suite has one width between every two at which the style sheet changes."""

MEASURE = """() => ({
    excess: document.documentElement.scrollWidth - document.documentElement.clientWidth,
    boxes: [...document.querySelectorAll(".top nav a, .top button")].map(
        (link) => [link.getClientRects().length, link.offsetHeight, link.offsetTop]
    ).filter(([parts]) => parts),
})"""
NAME = """(button) => button.getAttribute("aria-labelledby").split(" ").map(
    (id) => document.getElementById(id).textContent
).join(" ")"""
UMLAUTS = "müller@exämple.org"
ENTER = """(said) => [...document.querySelectorAll("input[autocomplete~=username]")].map(
    (field) => (field.value = said, field.validationMessage + field.value)
)"""


@dataclass(slots=True)
class Seen:
    """What the browser made of one page: by width, what is too wide and how the links of its menu
    lie; what is too wide on a phone with letters of twice the size; and what its fields for an
    address keep of one with umlauts."""

    excess: dict[int, int]
    large: int
    boxes: dict[int, list[tuple[int, int, int]]]
    kept: list[str]


@dataclass(frozen=True, slots=True)
class Tour:
    """One visit of every page, in each width that a test asks for."""

    seen: dict[str, Seen]
    complaints: list[str]


@pytest.fixture(scope="module")
async def tour(request: pytest.FixtureRequest, chromium: Browser) -> Tour:
    asked = {
        int(str(item.callspec.params["width"]))
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and item.path == request.path
        and hasattr(item, "callspec")
    }
    widths = sorted({320, *asked})
    found = Tour({}, [])
    context = await chromium.new_context()
    await context.route("**/*", answer)
    page = await context.new_page()
    page.on("console", lambda message: found.complaints.append(message.text))
    page.on("pageerror", lambda error: found.complaints.append(str(error)))
    for name in PAGES:
        found.seen[name] = await seen_at(page, name, widths)
    await context.close()
    return found


async def seen_at(page: Page, name: str, widths: list[int]) -> Seen:
    found = Seen({}, 0, {}, [])
    await page.set_viewport_size({"width": widths[0], "height": 640})
    await page.goto(ORIGIN + name)
    for width in widths:
        await page.set_viewport_size({"width": width, "height": 640})
        measured = await page.evaluate(MEASURE)
        found.excess[width], found.boxes[width] = measured["excess"], measured["boxes"]
    await page.set_viewport_size({"width": 390, "height": 640})
    await page.evaluate("document.documentElement.style.fontSize = '200%'")
    found.large = (await page.evaluate(MEASURE))["excess"]
    found.kept = await page.evaluate(ENTER, UMLAUTS)
    return found


def test_no_page_offends_the_policy_or_its_script(tour: Tour) -> None:
    assert tour.complaints == []


@pytest.mark.parametrize("width", SIDEWAYS)
def test_no_page_scrolls_sideways_whatever_it_has_to_say(tour: Tour, width: int) -> None:
    assert [name for name, seen in tour.seen.items() if seen.excess[width] > 0] == []


def test_no_page_scrolls_sideways_where_letters_are_twice_as_large(tour: Tour) -> None:
    assert [name for name, seen in tour.seen.items() if seen.large > 0] == []


@pytest.mark.parametrize("width", MENU)
def test_no_word_of_a_menu_is_broken_and_none_is_alone_in_the_last_line(
    tour: Tour, width: int
) -> None:
    for name, seen in tour.seen.items():
        boxes = seen.boxes[width]
        assert len({(parts, height) for parts, height, _ in boxes}) <= 1, name
        assert all(parts == 1 and height < 50 for parts, height, _ in boxes), name
        lines = [top for _, _, top in boxes]
        assert len(set(lines)) == 1 or lines.count(max(lines, default=0)) != 1, name


def test_every_page_takes_and_keeps_an_address_with_umlauts_as_the_server_does(tour: Tour) -> None:
    asked = {name for name, seen in tour.seen.items() if seen.kept}
    for name in asked:
        assert set(tour.seen[name].kept) == {UMLAUTS}, name
    assert {"login", "signup", "setup", "password", "elevate"} <= asked


async def test_a_password_can_be_shown_but_leaves_as_a_password(page: Page) -> None:
    await page.goto(ORIGIN + "login")
    password = page.get_by_label("Password", exact=True)
    await password.fill("correct horse")
    await page.get_by_role("button", name="Show password").click()
    assert await password.get_attribute("type") == "text"
    sent = await page.evaluate(
        """() => new Promise((told) => {
            document.forms[0].addEventListener("submit", (event) => {
                event.preventDefault();
                told(document.querySelector("#password").type);
            });
            document.querySelector("#email").value = "ada@example.org";
            document.forms[0].requestSubmit();
        })"""
    )
    assert sent == "password"


async def test_a_reset_ticket_leaves_the_address_bar(page: Page) -> None:
    await page.goto(ORIGIN + "reset?ticket=secret")
    await page.wait_for_url(ORIGIN + "reset")
    assert await page.locator("input[name=ticket]").count() == 1


async def test_the_first_press_of_tab_offers_to_skip_to_the_content(page: Page) -> None:
    await page.goto(ORIGIN + "docs")
    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    box = await skip.bounding_box()
    assert box is not None
    assert box["y"] >= 0
    await page.keyboard.press("Enter")
    assert await page.evaluate("document.activeElement.id") == "main"


async def test_without_script_there_is_no_button_that_does_nothing(chromium: Browser) -> None:
    context = await chromium.new_context(java_script_enabled=False)
    await context.route("**/*", answer)
    page = await context.new_page()
    await page.goto(ORIGIN + "login")
    assert await page.get_by_role("button").all_inner_texts() == ["Log in"]
    await context.close()


async def test_thirty_buttons_that_say_end_say_which_place_to_those_who_hear_them(
    page: Page,
) -> None:
    await page.goto(ORIGIN + "account of an administrator")
    assert await page.get_by_role("button", name="End <b>long").count() == 30


async def test_two_sessions_on_one_device_are_ended_by_buttons_of_different_names(
    page: Page,
) -> None:
    for name, role in (
        ("user", "link"),
        ("account of an administrator", "button"),
        ("online", "link"),
    ):
        await page.goto(ORIGIN + name)
        buttons = page.get_by_role(role, name=re.compile("^End .*long"))  # type: ignore[arg-type]  # two of its literals
        heard = [await each.evaluate(NAME) for each in await buttons.all()]
        assert len(heard) == len(set(heard)) > 1, name


async def test_a_phone_opens_the_menu_of_the_console_without_a_script(chromium: Browser) -> None:
    view = {"width": 390, "height": 640}
    context = await chromium.new_context(viewport=view, java_script_enabled=False)  # type: ignore[arg-type]  # a dict of these two keys
    await context.route("**/*", answer)
    page = await context.new_page()
    await page.goto(ORIGIN + "users")
    links = page.get_by_role("navigation", name="Console").get_by_role("link")
    assert await links.count() == 0
    await page.get_by_role("button", name="Menu").click()
    assert await links.all_inner_texts() == [
        *("Online", "Users", "History", "Keys", "Outbox", "Account", "Log out")
    ]
    await context.close()


async def test_times_are_local_and_exact_in_the_title(chromium: Browser) -> None:
    context = await chromium.new_context(timezone_id="Asia/Kolkata")
    await context.route("**/*", answer)
    page = await context.new_page()
    await page.goto(ORIGIN + "history")
    first = page.locator("tbody time").first
    assert await first.inner_text() == "18 Nov 2026, 16:35:40"
    assert await first.get_attribute("title") == "18 November 2026 at 16:35:40 GMT+5:30"
    await page.goto(ORIGIN + "online")
    seen = page.locator("tbody time").first
    assert await seen.inner_text() == "1 minute ago"
    assert await seen.get_attribute("title") == "18 November 2026 at 16:35:10 GMT+5:30"
    await context.close()


async def test_on_paper_every_time_is_exact_and_there_is_no_empty_field(page: Page) -> None:
    await page.emulate_media(media="print")
    await page.goto(ORIGIN + "online at night")
    assert not await page.get_by_role("searchbox").is_visible()
    await page.goto(ORIGIN + "online")
    said = await page.evaluate(
        "getComputedStyle(document.querySelector('tbody time'), '::after').content"
    )
    assert "18 November 2026 at " in said
    await page.goto(ORIGIN + "history")
    assert await page.get_by_text("Printed").is_visible()
    assert not await page.get_by_role("navigation").is_visible()


async def test_a_list_that_refreshes_by_itself_can_be_paused(page: Page) -> None:
    await page.goto(ORIGIN + "online")
    await page.get_by_role("button", name="Pause").click()
    await page.get_by_role("button", name="Resume").click()
    assert await page.get_by_role("button", name="Pause").count() == 1
