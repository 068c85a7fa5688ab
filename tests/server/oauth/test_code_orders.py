"""Whatever order the steps of two who use one code come in, no grant of it lives on."""

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import pytest

from doorward.grants import GrantAttempt, Grants
from doorward.server.oauth import code as codes
from tests.server.house import House, Opened
from tests.server.third_party import Application, application

pytestmark = pytest.mark.anyio

WHO: ContextVar[int] = ContextVar("who")

Turn = tuple[int, "asyncio.Future[None] | None"]
"""Who waits before a step and what lets them go on; None for who has finished."""

STEPS: tuple[tuple[Any, str], ...] = (
    (codes, "take"),
    (codes, "burn"),
    (codes, "is_burned"),
    (GrantAttempt, "begin"),
    (Grants, "revoke"),
)


class Turns:
    """Lets one of two go on at a time, from one step to the next."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.queue: asyncio.Queue[Turn] = asyncio.Queue()
        for owner, name in STEPS:
            patch.setattr(owner, name, self._waiting(getattr(owner, name)))

    def _waiting(self, step: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def waits(*said: Any, **more: Any) -> Any:
            if (who := WHO.get(-1)) >= 0:
                turn = asyncio.get_running_loop().create_future()
                await self.queue.put((who, turn))
                await turn
            return await step(*said, **more)

        return waits

    async def play(self, use: Callable[[], Awaitable[Any]], order: list[int]) -> list[int]:
        """Two `use` a code, in this order and then in any.  Where each step had a choice: the
        place of each choice in what follows `order`."""
        uses = [asyncio.create_task(self._use(who, use)) for who in (0, 1)]
        waiting = dict([await self.queue.get(), await self.queue.get()])
        chosen: list[int] = []
        more: list[int] = []
        while able := [who for who, turn in sorted(waiting.items()) if turn is not None]:
            place = len(chosen)
            who = order[place] if place < len(order) else able[0]
            if place >= len(order) and len(able) == 2:
                more.append(place)
            chosen.append(who)
            turn = waiting[who]
            assert turn is not None
            turn.set_result(None)
            who, waiting[who] = await self.queue.get()
        await asyncio.gather(*uses)
        order[:] = chosen
        return more

    async def _use(self, who: int, use: Callable[[], Awaitable[Any]]) -> None:
        WHO.set(who)
        try:
            await use()
        finally:
            await self.queue.put((who, None))


async def _alive(app: Application, turns: Turns) -> tuple[int, int]:
    """How many orders there are, and after how many a grant is alive."""
    house, browser = app.house, await app.house.alice()
    grants, subject = house.service.provider.grants, await house.account()
    orders: list[list[int]] = [[]]
    played = alive = 0
    while orders:
        order, code = orders.pop(), await app.code(browser)
        more = await turns.play(lambda: app.redeem(code), order)  # noqa: B023 - awaited here
        orders += [[*order[:place], 1 - order[place]] for place in more]
        played += 1
        left = await grants.sessions(subject)
        alive += bool(left)
        for grant in left:
            await grants.revoke(grant.sid)
    return played, alive


async def test_no_order_of_steps_leaves_a_grant(
    opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    house: House = await opened(provider=True)
    app, turns = await application(house), Turns(monkeypatch)
    played, alive = await _alive(app, turns)
    assert (played > 20, alive) == (True, 0)

    async def unnoted(*_: object, **__: object) -> None:
        """The second does not note that the code is burned."""

    monkeypatch.setattr(codes, "burn", unnoted)
    played, alive = await _alive(app, turns)
    assert alive > 0, "the steps that are played are not those that matter"
