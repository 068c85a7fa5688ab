"""A code from one node at another: used thirty times at once, and after a decision."""

import asyncio
from pathlib import Path

import httpx2
import pytest

from doorward import Rejected
from doorward.server.accounts.apply_decisions import apply_decisions
from tests.server.databases import FILE, POSTGRES, VALKEY, new_url
from tests.server.house import House, Opened
from tests.server.third_party import API, Application, application
from tests.support.valkey import Valkey

pytestmark = pytest.mark.anyio

MANY = 30


@pytest.mark.parametrize("kind", [FILE, POSTGRES, VALKEY])
async def test_a_replayed_code_leaves_no_grant_and_a_decision_counts(
    kind: str, opened: Opened, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    options = {"database": new_url("file" if kind == "valkey" else kind, request, tmp_path)}
    if kind == "valkey":
        valkey: Valkey = request.getfixturevalue("valkey")
        options["sessions"] = valkey.url
    nodes: list[House] = [await opened(provider=True, **options) for _ in range(2)]
    one = await application(nodes[0])
    apps = [one, Application(nodes[1], one.client, one.secret)]
    browser = await nodes[0].alice()
    code = await one.code(browser)
    answers = await asyncio.gather(*(apps[n % 2].redeem(code) for n in range(MANY)))
    given = [answer.json() for answer in answers if answer.status_code == 200]
    assert len(given) <= 1
    assert {answer.status_code for answer in answers} <= {200, 400}
    for node, app in zip(nodes, apps, strict=True):
        grants = node.service.provider.grants
        assert await grants.sessions(await node.account()) == []
        for tokens in given:
            with pytest.raises(Rejected):
                await grants.authenticate(tokens["access_token"], API)
            assert (await app.refresh(tokens["refresh_token"])).status_code == 400
    await _a_decision_at_one_node_counts_at_the_other(apps, browser)


async def _a_decision_at_one_node_counts_at_the_other(
    apps: list[Application], browser: httpx2.AsyncClient
) -> None:
    one, other = apps
    service, subject = one.house.service, await one.house.account()
    code = await one.code(browser, prompt="consent")
    user = await service.users.set_roles(subject, frozenset({"editor"}))
    assert user is not None
    await apply_decisions(service.users, service.auth, user)
    assert (await other.redeem(code)).json()["error"] == "invalid_grant"
    assert (await other.redeem(await one.code(browser, prompt="consent"))).status_code == 200
