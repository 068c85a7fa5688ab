"""A form that the same browser sends twice acts once, and both times shows the first result."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import httpx2
import pytest
from fastapi import Request, Response
from fastapi.routing import APIRoute

from doorward.errors import StoreUnavailable
from doorward.server.accounts.reset_link import reset_link
from doorward.server.app import DECLARED
from doorward.server.audit.history import Query
from doorward.server.refusals import Refused
from doorward.server.routes.submit_once import SECONDS, _Sent
from tests.core.between import Between, once
from tests.server.desk import desk_of
from tests.server.house import EMAIL, ORIGIN, PASSWORD, House, Opened

pytestmark = pytest.mark.anyio

FORMS = sorted(
    {
        re.sub(r"{[\w:]+}", "x", route.path)
        for router in DECLARED.routers
        for route in router.routes
        if isinstance(route, APIRoute)
        and "POST" in (route.methods or ())
        and not route.include_in_schema
    }
)

NEW = "a wholly new passphrase"
_HIDDEN = re.compile(r'type="hidden" name="(\w+)" value="([^"]*)"')


async def form_at(browser: httpx2.AsyncClient, path: str, **typed: str) -> dict[str, str]:
    """The form of a page as a browser would send it: the last one that the page holds."""
    html = (await browser.get(path)).text
    return dict(_HIDDEN.findall(html.rpartition("<form")[2])) | typed


async def twice(
    browser: httpx2.AsyncClient, path: str, form: dict[str, str]
) -> tuple[httpx2.Response, httpx2.Response]:
    """A double click: both are sent before either is answered."""
    first, second = await asyncio.gather(*(browser.post(path, data=form) for _ in range(2)))
    return first, second


def shown(answer: httpx2.Response) -> tuple[int, str, list[str]]:
    cookies = answer.headers.get_list("set-cookie")
    return answer.status_code, answer.headers.get("location", ""), cookies


def at_rest(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def kinds(house: House) -> list[str]:
    return [each.entry.kind for each in await house.service.history.page(Query())]


async def test_a_double_click_on_sign_up_makes_one_account_and_one_session(either: House) -> None:
    browser = await either.browser()
    form = await form_at(browser, "/signup", email=EMAIL, password=PASSWORD)
    first, second = await twice(browser, "/signup", form)
    assert shown(first) == shown(second)
    assert (first.status_code, first.headers["location"]) == (303, "/account")
    sessions = (await browser.get("/api/sessions")).json()["sessions"]
    assert [each["current"] for each in sessions] == [True]


async def test_a_double_click_on_log_in_begins_one_session(either: House) -> None:
    await either.account()
    browser = await either.browser()
    form = await form_at(browser, "/login", email=EMAIL, password=PASSWORD)
    first, second = await twice(browser, "/login", form)
    assert shown(first) == shown(second)
    assert (await kinds(either)).count("login") == 1
    assert (await browser.get("/api/me")).status_code == 200


@pytest.mark.parametrize("other", [{"user-agent": "other"}, {"cookie": "a=b"}])
async def test_the_answer_to_a_form_is_for_the_browser_that_sent_it(
    house: House, other: dict[str, str]
) -> None:
    await house.account()
    browser, thief = await house.browser(), await house.browser()
    form = await form_at(browser, "/login", email=EMAIL, password=PASSWORD)
    first = await browser.post("/login", data=form)
    second = await thief.post("/login", data=form, headers=other)
    assert (first.status_code, second.status_code) == (303, 303)
    assert shown(first) != shown(second)
    assert (await kinds(house)).count("login") == 2


async def test_what_was_refused_is_judged_anew(house: House) -> None:
    browser = await house.browser()
    form = await form_at(browser, "/login", email=EMAIL, password=PASSWORD)
    assert (await browser.post("/login", data=form)).status_code == 401
    await house.account()
    assert (await browser.post("/login", data=form)).status_code == 303


async def test_a_double_click_on_a_new_password_uses_the_link_once(house: House) -> None:
    await house.alice()
    user = await house.service.users.by_email(EMAIL)
    assert user is not None
    link = await reset_link(house.service.auth.store, user, ORIGIN, at=house.clock())
    browser = await house.browser()
    form = await form_at(browser, link, new=NEW)
    first, second = await twice(browser, "/reset", form)
    assert shown(first) == shown(second)
    assert (first.status_code, first.headers["location"]) == (303, "/login")
    assert (await kinds(house)).count("password_reset") == 1


async def test_a_double_click_on_a_password_change_is_one_change(house: House) -> None:
    browser = await house.alice()
    form = await form_at(browser, "/account", current=PASSWORD, new=NEW)
    first, second = await twice(browser, "/account/password", form)
    assert shown(first) == shown(second)
    assert first.status_code == 303


async def test_a_double_click_in_the_console_shows_what_the_first_did(house: House) -> None:
    desk = await desk_of(house)
    path = f"/admin/users/{desk.carol}/end-all"
    first, second = await twice(desk.admin, path, await form_at(desk.admin, path))
    assert first.headers["location"] == f"/admin/users/{desk.carol}"
    assert "user_out.1;" in first.headers["set-cookie"]
    assert shown(first) == shown(second)


async def test_it_acts_once_also_where_two_processes_serve(opened: Opened, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shared.db"
    here, there = await opened(database=url), await opened(database=url)
    one, other = await here.browser(), await there.browser()
    form = await form_at(one, "/signup", email=EMAIL, password=PASSWORD)
    first, second = await asyncio.gather(
        *(each.post("/signup", data=form) for each in (one, other))
    )
    assert shown(first) == shown(second)
    assert first.status_code == 303


async def test_what_the_store_keeps_of_an_answer_holds_nothing_that_opens_anything(
    opened: Opened, tmp_path: Path
) -> None:
    house = await opened(database=f"sqlite:///{tmp_path}/kept.db")
    browser = await house.browser()
    form = await form_at(browser, "/signup", email=EMAIL, password=PASSWORD)
    answer = await browser.post("/signup", data=form)
    (session,) = [each for each in shown(answer)[2] if each.startswith("__Host-session")]
    secret = session.partition("=")[2].partition(";")[0].encode()
    stored = at_rest(tmp_path)
    assert b"doorward_tickets" in stored
    assert secret not in stored
    assert form["once"].encode() not in stored


async def test_a_form_that_was_refused_may_be_sent_again(house: House) -> None:
    browser = await house.browser()
    form = await form_at(browser, "/login", email=EMAIL, password=PASSWORD)
    assert (await browser.post("/login", data=form)).status_code == 401
    await house.account()
    assert (await browser.post("/login", data=form)).status_code == 303


async def test_other_words_in_the_same_form_are_another_form(house: House) -> None:
    browser = await house.browser()
    form = await form_at(browser, "/signup", email=EMAIL, password=PASSWORD)
    await browser.post("/signup", data=form)
    await browser.post("/signup", data=form | {"email": "bob@example.test"})
    assert await house.service.users.count() == 2


async def test_later_the_same_form_acts_again(house: House) -> None:
    await house.account()
    browser = await house.browser()
    form = await form_at(browser, "/login", email=EMAIL, password=PASSWORD)
    await browser.post("/login", data=form)
    house.clock.advance(SECONDS)
    await browser.post("/login", data=form)
    assert (await kinds(house)).count("login") == 2


async def test_the_same_form_with_another_query_is_another_form(house: House) -> None:
    await house.account()
    browser = await house.browser()
    form = await form_at(browser, "/login", email=EMAIL, password=PASSWORD)
    browser.cookies.clear()
    answers = []
    for query in ("?a=1", "?a=2", ""):
        answers.append(await browser.post(f"/login{query}", data=form))
        browser.cookies.clear()
    assert [each.status_code for each in answers] == [303] * 3
    assert (await kinds(house)).count("login") == 3


@pytest.mark.parametrize("status", [303, 401])
async def test_no_claim_is_left_in_the_store(opened: Opened, tmp_path: Path, status: int) -> None:
    house = await opened(database=f"sqlite:///{tmp_path}/claims.db")
    browser = await house.browser()
    path = "/signup" if status == 303 else "/login"
    form = await form_at(browser, path, email=EMAIL, password=PASSWORD)
    assert (await browser.post(path, data=form)).status_code == status
    with closing(connect(tmp_path / "claims.db")) as database:
        left = database.execute("SELECT key FROM doorward_limits WHERE key LIKE 'form:%'")
        assert left.fetchall() == []


class Deed:
    """What a form does, counted; `meanwhile` happens while it is done."""

    def __init__(self, meanwhile: Callable[[], Awaitable[object]]) -> None:
        self.meanwhile = meanwhile
        self.times = 0

    async def __call__(self, request: Request) -> Response:
        self.times += 1
        await self.meanwhile()
        return Response(f"{self.times}")


async def nothing() -> None: ...


REQUEST = Request({"type": "http"})


async def test_a_form_that_takes_long_acts_once(house: House) -> None:
    sent = _Sent(house.service, b"secret")
    twins: list[asyncio.Task[Response]] = []

    async def long() -> None:
        house.clock.advance(SECONDS + 1)
        twins.append(asyncio.create_task(sent.answer(REQUEST, deed)))
        for _ in range(5):
            await asyncio.sleep(0)

    deed = Deed(long)
    first = await sent.answer(REQUEST, deed)
    assert (await twins[0]).body == first.body
    assert deed.times == 1


async def test_a_form_is_known_for_ten_seconds_after_it_was_answered(house: House) -> None:
    async def five_seconds() -> None:
        house.clock.advance(5)

    sent, deed = _Sent(house.service, b"secret"), Deed(five_seconds)
    first = await sent.answer(REQUEST, deed)
    house.clock.advance(SECONDS - 1)
    assert (await sent.answer(REQUEST, deed)).body == first.body
    assert deed.times == 1


async def test_an_answer_that_comes_between_the_look_and_the_claim_is_shown(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, deed = _Sent(house.service, b"secret"), Deed(nothing)
    later = Between(
        house.service.auth.store,
        before=once("hit", lambda: sent.answer(REQUEST, deed)),
    )
    with monkeypatch.context() as patched:
        patched.setattr(house.service.auth, "store", later.backend)
        await sent.answer(REQUEST, deed)
    assert deed.times == 1


async def test_a_form_whose_answer_could_not_be_kept_does_not_act_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone() -> None:
        raise StoreUnavailable("gone")

    monkeypatch.setattr("doorward.server.routes.submit_once.PATIENCE", 0)
    store = Between(house.service.auth.store, before=once("put", gone))
    monkeypatch.setattr(house.service.auth, "store", store.backend)
    sent, deed = _Sent(house.service, b"secret"), Deed(nothing)
    assert (await sent.answer(REQUEST, deed)).body == b"1"
    for _ in range(2):
        with pytest.raises(Refused, match="was sent before"):
            await sent.answer(REQUEST, deed)
        house.clock.advance(SECONDS)
    assert deed.times == 1


async def test_a_form_that_failed_in_the_middle_may_have_acted_and_does_not_act_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone() -> None:
        raise StoreUnavailable("gone")

    monkeypatch.setattr("doorward.server.routes.submit_once.PATIENCE", 0)
    sent, deed = _Sent(house.service, b"secret"), Deed(gone)
    with pytest.raises(StoreUnavailable):
        await sent.answer(REQUEST, deed)
    with pytest.raises(Refused, match="was sent before"):
        await sent.answer(REQUEST, deed)
    assert deed.times == 1


async def test_a_form_of_another_site_is_never_answered_with_the_first_result(
    house: House,
) -> None:
    await house.account()
    form = await form_at(await house.browser(), "/login", email=EMAIL, password=PASSWORD)
    assert (await (await house.browser()).post("/login", data=form)).status_code == 303
    victim = await house.client(**{"sec-fetch-site": "cross-site"})
    answer = await victim.post("/login", data=form)
    assert (answer.status_code, shown(answer)[2]) == (403, [])


async def test_of_two_calls_of_the_api_one_wins(house: House) -> None:
    browser = await house.browser()
    account = {"email": EMAIL, "password": PASSWORD}
    calls = (browser.post("/api/signup", json=account) for _ in range(2))
    assert sorted(each.status_code for each in await asyncio.gather(*calls)) == [201, 409]


def tickets(path: Path) -> int:
    with closing(connect(path)) as database:
        (count,) = database.execute("SELECT count(*) FROM doorward_tickets").fetchone()
    return int(count)


async def test_no_form_of_nobody_leaves_an_answer_in_the_store(
    opened: Opened, tmp_path: Path
) -> None:
    """A stranger may send them without end."""
    house = await opened(database=f"sqlite:///{tmp_path}/kept.db", signup="closed")
    before = tickets(tmp_path / "kept.db")
    for cookie in ("__Host-session=junk", f"__Host-session=dws_{'A' * 64}", "a=b"):
        stranger = await house.browser()
        for path in FORMS:
            form = {"once": "A" * 22, "email": EMAIL, "password": PASSWORD}
            await stranger.post(path, data=form, headers={"cookie": cookie})
    assert tickets(tmp_path / "kept.db") == before


async def test_a_double_click_on_log_out_is_answered_alike(either: House) -> None:
    browser = await either.alice()
    form = await form_at(browser, "/logout")
    first, second = await twice(browser, "/logout", form)
    assert shown(first) == shown(second)
    assert (first.status_code, first.headers["location"]) == (303, "/login")
    assert (await kinds(either)).count("logout") == 1
    assert not await either.service.auth.sessions()


async def test_a_login_form_sent_again_after_the_logout_logs_in_again(either: House) -> None:
    await either.account()
    browser = await either.browser()
    form = await form_at(browser, "/login", email=EMAIL, password=PASSWORD)
    await browser.post("/login", data=form)
    await browser.post("/logout", data=await form_at(browser, "/logout"))
    browser.cookies.clear()
    first, second = await twice(browser, "/login", form)
    assert shown(first) == shown(second)
    assert (await browser.get("/api/me")).status_code == 200
    assert (await kinds(either)).count("login") == 2


async def test_an_answer_signed_with_a_key_that_was_withdrawn_is_not_given_again(
    opened: Opened,
) -> None:
    house = await opened(mode="token")
    await house.account()
    browser = await house.browser()
    form = await form_at(browser, "/login", email=EMAIL, password=PASSWORD)
    await browser.post("/login", data=form)
    (key,) = (await house.service.auth.jwks())["keys"][:1]
    await house.service.auth.withdraw_key(key["kid"])
    browser.cookies.clear()
    await browser.post("/login", data=form)
    assert (await kinds(house)).count("login") == 2
    assert (await browser.get("/api/me")).status_code == 200
