"""Sessions to put into a store, and questions the suite asks again and again."""

from typing import Any

from ...stores import Backend
from ...types import Change, Session

NOW = 1_000_000
"""The moment every test plays at, unless it says otherwise."""

ANY_MARK = 2**62
"""A mark that is never too old: for tests that are not about logins."""


def a_session(sid: str, subject: str = "alice", **fields: Any) -> Session:
    """A session that is live at `NOW`, with what a test says differently."""
    usual: dict[str, Any] = {
        "mode": "session",
        "secret_hash": b"\x00hash",
        "created_at": NOW - 10,
        "authenticated_at": NOW - 10,
        "seen_at": NOW - 10,
        "expires_at": NOW + 1000,
        "ends_at": NOW + 100,
        "rotated_at": NOW - 10,
    }
    return Session(sid=sid, subject=subject, **(usual | fields))


async def add(store: Backend, *sessions: Session) -> None:
    """Insert sessions, whatever their subjects went through."""
    for session in sessions:
        await store.insert(session, ANY_MARK, NOW)


async def row(store: Backend, sid: str) -> Session:
    """A row that must be there."""
    found = await store.get(sid)
    assert found is not None, f"there is no row {sid}"
    return found


async def live(store: Backend, subject: str | None = None, at: int = NOW) -> set[str]:
    """The sids that are live."""
    return {session.sid for session in await store.sessions(subject, at, limit=1000)}


def told(*changes: Change) -> set[tuple[str, str, int, bool]]:
    """Changes without their order, for what one decision recorded."""
    return {(each.kind, each.id, each.ver, each.revoked) for each in changes}
