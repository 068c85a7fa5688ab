"""What the API takes and gives, as OpenAPI describes it."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from ...types import Issued, Mode, Principal, Session

Email = Annotated[str, Field(description="In any spelling of it; letter case does not matter.")]
Password = Annotated[str, Field(description="Up to 128 characters, taken exactly as sent.")]


class Body(BaseModel):
    """Nothing is converted: a number is no password.  Members that nobody asked for are ignored,
    so that no role can be slipped in."""

    model_config = ConfigDict(strict=True)


class SignupBody(Body):
    email: Email
    password: Password


class LoginBody(Body):
    email: Email
    password: Password
    transport: Annotated[
        Literal["cookie", "bearer"],
        Field(
            description="How the credential travels: cookies that no script can read, or a"
            " token in the answer."
        ),
    ] = "cookie"


class RefreshBody(Body):
    refresh_token: str


class PasswordBody(Body):
    current: Password
    new: Password


class ElevateBody(Body):
    password: Password


class Account(BaseModel):
    subject: Annotated[str, Field(description="The stable id of the user.")]


class Who(BaseModel):
    """Who is logged in."""

    subject: Annotated[str, Field(description="The stable id of the user.")]
    sid: Annotated[str, Field(description="The public name of the session; it proves nothing.")]
    mode: Mode
    roles: list[str]
    scopes: list[str]
    amr: Annotated[list[str], Field(description="The factors proved (RFC 8176).")]
    authenticated_at: Annotated[int, Field(description="When, in seconds since 1970 UTC.")]


class Me(Who):
    csrf_token: Annotated[
        str,
        Field(
            description="For the header X-CSRF-Token of clients that send a cookie, but neither"
            " Sec-Fetch-Site nor Origin."
        ),
    ]


class Tokens(BaseModel):
    """What a client without cookies keeps (RFC 6749 section 5.1)."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105 - its name in RFC 6750
    expires_in: Annotated[int, Field(description="Seconds.")]
    refresh_token: Annotated[
        str | None,
        Field(
            description="In token mode: for the next `POST /api/refresh`. Where it is absent,"
            " the client keeps the one it has."
        ),
    ] = None


class SessionEntry(BaseModel):
    sid: str
    mode: Mode
    device: Annotated[str, Field(description="A name for people.")]
    address: str
    created_at: int
    seen_at: int
    current: Annotated[bool, Field(description="Whether it is the one that asks.")]


class Sessions(BaseModel):
    sessions: Annotated[
        list[SessionEntry], Field(description="Latest activity first; at most 500.")
    ]


class Health(BaseModel):
    status: Literal["ok", "unavailable"]
    view: Annotated[
        Literal["fresh", "stale"],
        Field(description="Whether this process knows of every change to a session."),
    ]


class Problem(BaseModel):
    """Problem details (RFC 9457)."""

    type: Literal["about:blank"]
    title: str
    status: int
    detail: Annotated[str, Field(description="One sentence for people.")]
    reason: Annotated[str, Field(description="One stable word for programs.")]


def who(one: Principal | Session) -> Who:
    return Who(
        subject=one.subject,
        sid=one.sid,
        mode=one.mode,
        roles=sorted(one.roles),
        scopes=sorted(one.scopes),
        amr=list(one.amr),
        authenticated_at=one.authenticated_at,
    )


def tokens(issued: Issued, now: int) -> Tokens:
    return Tokens(
        access_token=issued.credential,
        expires_in=max(0, issued.credential_expires_at - now),
        refresh_token=issued.refresh_token,
    )


def session_entry(session: Session, principal: Principal) -> SessionEntry:
    return SessionEntry(
        sid=session.sid,
        mode=session.mode,
        device=session.device.label,
        address=session.device.address,
        created_at=session.created_at,
        seen_at=session.seen_at,
        current=session.sid == principal.sid,
    )
