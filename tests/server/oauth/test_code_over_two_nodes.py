"""A code from one node at another: used thirty times at once, shown wrongly, and after a
decision; on every kind of store."""

import asyncio
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx2
import pytest

from doorward import Rejected
from doorward.grants import Grants
from doorward.keys import load_root_keys
from doorward.server.accounts.apply_decisions import apply_decisions
from doorward.server.audit.history import Query
from tests.server.databases import FILE, MEMORY, POSTGRES, new_url
from tests.server.house import House, Opened, login
from tests.server.third_party import API, CALLBACK, Application, application
from tests.support.valkey import Valkey

pytestmark = pytest.mark.anyio

MANY = 30
ROUNDS = 30

VALKEY_AND_FILE, VALKEY_AND_POSTGRES = (
    pytest.param(f"valkey {kind}", marks=pytest.mark.process) for kind in ("file", "postgres")
)
KINDS = (MEMORY, FILE, POSTGRES, VALKEY_AND_FILE, VALKEY_AND_POSTGRES)

DECISIONS = ("locked", "roles", "withdrawn", "disabled")

Nodes = list[Application]
"""One application, at each node."""


@pytest.fixture(params=KINDS)
async def nodes(
    request: pytest.FixtureRequest, opened: Opened, tmp_path: Path, root_key_file: Path
) -> Nodes:
    sessions, _, kind = request.param.rpartition(" ")
    options = {"database": new_url(kind, request, tmp_path), "provider": True}
    if sessions:
        valkey: Valkey = request.getfixturevalue("valkey")
        options["sessions"] = valkey.url
    houses: list[House] = [await opened(**options) for _ in range(2)]
    if kind == "memory":
        _share(houses[0], houses[1], root_key_file)
    one = await application(houses[0])
    return [one, Application(houses[1], one.client, one.secret)]


def _share(one: House, other: House, root_key_file: Path) -> None:
    """Let the other node work on the store of the first, with a view of its own."""
    service, root = one.service, load_root_keys(root_key_file, os.environ, sealed_exist=True)
    provider, grants = service.provider, service.provider.grants
    own = Grants(service.auth.store, grants.settings, root, clock=service.clock)
    other.app.state.service = replace(service, provider=replace(provider, grants=own))


async def person(app: Application, name: str) -> tuple[httpx2.AsyncClient, str]:
    """A browser of somebody who is logged in, and their subject."""
    browser, email = await app.house.browser(), f"{name}@example.test"
    subject = await app.house.account(email)
    assert (await login(browser, email=email)).status_code == 200
    return browser, subject


async def test_a_wrong_use_burns_nothing_and_a_decision_counts_everywhere(nodes: Nodes) -> None:
    one, other = nodes
    browser, _ = await person(one, "alice")
    stranger = await application(other.house)
    code = await one.code(browser)
    wrong: list[dict[str, Any]] = [
        {"code_verifier": "w" * 43},
        {"redirect_uri": CALLBACK + "/"},
        {"client_id": stranger.client.client_id, "client_secret": stranger.secret},
    ]
    answers = await asyncio.gather(*(app.redeem(code, **form) for app in nodes for form in wrong))
    assert {answer.json()["error"] for answer in answers} == {"invalid_grant"}
    tokens = (await other.redeem(code)).json()
    await one.house.service.provider.grants.authenticate(tokens["access_token"], API)
    assert (await one.redeem(code)).json()["error"] == "invalid_grant"
    await _all_are_dead(nodes, tokens)
    for decision in DECISIONS:
        browser, subject = await person(one, decision)
        code = await one.code(browser)
        await _decide(one, subject, decision)
        answer = await other.redeem(code)
        refusal = "invalid_client" if decision == "disabled" else "invalid_grant"
        assert answer.json()["error"] == refusal, decision
        assert await other.house.service.provider.grants.sessions(subject) == []


@pytest.mark.parametrize("rounds", [1, pytest.param(ROUNDS, marks=pytest.mark.soak)])
async def test_of_thirty_at_once_one_is_first_and_all_its_tokens_die(
    nodes: Nodes, rounds: int
) -> None:
    one, _ = nodes
    browser, subject = await person(one, "alice")
    given: list[dict[str, Any]] = []
    for _ in range(rounds):
        code = await one.code(browser)
        answers = await asyncio.gather(*(nodes[n % 2].redeem(code) for n in range(MANY)))
        assert {answer.status_code for answer in answers} <= {200, 400}
        given = [answer.json() for answer in answers if answer.status_code == 200]
        assert len(given) <= 1
        for node in nodes:
            assert await node.house.service.provider.grants.sessions(subject) == []
        for tokens in given:
            await _all_are_dead(nodes, tokens)
    noted = await one.house.service.history.page(Query(kind="code_reused"), None, MANY)
    if rounds == 1:  # each who was not the first, and the first if it met another's note
        assert len(noted) == MANY - len(given)


async def _all_are_dead(nodes: Nodes, tokens: dict[str, Any]) -> None:
    for node in nodes:
        with pytest.raises(Rejected):
            await node.house.service.provider.grants.authenticate(tokens["access_token"], API)
        assert (await node.refresh(tokens["refresh_token"])).status_code == 400


async def _decide(app: Application, subject: str, decision: str) -> None:
    service, at = app.house.service, app.house.clock()
    users, provider, client_id = service.users, service.provider, app.client.client_id
    match decision:
        case "locked":
            user = await users.lock(subject, at=at)
        case "roles":
            user = await users.set_roles(subject, frozenset({"editor"}))
        case "withdrawn":
            assert await provider.consents.withdraw(subject, client_id, at=at)
            return
        case _:
            assert await provider.clients.disable(client_id, at=at)
            return
    assert user
    await apply_decisions(users, service.auth, user)
