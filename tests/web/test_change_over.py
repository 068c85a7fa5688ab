"""A browser while its application changes over from one mode to the other."""

from asyncio import gather
from pathlib import Path
from typing import Any

import pytest

from doorward import Issued, Reason
from doorward.types import Mode
from tests.core.between import once
from tests.web.conftest import Build, House
from tests.web.driver import OURS, Answer, ask, bearer, cookie, cookies_of
from tests.web.test_asgi import raw
from tests.web.test_gate import refused, visit

pytestmark = [pytest.mark.anyio, pytest.mark.engine]

BOTH: tuple[Mode, Mode] = ("session", "token")
OTHER: dict[Mode, Mode] = {"session": "token", "token": "session"}


class Change:
    """An application before, during and after the window, on one database and one clock."""

    def __init__(self, before: House, during: House, after: House) -> None:
        self.before = before
        self.during = during
        self.after = after

    async def ask(self, *headers: Any, at: House | None = None) -> Answer:
        return await ask((at or self.during).guard(raw), headers=list(headers))

    async def due(self) -> Issued:
        """A login from before, at the time when it is exchanged: a session token at once, an
        access token when it is out."""
        old = await self.before.log_in()
        if old.mode == "token":
            self.during.clock.advance(300)
        return old


@pytest.fixture
async def change(build: Build, mode: Mode, tmp_path: Path) -> Change:
    """To `mode`, from the other one."""
    database = f"sqlite:///{tmp_path}/app.db"
    return Change(
        await build(OTHER[mode], database),
        await build(mode, database, accept=BOTH),
        await build(mode, database),
    )


def jar_of(answer: Answer, mode: Mode) -> Any:
    """What the browser sends next: names with a value, and of the new mode alone."""
    kept = {name.removeprefix("__Host-"): text for name, text in answer.cookies.items() if text}
    assert set(kept) == ({"session"} if mode == "session" else {"access", "refresh"})
    return cookie(**kept)


async def test_the_next_answer_exchanges_the_cookies_and_deletes_the_old_ones(
    change: Change, mode: Mode
) -> None:
    old = await change.due()
    answer = await change.ask(cookies_of(old))
    assert (answer.status, answer.body) == (200, b"ann")
    jar = jar_of(answer, mode)
    gone = {name for name, text in answer.cookies.items() if not text}
    assert gone == {
        f"__Host-{name}" for name in (["session"], ["access", "refresh"])[mode == "session"]
    }
    assert "no-store" in answer.all("cache-control")
    again = await change.ask(jar)
    assert (again.status, again.cookies) == (200, {})
    assert (await change.ask(jar, at=change.after)).body == b"ann"


async def test_parallel_answers_agree(change: Change, mode: Mode) -> None:
    old = await change.due()
    answers = await gather(*(change.ask(cookies_of(old)) for _ in range(20)))
    assert {answer.status for answer in answers} == {200}
    name = "__Host-session" if mode == "session" else "__Host-refresh"
    assert len({answer.cookies[name] for answer in answers}) == 1


async def test_an_unsafe_request_from_elsewhere_exchanges_nothing(change: Change) -> None:
    old = await change.due()
    foreign = (b"sec-fetch-site", b"cross-site")
    app = change.during.guard(raw)
    answer = await ask(app, method="POST", headers=[cookies_of(old), foreign])
    assert (answer.status, answer.cookies) == (403, {})
    answer = await ask(app, method="POST", headers=[cookies_of(old), OURS])
    assert (answer.status, bool(answer.cookies)) == (200, True)


async def test_a_bearer_goes_on_and_is_given_no_cookie(change: Change) -> None:
    old = await change.before.log_in()
    answer = await change.ask(bearer(old.credential))
    assert (answer.status, answer.cookies) == (200, {})


async def test_beside_cookies_of_the_new_mode_the_old_ones_are_not_looked_at(
    change: Change,
) -> None:
    old, new = await change.before.log_in("old"), await change.during.log_in("new")
    both = (b"cookie", cookies_of(old)[1] + b"; " + cookies_of(new)[1])
    assert (await change.ask(both)).body == b"new"
    await change.during.auth.revoke(subject="new")
    assert (await change.ask(both)).reason == "revoked"


