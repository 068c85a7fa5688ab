"""Families of refresh tokens, each refreshed thirty times at once: one new refresh token each.

Over memory with a pause in every call, as a store over a network has, so that the thirty do meet;
over SQLite with two processes' stores.  The soak has a thousand families, or as many as
`DOORWARD_FAMILIES` says.
"""

import os
from asyncio import gather
from collections import Counter

import pytest

from doorward import Auth, Issued
from doorward.stores import Backend
from doorward.testing import FakeClock
from tests.core.between import Between, pause
from tests.core.scene import House, log_in, refresh_token

pytestmark = pytest.mark.anyio

AT_ONCE = 30
FEW, MANY = 40, int(os.environ.get("DOORWARD_FAMILIES", "1000"))


async def storm(auths: list[Auth], families: int) -> None:
    """Ten families at a time, so that many wait for one another."""
    for _ in range(0, families, 10):
        issued = [await log_in(auths[0], f"u{n}") for n in range(10)]
        answers = await gather(
            *(
                auths[n % len(auths)].refresh(refresh_token(each))
                for each in issued
                for n in range(AT_ONCE)
            )
        )
        for n, each in enumerate(issued):
            await judge(auths[0], each, answers[n * AT_ONCE : (n + 1) * AT_ONCE])


async def judge(auth: Auth, issued: Issued, answers: list[Issued]) -> None:
    successors = [answer for answer in answers if answer.refresh_token is not None]
    assert len(answers) == AT_ONCE
    assert len(successors) == 1
    assert successors[0].refresh_token != issued.refresh_token
    assert {answer.session.sid for answer in answers} == {issued.session.sid}
    for answer in (answers[0], answers[-1]):
        assert (await auth.authenticate(answer.credential)).sid == issued.session.sid
    again = await auth.refresh(refresh_token(successors[0]))
    assert again.refresh_token not in (None, successors[0].refresh_token)


@pytest.mark.parametrize("families", [FEW, pytest.param(MANY, marks=pytest.mark.soak)])
async def test_thirty_at_once_get_one_refresh_token_and_twenty_nine_access_tokens(
    store: Backend, twin: Backend, clock: FakeClock, families: int
) -> None:
    memory = store is twin
    stores = [Between(store, pause, pause).backend, store] if memory else [store, twin]
    house = House(store, clock, "token")
    auths = [house.auth(store=each, algorithm="EdDSA") for each in stores]
    await storm(auths, families)
    told = Counter(event.reason for event in house.told if event.kind == "refreshed")
    assert told == {"rotate": 2 * families, "replay": (AT_ONCE - 1) * families}
    assert set(house.told.kinds) == {"login", "refreshed"}
