"""One request in; a principal or a rejection out, and the cookies that its answer must carry."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from .. import rules
from ..auth import Auth
from ..credentials import claimed_sid
from ..errors import Reason, Rejected, StoreUnavailable
from ..types import Device, Issued, Principal
from . import client, origin, transport
from .devices import Devices
from .limiter import Bucket, Guess, Limiter
from .streams import Streams
from .transport import Header, Presented, Transport

LAPSED = frozenset({Reason.EXPIRED, Reason.SUPERSEDED})
"""Refusals of a credential whose own time is over, which says nothing of its session."""

RENEWABLE = LAPSED | {Reason.WITHDRAWN}
"""Refusals of an access token after which the refresh token of the same session may speak."""


class Gate:
    """What all requests of one application share."""

    __slots__ = ("auth", "devices", "limiter", "modes", "public_origin", "streams", "trusted")

    def __init__(self, auth: Auth, trusted: client.Trusted) -> None:
        self.auth = auth
        self.devices = Devices(auth.device_keys)
        self.limiter = Limiter(auth.store, auth.clock)
        self.modes = auth.settings.modes
        self.public_origin = auth.settings.public_origin
        self.streams = Streams(auth)
        self.trusted = trusted


class Visit:
    """One request; a route that does not ask who makes it pays nothing.

    `scope` describes it as in ASGI: `headers`, `client`, `scheme`, and `method` unless it is the
    handshake of a WebSocket.  `known` is the principal as of the last time that somebody asked,
    `issued` what an inline refresh gave out, `proof` the guess at a step-up that is under way.
    """

    __slots__ = (
        "_asked_about",
        "_credential",
        "_guesses",
        "_ours",
        "_scope",
        "gate",
        "issued",
        "known",
        "proof",
    )

    def __init__(self, gate: Gate, scope: Mapping[str, Any]) -> None:
        self.gate = gate
        self.known: Principal | None = None
        self.issued: Issued | None = None
        self._scope = scope
        self._ours = False
        self._asked_about: str | None = None
        self._credential: str | None = None
        self.proof: Guess | None = None
        self._guesses: tuple[Guess, ...] = ()

    @property
    def auth(self) -> Auth:
        """The verbs behind this gate."""
        return self.gate.auth

    @property
    def streams(self) -> Streams:
        """Every open stream behind this gate."""
        return self.gate.streams

    @property
    def headers(self) -> list[Header]:
        """The request's headers as ASGI gives them."""
        headers: list[Header] = self._scope["headers"]
        return headers

    @property
    def scope(self) -> Mapping[str, Any]:
        """The request as ASGI describes it."""
        return self._scope

    @property
    def peer(self) -> str:
        """The address at the other end of the socket, or empty."""
        address: str = (self._scope.get("client") or ("",))[0]
        return address

    def plain_host(self) -> str:
        """The host that was asked for, if the client spoke plain http; else empty."""
        place = self.peer, self.headers, self.gate.trusted
        if client.scheme(self._scope.get("scheme", ""), *place) != "http":
            return ""
        try:
            return urlsplit("//" + client.host(*place)).hostname or ""
        except ValueError:
            return ""

    def device(self) -> Device:
        """Where this request comes from, as far as it says."""
        address = client.address(self.peer, self.headers, self.gate.trusted)
        return client.device(self.headers, address)

    def asks_about_another(self) -> bool:
        """A proxy asks on behalf of a request that it holds back: from now on the method of that
        one counts, which is unsafe unless a proxy of ours says otherwise.  Whether one did."""
        self._asked_about = client.method(self.peer, self.headers, self.gate.trusted)
        return self._asked_about != ""

    async def principal(
        self, submitted: str | None = None, max_staleness: int | None = None
    ) -> Principal:
        """Who makes this request, as of at most `max_staleness` seconds ago (the setting's, or
        fewer), however often it is asked.

        `submitted` is a CSRF token that came in a form; the header `X-CSRF-Token` is looked at
        anyway.  Raises `Rejected`, with `missing` when no credential was presented.
        """
        if self.known is not None:
            self.known = await self._again(self.known, max_staleness)
        else:
            self.known = await self._read(submitted, max_staleness)
        return self.known

    async def optional_principal(self) -> Principal | None:
        """Like `principal`, but None when no credential was presented; a bad one is refused."""
        try:
            return await self.principal()
        except Rejected as refused:
            if refused.reason is Reason.MISSING:
                return None
            raise

    async def check_origin(self, submitted: str | None = None) -> None:
        """Refuse an unsafe request from another origin, also where nobody need be logged in:
        logging in (login CSRF) and out.  Raises `Rejected(cross_origin)`.

        Once passed it stays so for this visit: a form's handler asks with the token it was sent.
        """
        if self._ours:
            return
        try:
            await self._check_origin(submitted)
        except Rejected as refused:
            await self.auth.refused(refused, self.device())
            raise
        self._ours = True

    async def guess(self, buckets: Sequence[Bucket]) -> Guess:
        """Count a guess that this request makes, as wrong until it is forgiven, by itself: one
        request may try many.  Raises `Rejected(too_many_attempts)`."""
        try:
            guess = await self.gate.limiter.begin(buckets)
        except Rejected as refused:
            await self.auth.refused(refused, self.device())
            raise
        self._guesses += (guess,)
        return guess

    async def forgive(self) -> None:
        """Nobody judged what this request guesses, and its client learns nothing."""
        for guess in self._guesses:
            await guess.forgive()

    def end(self) -> None:
        """The request is over: whatever it guessed and nobody forgave was wrong."""
        for guess in self._guesses:
            guess.end()

    @property
    def via(self) -> Transport | None:
        """How the credential of this request came; None without one that can be read."""
        shown = self._presented()
        return None if shown is None else shown.transport

    def held(self) -> tuple[str, ...]:
        """Every credential the client shows, good or bad: what a login replaces and a logout
        ends."""
        return transport.held(self.headers)

    async def cookies(self) -> list[Header]:
        """The headers to add when the response starts: those of an inline refresh, while the row
        still holds what was issued.  Not knowing is no: the browser's own token stays good."""
        issued = self.issued
        if issued is None:
            return []
        try:
            current = await self.auth.still_holds(issued)
        except StoreUnavailable:
            return []
        return self._written(issued) if current else []

    def _written(self, issued: Issued) -> list[Header]:
        written = transport.write(issued, self.auth.clock())
        first, *others = self.gate.modes
        if issued.mode == first:  # else a session that is changing over only goes on for a while
            written += [header for other in others for header in transport.remove(other)]
        return written

    @property
    def _method(self) -> str:
        method: str = self._scope.get("method", "WEBSOCKET")
        return method if self._asked_about is None else self._asked_about

    def _presented(self) -> Presented | None:
        try:
            return transport.read(self.headers, self.gate.modes)
        except Rejected:
            return None

    async def _read(self, submitted: str | None, max_staleness: int | None) -> Principal:
        try:
            shown = transport.read(self.headers, self.gate.modes)
        except Rejected as refused:
            await self.auth.refused(refused, self.device())
            raise
        if shown is None:
            raise Rejected(Reason.MISSING)
        self._credential = shown.credential
        if shown.transport == "cookie":
            return await self._by_cookie(shown, submitted, max_staleness)
        return await self.auth.authenticate(shown.credential or "", max_staleness)

    async def _again(self, known: Principal, max_staleness: int | None) -> Principal:
        """Checks the session again, because a handler, a WebSocket or a task may run for longer
        than a revocation may take to bind.  An access token that expired meanwhile is not held
        against the request; its session must still be alive."""
        if self._credential is not None:
            try:
                return await self.auth.authenticate(self._credential, max_staleness)
            except Rejected as refused:
                if refused.reason not in LAPSED:
                    raise
            self._credential = None
        return await self.auth.stands(known)

    async def _by_cookie(
        self, shown: Presented, submitted: str | None, max_staleness: int | None
    ) -> Principal:
        if self._method not in origin.SAFE:
            await self.check_origin(submitted)
        known: Principal | None = None
        if shown.credential is not None:
            try:
                known = await self.auth.authenticate(shown.credential, max_staleness)
            except Rejected as refused:
                if not _may_renew(refused, shown.credential, shown.refresh_token):
                    raise
            else:
                if shown.mode in ("token", self.gate.modes[0]):
                    return known
        return await self._exchange(shown, known)

    async def _exchange(self, shown: Presented, known: Principal | None) -> Principal:
        """New cookies for an access token that is out, or for a session cookie where tokens are
        issued: there the person is `known` already, also if it cannot be exchanged."""
        secret = shown.credential if shown.mode == "session" else shown.refresh_token
        try:
            self.issued = issued = await self.auth.refresh(secret or "", self.device())
        except Rejected as refused:
            if known is None or refused.reason is not Reason.SUPERSEDED:
                raise
            return known  # the secret from before a step-up, in its overlap
        row, self._credential = issued.session, issued.credential
        return rules.principal_of(row, issued.mode, row.authenticated_at, row.amr)

    async def _check_origin(self, submitted: str | None) -> None:
        if origin.vouched(self._method, self.headers, self.gate.public_origin):
            return
        shown = self._presented()
        # without a cookie a client has no authority that another origin could borrow
        if shown is not None and shown.transport == "cookie":
            await self._check_csrf(shown, submitted)

    async def _check_csrf(self, shown: Presented, submitted: str | None) -> None:
        sid = await self.auth.sid_of(shown.credential or shown.refresh_token or "")
        origin.check_csrf(self.auth.csrf_keys, sid, self.headers, submitted)


def _may_renew(refused: Rejected, credential: str, refresh_token: str | None) -> bool:
    """An access token out of time, of a withdrawn key or from before a step-up, and the refresh
    token of the same sid, are one credential; anything else that is bad stays bad, whatever stands
    beside it."""
    if refresh_token is None or refused.reason not in RENEWABLE:
        return False
    sid = claimed_sid(credential)
    return sid is not None and sid == claimed_sid(refresh_token)