async def test_after_the_window_the_old_cookies_are_as_good_as_none(change: Change) -> None:
    old = await change.before.log_in()
    assert (await change.ask(cookies_of(old), at=change.after)).reason == "missing"


async def test_two_people_never_stand_in_one_request_under_each_others_names(
    change: Change, mode: Mode
) -> None:
    with_sessions, with_tokens = change.before, change.during
    if mode == "session":
        with_sessions, with_tokens = with_tokens, with_sessions
    ann = await with_sessions.log_in("ann")
    change.during.clock.advance(change.during.auth.settings.absolute_ttl)
    bob = await with_tokens.log_in("bob")
    answer = await change.ask(cookie(access=ann.credential, refresh=bob.refresh_token))
    assert (answer.status, answer.reason, answer.cookies) == (401, "malformed", {})


async def test_a_revoked_session_is_not_exchanged(change: Change) -> None:
    old = await change.before.log_in()
    await change.before.auth.revoke(subject="ann")
    answer = await change.ask(cookies_of(old))
    assert (answer.reason, answer.cookies) == ("revoked", {})


async def test_a_session_that_is_revoked_just_before_its_exchange_does_not_go_on(
    build: Build, tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path}/app.db"
    old = await (await build("session", database)).log_in()
    during = await build("token", database, accept=BOTH)
    during.store.after = once("get", lambda: during.auth.revoke(subject="ann"))
    answer = await ask(during.guard(raw), headers=[cookies_of(old)])
    assert (answer.reason, answer.cookies) == ("revoked", {})


async def test_an_access_cookie_goes_on_until_it_is_out_beside_its_refresh_cookie_too(
    build: Build, tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path}/app.db"
    old = await (await build("token", database)).log_in()
    during = await build("session", database, accept=BOTH)
    answer = await ask(during.guard(raw), headers=[cookies_of(old)])
    assert (answer.status, answer.cookies) == (200, {})


async def test_an_access_cookie_alone_goes_on_until_it_is_out(build: Build, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/app.db"
    before = await build("token", database)
    during = await build("session", database, accept=BOTH)
    old = await before.log_in()
    alone = cookie(access=old.credential)
    answer = await ask(during.guard(raw), headers=[alone])
    assert (answer.status, answer.cookies) == (200, {})
    during.clock.advance(300)
    assert await refused(visit(during, alone)) is Reason.EXPIRED


async def test_a_forged_access_cookie_falls_through_to_no_refresh_cookie(
    build: Build, tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path}/app.db"
    before = await build("token", database)
    during = await build("session", database, accept=BOTH)
    old = await before.log_in()
    other = await before.log_in()
    forged = old.credential.rpartition(".")[0] + "." + other.credential.rpartition(".")[2]
    jar = cookie(access=forged, refresh=old.refresh_token)
    assert await refused(visit(during, jar)) is Reason.BAD_SIGNATURE


async def test_a_parent_refresh_cookie_goes_on_without_deleting_what_its_sibling_was_given(
    build: Build, tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path}/app.db"
    before = await build("token", database)
    during = await build("session", database, accept=BOTH)
    parent = await before.log_in()
    await before.auth.refresh(parent.refresh_token or "")
    answer = await ask(during.guard(raw), headers=[cookie(refresh=parent.refresh_token)])
    assert (answer.status, set(answer.cookies)) == (200, {"__Host-access"})


async def test_the_secret_from_before_a_step_up_goes_on_for_its_overlap(
    build: Build, tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path}/app.db"
    before = await build("session", database)
    during = await build("token", database, accept=BOTH)
    old: Issued = await before.log_in()
    await before.auth.elevate(await before.auth.authenticate(old.credential))
    answer = await ask(during.guard(raw), headers=[cookies_of(old)])
    assert (answer.status, answer.cookies) == (200, {})


async def test_a_displaced_refresh_cookie_is_theft_once_the_access_cookie_is_out(
    build: Build, tmp_path: Path
) -> None:
    database = f"sqlite:///{tmp_path}/app.db"
    before = await build("token", database)
    during = await build("session", database, accept=BOTH)
    stolen = await before.log_in()
    child = await before.auth.refresh(stolen.refresh_token or "")
    newest = await before.auth.refresh(child.refresh_token or "")
    jar = cookie(access=newest.credential, refresh=stolen.refresh_token)
    during.clock.advance(300)
    assert await refused(visit(during, jar)) is Reason.REUSED
