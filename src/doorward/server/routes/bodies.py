"""What several routes of the API take and give, as OpenAPI describes it."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from ...types import Issued, Mode, Principal, Session
from ...web.transport import Transport

Email = Annotated[str, Field(description="In any spelling of it; letter case does not matter.")]
Password = Annotated[str, Field(description="Up to 128 characters, taken exactly as sent.")]

Code = Annotated[str, Field(description="Spaces do not matter.")]

After = Annotated[
    str | None,
    Field(description="What `after` must be to get the next page; null when this is the last."),
]


class Body(BaseModel):
    """Nothing is converted: a number is no password.  Members that nobody asked for are ignored,
    so that no role can be slipped in."""

    model_config = ConfigDict(strict=True)


class Accepted(BaseModel):
    """The request was taken.  The answer is the same whatever becomes of it."""

    status: Literal["accepted"] = "accepted"


ACCEPTED: dict[int | str, dict[str, Any]] = {
    202: {"description": "Taken; the rest comes by mail.", "model": Accepted}
}


def accepted(response: Response) -> Accepted:
    response.status_code = 202
    return Accepted()


class Who(BaseModel):
    """Who is logged in."""

    subject: Annotated[str, Field(description="The stable id of the user.")]
    sid: Annotated[str, Field(description="The public name of the session; it proves nothing.")]
    mode: Mode
    roles: list[str]
    scopes: list[str]
    amr: Annotated[list[str], Field(description="The factors proved (RFC 8176).")]
    authenticated_at: Annotated[int, Field(description="When, in seconds since 1970 UTC.")]


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


class Enrolled(BaseModel):
    """An authenticator app that is not set up until a code of it is confirmed."""

    secret: Annotated[str, Field(description="In base32, for typing.")]
    uri: Annotated[str, Field(description="`otpauth://totp/...`, for a QR code.")]


NewCodes = Annotated[
    list[str],
    Field(
        description="Each lets the person in once. Shown now and never again; empty: they have"
        " some already."
    ),
]


class EnrolledWho(Who):
    """Who is logged in, with the recovery codes that were made on the way."""

    recovery_codes: NewCodes


class EnrolledTokens(Tokens):
    """Tokens, with the recovery codes that were made on the way."""

    recovery_codes: NewCodes


def enrolled(found: Who | Tokens, codes: Sequence[str]) -> EnrolledWho | EnrolledTokens:
    """The same answer, with recovery codes."""
    if isinstance(found, Who):
        return EnrolledWho(**dict(found), recovery_codes=list(codes))
    return EnrolledTokens(**dict(found), recovery_codes=list(codes))


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


def shown(issued: Issued, via: Transport | None, now: int) -> Who | Tokens:
    """What a login answers: by cookie who is logged in, otherwise the tokens."""
    return who(issued.session) if via == "cookie" else tokens(issued, now)
