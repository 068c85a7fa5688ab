"""Auth: the verbs.  The only code that reads, decides and writes, in that order.

It awaits nothing but the store and the event callback, and reads no clock but its own.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import replace

from . import rules
from .authenticate import Authenticate, OnTouch
from .change_feed import ChangeFeed, Ticks, boot_ticks
from .credentials import Credentials
from .decisions import Decisions
from .errors import Reason, Rejected
from .events import Events, Record, ignore
from .keys import RootKeys, Seal
from .login import NOWHERE, Attempt, Beginning
from .logout import Logout
from .refresh import Refresh
from .rows import Logins
from .settings import DAY, Settings
from .signing import Signing
from .stores import Backend, Cursor, Decision, Most, Page
from .tokens import hash_secret, new_secret
from .types import Clock, Device, Event, Issued, Principal, Session, system_clock
from .view import View


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
        ticks: Ticks = boot_ticks,
    ) -> None:
        self.store = store
        self.settings = settings
        self.clock = clock
        self.signing = Signing(store, root, settings, clock)
        self.csrf_keys = root.derive("csrf")
        self.device_keys = root.derive("device")
        self.factor_seal = Seal(root.derive("seal factors"))
        self._record = record
        self._events = Events(record, clock)
        self._view = View(settings.remember, settings.retain)
        self._feed = ChangeFeed(
            store, self._view, clock, settings.max_staleness, self.signing.forget, ticks
        )
        self._credentials = Credentials(self.signing, root, settings, clock, self._feed)
        limit = settings.max_sessions
        most = None if limit is None else Most(limit, settings.end_oldest)
        self._decisions = Decisions(store, most, clock, self._feed)
        self._rows = Logins(store)
        self._authenticate = Authenticate(
            store, self._rows, self._view, self._credentials, settings
        )
        self._logout = Logout(self._rows, self._credentials, self._decisions, self._events)
        self._refresh = Refresh(
            self._rows, settings, clock, self._credentials, self._decisions, self._events
        )

    async def attempt(self) -> Attempt:
        """Begin a login.  Call it *before* the user is read: what is decided about the subject
        from here on (lock, roles, password) makes this login fail as `superseded`."""
        return Attempt(
            settings=self.settings,
            clock=self.clock,
            beginning=Beginning(
                await self.store.mark(), self._credentials, self._decisions, self._events
            ),
            logout=self._logout,
        )

    async def authenticate(
        self, credential: str, max_staleness: int | None = None, on_touch: OnTouch | None = None
    ) -> Principal:
        """The principal of this credential at this moment.

        A credential that was checked before costs one look-up while the view of the store is
        younger than `max_staleness` seconds (the setting's, or fewer).  Otherwise, and before every
        refusal, the store is asked.  `on_touch` is called when the use of a session token is noted.
        Raises `Rejected`.
        """
        feed = self._feed
        if feed.asked_always:
            await feed.ask()
        elif feed.lags(max_staleness):
            await feed.catch_up()
        now = self.clock()
        found = self._view.recall(credential, now)
        if found is not None:
            return found
        if self._view.turned_back(now):
            await feed.catch_up()
        try:
            return await self._authenticate(credential, now, on_touch)
        except Rejected as refused:
            await self.refused(refused)
            raise

    def authenticate_cached(
        self, credential: str, max_staleness: int | None = None
    ) -> Principal | None:
        """What `authenticate` would return, where it need not wait, decide or write anything; None
        says nothing about the credential."""
        if self._feed.is_current(max_staleness):
            return self._view.recall(credential, self.clock())
        return None

    async def refresh(self, refresh_token: str, device: Device = NOWHERE) -> Issued:
        """Exchange a refresh token by the refresh rules (`rules.judge_refresh`).

        While an application changes over (`accept`), whatever holds a secret of the other mode is
        exchanged for credentials of the mode that is issued. They follow from that secret, so that
        parallel exchanges agree.

        It always reads the store; losing a race to a sibling means to judge again, never theft.
        `device` is told to the owner should this be a thief.  Raises `Rejected`.
        """
        try:
            return await self._refresh(refresh_token, device)
        except Rejected as refused:
            await self.refused(refused, device, await self._logout.owner(refresh_token))
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
            row = await self._rows.get(principal.sid)
            if row is None:
                raise Rejected(Reason.UNKNOWN)
            rules.check_standing(row, now)
            secret = new_secret()
            new = rules.elevated(row, hash_secret(secret), factors, now, self.settings)
            if await self._decisions.replace(row, new):
                await self._events.of("elevated", new, device=device)
                return await self._credentials.issue(new, secret)

    async def logout(self, *credentials: str, device: Device = NOWHERE) -> Sequence[str]:
        """End the sessions these credentials belong to, whatever their age or generation.

        A credential that is not ours or already dead ends nothing.  Returns the sids ended.
        """
        return await self._logout(*credentials, device=device)

    async def revoke(
        self,
        *,
        sid: str | None = None,
        subject: str | None = None,
        keep: str | None = None,
        device: Device = NOWHERE,
    ) -> Sequence[str]:
        """End one session, or all of a subject's but `keep`; logins under way fail with the latter.
        Grants of other applications are sessions, too: all of a subject's end with the logins.

        One atomic step, which includes sessions that have expired only by this process's clock.
        Returns the sids that ended; none of their credentials is accepted here once this returns,
        and none of grants once `Grants` has learned of it, within its `max_staleness`.
        `device` is where the decision came from.  An event is recorded if a session ended, or if
        all of a subject's were to end, even if there were none.  Raises `ValueError` for what can
        be no subject, as `login` does.
        """
        if subject is not None:
            rules.checked_id(subject)
        gone = await self._decisions.end(sid, subject=subject, keep=keep)
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
        """Give every login of a subject these roles and scopes, from its next check on.

        A login without scopes is not limited by them: `scopes=[]` takes the limit away, and no
        permission.  Grants of other applications keep what the person consented to.

        One atomic step; logs nobody out; logins under way fail as `superseded`.  Returns the sids
        changed.  Raises `ValueError` when the names are too many for an access token.
        """
        decision = Decision(roles=rules.checked_names(roles), scopes=rules.checked_names(scopes))
        now = self.clock()
        sids = await self._decisions.change(decision, now, subject=rules.checked_id(subject))
        event = Event(kind="changed", at=now, subject=subject, sids=tuple(sids))
        await self._record(replace(event, roles=decision.roles))
        return sids

    async def sid_of(self, credential: str) -> str:
        """The session a credential belongs to, by form, MAC or signature alone; no I/O but keys.
        Raises `Rejected`."""
        return (await self._credentials.trace(credential))[0]

    async def session(self, sid: str) -> Session | None:
        """The row of a session, dead or alive, for what a principal does not hold.  Also that of a
        grant: see its `audience`."""
        return await self.store.get(sid)

    async def stands(self, principal: Principal) -> Principal:
        """The principal as its row now is, for a connection that outlives the credential it began
        with.  Raises `Rejected` when the session is not alive."""
        return rules.as_now(
            principal, await self._authenticate.standing(principal.sid, self.clock())
        )

    async def touch(self, principal: Principal) -> Principal:
        """Note that a person who was authenticated before is still active, in both modes.  Writes
        at most every `touch_every` seconds.  Returns and raises as `stands`."""
        while True:
            now = self.clock()
            row = await self._authenticate.standing(principal.sid, now)
            due = rules.due_for_touch(row, now, self.settings.touch_after)
            if not due or await self.store.replace(row, rules.touched(row, now, self.settings)):
                return rules.as_now(principal, row)

    async def sessions(
        self,
        subject: str | None = None,
        after: Page | None = None,
        limit: int = 50,
        *,
        grants: bool | None = False,
    ) -> Sequence[Session]:
        """Live logins of one subject or of all, latest activity first; with `grants` the grants of
        other applications instead, with None both."""
        if subject is not None:
            rules.checked_id(subject)
        return await self.store.sessions(subject, self.clock(), after, limit, grants)

    async def still_holds(self, issued: Issued) -> bool:
        """Whether the row still is as when this was issued.  A slow answer must not put a token
        into a browser that meanwhile got a newer one: its next refresh would look like theft."""
        row = await self._rows.get(issued.session.sid)
        if row is None or row.revoked_at is not None:
            return False
        return rules.place(row) == rules.place(issued.session)

    @property
    def learned(self) -> Cursor | None:
        """How far this process has followed the store's order of changes."""
        return self._view.cursor

    @property
    def view_age(self) -> float:
        """Seconds since this process knew of everything that was decided; 0 where the store is
        asked on every check, infinite before the first answer."""
        return self._feed.age

    @property
    def asks_always(self) -> bool:
        """Whether the store is asked on every check: it is on this machine, or so it was set."""
        return self._feed.asked_always

    async def catch_up(self) -> None:
        """Learn what was decided elsewhere: what a follower calls beside the requests."""
        await self._feed.catch_up()

    async def rotate_keys(self) -> None:
        """Put the next signing key into use; no token stops working."""
        await self.signing.rotate()
        self._feed.decided()
        await self._record(Event(kind="key_rotated", at=self.clock()))

    async def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys as a JWK Set (RFC 7517 section 5), without those withdrawn elsewhere."""
        await self._feed.keep_up()
        return await self.signing.jwks()

    async def withdraw_key(self, kid: str) -> None:
        """A signing key leaked: nothing under it is accepted any more, people with a good refresh
        token stay logged in.  Raises `LookupError` when there is no such key."""
        await self.signing.withdraw(kid)
        self._feed.decided()
        await self._record(Event(kind="key_withdrawn", at=self.clock(), reason=kid))

    async def refused(
        self, refused: Rejected, device: Device = NOWHERE, row: Session | None = None
    ) -> None:
        """Tell of a refusal: by whom, and of which session if that is known."""
        await self._events.refusal(refused, device, row)

    async def purge(
        self, between: Callable[[int], Awaitable[None]] | None = None, step: int = 500
    ) -> int:
        """Delete what has been dead for a day, in small steps.  Returns how many sessions went;
        `between` is told so after each step, and may rest."""
        before = self.clock() - max(DAY, self.settings.retain)
        total = 0
        while gone := await self.store.purge(before, step):
            total += gone
            if between is not None:
                await between(total)
        return total
