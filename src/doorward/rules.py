"""Pure decisions: a row, what was presented and the time in; a verdict or the next row out."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from enum import Enum
from hmac import compare_digest

from .errors import Reason, Rejected
from .factors import MFA, proves
from .settings import (
    ELEVATE_OVERLAP,
    MAX_ATTRIBUTE_BYTES,
    MAX_BRANCHES,
    MAX_FACTORS,
    MAX_GRANT_CHARACTERS,
    MAX_ID_CHARACTERS,
    MAX_ROLE_BYTES,
    Settings,
)
from .types import NONE, Mode, Principal, Roles, Session

_SID = re.compile("[0-9a-f]{32}")

BOUND_TO = "jkt"
"""The attribute of a grant whose refresh tokens are bound to a key: its thumbprint."""


class Verdict(Enum):
    """The verdict on a presented refresh token."""

    ROTATE = "rotate"
    REPLAY = "replay"
    REBRANCH = "rebranch"
    ADOPT = "adopt"
    REUSED = "reused"
    UNSTEADY = "unsteady"


def check_standing(session: Session, now: int) -> None:
    """Raises `Rejected`: `revoked`, `expired` (absolute lifetime) or `idle`."""
    if session.revoked_at is not None:
        raise Rejected(Reason.REVOKED)
    if now >= session.expires_at:
        raise Rejected(Reason.EXPIRED)
    if now >= session.ends_at:
        raise Rejected(Reason.IDLE)


def with_session_token(session: Session | None) -> Session | None:
    """The session, if a session token may stand for it.  The secret of a refresh token is that of
    its row: in a session token it would never rotate, and a thief never show."""
    return session if session is not None and session.mode == "session" else None


def check_secret(session: Session | None, digest: bytes, now: int) -> tuple[Session, bool]:
    """The session and whether the *current* secret was shown.  It comes before any other verdict,
    so that somebody who knows only a sid learns nothing.

    Raises `Rejected`: `unknown`, or `superseded` for the secret before a step-up, once its overlap
    is over.  Compared in constant time (ASVS 11.2.4).
    """
    if session is None:
        raise Rejected(Reason.UNKNOWN)
    if compare_digest(session.secret_hash, digest):
        return session, True
    previous = session.previous_secret_hash
    if previous is None or not compare_digest(previous, digest):
        raise Rejected(Reason.UNKNOWN, "secret of another login")
    if now >= session.previous_until:
        raise Rejected(Reason.SUPERSEDED, "secret from before a step-up")
    return session, False


def checked_holder(
    session: Session | None, digest: bytes, now: int, *, exchanging: bool = False
) -> tuple[Session, bool]:
    """The session, alive, of who shows its current secret: only they may be given another
    credential.  With `exchanging`, also of who shows the refresh token that was just exchanged;
    then the second is False.  Raises `Rejected`, also `superseded` for the secret from before a
    step-up."""
    found, current = check_secret(session, digest, now)
    check_standing(found, now)
    if not current and not (exchanging and was_exchanged(found)):
        raise Rejected(Reason.SUPERSEDED, "a secret from before a step-up")
    return found, current


def judge_refresh(
    session: Session,
    generation: int,
    branch: int,
    now: int,
    grace: int,
    *,
    current: bool = True,
) -> Verdict:
    """The refresh rules, for a token whose MAC and secret are good and a session that is alive.

    A parent token within `grace` seconds is a second tab or a lost answer: it gets an access token,
    and no refresh token that would help a thief.  Later it re-branches, which displaces the holder
    of the other branch; the next refresh from there is REUSED (RFC 9700 section 4.14).  Unless it
    is `current`, its secret was exchanged for another, which no late parent displaces: raises
    `Rejected(superseded)`.
    """
    shown = (generation, branch)
    if shown == (session.generation, session.branch):
        return Verdict.ROTATE
    if shown == (session.generation - 1, session.parent_branch):
        if grace == 0:
            return Verdict.REUSED
        if now - session.rotated_at <= grace:
            return Verdict.REPLAY
        if not current:
            raise Rejected(Reason.SUPERSEDED, "exchanged already")
        return Verdict.REBRANCH if session.branch < MAX_BRANCHES else Verdict.UNSTEADY
    return Verdict.ADOPT if shown > (session.generation, session.branch) else Verdict.REUSED


def place(session: Session) -> tuple[bytes, int, int]:
    """What the client must hold to go on: the secret, and where its refresh token stands."""
    return session.secret_hash, session.generation, session.branch


def moved_on(
    session: Session, verdict: Verdict, shown: tuple[int, int], now: int, settings: Settings
) -> Session:
    """The row after a refresh token at this place (generation, branch) was honoured; the same row
    where nothing is to be written.

    Where a session token stood for it until now, that is a change: it dies here, and every process
    that remembers it as good must look again.
    """
    if verdict is Verdict.REPLAY:
        return session
    if verdict is Verdict.REBRANCH:
        new = rebranched(session, now, settings)
    else:
        new = rotated(session, *shown, now, settings)
    return replace(new, mode=settings.mode, ver=session.ver + (session.mode == "session"))


def exchanged(session: Session, secret_hash: bytes) -> Session:
    """The row, just moved on, after its refresh token was exchanged for a session token of another
    secret.  That of the refresh token is still known: for `grace` seconds so that parallel
    exchanges agree (see `was_exchanged`), and to the end of the session so that a displaced token
    shows a theft."""
    return replace(
        session,
        secret_hash=secret_hash,
        previous_secret_hash=session.secret_hash,
        previous_until=session.expires_at,
        previous_authenticated_at=session.authenticated_at,
        previous_amr=session.amr,
    )


def was_exchanged(session: Session) -> bool:
    """Whether the previous secret of a session is that of refresh tokens.  No session token is
    accepted with that secret, because anybody who kept an old refresh token could make one."""
    return session.mode == "session" and session.generation > 0


def rotated(
    session: Session, generation: int, branch: int, now: int, settings: Settings
) -> Session:
    """The row after ROTATE or ADOPT of the token (`generation`, `branch`)."""
    return replace(
        touched(session, now, settings),
        generation=generation + 1,
        branch=0,
        parent_branch=branch,
        rotated_at=now,
    )


def check_key(session: Session, jkt: str) -> bool:
    """Whether refresh tokens of this row are bound to a key (RFC 9449 section 5).  Raises
    `Rejected(unproven_key)` when that is not the key of this thumbprint."""
    bound = session.attributes.get(BOUND_TO, "") if session.audience else ""
    if bound and bound != jkt:
        raise Rejected(Reason.UNPROVEN_KEY)
    return bool(bound)


def rebranched(session: Session, now: int, settings: Settings) -> Session:
    """The row after REBRANCH: same generation, next branch."""
    return replace(touched(session, now, settings), branch=session.branch + 1, rotated_at=now)


def due_for_touch(session: Session, now: int, after: int) -> bool:
    """Whether activity must be noted again, `after` seconds: far rarer than requests come."""
    return now - session.seen_at >= after


def touched(session: Session, now: int, settings: Settings) -> Session:
    """The row after activity: idleness begins anew, the absolute end stays (ASVS 7.3.2).

    A clock that stepped back never takes activity back.
    """
    seen = max(now, session.seen_at)
    return replace(session, seen_at=seen, ends_at=min(session.expires_at, seen + settings.idle_ttl))


def elevated(
    session: Session, secret_hash: bytes, amr: tuple[str, ...], now: int, settings: Settings
) -> Session:
    """The row after a step-up: a new secret, the factors proved, and a short overlap in which the
    old secret still authenticates as of its own, earlier time (ASVS 7.2.4)."""
    return replace(
        touched(session, now, settings),
        secret_hash=secret_hash,
        previous_secret_hash=session.secret_hash,
        previous_until=now + ELEVATE_OVERLAP,
        previous_authenticated_at=session.authenticated_at,
        previous_amr=session.amr,
        authenticated_at=now,
        amr=tuple(dict.fromkeys((*session.amr, *amr))),
        # towards tokens it waits for the first rotation: the old session token has its overlap
        mode="session" if settings.mode == "session" else session.mode,
        generation=0,
        branch=0,
        parent_branch=0,
        rotated_at=now,
        ver=session.ver + 1,
    )


def proof_ends_at(session: Session, authenticated_at: int) -> int:
    """Until when a live session honours a proof of this time: to its end, but only through the
    overlap when a step-up came after it (ASVS 7.2.4), whatever it was exchanged for since."""
    if authenticated_at < session.authenticated_at:
        return min(session.ends_at, session.authenticated_at + ELEVATE_OVERLAP)
    return session.ends_at


def needs_step_up(authenticated_at: int, within: int, now: int) -> bool:
    """Whether a person proved a factor too long ago (RFC 9470)."""
    return now - authenticated_at > within


def check_permission(
    principal: Principal,
    now: int,
    *,
    role: str | None,
    scope: str | None,
    fresh: int | None,
    scopes: Iterable[str] = (),
    any_role: Roles | None = None,
    factor: str | None = None,
    verified: bool = False,
) -> None:
    """Raises `Rejected` when the principal lacks the role, all of `any_role`, the scope, one of
    `scopes` or the proof of an address, never proved `factor` in this session, or proved none
    within `fresh` seconds."""
    if role is not None and role not in principal.roles:
        raise Rejected(Reason.INSUFFICIENT_ROLE, role)
    if any_role is not None and any_role.isdisjoint(principal.roles):
        raise Rejected(Reason.INSUFFICIENT_ROLE, " or ".join(sorted(any_role)))
    check_scopes(principal, scopes if scope is None else (scope, *scopes))
    if verified and not principal.verified:
        raise Rejected(Reason.UNVERIFIED)
    if factor is not None and not proves(principal.amr, factor):
        named = "a second factor" if factor == MFA else f"the factor {factor}"
        raise Rejected(
            Reason.STEP_UP_REQUIRED,
            factor,
            max_age=fresh,
            factor=factor,
            sentence=f"This needs {named}, which was not proved in this session.",
        )
    if fresh is not None and needs_step_up(principal.authenticated_at, fresh, now):
        raise Rejected(Reason.STEP_UP_REQUIRED, max_age=fresh)


def check_scopes(principal: Principal, scopes: Iterable[str]) -> None:
    """Raises `Rejected(insufficient_scope)` when the principal lacks one of them.

    A grant is nobody where no scope is named: a route is open to other applications only if it says
    so.  A login without scopes is not limited by them; one that has scopes is held to them.
    """
    if principal.audience:
        scopes = tuple(scopes)
        if not scopes:
            raise Rejected(Reason.INSUFFICIENT_SCOPE, "a grant, and no scope is named")
    elif not principal.scopes:
        return
    for scope in scopes:
        if scope not in principal.scopes:
            raise Rejected(Reason.INSUFFICIENT_SCOPE, scope)


def principal_of(
    session: Session, mode: Mode, authenticated_at: int, amr: tuple[str, ...], jkt: str = ""
) -> Principal:
    """The principal a row stands for, by a credential of this mode and as of the proof that was
    shown: an older credential keeps its own, earlier time and factors, and the key `jkt` that it is
    bound to, but has the row's roles and scopes.  A grant never has roles, whatever its row
    says."""
    return Principal(
        subject=session.subject,
        sid=session.sid,
        mode=mode,
        roles=NONE if session.audience else session.roles,
        scopes=session.scopes,
        amr=amr,
        authenticated_at=authenticated_at,
        client_id=session.client_id,
        audience=session.audience,
        jkt=jkt,
    )


def as_now(principal: Principal, session: Session) -> Principal:
    """A principal that was known before, updated from its row."""
    known = principal
    return principal_of(session, known.mode, known.authenticated_at, known.amr, known.jkt)


def checked_names(names: Collection[str] | None) -> Roles | None:
    """The names of roles or scopes as a set.  Raises `ValueError` for names that would not survive
    a space-separated list (RFC 6749 section 3.3), or too many of them."""
    if names is None:
        return None
    if isinstance(names, str):
        raise ValueError("roles and scopes are collections of names, not one string")
    found = frozenset(names)
    if not found:
        return found
    if any(not name or not name.isprintable() or " " in name for name in found):
        raise ValueError("a role or scope is a printable name without spaces")
    if len(json.dumps(sorted(found))) > MAX_ROLE_BYTES:
        raise ValueError(f"roles or scopes of more than {MAX_ROLE_BYTES} bytes of JSON")
    return found


def checked_factors(amr: Collection[str]) -> tuple[str, ...]:
    """The factors a person proved (RFC 8176), in the order they were.  Raises `ValueError`."""
    checked_names(amr)
    if len(amr) > MAX_FACTORS:
        raise ValueError(f"more than {MAX_FACTORS} factors")
    return tuple(amr)


def checked_id(name: str, most: int = MAX_ID_CHARACTERS) -> str:
    """A subject or client id.  Raises `ValueError` for one that is empty, long or not plain ASCII
    (OpenID Connect Core section 2), `TypeError` for anything but a string: one store would find
    the sessions of 42 under "42", another would not."""
    if not isinstance(name, str):
        raise TypeError("a subject is a string: use str(user.id)")
    if not name or not name.isascii() or not name.isprintable() or len(name) > most:
        raise ValueError(f"an id is 1 to {most} printable ASCII characters")
    return name


def checked_client(name: str, own: str) -> str:
    """A client id, or empty for the application itself, by no name or by the one that stands for
    it in access tokens: these must name a client (RFC 9068 section 2.2).  Raises like
    `checked_id`."""
    return "" if name in ("", own) else checked_id(name)


def checked_third_party(name: str, own: str) -> str:
    """The client id or the audience of a grant.  Raises like `checked_id`, and `ValueError` for the
    application's own name: a token for that audience would be a login."""
    if name == own:
        raise ValueError(f"{own} is the application itself, for which nobody is given a grant")
    return checked_id(name, MAX_GRANT_CHARACTERS)


def checked_sid(sid: str) -> str:
    """A sid that was chosen before its session begins.  Raises `ValueError` for one that `new_sid`
    cannot have made."""
    if not _SID.fullmatch(sid):
        raise ValueError("a sid is 32 hexadecimal digits, as new_sid makes them")
    return sid


def checked_attributes(attributes: Mapping[str, str | int | bool]) -> dict[str, str | int | bool]:
    """A copy of what an application keeps with a session.  Raises `ValueError` when it is large or
    not of plain values."""
    if not attributes:
        return {}
    if not all(isinstance(value, str | int) for value in attributes.values()):
        raise ValueError("attributes are strings, whole numbers and booleans")
    if len(json.dumps(dict(attributes)).encode()) > MAX_ATTRIBUTE_BYTES:
        raise ValueError(f"attributes of more than {MAX_ATTRIBUTE_BYTES} bytes")
    return dict(attributes)
