"""What works once works once, also where two nodes on PostgreSQL are asked thirty times at once."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import httpx2
import pytest

from doorward.server.accounts.invitation import invitation_link
from doorward.server.accounts.reset_link import reset_link
from tests.server.authenticator import Authenticator
from tests.server.factors import asked, code, give_totp
from tests.server.house import EMAIL, PASSWORD, House, Opened, login
from tests.server.letters import LOCAL, print_by_hand, printed, tickets
from tests.support.migrated import new_database
from tests.support.postgres import Postgres

pytestmark = [pytest.mark.anyio, pytest.mark.process]

MANY = 30


class Try(NamedTuple):
    """One request, and the status with which it wins."""

    path: str
    wins: int
    bodies: list[dict[str, Any]]
    form: bool = False


async def _sign_up(house: House, client: httpx2.AsyncClient) -> Try:
    answer = await client.post("/api/signup", json={"email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 202
    (ticket,) = await tickets(house, "verify", EMAIL)
    return Try("/api/verify", 204, [{"ticket": ticket}])


async def _reset(house: House, client: httpx2.AsyncClient) -> Try:
    user = await house.service.users.by_subject(await house.account())
    assert user is not None
    link = await reset_link(house.service.auth.store, user, LOCAL, at=house.clock())
    ticket = link.partition("ticket=")[2]
    chosen = [{"ticket": ticket, "new": f"a password of try {n}"} for n in range(MANY)]
    return Try("/api/reset", 204, chosen)


async def _invitation(house: House, client: httpx2.AsyncClient) -> Try:
    user = await house.service.users.create(EMAIL, None, at=house.clock())
    link = await invitation_link(house.service.auth.store, user, LOCAL, at=house.clock())
    ticket = link.partition("ticket=")[2]
    chosen = [{"ticket": ticket, "new": f"a password of try {n}"} for n in range(MANY)]
    return Try("/link/invitation", 303, chosen, form=True)


async def _totp(house: House, client: httpx2.AsyncClient) -> Try:
    """One code in the second steps of many logins: each has a ticket of its own."""
    await give_totp(house, await house.account())
    proofs = [{"ticket": await asked(client), "code": code(house)} for _ in range(MANY)]
    return Try("/api/login/totp", 200, proofs)


async def _recovery_code(house: House, client: httpx2.AsyncClient) -> Try:
    subject = await house.account()
    await give_totp(house, subject)
    browser = await house.browser()
    body = {"ticket": await asked(browser), "code": code(house)}
    assert (await browser.post("/api/login/totp", json=body)).status_code == 200
    codes = (await browser.post("/api/recovery-codes")).json()["recovery_codes"]
    proofs = [{"ticket": await asked(client), "code": codes[0]} for _ in range(MANY)]
    return Try("/api/login/recovery-code", 200, proofs)


async def _passkey(house: House, client: httpx2.AsyncClient) -> Try:
    key = Authenticator(origin=LOCAL, rp_id="localhost")
    owner = await house.alice()
    made = key.create((await owner.post("/api/passkeys/options", json={})).json())
    added = await owner.post("/api/passkeys", json={"credential": made, "name": "key"})
    assert added.is_success, added.text
    asking = (await client.post("/api/login/passkey/options", json={})).json()
    answers = [{"credential": key.get(asking)} for _ in range(MANY)]
    return Try("/api/login/passkey", 200, answers)


async def _mail_link(house: House, client: httpx2.AsyncClient) -> Try:
    subject = await house.account()
    await house.service.users.verify(subject, EMAIL, at=house.clock())
    assert (await client.post("/api/login/mail", json={"email": EMAIL})).status_code == 202
    return Try("/link/login", 303, [{"ticket": await _printed(house)}], form=True)


async def _change_of_address(house: House, client: httpx2.AsyncClient) -> Try:
    await house.account()
    assert (await login(client)).status_code == 200
    asked = await client.post("/api/email", json={"email": "new@example.test"})
    assert asked.is_success, asked.text
    return Try("/link/email", 303, [{"ticket": await _printed(house)}], form=True)


async def _printed(house: House) -> str:
    """The ticket in the only letter."""
    ((ticket, *_),) = [re.findall(r"ticket=(\S+)", block) for block in await printed(house)]
    return str(ticket)


KINDS: dict[str, Callable[[House, httpx2.AsyncClient], Awaitable[Try]]] = {
    "sign-up": _sign_up,
    "reset": _reset,
    "invitation": _invitation,
    "totp": _totp,
    "recovery code": _recovery_code,
    "passkey": _passkey,
    "link of a login by mail": _mail_link,
    "change of address": _change_of_address,
}


@pytest.mark.parametrize("kind", KINDS)
async def test_of_thirty_at_two_nodes_one_wins(
    kind: str, opened: Opened, postgres: Postgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    print_by_hand(monkeypatch)
    url = new_database(postgres)
    options = {"database": url, "public_origin": LOCAL, "verify": "first", "login_by_mail": True}
    nodes = [await opened(**options) for _ in range(2)]
    client = await nodes[0].browser()
    tried = await KINDS[kind](nodes[0], client)
    browser = {"cookie": "; ".join(f"{name}={text}" for name, text in client.cookies.items())}
    clients = [await node.browser(**browser) for node in nodes]
    bodies = tried.bodies * (MANY // len(tried.bodies))
    answers = await asyncio.gather(
        *(
            clients[n % 2].post(tried.path, **{"data" if tried.form else "json": body})
            for n, body in enumerate(bodies)
        )
    )
    statuses = [answer.status_code for answer in answers]
    assert statuses.count(tried.wins) == 1, statuses
    assert all(status < 500 for status in statuses), statuses
