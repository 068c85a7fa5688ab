"""What scripts on pages of trusted origins may send and read (Fetch standard, section 3.2).

The answers are made from the same list as the check against requests of other origins, so that the
two cannot differ.  Credentials are granted only where cookies can work: on the same site.
"""

from collections.abc import Awaitable, Callable, Mapping
from string import ascii_letters, digits
from typing import Any

from ..errors import Rejected, StoreUnavailable
from ..settings import Settings
from .caches import vary
from .connection import App, Message, Receive, Send
from .origin import Cause, Origins, cause_of
from .problem import problem
from .transport import Header

Tell = Callable[[Rejected], Awaitable[None]]

REFUSED = "doorward.preflight"
"""In the scope of a preflight: the refusal that is sent in place of what the application answers,
unless that allows it; None where the application decides alone."""

MAX_AGE = 600
"""Seconds for which a browser may remember a preflight's answer."""

EXPOSED = b"Retry-After, WWW-Authenticate"
"""What the refusals of this application say in headers that a script could not read otherwise."""

_ALLOW_ORIGIN = b"access-control-allow-origin"
_ALLOW_CREDENTIALS = b"access-control-allow-credentials"
_EXPOSE = b"access-control-expose-headers"
_METHOD = b"access-control-request-method"
_HEADERS = b"access-control-request-headers"
_TOKENS = frozenset(f"{ascii_letters}{digits}!#$%&'*+-.^_`|~, ".encode())
_OF_A_REFUSAL = frozenset({b"allow", b"content-type", b"content-length", b"cache-control"})


class Cors:
    """Answers for one application."""

    __slots__ = ("_origins",)

    def __init__(self, settings: Settings) -> None:
        self._origins = Origins.of(settings)

    def granted(self, scope: Mapping[str, Any]) -> Message | None:
        """The start of the answer to a preflight of a trusted origin; None for one of another.

        Whatever its script asks for is allowed: such an origin is treated as our own, and the check
        of the request itself comes afterwards.
        """
        cause = _cause(scope)
        if cause is None or not self._origins.trusts(cause):
            return None
        # browsers send a list of tokens; not every server can send anything else back
        asked = {name: said for name, said in scope["headers"] if _TOKENS.issuperset(said)}
        headers = [
            *self._allowed(cause),
            (b"access-control-allow-methods", asked.get(_METHOD, b"GET")),
            (b"access-control-max-age", b"%d" % MAX_AGE),
            (b"vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),
        ]
        if _HEADERS in asked:
            headers.append((b"access-control-allow-headers", asked[_HEADERS]))
        return {"type": "http.response.start", "status": 204, "headers": headers}

    def refusal(self, scope: Mapping[str, Any]) -> Rejected | None:
        """The refusal of a preflight of an origin that is not trusted; None for one of our own,
        which no browser sends."""
        try:
            cause = cause_of(scope["headers"])
        except Rejected as twice:
            return twice
        if self._origins.is_own(cause) or cause.site in ("same-origin", "none"):
            return None
        return self._origins.refusal(cause)

    def readable(self, scope: Mapping[str, Any], send: Send) -> Send:
        """A `send` that adds to an answer, unless it is to a preflight, the headers that let a
        script of its origin read it.  Doing so twice changes nothing more."""
        if not self._origins.trusted:
            return send
        cause = _cause(scope)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = self._with(list(message.get("headers", ())), cause)
            await send(message)

        return sending

    def _allowed(self, cause: Cause) -> list[Header]:
        allowed = [(_ALLOW_ORIGIN, (cause.origin or "").encode("latin-1"))]
        if not self._origins.keeps_no_cookies(cause):
            allowed.append((_ALLOW_CREDENTIALS, b"true"))
        return allowed

    def _with(self, headers: list[Header], cause: Cause | None) -> list[Header]:
        if (_ALLOW_ORIGIN, b"*") in headers:
            return headers  # public, for everybody alike
        headers = vary(headers, (b"Origin",))  # otherwise a cache gives it to another origin
        if cause is None or not self._origins.trusts(cause):
            return headers
        ours = (_ALLOW_ORIGIN, _ALLOW_CREDENTIALS)
        exposed = [value for name, value in headers if name == _EXPOSE]
        if EXPOSED not in b", ".join(exposed):
            exposed.append(EXPOSED)
        return [
            *(pair for pair in headers if pair[0] not in (*ours, _EXPOSE)),
            *self._allowed(cause),
            (_EXPOSE, b", ".join(exposed)),
        ]


class Readable:
    """A layer around the gate: adds the CORS headers to the answers of the layers between the
    two."""

    __slots__ = ("_app", "_cors")

    def __init__(self, app: App, settings: Settings) -> None:
        self._app = app
        self._cors = Cors(settings)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not is_preflight(scope):
            send = self._cors.readable(scope, send)
        await self._app(scope, receive, send)


def refusing(refused: Rejected, send: Send, tell: Tell) -> Send:
    """A `send` that replaces an application's answer to a preflight by a refusal, after calling
    `tell`, unless the application allowed the request by itself, as for something public."""
    allowed = False

    async def sending(message: Message) -> None:
        nonlocal allowed
        if message["type"] == "http.response.start":
            own = list(message.get("headers", ()))
            allowed = any(name == _ALLOW_ORIGIN for name, _ in own)
            if not allowed:
                return await _refuse(await _told(refused, tell), own, send)
        if allowed:
            await send(message)
        return None

    return sending


def is_preflight(scope: Mapping[str, Any]) -> bool:
    """Whether a browser asks what a script of its page may send (Fetch standard, section 4.9)."""
    return scope["method"] == "OPTIONS" and {b"origin", _METHOD} <= {
        name for name, _ in scope["headers"]
    }


def _cause(scope: Mapping[str, Any]) -> Cause | None:
    try:
        return cause_of(scope["headers"])
    except Rejected:  # two Origin headers
        return None


async def _told(refused: Rejected, tell: Tell) -> Rejected | StoreUnavailable:
    try:
        await tell(refused)
    except StoreUnavailable as unavailable:
        return unavailable
    return refused


async def _refuse(refused: Rejected | StoreUnavailable, own: list[Header], send: Send) -> None:
    """In place of the application's answer, but with what all of its answers carry."""
    status, headers, body = problem(refused)
    kept = [pair for pair in own if pair[0] not in _OF_A_REFUSAL]
    start = {"type": "http.response.start", "status": status, "headers": [*kept, *headers]}
    await send(start)
    await send({"type": "http.response.body", "body": body})
