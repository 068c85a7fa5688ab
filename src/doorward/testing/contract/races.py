"""Every order in which a login, or another write, and a decision can meet.

An application writes its own user first and the store second; a login takes its mark first and
reads the user second.  The suite plays those steps in every order there is: with the user in
another database than the sessions, where a decision is two steps, and in the same, where one
transaction makes it one.
"""

from asyncio import gather
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import combinations

import pytest

from ...errors import Rejected
from ...stores import Backend, Decision
from ...types import NONE, Roles, Session
from .rows import ANY_MARK, NOW, a_session, add, live, row

Step = Callable[[], Awaitable[object]]


def orders(first: int, second: int) -> list[list[bool]]:
    """Every order of so many steps of one and so many of another; True is the first one's turn."""
    places = range(first + second)
    return [[place in chosen for place in places] for chosen in combinations(places, first)]


async def play(order: Sequence[bool], first: Sequence[Step], second: Sequence[Step]) -> None:
    """The steps of both, in this order."""
    firsts, seconds = iter(first), iter(second)
    for turn in order:
        await next(firsts if turn else seconds)()


@dataclass
class User:
    """What an application keeps about a subject."""

    password: str = "old"
    roles: Roles = frozenset({"old"})
    locked: bool = False


class Login:
    """A login in three steps, as `Auth.attempt` prescribes them."""

    def __init__(self, store: Backend, user: User, subject: str, *, marked: bool = True) -> None:
        self.store = store
        self.user = user
        self.subject = subject
        self.mark = ANY_MARK
        self.marked = marked
        self.seen: User | None = None

    async def take_mark(self) -> None:
        if self.marked:
            self.mark = await self.store.mark()

    async def read_user(self) -> None:
        self.seen = replace(self.user)

    async def insert(self) -> None:
        if self.seen is None or self.seen.locked or self.seen.password != "old":
            return
        session = a_session(f"new {self.subject}", self.subject, roles=self.seen.roles)
        try:
            await self.store.insert(session, self.mark, NOW)
        except Rejected:
            return

    def steps(self) -> list[Step]:
        return [self.take_mark, self.read_user, self.insert]


@dataclass(frozen=True)
class Deed:
    """A decision of the application: what it writes about its user, then tells the store; and
    whether a session that then lives should not."""

    name: str
    write: Callable[[User], None]
    decision: Decision
    keeps: bool
    wrong: Callable[[Session], bool]


def _lock(user: User) -> None:
    user.locked = True


def _set_roles(user: User) -> None:
    user.roles = frozenset({"new"})


def _set_password(user: User) -> None:
    user.password = "new"


DEEDS = [
    Deed("lock", _lock, Decision(revoke=True), False, lambda session: True),
    Deed(
        "role change",
        _set_roles,
        Decision(roles=frozenset({"new"})),
        False,
        lambda session: session.roles != {"new"},
    ),
    Deed(
        "password change",
        _set_password,
        Decision(revoke=True),
        True,
        lambda session: not session.sid.startswith("kept"),
    ),
]


def deed_steps(store: Backend, deed: Deed, user: User, subject: str, databases: int) -> list[Step]:
    """The decision, user first; in one database both are one step."""

    async def write() -> None:
        deed.write(user)

    async def tell() -> None:
        keep = f"kept {subject}" if deed.keeps else None
        await store.change(subject=subject, keep=keep, decision=deed.decision, at=NOW)

    async def both() -> None:
        await write()
        await tell()

    return [both] if databases == 1 else [write, tell]


async def outcomes(store: Backend, deed: Deed, databases: int, *, marked: bool) -> list[bool]:
    """For every order of a login and a decision, whether a session lives that should not."""
    leaked = []
    for number, order in enumerate(orders(3, databases)):
        subject = f"{deed.name} {number}"
        user = User()
        await add(store, a_session(f"kept {subject}", subject, roles=user.roles))
        login = Login(store, user, subject, marked=marked)
        await play(order, login.steps(), deed_steps(store, deed, user, subject, databases))
        found = await store.sessions(subject, NOW)
        assert found or deed.name == "lock", "a decision that logs nobody out did"
        leaked.append(any(map(deed.wrong, found)))
    return leaked


class RacesContract:
    """No order of steps leaves alive what was decided dead."""

    @pytest.mark.parametrize("databases", [1, 2])
    @pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.name)
    async def test_no_order_of_login_and_decision_leaves_what_should_not_live(
        self, store: Backend, deed: Deed, databases: int
    ) -> None:
        leaked = await outcomes(store, deed, databases, marked=True)
        assert leaked == [False] * {1: 4, 2: 10}[databases]

    @pytest.mark.parametrize("databases", [1, 2])
    @pytest.mark.parametrize("deed", DEEDS, ids=lambda deed: deed.name)
    async def test_without_marks_some_order_of_login_and_decision_would(
        self, store: Backend, deed: Deed, databases: int
    ) -> None:
        assert any(await outcomes(store, deed, databases, marked=False))

    async def test_no_order_of_child_login_and_revocation_leaves_the_child(
        self, store: Backend
    ) -> None:
        for number, order in enumerate(orders(2, 1)):
            parent = f"parent {number}"
            await add(store, a_session(parent))
            session = a_session(f"child {number}", parent_sid=parent)
            login = Login(store, User(), "alice")

            async def insert(login: Login = login, session: Session = session) -> None:
                with suppress(Rejected):
                    await store.insert(session, login.mark, NOW)

            async def revoke(parent: str = parent) -> None:
                await store.change(sid=parent, decision=Decision(revoke=True), at=NOW)

            await play(order, [login.take_mark, insert], [revoke])
        assert await live(store) == set()

    @pytest.mark.parametrize("decision", [Decision(revoke=True), Decision(roles=NONE)])
    async def test_no_order_of_rotation_and_decision_undoes_the_decision(
        self, store: Backend, decision: Decision
    ) -> None:
        for number, order in enumerate(orders(2, 1)):
            sid = f"{number}"
            await add(store, a_session(sid, roles=frozenset({"old"})))
            read: list[Session] = []

            async def get(sid: str = sid, read: list[Session] = read) -> None:
                read.append(await row(store, sid))

            async def rotate(read: list[Session] = read) -> None:
                await store.replace(read[0], replace(read[0], generation=1))

            async def decide(sid: str = sid) -> None:
                await store.change(sid=sid, decision=decision, at=NOW)

            await play(order, [get, rotate], [decide])
            after = await row(store, sid)
            assert (after.revoked_at is not None) is decision.revoke
            assert after.roles == ({"old"} if decision.roles is None else decision.roles)

    async def test_of_many_replaces_at_once_one_wins(self, store: Backend) -> None:
        await add(store, a_session("a"))
        old = await row(store, "a")
        won = await gather(
            *(store.replace(old, replace(old, generation=number)) for number in range(20))
        )
        assert sum(won) == 1
        assert (await row(store, "a")).generation == won.index(True)

    async def test_of_many_revocations_at_once_one_ends_the_session(self, store: Backend) -> None:
        await add(store, a_session("a"))
        revoke = Decision(revoke=True)
        ended = await gather(*(store.change(sid="a", decision=revoke, at=NOW) for _ in range(20)))
        assert sorted(map(len, ended)) == [0] * 19 + [1]
