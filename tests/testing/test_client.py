"""The client that tests of an application use: it keeps what a plain one drops."""

from pathlib import Path
from typing import Annotated

import pytest
from fastapi import Depends, FastAPI, Response
from starlette.testclient import TestClient

from doorward import ConfigurationError
from doorward.testing.client import Client
from doorward.types import Mode
from doorward.web import login as web_login
from doorward.web.fastapi import Doorward, Principal


@pytest.fixture(params=["session", "token"])
def app(request: pytest.FixtureRequest, tmp_path: Path) -> FastAPI:
    return application(request.param, tmp_path)


def application(mode: Mode, folder: Path) -> FastAPI:
    auth = Doorward(f"sqlite:///{folder}/app.db", mode=mode, root_key_file=folder / "key")
    app = FastAPI(lifespan=auth.lifespan)
    auth.install(app)

    @app.post("/login")
    async def login(response: Response) -> None:
        await (await auth.attempt()).login(response, subject="ann")

    @app.get("/me")
    async def me(principal: Annotated[Principal, Depends(auth.principal)]) -> Principal:
        return principal

    @app.post("/write")
    async def write(principal: Annotated[Principal, Depends(auth.principal)]) -> str:
        return principal.subject

    return app


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


def test_this_one_stays_logged_in_and_counts_as_our_own_page(
    app: FastAPI, caplog: pytest.LogCaptureFixture
) -> None:
    with Client(app) as client:
        assert client.post("/login").status_code == 200
        assert client.get("/me").json()["subject"] == "ann"
        assert client.post("/write").json() == "ann"
    assert "plain http" not in caplog.text


def test_it_can_be_made_to_look_like_another_site(app: FastAPI) -> None:
    with Client(app, headers={"sec-fetch-site": "cross-site"}) as client:
        client.log_in("ann")
        assert client.get("/me").status_code == 200
        assert client.post("/write").json()["reason"] == "cross_origin"


@pytest.mark.parametrize("via", ["cookie", "bearer"])
def test_somebody_can_be_logged_in_at_once(app: FastAPI, via: str) -> None:
    with Client(app) as client:
        issued = client.log_in("bob", roles=["editor"], scopes=["read"], amr=["otp"], via=via)  # type: ignore[arg-type]
        me = client.get("/me").json()
        assert (me["subject"], me["sid"]) == ("bob", issued.session.sid)
        assert (me["roles"], me["scopes"], me["amr"]) == (["editor"], ["read"], ["otp"])
        assert (len(client.cookies) > 0) is (via == "cookie")


def test_without_a_lifespan_it_works_as_well(app: FastAPI) -> None:
    client = Client(app)
    assert client.get("/me").status_code == 401
    client.log_in("ann")
    assert client.get("/me").json()["subject"] == "ann"


def test_an_application_without_doorward_is_told_what_it_lacks() -> None:
    for lacking in (FastAPI(), object()):
        with pytest.raises(ConfigurationError, match=r"auth\.install\(app\)"):
            Client(lacking)


def test_a_renewed_login_replaces_its_cookies_in_the_jar(tmp_path: Path) -> None:
    with Client(application("token", tmp_path)) as client:
        client.log_in("ann")
        del client.cookies["__Host-access"]
        assert client.get("/me").status_code == 200
        assert sorted(client.cookies) == ["__Host-access", "__Host-refresh"]
        assert client.get("/me").headers.get_list("set-cookie") == []


def test_logging_in_by_no_transport_is_refused(app: FastAPI) -> None:
    with Client(app) as client, pytest.raises(ValueError, match="cookie or bearer, not 'Bearer'"):
        client.log_in("bob", via="Bearer")  # type: ignore[arg-type]  # the slip
