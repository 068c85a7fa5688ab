"""A login against a decision about its subject, in every order of their steps.

The application writes its own user first and tells the library second; a login takes its mark
first, then reads the user.  Without the mark each decision leaks a live session in some order.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from itertools import combinations

import pytest

from doorward import Attempt, Auth, Issued, Reason, Rejected
from doorward.stores import Backend
from tests.core.scene import House, log_in, refused

pytestmark = pytest.mark.anyio

Step = Callable[[], Awaitable[None]]


@dataclass
class User:
    """A row of the application's own table."""

    password: str = "old"
    locked: bool = False
    roles: list[str] = field(default_factory=lambda: ["admin"])


@dataclass
class Login:
    """Three steps: the mark, the user, the session."""

    auth: Auth
    user: User
    attempt: Attempt | None = None
    roles: list[str] | None = None
    issued: Issued | None = None
    reason: Reason | None = None

    async def mark(self) -> None:
        self.attempt = await self.auth.attempt()

    async def read(self) -> None:
        if not self.user.locked and self.user.password == "old":
            self.roles = list(self.user.roles)

    async def begin(self) -> None:
        assert self.attempt is not None
        if self.roles is not None:
            try:
                self.issued = await self.attempt.login("ann", roles=self.roles)
            except Rejected as refused:
                self.reason = refused.reason

    @property
    def steps(self) -> list[Step]:
        return [self.mark, self.read, self.begin]


def orders(first: int, second: int) -> Iterator[tuple[int, ...]]:
    """Every way to interleave so many steps of the one with so many of the other."""
    for places in combinations(range(first + second), second):
        yield tuple(int(place in places) for place in range(first + second))


ORDERS = list(orders(3, 2))


async def run(order: tuple[int, ...], *programs: list[Step]) -> None:
    left = [list(program) for program in programs]
    for which in order:
        await left[which].pop(0)()


def begun_before(order: tuple[int, ...]) -> bool:
    """Whether the login took its mark before the decision was done."""
    last_of_decision = max(place for place, which in enumerate(order) if which == 1)
    return order.index(0) < last_of_decision


def test_the_orders_are_all_there_are() -> None:
    assert len(set(ORDERS)) == len(ORDERS) == 10
    assert {sum(order) for order in ORDERS} == {2}


@pytest.mark.parametrize("order", ORDERS)
async def test_nobody_is_logged_in_once_their_account_is_locked(
    house: House, twin: Backend, order: tuple[int, ...]
) -> None:
    auth, decider, user = house.auth(), house.auth(store=twin), User()
    login = Login(auth, user)

    async def lock() -> None:
        user.locked = True

    async def end_all() -> None:
        await decider.revoke(subject="ann")

    await run(order, login.steps, [lock, end_all])
    assert await auth.sessions("ann") == []
    if login.issued is not None:
        for process in (auth, decider):
            assert await refused(process.authenticate(login.issued.credential)) is Reason.REVOKED
    assert login.reason in (None, Reason.SUPERSEDED)


@pytest.mark.parametrize("order", ORDERS)
async def test_nobody_keeps_roles_that_were_taken_from_them(
    house: House, twin: Backend, order: tuple[int, ...]
) -> None:
    auth, decider, user = house.auth(), house.auth(store=twin), User()
    login = Login(auth, user)

    async def write() -> None:
        user.roles = ["reader"]

    async def tell() -> None:
        await decider.change("ann", roles=["reader"])

    await run(order, login.steps, [write, tell])
    assert (login.issued is None) == (login.reason is Reason.SUPERSEDED)
    if login.issued is not None:
        for process in (auth, decider):
            principal = await process.authenticate(login.issued.credential)
            assert principal.roles == frozenset({"reader"})
    if not begun_before(order):
        assert login.issued is not None  # a login that came after the decision is not disturbed


@pytest.mark.parametrize("order", ORDERS)
async def test_nobody_is_logged_in_by_a_password_that_was_changed(
    house: House, twin: Backend, order: tuple[int, ...]
) -> None:
    auth, decider, user = house.auth(), house.auth(store=twin), User()
    own = await log_in(decider)
    login = Login(auth, user)

    async def write() -> None:
        user.password = "new"

    async def end_others() -> None:
        await decider.revoke(subject="ann", keep=own.session.sid)

    await run(order, login.steps, [write, end_others])
    assert [row.sid for row in await auth.sessions("ann")] == [own.session.sid]
    if login.issued is not None:
        assert await refused(auth.authenticate(login.issued.credential)) is Reason.REVOKED
    assert (await auth.authenticate(own.credential)).subject == "ann"


@pytest.mark.parametrize("order", list(orders(3, 3)))
async def test_two_logins_of_one_subject_do_not_disturb_each_other(
    house: House, twin: Backend, order: tuple[int, ...]
) -> None:
    user = User()
    one, two = Login(house.auth(), user), Login(house.auth(store=twin), user)
    await run(order, one.steps, two.steps)
    assert (one.reason, two.reason) == (None, None)
    assert len(await one.auth.sessions("ann")) == 2


@pytest.mark.parametrize("order", ORDERS)
async def test_a_decision_about_one_session_or_about_others_disturbs_no_login(
    house: House, twin: Backend, order: tuple[int, ...]
) -> None:
    auth, decider = house.auth(), house.auth(store=twin)
    old = await log_in(decider)
    login = Login(auth, User())

    async def end_one() -> None:
        await decider.revoke(sid=old.session.sid)

    async def end_others() -> None:
        await decider.revoke(subject="bob")

    await run(order, login.steps, [end_one, end_others])
    assert login.issued is not None
    assert (await auth.authenticate(login.issued.credential)).subject == "ann"
