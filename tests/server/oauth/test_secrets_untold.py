"""No token, code or secret is in an address of ours, in the log, the audit log or the database."""

import json
import logging
from pathlib import Path
from typing import Any

import httpx2
import pytest

from doorward.attack.stolen import stored
from doorward.server.audit.history import Query
from tests.server.databases import new_url
from tests.server.house import ORIGIN, House, Opened
from tests.server.third_party import VERIFIER, Application, application, said

pytestmark = [pytest.mark.anyio, pytest.mark.engine]


class Heard:
    """Every address that a request went to, or that an answer sent a browser to on our side."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.addresses: list[str] = []
        strict = httpx2.AsyncClient.send

        async def send(client: Any, request: Any, **more: Any) -> Any:
            answer = await strict(client, request, **more)
            self.addresses.append(str(request.url))
            where = answer.headers.get("location", "")
            if where.startswith((ORIGIN, "/")):
                self.addresses.append(where)
            return answer

        patch.setattr(httpx2.AsyncClient, "send", send)


async def _use(house: House, app: Application) -> dict[str, str]:
    """The whole way of an application, mistakes and thefts included: each secret of it by name."""
    browser, stranger = await house.alice(), await application(house)
    first = await app.code(browser, scope="openid offline_access", state="the-secret-state")
    await stranger.redeem(first)
    await app.redeem(first, code_verifier="w" * 43)
    tokens = (await app.redeem(first)).json()
    client = await house.client()
    for token in (tokens["access_token"], tokens["id_token"], tokens["refresh_token"]):
        for method, path in (("GET", "/oauth/userinfo"), ("GET", "/api/me"), ("POST", "/reset")):
            headers = {"authorization": f"Bearer {token}"}
            await client.request(method, path, headers=headers)
        form = {**app.credentials(), "token": token}
        await client.post("/oauth/introspect", data=form)
        await stranger.revoke(token)
    renewed = (await app.refresh(tokens["refresh_token"])).json()
    house.clock.advance(301)
    again = (await app.refresh(renewed["refresh_token"])).json()
    await app.refresh(tokens["refresh_token"])  # a theft
    await app.redeem(first)  # a replay
    await app.refresh("x", client_secret=f"{app.secret}x")
    second = said(await app.authorize(browser, scope="openid offline_access"))["code"]
    kept = (await app.redeem(second)).json()
    await browser.delete(f"/api/applications/{app.client.client_id}")
    assert app.secret
    secrets = {"code": first, "second code": second, "secret": app.secret, "verifier": VERIFIER}
    for name, answer in (("first", tokens), ("renewed", renewed), ("again", again), ("kept", kept)):
        for kind in ("access_token", "refresh_token", "id_token"):
            if kind in answer:
                secrets[f"{name} {kind}"] = answer[kind]
    return secrets


async def test_no_secret_is_told(
    opened: Opened,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    request: pytest.FixtureRequest,
) -> None:
    caplog.set_level(logging.DEBUG)
    database, heard = new_url("file", request, tmp_path), Heard(monkeypatch)
    house: House = await opened(provider=True, database=database)
    secrets = await _use(house, await application(house))
    entries = await house.service.history.page(Query(), None, 1000)
    kinds = {each.entry.kind for each in entries}
    assert kinds >= {"code_reused", "reused", "consent_given", "consent_withdrawn"}
    told = {
        "an address": " ".join(heard.addresses),
        "the log": "\n".join(
            each.getMessage() for each in caplog.records if not each.name.startswith("httpx2")
        ),
        "the audit log": json.dumps([repr(each) for each in entries]),
        "the database": " ".join(map(str, stored(database))),
    }
    assert len(secrets) > 12
    for where, text in told.items():
        assert len(text) > 100, where
        for name, secret in secrets.items():
            assert secret not in text, f"{name} is in {where}"
            assert secret.rpartition(".")[2] not in text, f"the end of {name} is in {where}"
    for where in ("the log", "the audit log"):
        assert "the-secret-state" not in told[where]
