"""The client that tests of an application use: it keeps what a plain one drops."""

import asyncio
import gc
from contextlib import suppress
from pathlib import Path
from typing import Annotated
from weakref import ref

import pytest
from fastapi import Depends, FastAPI, Response, WebSocket, WebSocketDisconnect
from starlette.testclient import TestClient

from doorward import ConfigurationError
from doorward.testing.client import Client
from doorward.types import Mode
from doorward.web import login as web_login
from doorward.web.fastapi import Doorward, Principal


@pytest.fixture(params=["session", "token"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> FastAPI:
    return application(request.param, tmp_path)


def auth_of(app: FastAPI) -> Doorward:
    found: Doorward = app.state.doorward
    return found


def application(mode: Mode, folder: Path, database: str = "") -> FastAPI:
    database = database or f"sqlite:///{folder}/app.db"
    auth = Doorward(database, mode=mode, root_key_file=folder / "key")
    app = FastAPI(lifespan=auth.lifespan)
    auth.install(app)

    @app.post("/login")
    async def login(response: Response) -> None:
        await (await auth.attempt()).login(response, subject="ann")

    @app.get("/me")
    async def me(principal: Annotated[Principal, Depends(auth.principal)]) -> Principal:
        return principal

    @app.websocket("/socket")
    async def socket(
        websocket: WebSocket, principal: Annotated[Principal, Depends(auth.principal)]
    ) -> None:
        await websocket.accept()
        await websocket.send_text(principal.subject)
        with suppress(WebSocketDisconnect):
            await websocket.receive_text()

    @app.post("/end")
    async def end(principal: Annotated[Principal, Depends(auth.principal)]) -> None:
        await (await auth.auth()).revoke(sid=principal.sid)

    @app.post("/write")
    async def write(principal: Annotated[Principal, Depends(auth.principal)]) -> str:
        return principal.subject

    return app


@pytest.mark.engine
def test_a_plain_client_drops_the_cookie_and_is_told(
    app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    web_login._warn.cache_clear()
    with TestClient(app) as plain:
        for _ in range(2):
            assert plain.post("/login").status_code == 200
            assert plain.get("/me").json()["reason"] == "missing"
    hints = [each.getMessage() for each in caplog.records if "plain http" in each.getMessage()]
    assert len(hints) == 1
    assert "doorward.testing.client.Client" in hints[0]


@pytest.mark.engine
def test_this_one_stays_logged_in_and_counts_as_our_own_page(
    app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    with Client(app) as client:
        assert client.post("/login").status_code == 200
        assert client.get("/me").json()["subject"] == "ann"
        assert client.post("/write").json() == "ann"
    assert "plain http" not in caplog.text


@pytest.mark.engine
def test_it_can_be_made_to_look_like_another_site(app: FastAPI) -> None:
    with Client(app, headers={"sec-fetch-site": "cross-site"}) as client:
        client.log_in("ann")
        assert client.get("/me").status_code == 200
        assert client.post("/write").json()["reason"] == "cross_origin"


@pytest.fixture(params=["session", "token"])
def in_memory(request: pytest.FixtureRequest, tmp_path: Path) -> FastAPI:
    return application(request.param, tmp_path, "memory:")


def test_a_client_within_another_leaves_the_database_to_it(in_memory: FastAPI) -> None:
    with Client(in_memory) as outer:
        outer.log_in("ann")
        with Client(in_memory) as inner:
            inner.log_in("bob")
            assert outer.get("/me").json()["subject"] == "ann"
            assert inner.get("/me").json()["subject"] == "bob"
        assert outer.get("/me").json()["subject"] == "ann"
        assert inner.get("/me").json()["subject"] == "bob"  # in a loop of its own, as before
    with Client(in_memory) as later:
        later.cookies = outer.cookies
        assert later.get("/me").status_code == 401  # the last one did close it


def test_the_one_that_began_first_may_end_first(in_memory: FastAPI) -> None:
    outer, inner = Client(in_memory), Client(in_memory)
    outer.__enter__()
    with inner:
        inner.log_in("bob")
        outer.__exit__(None, None, None)
        assert inner.get("/me").json()["subject"] == "bob"


def test_each_watches_its_own_sockets_to_its_own_end(in_memory: FastAPI) -> None:
    with Client(in_memory) as outer:
        outer.log_in("ann")
        with outer.websocket_connect("/socket") as hers:
            assert hers.receive_text() == "ann"
            with Client(in_memory) as inner:
                inner.log_in("bob")
                with inner.websocket_connect("/socket") as his:
                    assert his.receive_text() == "bob"
                    inner.post("/end")
                    with pytest.raises(WebSocketDisconnect):
                        his.receive_text()
                inner.log_in("cid")
                with inner.websocket_connect("/socket") as left:
                    assert left.receive_text() == "cid"
            outer.post("/end")
            with pytest.raises(WebSocketDisconnect):
                hers.receive_text()


def test_a_loop_that_ended_is_not_kept_for_the_streams_it_had(in_memory: FastAPI) -> None:
    loops: list[ref[asyncio.AbstractEventLoop]] = []

    @in_memory.websocket("/loop")
    async def socket(
        websocket: WebSocket, principal: Annotated[Principal, Depends(auth_of(in_memory).principal)]
    ) -> None:
        loops.append(ref(asyncio.get_running_loop()))
        await websocket.accept()
        await websocket.send_text(principal.subject)

    with Client(in_memory) as outer:
        issued = outer.log_in("ann", via="bearer")
        headers = {"authorization": f"Bearer {issued.credential}"}
        with Client(in_memory, headers=headers) as inner, inner.websocket_connect("/loop") as his:
            assert his.receive_text() == "ann"
        del inner, his
        gc.collect()
        assert [loop() for loop in loops] == [None]


@pytest.mark.engine
@pytest.mark.parametrize("via", ["cookie", "bearer"])
def test_somebody_can_be_logged_in_at_once(app: FastAPI, via: str) -> None:
    with Client(app) as client:
        issued = client.log_in("bob", roles=["editor"], scopes=["read"], amr=["otp"], via=via)  # type: ignore[arg-type]
        me = client.get("/me").json()
        assert (me["subject"], me["sid"]) == ("bob", issued.session.sid)
        assert (me["roles"], me["scopes"], me["amr"]) == (["editor"], ["read"], ["otp"])
        assert (len(client.cookies) > 0) is (via == "cookie")


@pytest.mark.engine
def test_without_a_lifespan_it_works_as_well(app: FastAPI) -> None:
    client = Client(app)
    assert client.get("/me").status_code == 401
    client.log_in("ann")
    assert client.get("/me").json()["subject"] == "ann"


def test_an_application_without_doorward_is_told_what_it_lacks() -> None:
    for lacking in (FastAPI(), object()):
        with pytest.raises(ConfigurationError, match=r"auth\.install\(app\)"):
            Client(lacking)


@pytest.mark.engine
def test_a_renewed_login_replaces_its_cookies_in_the_jar(tmp_path: Path) -> None:
    with Client(application("token", tmp_path)) as client:
        client.log_in("ann")
        del client.cookies["__Host-access"]
        assert client.get("/me").status_code == 200
        assert sorted(client.cookies) == ["__Host-access", "__Host-refresh"]
        assert client.get("/me").headers.get_list("set-cookie") == []


@pytest.mark.engine
def test_logging_in_by_no_transport_is_refused(app: FastAPI) -> None:
    with Client(app) as client, pytest.raises(ValueError, match="cookie or bearer, not 'Bearer'"):
        client.log_in("bob", via="Bearer")  # type: ignore[arg-type]  # the slip
