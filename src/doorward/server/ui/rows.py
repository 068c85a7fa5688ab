"""Rows that several pages show."""

from dataclasses import dataclass

from ...types import Mode, Principal, Session
from ..accounts.user import User


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRow:
    """One live session.  `who` is the address, or the subject of somebody who is no user here;
    `own` marks the session that asks."""

    sid: str
    subject: str
    who: str
    label: str
    address: str
    mode: Mode
    created_at: int
    seen_at: int
    own: bool = False

    @classmethod
    def of(cls, session: Session, user: User | None, asking: Principal | None) -> "LiveRow":
        """The row of a session; `user` is None for somebody who is no user here, `asking` is who
        will see the row."""
        return cls(
            sid=session.sid,
            subject=session.subject,
            who=session.subject if user is None else user.email,
            label=session.device.label,
            address=session.device.address,
            mode=session.mode,
            created_at=session.created_at,
            seen_at=session.seen_at,
            own=asking is not None and asking.sid == session.sid,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HappenedRow:
    """One entry of the history in words.  `actor` and `subject` are who did it to whom, as they are
    called; `person` is the subject to look further by, or empty."""

    at: int
    what: str
    actor: str
    subject: str
    person: str
    address: str
    label: str
    outcome: str
    detail: str
    good: bool
