"""Rows that several pages show."""

from dataclasses import dataclass

from ...types import Mode, Session
from ..accounts.user import User


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveRow:
    """One live session.  `who` is the address, or the subject of somebody who is no user here."""

    sid: str
    subject: str
    who: str
    label: str
    address: str
    mode: Mode
    created_at: int
    seen_at: int

    @classmethod
    def of(cls, session: Session, user: User | None) -> "LiveRow":
        """The row of a session; `user` is None for somebody who is no user here."""
        return cls(
            sid=session.sid,
            subject=session.subject,
            who=session.subject if user is None else user.email,
            label=session.device.label,
            address=session.device.address,
            mode=session.mode,
            created_at=session.created_at,
            seen_at=session.seen_at,
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
