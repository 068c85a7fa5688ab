"""How a credential that is not remembered is checked: by its row, or by its claims and the view."""

from collections.abc import Awaitable, Callable, Collection

from . import rules
from .credentials import Credentials
from .errors import Reason, Rejected, StoreUnavailable
from .settings import Settings
from .stores import Store
from .tokens import SESSION_PREFIX, hash_secret, parse_session_token
from .types import Mode, Principal, Session
from .view import View

OnTouch = Callable[[Session], object]
"""Called with the row of a session when its use is noted; its current secret was presented."""

Judge = Callable[[str, int, OnTouch | None], Awaitable[Principal]]
"""Checks a credential as of a given time."""


class Check:
    """Judges a credential and remembers it when it is good.  Every verb raises `Rejected`, and
    `StoreUnavailable`."""

    def __init__(
        self, store: Store, view: View, credentials: Credentials, settings: Settings
    ) -> None:
        self._store = store
        self._view = view
        self._credentials = credentials
        self._settings = settings
        self._touch_after = settings.touch_after

    def of(self, modes: Collection[Mode]) -> Judge:
        """The checks for credentials of these modes."""
        if len(modes) > 1:
            return self.either
        return self.session_token if "session" in modes else self.access_token

    async def either(self, credential: str, now: int, on_touch: OnTouch | None) -> Principal:
        """While an application changes over from one mode to the other: by its form."""
        if credential.startswith(SESSION_PREFIX):
            return await self.session_token(credential, now, on_touch)
        return await self.access_token(credential, now)

    async def session_token(self, credential: str, now: int, on_touch: OnTouch | None) -> Principal:
        """By its row, which also notes activity when that is due."""
        token = parse_session_token(credential)
        row = rules.with_session_token(await self._store.get(token.sid))
        row, current = rules.check_secret(row, hash_secret(token.secret), now)
        rules.check_standing(row, now)
        check_not_ended(self._view, row.sid)
        proof = (row.authenticated_at, row.amr)
        if not current and rules.was_exchanged(row):
            raise Rejected(Reason.UNKNOWN, "a session token made of a refresh token's secret")
        if not current:
            proof = (row.previous_authenticated_at, row.previous_amr)
        principal = rules.principal_of(row, "session", *proof)
        if rules.due_for_touch(row, now, self._touch_after):
            row = rules.touched(row, now, self._settings)
            try:
                if not await self._store.replace(row, row):
                    return principal
            except StoreUnavailable:  # it was read; that it was used is noted another time
                return principal
            if current and on_touch is not None:
                on_touch(row)
        until = min(row.ends_at, row.seen_at + self._touch_after)
        until = until if current else min(until, row.previous_until)
        self._view.remember(credential, principal, row.ver, until)
        return principal

    async def access_token(
        self, credential: str, now: int, on_touch: OnTouch | None = None
    ) -> Principal:
        """By signature and claims; by its row when that changed since they were told."""
        claims = await self._credentials.read_access_token(credential, now)
        principal, ver, until = claims.principal, claims.ver, claims.expires_at
        told = self._view.cursor
        if self._view.outdates(principal.sid, ver):
            row = _found(await self._store.get(principal.sid))
            rules.check_standing(row, now)
            check_not_ended(self._view, row.sid)
            proof = (principal.authenticated_at, principal.amr)
            principal = rules.principal_of(row, "token", *proof)
            ver, until = row.ver, min(until, rules.proof_ends_at(row, principal.authenticated_at))
            if now >= until:
                raise Rejected(Reason.SUPERSEDED, "access token from before a step-up")
        self._view.remember(credential, principal, ver, until, told)
        return principal


def check_not_ended(view: View, sid: str) -> None:
    """Raises `Rejected(revoked)` for a session that this process knows to be revoked, whatever its
    row says."""
    if view.ended(sid):
        raise Rejected(Reason.REVOKED, "revoked by a change that the store has lost")


def _found(row: Session | None) -> Session:
    if row is None:
        raise Rejected(Reason.UNKNOWN)
    return row
