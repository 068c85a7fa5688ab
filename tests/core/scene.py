"""What the tests of the core share: root keys, a login, and what was told or refused."""

from collections.abc import Awaitable, Collection
from hashlib import sha256
from typing import Any

import pytest

from doorward import Auth, Event, Issued, Reason, Rejected, Session, Settings
from doorward.change_feed import Ticks, boot_ticks
from doorward.keys import RootKeys
from doorward.stores import Backend
from doorward.testing import FakeClock
from doorward.types import Mode

OLD_ROOT, NEW_ROOT = sha256(b"an older root key").digest(), sha256(b"a newer one").digest()
ROOT = RootKeys((OLD_ROOT,), "the tests")


class Told(list[Event]):
    """The event callback: keeps what it is told."""

    async def __call__(self, event: Event) -> None:
        self.append(event)

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self]


class House:
    """One application: its store, its clock, its settings, and as many processes as are asked."""

    def __init__(self, store: Backend, clock: FakeClock, mode: Mode) -> None:
        self.store = store
        self.clock = clock
        self.mode = mode
        self.told = Told()

    def auth(
        self,
        *,
        store: Backend | None = None,
        root: RootKeys = ROOT,
        clock: FakeClock | None = None,
        ticks: Ticks = boot_ticks,
        grants: Collection[Settings] = (),
        **settings: Any,
    ) -> Auth:
        """An `Auth` of its own, as another process would have."""
        return Auth(
            store or self.store,
            Settings(**{"mode": self.mode, **settings}),
            root,
            clock=clock or self.clock,
            record=self.told,
            ticks=ticks,
            grants=grants,
        )


async def log_in(auth: Auth, subject: str = "ann", **facts: Any) -> Issued:
    return await (await auth.attempt()).login(subject, **facts)


async def refused(verb: Awaitable[object]) -> Reason:
    """The reason for which it is refused; a test fails where it is not."""
    with pytest.raises(Rejected) as error:
        await verb
    return error.value.reason


async def row_of(auth: Auth, issued: Issued) -> Session:
    row = await auth.session(issued.session.sid)
    assert row is not None
    return row


def refresh_token(issued: Issued) -> str:
    assert issued.refresh_token is not None
    return issued.refresh_token


def session(**fields: Any) -> Session:
    """A row with plain times: begun at 1,000, idle at 5,000, over at 9,000."""
    plain: dict[str, Any] = {
        "sid": "0f" * 16,
        "subject": "ann",
        "mode": "token",
        "secret_hash": bytes(32),
        "created_at": 1000,
        "authenticated_at": 1000,
        "seen_at": 1000,
        "rotated_at": 1000,
        "expires_at": 9000,
        "ends_at": 5000,
    }
    return Session(**{**plain, **fields})
