"""How a credential that is not remembered is checked: by its row, or by its claims and the view."""

from collections.abc import Awaitable, Callable

from . import rules
from .credentials import Credentials
from .errors import Reason, Rejected, StoreUnavailable
from .rows import Rows
from .settings import Settings
from .stores import Store
from .tokens import SESSION_PREFIX, hash_secret, parse_session_token
from .types import Principal, Session
from .view import View

OnTouch = Callable[[Session], object]
"""Called with the row of a session when its use is noted; its current secret was presented."""

Judge = Callable[[str, int, OnTouch | None], Awaitable[Principal]]
"""Checks a credential as of a given time."""


class Authenticate:
    """Judges a credential and remembers it when it is good.  Raises `Rejected`, and
    `StoreUnavailable`."""

    def __init__(
        self, store: Store, rows: Rows, view: View, credentials: Credentials, settings: Settings
    ) -> None:
        self._store = store
        self._rows = rows
        self._view = view
        self._credentials = credentials
        self._settings = settings
        self._touch_after = settings.touch_after
        self._judge: Judge = self._either
        if len(settings.modes) == 1:
            by_row = "session" in settings.modes
            self._judge = self._session_token if by_row else self._access_token

    def __call__(self, credential: str, now: int, on_touch: OnTouch | None) -> Awaitable[Principal]:
        return self._judge(credential, now, on_touch)

    async def standing(self, sid: str, now: int) -> Session:
        """The row of a session that is alive.  Raises `Rejected` when it is not."""
        row = await self._rows.get(sid)
        if row is None:
            raise Rejected(Reason.UNKNOWN)
        self._check_standing(row, now)
        return row

    async def _either(self, credential: str, now: int, on_touch: OnTouch | None) -> Principal:
        """While an application changes over from one mode to the other: by its form."""
        if credential.startswith(SESSION_PREFIX):
            return await self._session_token(credential, now, on_touch)
        return await self._access_token(credential, now)

    async def _session_token(
        self, credential: str, now: int, on_touch: OnTouch | None
    ) -> Principal:
        """By its row, which also notes activity when that is due."""
        token = parse_session_token(credential)
        row = rules.with_session_token(await self._rows.get(token.sid))
        row, current = rules.check_secret(row, hash_secret(token.secret), now)
        self._check_standing(row, now)
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

    async def _access_token(
        self, credential: str, now: int, on_touch: OnTouch | None = None
    ) -> Principal:
        """By signature and claims; by its row when that changed since they were told."""
        claims = await self._credentials.read_access_token(credential, now)
        principal, ver, until = claims.principal, claims.ver, claims.expires_at
        told = self._view.cursor
        if self._view.outdates(principal.sid, ver):
            row = await self.standing(principal.sid, now)
            principal = rules.as_now(principal, row)
            ver, until = row.ver, min(until, rules.proof_ends_at(row, principal.authenticated_at))
            if now >= until:
                raise Rejected(Reason.SUPERSEDED, "access token from before a step-up")
        self._view.remember(credential, principal, ver, until, told)
        return principal

    def _check_standing(self, row: Session, now: int) -> None:
        """Raises `Rejected` for a dead session, and for one that this process knows to be revoked,
        whatever its row says."""
        rules.check_standing(row, now)
        if self._view.ended(row.sid):
            raise Rejected(Reason.REVOKED, "revoked by a change that the store has lost")
