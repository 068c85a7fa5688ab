"""The accounts of the server within an application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import Depends, FastAPI

from doorward.accounts import AccountEvent, Accounts, Principal
from doorward.errors import ConfigurationError
from doorward.passwords import CHEAP
from doorward.server.accounts import listeners
from doorward.server.accounts.account_events import forget_older, waiting
from doorward.server.accounts.users import Users
from doorward.server.db.database import open_database
from doorward.server.http.headers import ALWAYS
from doorward.stores import open_store
from doorward.testing import FakeClock
from doorward.web import asgi

pytestmark = [pytest.mark.anyio, pytest.mark.engine]

ORIGIN = "https://testserver"
ANN = {"email": "ann@example.test", "password": "correct horse battery"}
PAGE = {"sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate", "accept": "text/html"}


def accounts_of(root_key_file: Path, **options: Any) -> Accounts:
    given = {"public_origin": ORIGIN, "root_key_file": root_key_file, **options}
    return Accounts("memory:", cost=CHEAP, clock=given.pop("clock", FakeClock()), **given)


def application(accounts: Accounts) -> FastAPI:
    app = FastAPI(lifespan=accounts.lifespan)

    @app.get("/me")
    async def me(principal: Annotated[Principal, Depends(accounts.principal)]) -> Principal:
        return principal

    @app.get("/fresh", dependencies=[Depends(accounts.requires(fresh=300))])
    @app.get("/strong", dependencies=[Depends(accounts.requires(factor="passkey"))])
    @app.get("/verified", dependencies=[Depends(accounts.requires(verified=True))])
    @app.get("/editor", dependencies=[Depends(accounts.requires(role="editor"))])
    async def done() -> str:
        return "done"

    return app


@asynccontextmanager
async def serving(app: Any, lifespan: Any) -> AsyncIterator[httpx2.AsyncClient]:
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(lifespan(app))
        transport = httpx2.ASGITransport(app, client=("198.51.100.7", 40000))
        yield await stack.enter_async_context(
            httpx2.AsyncClient(transport=transport, base_url=ORIGIN, headers=PAGE)
        )


@asynccontextmanager
async def opened(accounts: Accounts, at: str = "/auth") -> AsyncIterator[httpx2.AsyncClient]:
    app = application(accounts)
    accounts.install(app, at=at)
    async with serving(app, accounts.lifespan) as browser:
        yield browser


@pytest.mark.parametrize("mode", ["session", "token"])
async def test_a_person_signs_up_and_comes_back_to_the_guarded_page(
    root_key_file: Path, mode: str
) -> None:
    async with opened(accounts_of(root_key_file, mode=mode), "/my/auth") as browser:
        away = await browser.get("/me")
        assert away.headers["location"] == "/my/auth/login?return_to=%2Fme"
        page = await browser.get("/my/auth/signup?return_to=%2Fme")
        assert 'action="/my/auth/signup"' in page.text
        made = await browser.post("/my/auth/signup", data={**ANN, "return_to": "/me"})
        assert (made.status_code, made.headers["location"]) == (303, "/me")
        assert (await browser.get("/me")).json()["mode"] == mode
        ended = await browser.post("/my/auth/logout")
        assert ended.headers["location"] == "/my/auth/login"
        assert (await browser.get("/me")).status_code == 303


async def test_every_address_of_the_pages_lies_below_the_path(root_key_file: Path) -> None:
    async with opened(accounts_of(root_key_file)) as browser:
        await browser.post("/auth/api/signup", json=ANN)
        await browser.post("/auth/login", data=ANN)
        for path in ("", "login", "signup", "account", "account/password", "elevate", "docs"):
            page = await browser.get(f"/auth/{path}")
            assert page.status_code == 200, path
            assert not [
                piece
                for piece in page.text.split('"')
                if piece.startswith("/") and not piece.startswith("/auth/") and "=" not in piece[:1]
            ], path
        assert (await browser.get("/login")).status_code == 404


async def test_a_log_gets_the_way_to_an_administrator_and_no_link(
    root_key_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with opened(accounts_of(root_key_file)):
        said = capsys.readouterr().err
    assert "doorward users set-roles WHO admin" in said
    assert "ticket" not in said


async def test_the_path_itself_leads_on_whatever_host_the_request_names(
    root_key_file: Path,
) -> None:
    async with opened(accounts_of(root_key_file)) as browser:
        elsewhere = {"host": "evil.example"}
        answer = await browser.get("/auth", headers=elsewhere)
        assert (answer.status_code, answer.headers["location"]) == (307, "/auth/")
        assert (await browser.post("/auth", headers=elsewhere)).status_code == 405


async def test_a_program_is_refused_with_a_problem_and_a_page_leads_to_the_step_up(
    root_key_file: Path,
) -> None:
    clock = FakeClock()
    async with opened(accounts_of(root_key_file, clock=clock)) as browser:
        program = {"accept": "application/json", "sec-fetch-mode": "cors"}
        assert (await browser.get("/me", headers=program)).json()["reason"] == "missing"
        await browser.post("/auth/signup", data=ANN)
        assert (await browser.get("/fresh")).json() == "done"
        clock.advance(301)
        to = (await browser.get("/fresh")).headers["location"]
        assert to == "/auth/elevate?return_to=%2Ffresh"
        assert (await browser.get("/strong")).headers["location"].startswith("/auth/elevate?")
        refused = await browser.get("/strong", headers=program)
        assert refused.json()["reason"] == "step_up_required"
        assert "factor passkey" in refused.json()["detail"]
        unverified = await browser.get("/verified", headers=program)
        assert (unverified.status_code, unverified.json()["reason"]) == (403, "unverified")
        for path, missing in (("/verified", "a confirmed e-mail address"), ("/editor", "a role")):
            page = await browser.get(path)
            assert (page.status_code, page.headers["cache-control"]) == (403, "no-store")
            assert f"This page needs {missing}" in page.text, path
            # without letters, the account has no button that confirms an address
            assert ('href="/auth/account"' in page.text) == (path == "/editor")
    mail = {"smtp_url": "smtp://127.0.0.1:1", "mail_from": "us@example.test"}
    async with opened(accounts_of(root_key_file, verify="later", **mail)) as browser:
        await browser.post("/auth/signup", data=ANN)
        page = await browser.get("/verified")
        assert "have it sent again" in page.text
        assert 'href="/auth/account"' in page.text


async def test_the_page_of_who_lacks_a_role_is_as_guarded_as_all_of_ours(
    root_key_file: Path,
) -> None:
    """The application answers with it, outside of what gives our pages their headers."""
    async with opened(accounts_of(root_key_file)) as client:
        await client.post("/auth/api/signup", json=ANN)
        assert (await client.post("/auth/api/login", json=ANN)).status_code == 200
        ours, denied = await client.get("/auth/account"), await client.get("/editor")
        assert (ours.status_code, denied.status_code) == (200, 403)
        for name in (*(each.decode() for each, _ in ALWAYS), "content-security-policy"):
            assert denied.headers.get_list(name) == ours.headers.get_list(name), name


async def test_any_asgi_application_can_be_wrapped(root_key_file: Path) -> None:
    async def plain(scope: Any, receive: Any, send: Any) -> None:
        found = await asgi.current_visit().optional_principal()
        body = b"nobody" if found is None else found.subject.encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": body})

    accounts = accounts_of(root_key_file)
    app = accounts.wrap(plain)
    async with serving(app, accounts.lifespan) as browser:
        assert (await browser.get("/")).text == "nobody"
        await browser.post("/auth/signup", data=ANN)
        subject = (await browser.get("/auth/api/me")).json()["subject"]
        assert (await browser.get("/any/where")).text == subject


async def test_a_listener_is_told_of_each_account_until_it_takes_it() -> None:
    clock, told, fails = FakeClock(), [], [True]
    erased: list[int | None] = []

    async def listener(event: AccountEvent) -> None:
        if fails:
            raise RuntimeError(fails.pop())
        told.append((event.kind, event.subject, event.email, sorted(event.roles)))
        erased[:] = [event.erase_at]

    database, store = await open_database("memory:"), open_store("memory:")
    users = Users(database)

    async def tell() -> None:
        await listeners.tell([listener], database, users, store, clock)

    ann = (await users.create("ann@example.test", None, at=clock())).subject
    await users.set_roles(ann, frozenset({"editor"}))
    bob = (await users.create("bob@example.test", None, at=clock())).subject
    await tell()  # the first fails, and what follows of the same account waits for it
    await tell()  # too early, or another process
    assert told == [("created", bob, "bob@example.test", [])]
    clock.advance(61)
    await tell()
    seen = ("ann@example.test", ["editor"])
    assert told[1:] == [("created", ann, *seen), ("changed", ann, *seen)]
    assert await users.delete(ann)
    await users.delete(ann)
    await tell()
    assert told[3:] == [("deleted", ann, "", [])]
    await users.delete_later(bob, clock() + 7)
    await tell()
    assert (told[4][:2], erased.pop()) == (("changed", bob), clock() + 7)
    clock.advance(8)
    assert await users.erase(bob, at=clock())
    await tell()
    assert (told[5][:2], erased) == (("deleted", bob), [None])
    assert await waiting(database) == []
    await users.create("cy@example.test", None, at=1)
    await forget_older(database, 60)
    assert len(await waiting(database)) == 1
    await forget_older(database, -1)
    assert await waiting(database) == []
    await database.close()
    await store.close()


async def test_a_listener_hears_from_the_running_application(root_key_file: Path) -> None:
    accounts, heard = accounts_of(root_key_file), asyncio.Event()

    @accounts.on_event
    async def listener(event: AccountEvent) -> None:
        assert event.email == ANN["email"]
        heard.set()

    app = application(accounts)
    accounts.install(app)
    async with serving(app, accounts.lifespan) as browser:
        await browser.post("/auth/api/signup", json=ANN)
        await asyncio.wait_for(heard.wait(), 10)


def test_what_cannot_be_meant_is_refused_in_a_sentence(root_key_file: Path) -> None:
    def refused(**options: Any) -> str:
        with pytest.raises(ConfigurationError) as error:
            accounts_of(root_key_file, **options)
        return str(error.value)

    assert "port is an option of the program" in refused(port=80)
    assert "no option colour" in refused(colour="red")
    assert refused(idle_ttl="soon").startswith("idle_ttl='soon': whole seconds")
    assert "site_name=''" in refused(site_name="")
    accounts = accounts_of(root_key_file, idle_ttl="14d", trusted_origin=["https://a.test"])
    for at in ("", "/", "auth", "/a b"):
        with pytest.raises(ConfigurationError, match="at is a path like"):
            accounts.install(FastAPI(), at=at)
    accounts.install(FastAPI())
    with pytest.raises(ConfigurationError, match="installed in an application already"):
        accounts.install(FastAPI())


async def test_accounts_that_are_in_no_application_do_not_start(root_key_file: Path) -> None:
    with pytest.raises(ConfigurationError, match="in no application"):
        async with accounts_of(root_key_file).lifespan(None):
            pass
