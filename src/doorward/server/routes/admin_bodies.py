"""The bodies of the API for administrators, as OpenAPI describes them."""

from collections.abc import Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from ...types import Mode, Session, SigningKey
from ..accounts.users import User
from ..audit.entry import Kept
from ..audit.event_log import utc
from ..ui.key_state import State, state
from ..ui.words import by_whom, label

After = Annotated[
    str | None,
    Field(description="What `after` must be to get the next page; null when this is the last."),
]


class RolesBody(BaseModel):
    """Exactly these roles; none takes all away.  Any other member is refused: nobody chooses a
    password for somebody else."""

    model_config = ConfigDict(strict=True, extra="forbid")

    roles: Annotated[list[str], Field(max_length=500)]


class UserEntry(BaseModel):
    subject: str
    email: str
    roles: list[str]
    locked_at: Annotated[int | None, Field(description="Null: not locked.")]
    has_password: bool
    created_at: int
    password_changed_at: int


class UserList(BaseModel):
    users: Annotated[list[UserEntry], Field(description="In the order of their addresses.")]
    after: After


class LiveSession(BaseModel):
    sid: str
    subject: str
    email: Annotated[str | None, Field(description="Null: not a user of this server.")]
    mode: Mode
    device: Annotated[str, Field(description="A name for people.")]
    address: str
    created_at: int
    seen_at: int


class LiveSessions(BaseModel):
    sessions: Annotated[list[LiveSession], Field(description="Latest activity first.")]
    after: After


class UserDetails(UserEntry):
    sessions: Annotated[list[LiveSession], Field(description="Latest activity first; at most 500.")]


class Locked(UserEntry):
    sessions_ended: int


class Roles(UserEntry):
    sessions_changed: int


class Ended(BaseModel):
    sessions_ended: int


class ResetLink(BaseModel):
    reset_link: Annotated[
        str | None, Field(description="With this link the password can be set, once.")
    ] = None
    expires_at: int | None = None
    sent_to: Annotated[str | None, Field(description="Where it was sent instead.")] = None


class HistoryEntry(BaseModel):
    seq: int
    at: Annotated[str, Field(description="UTC (RFC 3339).")]
    kind: str
    actor: Annotated[str, Field(description="Who did it: a subject, `system` or `operator`.")]
    subject: Annotated[str, Field(description="To whom.")]
    sid: str
    address: str
    user_agent: str
    outcome: Annotated[str, Field(description="`done`, or why it was refused.")]
    detail: dict[str, Any]


class OwnEntry(BaseModel):
    """What happened to the person who asks.  Who else did it stays unnamed, and so does where they
    were."""

    seq: int
    at: Annotated[str, Field(description="UTC (RFC 3339).")]
    kind: str
    by: Annotated[str, Field(description="`you`, `administrator`, `operator`, `system` or empty.")]
    sid: str
    address: str
    device: Annotated[str, Field(description="A name for people.")]
    outcome: Annotated[str, Field(description="`done`, or why it was refused.")]


class OwnHistory(BaseModel):
    entries: Annotated[list[OwnEntry], Field(description="The latest first.")]
    after: After


class HistoryPage(BaseModel):
    entries: Annotated[list[HistoryEntry], Field(description="The latest first.")]
    after: After


class Key(BaseModel):
    kid: str
    algorithm: str
    state: State
    created_at: int
    signs_from: int | None
    withdrawn_at: int | None


class KeyList(BaseModel):
    keys: Annotated[list[Key], Field(description="Oldest first; none in session mode.")]


class Rotated(BaseModel):
    kid: str
    signs_from: int


class Compromised(BaseModel):
    kid: str
    withdrawn: list[str]
    signing: str


def user_entry(user: User) -> UserEntry:
    return UserEntry(**user_members(user))


def user_members(user: User) -> dict[str, Any]:
    return {
        "subject": user.subject,
        "email": user.email,
        "roles": sorted(user.roles),
        "locked_at": user.locked_at,
        "has_password": user.password_hash is not None,
        "created_at": user.created_at,
        "password_changed_at": user.password_changed_at,
    }


def live_session(session: Session, user: User | None) -> LiveSession:
    return LiveSession(
        sid=session.sid,
        subject=session.subject,
        email=None if user is None else user.email,
        mode=session.mode,
        device=session.device.label,
        address=session.device.address,
        created_at=session.created_at,
        seen_at=session.seen_at,
    )


def history_entry(kept: Kept) -> HistoryEntry:
    one = kept.entry
    return HistoryEntry(
        seq=kept.seq,
        at=utc(one.at),
        kind=one.kind,
        actor=one.actor,
        subject=one.subject,
        sid=one.sid,
        address=one.address,
        user_agent=one.user_agent,
        outcome=one.outcome,
        detail=dict(one.detail),
    )


def own_entry(kept: Kept, subject: str) -> OwnEntry:
    one = kept.entry
    by = by_whom(one.actor, subject)
    hidden = by == "administrator"
    return OwnEntry(
        seq=kept.seq,
        at=utc(one.at),
        kind=one.kind,
        by=by,
        sid=one.sid,
        address="" if hidden else one.address,
        device="" if hidden else label(one.user_agent),
        outcome=one.outcome,
    )


def key_entry(key: SigningKey, keys: Sequence[SigningKey], now: int) -> Key:
    return Key(
        kid=key.kid,
        algorithm=key.algorithm,
        state=state(key, keys, now),
        created_at=key.created_at,
        signs_from=key.signs_from,
        withdrawn_at=key.withdrawn_at,
    )
