"""Who makes a request, and which cookies the answer must carry."""

from asyncio import Task
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from ..auth import Auth
from ..errors import Reason, Rejected
from ..types import Device, Issued, Principal, Session
from . import client, origin, renewal, transport
from .gate import Gate
from .limiter import Guess
from .origin_check import OriginCheck
from .streams import Streams
from .transport import Header, Presented, Transport


class Visit:
    """One request.  Nothing is read or checked before somebody asks who makes it.

    `scope` describes it as in ASGI: `headers`, `client`, `scheme`, and `method` unless it is the
    handshake of a WebSocket.  `asked`: somebody asked for the principal or the credential, so
    the answer depends on them.  `known`: the principal, as of the last question.  `issued`: the
    credentials of an inline refresh, or those that a touch gives again.  `on_known` is
    called whenever `known` is set.  `guesses`: the password guesses under way; `proof`: the last
    one of a step-up.
    `answered`: the head of the answer was sent, so no cookie can be set and nothing is refreshed.
    `renewing`: the one refresh of this request, under way or done.
    """

    __slots__ = (
        "_asked_about",
        "_credential",
        "_given",
        "_ours",
        "answered",
        "asked",
        "gate",
        "guesses",
        "issued",
        "known",
        "on_known",
        "proof",
        "renewing",
        "scope",
    )

    def __init__(self, gate: Gate, scope: Mapping[str, Any]) -> None:
        self.gate = gate
        self.answered = False
        self.asked = False
        self.known: Principal | None = None
        self.issued: Issued | None = None
        self.on_known: Callable[[], None] | None = None
        self.scope = scope
        self._given: Presented | None = None
        self._ours = False
        self._asked_about: str | None = None
        self._credential: str | None = None
        self.guesses: tuple[Guess, ...] = ()
        self.proof: Guess | None = None
        self.renewing: Task[Principal] | None = None

    @property
    def auth(self) -> Auth:
        """The `Auth` of this gate."""
        return self.gate.auth

    @property
    def streams(self) -> Streams:
        """The open streams of this gate and event loop."""
        return self.gate.streams

    @property
    def headers(self) -> list[Header]:
        """The request's headers as ASGI gives them."""
        headers: list[Header] = self.scope["headers"]
        return headers

    @property
    def peer(self) -> str:
        """The address at the other end of the socket, or empty."""
        return client.peer_of(self.scope)

    def device(self) -> Device:
        """Where this request comes from, as far as it says."""
        address = client.address(self.peer, self.headers, self.gate.trusted)
        return client.device(self.headers, address)

    async def tell(self, refused: Rejected) -> None:
        """Record that this request was refused."""
        await self.auth.refused(refused, self.device())

    @asynccontextmanager
    async def telling(self) -> AsyncIterator[None]:
        """Record each refusal within the context before it is raised."""
        try:
            yield
        except Rejected as refused:
            await self.tell(refused)
            raise

    def asks_about_another(self) -> bool:
        """A proxy asks on behalf of another request.  From now on the method of that one counts; it
        is taken as unsafe unless a trusted proxy names it.  Returns whether one did."""
        self._asked_about = client.method(self.peer, self.headers, self.gate.trusted)
        return self._asked_about != ""

    def cached_principal(self, max_staleness: int | None = None) -> Principal | None:
        """The principal, if this header was accepted before and nothing must be asked, written or
        renewed.  After None, ask `principal`: it may still accept the request."""
        credential = self._plain_credential() if self.known is None else self._credential
        found = (
            None if credential is None else self.auth.authenticate_cached(credential, max_staleness)
        )
        if found is not None:
            self.asked, self._credential = True, credential
            self._know(found)
        return found

    async def principal(
        self, submitted: str | None = None, max_staleness: int | None = None
    ) -> Principal:
        """The principal of this request, as of at most `max_staleness` seconds ago (the setting,
        or less).  Each call checks again.

        `submitted` is a CSRF token from a form; the header `X-CSRF-Token` is read in any case.
        Raises `Rejected`, with `missing` when no credential was presented.
        """
        self._ask()
        before = self.known
        if before is None:
            found = await self._read(submitted, max_staleness)
        else:
            if submitted is not None and self.via == "cookie":
                await self.check_origin(submitted)
            found = await self._again(before, max_staleness)
        if self.known is not before:  # parallel tasks may have read two credentials
            await self._check_is_known(found)
        self._know(found)
        return found

    async def present(self, credential: object) -> Principal:
        """The principal of a credential that came outside the headers: in the first message of a
        WebSocket, or as a subprotocol.  From now on it is the credential of this request, and the
        headers are ignored.

        Raises `Rejected`, with `malformed` if another session is known already.
        """
        self._ask()
        async with self.telling():
            shown = transport.given(credential)
        found = await self.auth.authenticate(shown.credential or "")
        await self._check_is_known(found)
        self._given, self._credential = shown, shown.credential
        self._know(found)
        return found

    async def touch(self) -> Principal:
        """Count this moment as use of the session.  A message on an open socket is no request, and
        counts as use only if the handler says so.  Returns and raises as
        `principal`."""
        self.known = await self.auth.touch(await self.principal())
        return self.known

    async def optional_principal(self) -> Principal | None:
        """Like `principal`, but None without a credential and with a dead one, so that a public
        page stays public for somebody whose session ended.  Still refused: a credential that is
        malformed, doubled or forged, and an unsafe request of another origin."""
        try:
            return await self.principal()
        except Rejected as refused:
            if refused.reason is Reason.MISSING or refused.reason in renewal.DEAD:
                return None
            raise

    async def check_origin(self, submitted: str | None = None) -> None:
        """Refuse an unsafe request from another origin, also where nobody need be logged in:
        logging in (login CSRF) and out.  Raises `Rejected(cross_origin)`.

        `submitted` is as in `principal`: one of another session is refused, whatever the browser
        says (a page that was made for somebody else, and forgotten in a tab).  Once passed it stays
        so for this visit: a form's handler asks with the token it was sent.
        """
        if self._ours and submitted is None:
            return
        async with self.telling():
            await self.origin_check().check(submitted)
        self._ours = True

    async def check_keeps_cookies(self) -> None:
        """Refuse to answer with cookies that would not come back: to a page of a trusted origin on
        another site.  Raises `Rejected(cross_origin)`."""
        async with self.telling():
            self.origin_check().check_keeps_cookies()

    @property
    def via(self) -> Transport | None:
        """The transport of the request's credential; None without a readable one."""
        self._ask()
        shown = self._presented()
        return None if shown is None else shown.transport

    def held(self) -> tuple[str, ...]:
        """Every credential of the request, good or bad.  A login replaces them, a logout ends
        them."""
        self._ask()
        given = () if self._given is None else (self._given.credential or "",)
        return (*given, *transport.held(self.headers, self.gate.cookie_suffix))

    async def cookies(self) -> list[Header]:
        """The headers to add when the response starts: those of an inline refresh, also of one that
        is under way in another task, while the row still holds what was issued."""
        if self.renewing is not None:
            await renewal.ended(self.renewing)
        return [] if self.issued is None else await renewal.cookies(self.gate, self.issued)

    @property
    def method(self) -> str:
        """The method of this request, or of the request that a proxy asks about."""
        method: str = self.scope.get("method", "WEBSOCKET")
        return method if self._asked_about is None else self._asked_about

    def _ask(self) -> None:
        """Note that the answer now depends on the principal."""
        if self.answered and not self.asked:
            self.gate.warn_of_late_question(self.scope)
        self.asked = True

    def _plain_credential(self) -> str | None:
        """The credential, if this header was accepted before and no rule but the view's applies."""
        shown = None if self.answered else self.gate.header_cache.recall(self.headers)
        if shown is None or (shown.transport == "cookie" and self.method not in origin.SAFE):
            return None
        return shown.credential

    def _know(self, found: Principal) -> None:
        self.known = found
        if self.on_known is not None:
            self.on_known()

    async def _check_is_known(self, found: Principal) -> None:
        if self.known is not None and self.known.sid != found.sid:
            async with self.telling():
                raise Rejected(Reason.MALFORMED, "credentials of two sessions on one connection")

    def _presented(self) -> Presented | None:
        try:
            return self._shown()
        except Rejected:
            return None

    def _shown(self) -> Presented | None:
        if self._given is not None:
            return self._given
        return self.gate.header_cache.recall(self.headers) or transport.read(
            self.headers, self.gate.modes, self.gate.cookie_suffix
        )

    async def _read(self, submitted: str | None, max_staleness: int | None) -> Principal:
        try:
            shown = self._shown()
        except Rejected as refused:
            await self.tell(refused)
            raise
        if shown is None:
            raise Rejected(Reason.MISSING)
        if shown.transport == "cookie":
            return await self._by_cookie(shown, submitted, max_staleness)
        self._credential = shown.credential
        found = await self.auth.authenticate(shown.credential or "", max_staleness)
        self.gate.header_cache.keep(self.headers, shown)
        return found

    async def _again(self, known: Principal, max_staleness: int | None) -> Principal:
        """Check the session again, because a handler, a WebSocket or a task may run for longer than
        a revocation may take.  If only the access token expired meanwhile, the request goes on
        while its session lives."""
        if (credential := self._credential) is not None:
            try:
                return await self.auth.authenticate(credential, max_staleness)
            except Rejected as refused:
                if refused.reason not in renewal.LAPSED:
                    raise
            if self._credential is credential:  # else a parallel task showed another
                self._credential = None
        return await self.auth.stands(known)

    async def _by_cookie(
        self, shown: Presented, submitted: str | None, max_staleness: int | None
    ) -> Principal:
        if self.method not in origin.SAFE:
            await self.check_origin(submitted)
        if self.renewing is not None:
            return await self._renewed(shown, None, max_staleness)
        self._credential = shown.credential
        known = await self._unless_renewable(shown, max_staleness)
        if known is not None:
            if shown.mode in ("token", self.gate.modes[0]):  # else it is exchanged each time
                self.gate.header_cache.keep(self.headers, shown)
                return known
            if self.answered:
                return known
        if self.answered:
            # the browser would never see the new token, and its next refresh look like theft
            raise Rejected(Reason.EXPIRED, "no refresh once the answer has begun")
        return await self._renewed(shown, known, max_staleness)

    async def _unless_renewable(
        self, shown: Presented, max_staleness: int | None
    ) -> Principal | None:
        """The principal of the cookie; None if the refresh token has to give a new one."""
        if shown.credential is None:
            return None
        try:
            return await self.auth.authenticate(shown.credential, max_staleness, self._touched)
        except Rejected as refused:
            renewable = renewal.may_renew(refused, shown.credential, shown.refresh_token)
            if self.answered or not renewable:
                raise
        return None

    async def _renewed(
        self, shown: Presented, known: Principal | None, max_staleness: int | None
    ) -> Principal:
        """Exchange once in a visit: the same refresh token a second time would look like theft."""
        if self.renewing is None:
            self.renewing = renewal.begun(self._exchange(shown, known))
            return await renewal.outcome(self.renewing)
        # a parallel task may have read the session before this one asked
        return await self._again(await renewal.outcome(self.renewing), max_staleness)

    def _touched(self, row: Session) -> None:
        if self.renewing is None:  # else its cookies are the newer ones
            self.issued = renewal.given_again(row, self._credential or "") or self.issued

    async def _exchange(self, shown: Presented, known: Principal | None) -> Principal:
        exchanged = await renewal.exchanged(self.auth, shown, known, self.device())
        if isinstance(exchanged, Principal):
            return exchanged
        self.issued = exchanged
        if self._given is None:  # else a parallel task showed another
            self._credential = exchanged.credential
        return renewal.principal_of(exchanged)

    def origin_check(self) -> OriginCheck:
        """The check whether this request may act on its cookies.  It does not record refusals."""
        return OriginCheck(self.gate, self.method, self.headers, self._presented())
