"""Log in, step up and log out within a request: what every framework adapter shares."""

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from secrets import token_hex
from types import EllipsisType

from ..auth import Auth
from ..login import Attempt
from ..origins import is_loopback
from ..settings import DAY
from ..types import Issued
from . import client, guesses, limits, transport
from .limiter import Guess
from .limits import Bucket
from .transport import Header, Transport
from .visit import Visit

log = logging.getLogger("doorward")

_FORGOTTEN = "forgotten"  # a kind of ticket, of which only the payload is read
_FOR_EVER = 36_500 * DAY  # longer than any mark is kept, by whoever stole it


@dataclass(frozen=True, slots=True)
class VisitAttempt:
    """A login under way in one request.  `whose` is what the browser is marked for, once the login
    succeeds; empty where no name was given."""

    visit: Visit
    attempt: Attempt
    whose: bytes = b""
    guess: Guess | None = None

    async def forgive(self) -> None:
        """The guess was right, though no session begins yet: a second factor is to follow."""
        if self.guess is not None:
            await self.guess.forgive()

    async def login(
        self,
        subject: str,
        *,
        roles: Collection[str] = (),
        scopes: Collection[str] = (),
        amr: Collection[str] = ("pwd",),
        attributes: Mapping[str, str | int | bool] | None = None,
        via: Transport = "cookie",
    ) -> tuple[Issued, list[Header]]:
        """Begin a session and end the one the client came with: the guess was right.  Returns what
        was issued and, for the cookie transport, the headers that carry it and make the browser
        known.  Raises `Rejected(superseded)`: read the user again; `Rejected(cross_origin)` for a
        cookie that the browser would not keep; `ValueError` for what is no transport, and
        `RuntimeError` where the answer has begun and takes no cookie, before anything is done."""
        transport.check_transport(via)
        visit = self.visit
        if via == "cookie":
            _check_takes_cookies(visit)
            await visit.check_keeps_cookies()
        await self.forgive()
        issued = await self.attempt.login(
            subject,
            roles=roles,
            scopes=scopes,
            amr=amr,
            attributes=attributes,
            device=visit.device(),
            replaces=visit.held(),
        )
        headers = deliver(visit, issued, via)
        if self.whose and via == "cookie":
            headers.append(visit.gate.devices.remember(visit.headers, self.whose))
        return issued, headers


async def begin_login(visit: Visit, name: str | EllipsisType = ...) -> VisitAttempt:
    """Begin a login: refuses one that another origin sent (login CSRF), then takes the mark.

    `name` is what the person typed for their account.  With it the login is a guess, counted as
    wrong until `VisitAttempt.login`: on a browser where a login with this name has succeeded,
    guesses are counted apart from those of strangers.  Leave it out where nothing is guessed.
    Raises `Rejected(too_many_attempts)`; `ValueError` for a name that is no string: a form without
    one must not go uncounted.
    """
    await visit.check_origin()
    if name is ...:
        return VisitAttempt(visit, await visit.auth.attempt())
    account = _account_of(name)
    whose = await _whose(visit.auth, account, limits.spelling_of(name))
    guess = await guesses.begin(visit, _buckets(visit, account, whose))
    return VisitAttempt(visit, await visit.auth.attempt(), whose, guess)


async def forget_browsers(auth: Auth, name: str) -> None:
    """Forget all browsers that are known for a name, each until its next login.  For a new
    password: somebody who knew the old one may have made many browsers known."""
    digest = _account_of(name).encode()
    await auth.store.put(_FORGOTTEN, digest, token_hex(8), auth.clock() + _FOR_EVER)


def _account_of(name: object) -> str:
    if not isinstance(name, str):
        raise ValueError(f"the name of an account is a string, not {type(name).__name__}")
    return limits.account_of(name)


async def _whose(auth: Auth, account: str, spelling: str) -> bytes:
    """What a browser is marked for: a name as it is spelled, as of when the browsers of its account
    were last forgotten.  Guesses at all spellings count as one, but an application may tell names
    apart, and nobody's browser may be known for somebody else's."""
    found = await auth.store.look(_FORGOTTEN, account.encode(), auth.clock())
    return f"{account}{found or ''}{spelling}".encode()


def _buckets(visit: Visit, account: str, whose: bytes) -> tuple[Bucket, ...]:
    """The buckets of a guess: a known device has its own, so that strangers cannot lock the owner
    out."""
    known = visit.gate.devices.recognise(visit.headers, whose)
    if known:
        return limits.device(known, sha256(whose).hexdigest()[:32])
    return limits.stranger(visit.device().address, account)


async def begin_elevate(visit: Visit) -> None:
    """Call this before the password of the person who is logged in is checked.  It counts the guess
    for this session, so that nobody outside it uses up the owner's guesses.  Raises `Rejected`,
    also `too_many_attempts`."""
    principal = await visit.principal()
    visit.proof = await guesses.begin(visit, limits.session(principal.sid))


async def elevate(visit: Visit, *, amr: Collection[str] = ("pwd",)) -> tuple[Issued, list[Header]]:
    """Note that the person who makes this request just proved a factor again; the same session goes
    on under a new secret.  Returns what was issued and the headers that answer it the way the old
    credential came (`visit.via`).  Raises `Rejected` like `visit.principal`, and when the session
    ended meanwhile; `RuntimeError` where the answer has begun and takes no cookie, before anything
    is done."""
    if visit.via == "cookie":
        _check_takes_cookies(visit)
    principal = await visit.principal()
    if visit.proof is not None:
        await visit.proof.forgive()
    issued = await visit.auth.elevate(principal, amr=amr, device=visit.device())
    return issued, deliver(visit, issued, visit.via)


def deliver(visit: Visit, issued: Issued, via: Transport | None) -> list[Header]:
    """The headers of the answer that gives out `issued`: only by cookie do they carry it."""
    if via != "cookie":
        return [transport.NO_STORE]
    _warn_if_lost(visit)
    return transport.write(issued, visit.auth.clock(), visit.gate.cookie_suffix)


async def log_out(visit: Visit) -> list[Header]:
    """End the session of a request, dead or alive.  Returns the headers that delete its cookies
    and, if it came with one of ours, what scripts stored.  Without a cookie, browsers may complain
    about that header: on an insecure origin, and to a script of another origin that uses Bearer."""
    await visit.check_origin()
    await visit.auth.logout(*visit.held(), device=visit.device())
    suffix = visit.gate.cookie_suffix
    return transport.clear(suffix, storage=transport.has_cookie(visit.headers, suffix))


def _check_takes_cookies(visit: Visit) -> None:
    """Raises `RuntimeError` once the answer has begun: its cookies would be lost."""
    if visit.answered:
        raise RuntimeError(
            "No cookie can be set once the answer has begun: log in and step up before the"
            " response is returned or the socket is accepted."
        )


def _warn_if_lost(visit: Visit) -> None:
    """The first trap everybody meets: a login that works, and a cookie that is dropped."""
    host = client.plain_host(visit.scope, visit.gate.trusted)
    if host and not is_loopback(host) and not (visit.gate.public_origin or "").startswith("https:"):
        _warn(host == "testserver")


@cache  # once in a process is enough
def _warn(testing: bool) -> None:
    cure = (
        "use doorward.testing.client.Client, which speaks https"
        if testing
        else "serve over https; behind a proxy that does, name it in trusted_proxies"
    )
    log.warning(
        "A login was answered over plain http. Its cookies are Secure, so the client will drop them"
        " and every later request will be refused as missing: %s.",
        cure,
    )
