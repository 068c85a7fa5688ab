"""Auth: the verbs.  The only code that reads, decides and writes, in that order.

It awaits nothing but the store and the event callback, and reads no clock but its own.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace

from . import rules
from .attempt import NOWHERE, Attempt
from .credentials import Credentials
from .errors import Reason, Rejected
from .keys import RootKeys
from .rules import Verdict
from .settings import DAY, Settings
from .signing import Signing
from .stores import Backend, Cursor, Decision, Most, Page
from .tokens import RefreshToken, hash_secret, new_secret, parse_session_token
from .types import Clock, Device, Event, Issued, Principal, Session, system_clock
from .view import View

Record = Callable[[Event], Awaitable[None]]


async def ignore(event: Event) -> None:
    """The callback of those who record nothing."""


class Auth:
    """Keeps the subjects of one application logged in, in the mode its settings name.

    `record` is awaited with every `Event` after the act is done.  Every verb may raise
    `StoreUnavailable`; those that take a credential raise `Rejected`.
    """

    def __init__(
        self,
        store: Backend,
        settings: Settings,
        root: RootKeys,
        *,
        clock: Clock = system_clock,
        record: Record = ignore,
    ) -> None:
        self.store = store
        self.settings = settings
        self.clock = clock
        self.signing = Signing(store, root, settings, clock)
        self.csrf_keys = root.derive("csrf")
        self._credentials = Credentials(self.signing, root, settings, clock)
        self._record = record
        self._view = View(settings.remember, settings.retain)
        limit = settings.max_sessions
        self._most = None if limit is None else Most(limit, settings.end_oldest)
        self._check = (
            self._check_session_token if settings.mode == "session" else self._check_access_token
        )

    async def attempt(self) -> Attempt:
        """Begin a login.  Call it *before* the user is read: what is decided about the subject
        from here on (lock, roles, password) makes this login fail as `superseded`."""
        mark = await self.store.mark()
        return Attempt(self.settings, self.clock, mark, self._begin, self.logout)

    async def _begin(self, session: Session, secret: bytes, mark: int) -> Issued:
        """Store a new session and give out its strings: the last step of `Attempt.login`."""
        issued = await self._issue(session, secret)  # first: what cannot be given is not stored
        try:
            await self.store.insert(session, mark, session.created_at, self._most)
        except Rejected as refused:
            await self._tell("refused", session, reason=refused.reason)
            raise
        await self._tell("login", session)
        return issued

    async def authenticate(self, credential: str) -> Principal:
        """Whose credential this is, now.

        A credential checked before costs one look-up; whatever would be refused is confirmed by
        the store.  Raises `Rejected`.
        """
        await self._catch_up()
        found, now = self._view.recall(credential), self.clock()
        if found is not None and now < found.until:
            return found.principal
        if self._view.turned_back(now):
            await self._catch_up()
        try:
            return await self._check(credential, now)
        except Rejected as refused:
            await self.refused(refused)
            raise

    async def refresh(self, refresh_token: str, device: Device = NOWHERE) -> Issued:
        """Exchange a refresh token by the refresh rules (`rules.judge_refresh`).

        It always reads the store; losing a race to a sibling means to judge again, never theft.
        `device` is told to the owner should this be a thief.  Raises `Rejected`.
        """
        try:
            return await self._refresh(refresh_token, device)
        except Rejected as refused:
            await self.refused(refused, device, await self._owner(refresh_token))
            raise

    async def elevate(
        self, principal: Principal, *, amr: Collection[str] = ("pwd",), device: Device = NOWHERE
    ) -> Issued:
        """Note that the person just proved a factor again, and mint a new secret.

        The old secret authenticates for another minute, as of its own, earlier time.
        Raises `Rejected` when the session ended meanwhile.
        """
        factors = rules.checked_factors(amr)
        while True:
            now = self.clock()
            row = _found(await self.store.get(principal.sid))
            rules.check_standing(row, now)
            secret = new_secret()
            new = rules.elevated(row, hash_secret(secret), factors, now, self.settings)
            if await self.store.replace(row, new):
                await self._tell("elevated", new, device=device)
                return await self._issue(new, secret)

    async def logout(self, *credentials: str, device: Device = NOWHERE) -> Sequence[str]:
        """End the sessions these credentials belong to, whatever their age or generation.

        A credential that is not ours or already dead ends nothing.  Returns the sids ended.
        """
        ended: list[str] = []
        for credential in credentials:
            row = await self._owner(credential)
            if row is not None:
                gone = await self._end(sid=row.sid)
                if gone:
                    await self._tell("logout", row, device=device, sids=gone)
                ended += gone
        return ended

    async def revoke(
        self,
        *,
        sid: str | None = None,
        subject: str | None = None,
        keep: str | None = None,
        device: Device = NOWHERE,
    ) -> Sequence[str]:
        """End one session, or all of a subject's but `keep`; logins under way fail with the latter.

        One atomic step.  Returns the sids ended; nothing of them is accepted once this returns.
        `device` is where the decision came from.  It is told if it ended something, or was to end
        all of a subject: also where nobody was logged in, that is a decision.
        """
        if subject is not None:
            rules.checked_id(subject)
        gone = await self._end(sid=sid, subject=subject, keep=keep)
        if gone or (subject is not None and keep is None):
            row = None if sid is None else await self.store.get(sid)
            whose = row.subject if row is not None else subject or ""
            event = Event(kind="revoked", at=self.clock(), sids=tuple(gone), device=device)
            await self._record(replace(event, subject=whose, sid=sid or ""))
        return gone

    async def change(
        self,
        subject: str,
        *,
        roles: Collection[str] | None = None,
        scopes: Collection[str] | None = None,
    ) -> Sequence[str]:
        """Give every live session of a subject these roles and scopes, from its next check on.

        One atomic step; logs nobody out; logins under way fail as `superseded`.  Returns the sids
        changed.  Raises `ValueError` when the names are too many for an access token.
        """
        decision = Decision(roles=rules.checked_names(roles), scopes=rules.checked_names(scopes))
        now = self.clock()
        sids = await self.store.change(subject=rules.checked_id(subject), decision=decision, at=now)
        event = Event(kind="changed", at=now, subject=subject, sids=tuple(sids))
        await self._record(replace(event, roles=decision.roles))
        return sids

    async def sid_of(self, credential: str) -> str:
        """The session a credential belongs to, by form, MAC or signature alone; no I/O but keys.
        Raises `Rejected`."""
        return (await self._credentials.trace(credential))[0]

    async def session(self, sid: str) -> Session | None:
        """The row behind a principal, dead or alive, for what a principal does not hold."""
        return await self.store.get(sid)

    async def sessions(
        self, subject: str | None = None, after: Page | None = None, limit: int = 50
    ) -> Sequence[Session]:
        """Live sessions of one subject or of all, latest activity first."""
        if subject is not None:
            rules.checked_id(subject)
        return await self.store.list(subject, self.clock(), after, limit)

    async def still_holds(self, issued: Issued) -> bool:
        """Whether the row still is as when this was issued.  A slow answer must not put a token
        into a browser that meanwhile got a newer one: its next refresh would look like theft."""
        row = await self.store.get(issued.session.sid)
        if row is None or row.revoked_at is not None:
            return False
        return rules.place(row) == rules.place(issued.session)

    @property
    def learned(self) -> Cursor | None:
        """How far this process has followed the store's order of changes."""
        return self._view.cursor

    async def rotate_keys(self) -> None:
        """Put the next signing key into use; no token stops working."""
        await self.signing.rotate()
        await self._record(Event(kind="key_rotated", at=self.clock()))

    async def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys as a JWK Set (RFC 7517 section 5), without those withdrawn elsewhere."""
        await self._catch_up()
        return await self.signing.jwks()

    async def withdraw_key(self, kid: str) -> None:
        """A signing key leaked: nothing under it is accepted any more, people with a good refresh
        token stay logged in.  Raises `LookupError` when there is no such key."""
        await self.signing.withdraw(kid)
        await self._record(Event(kind="key_withdrawn", at=self.clock(), reason=kid))

    async def refused(
        self, refused: Rejected, device: Device = NOWHERE, row: Session | None = None
    ) -> None:
        """Tell of a refusal: by whom, and of which session if that is known."""
        event = Event(kind="refused", at=self.clock(), reason=refused.reason, device=device)
        if row is not None:
            event = replace(event, subject=row.subject, sid=row.sid)
        await self._record(event)

    async def purge(self) -> int:
        """Delete what has been dead for a day, in small steps.  Returns how many sessions went."""
        before = self.clock() - max(DAY, self.settings.retain)
        total = 0
        while gone := await self.store.purge(before):
            total += gone
        return total

    # --- how credentials are checked ------------------------------------------------------------

    async def _check_session_token(self, credential: str, now: int) -> Principal:
        token = parse_session_token(credential)
        row = await self._row(token.sid)
        row, current = rules.check_secret(row, hash_secret(token.secret), now)
        rules.check_standing(row, now)
        proof = (row.authenticated_at, row.amr)
        if not current:
            proof = (row.previous_authenticated_at, row.previous_amr)
        principal = rules.principal_of(row, *proof)
        if rules.due_for_touch(row, now, self.settings):
            row = rules.touched(row, now, self.settings)
            if not await self.store.replace(row, row):
                return principal
        until = min(row.ends_at, row.seen_at + self.settings.touch_after)
        until = until if current else min(until, row.previous_until)
        self._view.remember(credential, principal, row.ver, until)
        return principal

    async def _check_access_token(self, credential: str, now: int) -> Principal:
        claims = await self._credentials.read_access_token(credential, now)
        principal, ver, until = claims.principal, claims.ver, claims.expires_at
        told = self._view.cursor
        if self._view.outdates(principal.sid, ver):
            row = _found(await self._row(principal.sid))
            rules.check_standing(row, now)
            principal = rules.principal_of(row, principal.authenticated_at, principal.amr)
            ver, until = row.ver, min(until, rules.proof_ends_at(row, principal.authenticated_at))
            if now >= until:
                raise Rejected(Reason.SUPERSEDED, "access token from before a step-up")
        if self._view.cursor is told:  # else its key may have been withdrawn meanwhile
            self._view.remember(credential, principal, ver, until)
        return principal

    async def _refresh(self, refresh_token: str, device: Device) -> Issued:
        token = self._credentials.read_refresh_token(refresh_token)
        digest = hash_secret(token.secret)
        while True:
            now = self.clock()
            row, current = rules.check_secret(await self._row(token.sid), digest, now)
            rules.check_standing(row, now)
            if not current:
                raise Rejected(Reason.SUPERSEDED, "refresh token from before a step-up")
            verdict = rules.judge_refresh(
                row, token.generation, token.branch, now, self.settings.grace
            )
            new = await self._follow(verdict, row, token, now, device)
            if new is not None:
                await self._tell("refreshed", new, device=device, reason=verdict.value)
                return await self._issue(new, token.secret, keep=verdict is Verdict.REPLAY)

    async def _follow(
        self, verdict: Verdict, row: Session, token: RefreshToken, now: int, device: Device
    ) -> Session | None:
        """Do what the verdict says.  The row as it now is, or None when a sibling was faster."""
        if verdict is Verdict.REPLAY:
            return row
        if verdict is Verdict.REUSED or verdict is Verdict.UNSTEADY:
            gone = await self._end(sid=row.sid)
            if gone:
                await self._tell(verdict.value, row, device=device, other=row.device, sids=gone)
            raise Rejected(Reason(verdict.value))
        if verdict is Verdict.REBRANCH:
            new = rules.rebranched(row, now, self.settings)
        else:
            new = rules.rotated(row, token.generation, token.branch, now, self.settings)
        if not await self.store.replace(row, new):
            return None
        if verdict is Verdict.ADOPT:
            await self._tell("adopted", new, device=device)
        return new

    async def _owner(self, credential: str) -> Session | None:
        """The row a credential belongs to, however old the credential is."""
        try:
            sid, digest = await self._credentials.trace(credential)
            row = await self.store.get(sid)
            # at time 0 no overlap is over yet: also the secret from before a step-up logs out
            return row if digest is None else rules.check_secret(row, digest, 0)[0]
        except Rejected:
            return None

    async def _row(self, sid: str) -> Session | None:
        """The row, if it is of our mode: a refresh token's secret is no session token."""
        row = await self.store.get(sid)
        return row if row is not None and row.mode == self.settings.mode else None

    async def _end(
        self, *, sid: str | None = None, subject: str | None = None, keep: str | None = None
    ) -> Sequence[str]:
        decision = Decision(revoke=True)
        return await self.store.change(
            sid=sid, subject=subject, keep=keep, decision=decision, at=self.clock()
        )

    async def _issue(self, session: Session, secret: bytes, *, keep: bool = False) -> Issued:
        await self._catch_up()  # nothing is signed with a key that was withdrawn elsewhere
        return await self._credentials.issue(session, secret, keep=keep)

    async def _catch_up(self) -> None:
        news = await self.store.changes(self._view.cursor)
        if news.cursor is not self._view.cursor and self._view.learn(news, self.clock()):
            self.signing.forget()

    async def _tell(
        self,
        kind: str,
        session: Session,
        *,
        device: Device | None = None,
        other: Device | None = None,
        reason: str = "",
        sids: Collection[str] = (),
    ) -> None:
        await self._record(
            Event(
                kind=kind,
                at=self.clock(),
                subject=session.subject,
                sid=session.sid,
                reason=reason,
                device=session.device if device is None else device,
                other=other,
                sids=tuple(sids),
            )
        )


def _found(row: Session | None) -> Session:
    if row is None:
        raise Rejected(Reason.UNKNOWN)
    return row
