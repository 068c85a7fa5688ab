"""Whether a request may act on the cookies that it carries: the rules of `origin`, applied to one
request."""

from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import Rejected
from . import origin, transport
from .gate import Gate
from .transport import Header, Presented


@dataclass(frozen=True, slots=True)
class OriginCheck:
    """One request: its method, its headers and the credential it presents, if that can be read."""

    gate: Gate
    method: str
    headers: Sequence[Header]
    shown: Presented | None

    async def check(self, submitted: str | None) -> None:
        """Refuse an unsafe request from another origin.  `submitted` is a CSRF token that came in a
        form.  Raises `Rejected(cross_origin)`."""
        if self.method not in origin.SAFE:
            await self._check(submitted)

    def check_keeps_cookies(self) -> None:
        """Refuse to answer with cookies that would not come back: to a page of a trusted origin on
        another site.  Raises `Rejected(cross_origin)`."""
        self._check_keeps_cookies(origin.cause_of(self.headers))

    async def cookie_sid(self) -> str | None:
        """The session that the cookies name, dead or alive; None without any."""
        shown = self._by_cookie()
        if shown is None:
            return None
        for credential in (shown.credential, shown.refresh_token):
            try:
                return await self.gate.auth.sid_of(credential or "")
            except Rejected:
                continue
        return None

    async def _check(self, submitted: str | None) -> None:
        cause = origin.cause_of(self.headers)
        vouched = self.gate.origins.vouched(self.method, cause)
        if self.shown is not None and self.shown.transport == "cookie":
            self._check_keeps_cookies(cause)
        elif vouched or not self._holds_cookies():
            # without a cookie a client has no authority that another origin could borrow
            return
        # beside a Bearer header too: a login or a logout ends the session of the cookies
        if vouched and not any(origin.csrf_tokens(self.headers, submitted)):
            return
        sid = await self.cookie_sid()
        if sid is None and not vouched:
            raise origin.unreadable()
        origin.check_csrf(self.gate.auth.csrf_keys, sid or "", self.headers, submitted)

    def _by_cookie(self) -> Presented | None:
        if self.shown is not None and self.shown.transport == "cookie":
            return self.shown
        try:
            return transport.read(self._cookies(), self.gate.modes, self.gate.cookie_suffix)
        except Rejected:
            return None

    def _cookies(self) -> list[Header]:
        return [pair for pair in self.headers if pair[0] == b"cookie"]

    def _holds_cookies(self) -> bool:
        return bool(transport.held(self._cookies(), self.gate.cookie_suffix))

    def _check_keeps_cookies(self, cause: origin.Cause) -> None:
        if self.gate.origins.keeps_no_cookies(cause):
            raise self.gate.origins.no_cookies(cause)
