"""Following a store across a network: what was decided elsewhere is known soon, asked or not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI

from doorward import Auth, Principal, Settings, StoreUnavailable, open_store
from doorward.open import open_auth
from doorward.stores import Backend
from doorward.web.asgi import Message, Middleware, Receive, Send, principal
from doorward.web.fastapi import Doorward
from doorward.web.lifecycle import Lifecycle
from tests.core.between import Between
from tests.support.until import eventually
from tests.web.driver import ask, bearer

pytestmark = pytest.mark.anyio

LONG = 60
"""Seconds of staleness that no test waits for."""


class Wire:
    """One store in memory, as far away as another machine: what a process is given to open."""

    def __init__(self) -> None:
        self.store = open_store("memory:")
        self.between = Between(self.store, remote=True)
        self.cut = False
        self.between.before = self._pass

    def around(self, opened: Backend) -> Backend:
        return self.between.backend

    async def _pass(self, method: str) -> None:
        if self.cut:
            raise StoreUnavailable("the cable is cut")


@asynccontextmanager
async def running(wire: Wire, folder: Path, max_staleness: int) -> AsyncIterator[Auth]:
    settings = Settings(mode="token", max_staleness=max_staleness)
    lifecycle = Lifecycle(
        "memory:", settings, root_key_file=folder / "root.key", around=wire.around
    )
    async with lifecycle.running() as auth:
        yield auth


async def another(wire: Wire, folder: Path) -> Auth:
    """Another process on the same store."""
    return await open_auth(
        "memory:",
        Settings(mode="token"),
        root_key_file=folder / "root.key",
        around=lambda opened: wire.store,
    )


async def until_known(auth: Auth, sid: str) -> None:
    """Until this process knows of the decision by itself."""
    await eventually(lambda: auth._view.outdates(sid, 1))


async def test_a_decision_elsewhere_is_known_when_it_is_announced(tmp_path: Path) -> None:
    wire = Wire()
    async with running(wire, tmp_path, LONG) as auth:
        issued = await (await auth.attempt()).login("ann")
        elsewhere = await another(wire, tmp_path)
        await elsewhere.revoke(sid=issued.session.sid)
        await until_known(auth, issued.session.sid)


async def test_without_any_announcement_it_is_known_within_the_bound(tmp_path: Path) -> None:
    wire = Wire()

    async def silently(method: str) -> None:
        if method == "wait":
            await asyncio.sleep(1 / 3)  # an announcement that never comes
            raise StoreUnavailable("deaf")

    wire.between.before = silently
    async with running(wire, tmp_path, 1) as auth:
        issued = await (await auth.attempt()).login("ann")
        elsewhere = await another(wire, tmp_path)
        await elsewhere.revoke(sid=issued.session.sid)
        async with asyncio.timeout(1):
            await until_known(auth, issued.session.sid)


async def test_a_cut_and_its_mending_are_told_once_each_and_survived(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    wire = Wire()
    async with running(wire, tmp_path, 1) as auth:
        issued = await (await auth.attempt()).login("ann")
        elsewhere = await another(wire, tmp_path)
        wire.cut = True
        await eventually(lambda: auth.view_age >= 1)
        with pytest.raises(StoreUnavailable):
            await auth.authenticate(issued.credential)
        await elsewhere.revoke(sid=issued.session.sid)
        wire.cut = False
        await until_known(auth, issued.session.sid)
    said = [record.message for record in caplog.records if "the store" in record.message]
    assert said == [
        "the store does not answer, so every check asks it again: the cable is cut",
        "the store answers again",
    ]


async def test_a_store_that_is_asked_on_every_check_is_not_followed(tmp_path: Path) -> None:
    wire = Wire()
    async with running(wire, tmp_path, 0):
        wire.between.calls.clear()
        await asyncio.sleep(0)
    assert "wait" not in wire.between.calls


async def test_one_route_asks_the_store_and_the_others_do_not(tmp_path: Path) -> None:
    wire = Wire()
    auth = Doorward(
        "memory:", max_staleness=LONG, root_key_file=tmp_path / "key", around=wire.around
    )
    app = FastAPI(lifespan=auth.lifespan)
    auth.install(app)

    @app.get("/balance")
    async def balance(who: Annotated[Principal, Depends(auth.principal)]) -> None:
        return None

    @app.get(
        "/transfer",
        dependencies=[Depends(auth.principal), Depends(auth.requires(max_staleness=0))],
    )
    async def transfer() -> None:
        return None

    async with auth.lifespan(app):
        verbs = await auth.auth()
        issued = await (await verbs.attempt()).login("ann")
        headers = [bearer(issued.credential)]
        await verbs.catch_up()
        assert (await ask(app, path="/balance", headers=headers)).status == 200
        wire.between.calls.clear()
        assert (await ask(app, path="/balance", headers=headers)).status == 200
        assert "changes" not in wire.between.calls
        assert (await ask(app, path="/transfer", headers=headers)).status == 200
        assert wire.between.calls.count("changes") == 1


async def test_any_asgi_application_may_ask_for_less_staleness(tmp_path: Path) -> None:
    wire = Wire()
    settings = Settings(max_staleness=LONG)
    lifecycle = Lifecycle("memory:", settings, root_key_file=tmp_path / "key", around=wire.around)

    async def transfer(scope: Message, receive: Receive, send: Send) -> None:
        await principal(max_staleness=0)
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async with lifecycle.running() as auth:
        issued = await (await auth.attempt()).login("ann")
        headers = [bearer(issued.credential)]
        elsewhere = await open_auth(
            "memory:",
            Settings(),
            root_key_file=tmp_path / "key",
            around=lambda opened: wire.store,
        )
        await auth.authenticate(issued.credential)
        assert (await ask(Middleware(transfer, lifecycle), headers=headers)).status == 204
        await elsewhere.revoke(subject="ann")
        assert (await ask(Middleware(transfer, lifecycle), headers=headers)).reason == "revoked"
