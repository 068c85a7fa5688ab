"""Grants: what a person permits other applications to do, in the same store as their logins.

A grant is a session with an audience.  `Auth` and `Grants` each see only the rows of their kind,
but a decision that ends all of a person's sessions ends their grants, too.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from . import rules
from .authenticate import Authenticate
from .change_feed import ChangeFeed, Ticks, boot_ticks
from .credentials import Credentials
from .decisions import Decisions
from .errors import ConfigurationError, Reason, Rejected
from .events import Events, Record, ignore
from .grant_attempt import GrantAttempt as GrantAttempt
from .id_token import IdToken
from .keys import RootKeys
from .login import NOWHERE, Beginning
from .logout import Logout
from .refresh import Refresh
from .rows import GrantRows
from .settings import Settings
from .signing import Signing
from .stores import EVERY_ROW, Backend, Most, Page
from .types import Clock, Device, Event, Issued, Principal, Session, system_clock
from .view import View

MOST = Most(20)
"""Grants of one person for one application: one for each device on which they use it.  The oldest
ends when another begins."""

PAGE = 100


class Grants:
    """The grants of one application's people, beside its `Auth` on the same store and root key.

    `settings` are of token mode, whatever the mode of the application, and have its issuer and
    audience.  A process learns within `max_staleness` what others decided, and what the `Auth`
    beside this one did; at once where the store is on this machine.  Every verb may raise
    `StoreUnavailable`; those that take a token raise `Rejected`.  Raises `ConfigurationError` for
    settings of another mode.
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
        if settings.modes != ("token",):
            raise ConfigurationError("grants need settings with mode='token', and without accept")
        self.store = store
        self.settings = settings
        self.clock = clock
        signing = self._signing = Signing(store, root, settings, clock)
        rows = self._rows = GrantRows(store, settings.token_audience)
        self._record = record
        self._events = Events(record, clock)
        self._view = View(settings.remember, settings.retain)
        self._feed = ChangeFeed(
            store, self._view, clock, settings.max_staleness, signing.forget, ticks
        )
        self._credentials = Credentials(signing, root, settings, clock, self._feed, grants=True)
        self._decisions = Decisions(store, MOST, clock, self._feed)
        self._judge = Authenticate(store, rows, self._view, self._credentials, settings)
        self._trace = Logout(rows, self._credentials, self._decisions, self._events)
        self._refresh = Refresh(
            rows, settings, clock, self._credentials, self._decisions, self._events
        )

    async def attempt(self) -> GrantAttempt:
        """Begin to give a grant.  Call it *before* the person, the application and the consent are
        read: what is decided about the person from here on makes this grant fail."""
        return self.resume(await self.store.mark())

    def resume(self, mark: int) -> GrantAttempt:
        """The attempt with this `mark`, in another request or at another node of the same store:
        the person may have consented in one, and the application asks for tokens in the next."""
        beginning = Beginning(mark, self._credentials, self._decisions, self._events)
        return GrantAttempt(self.store, self.settings, self.clock, beginning)

    async def jwks(self) -> dict[str, list[dict[str, str]]]:
        """The public keys as a JWK Set (RFC 7517 section 5)."""
        await self._feed.keep_up()
        return await self._signing.jwks()

    async def authenticate(self, token: str, audience: str, *, jkt: str | None = "") -> Principal:
        """Who acts for whom by this access token, at the API named `audience`.  `jkt` is the
        thumbprint of the key that was proved with it (see `doorward.dpop`), or None where whoever
        is told of the principal sees to that.  Raises `Rejected`, also for a token of another
        audience, and `unproven_key` unless it is bound to exactly that key."""
        await self._feed.keep_up()
        now = self.clock()
        try:
            found = self._view.recall(token, now)
            if found is None:
                if self._view.turned_back(now):
                    await self._feed.catch_up()
                found = await self._judge(token, now, None)
            if found.audience != audience:
                raise Rejected(Reason.MALFORMED, "an access token for another audience")
            if jkt is not None and found.jkt != jkt:
                raise Rejected(Reason.UNPROVEN_KEY)
        except Rejected as refused:
            await self._events.refusal(refused, NOWHERE, None)
            raise
        return found

    async def refresh(
        self, refresh_token: str, device: Device = NOWHERE, *, jkt: str = ""
    ) -> Issued:
        """Exchange a refresh token by the rules of `Auth.refresh`, for tokens of the same audience,
        the access token bound to the key of this thumbprint.  Of a grant that is bound to a key,
        the refresh token stays.  Raises `Rejected`; `unproven_key`, for another key than a grant is
        bound to, ends nothing."""
        try:
            return await self._refresh(refresh_token, device, jkt)
        except Rejected as refused:
            await self._events.refusal(refused, device, await self.owner(refresh_token))
            raise

    async def id_token(
        self, issued: Issued, *, nonce: str | None = None, algorithm: str | None = None
    ) -> str:
        """An ID token beside the access token that was just issued: who logged in, when and how,
        for the application (OpenID Connect Core section 2), good for five minutes.

        It is signed like access tokens, or in the `algorithm` that the application wants: RS256 can
        always be had.  Raises `ConfigurationError` for an algorithm that cannot, `ValueError` for a
        login, and for a nonce that is empty or long.
        """
        return await self._credentials.id_token(issued, nonce, algorithm)

    async def read_id_token(self, token: str, *, expired_too: bool = False) -> IdToken:
        """What an ID token of ours says, with `expired_too` also a past one, as a logout is asked
        for with (`id_token_hint`).  It is no credential: whether the grant lives, and who asks, is
        for the caller to judge.  Raises `Rejected`."""
        return await self._credentials.read_id_token(token, expired_too=expired_too)

    async def add_algorithm(self, algorithm: str) -> None:
        """Make the keys that sign ID tokens of this algorithm, RS256 if access tokens have another,
        unless there are some.  Call it where a server starts, so that others can learn them before
        the first ID token.  Making them holds the process up for a second.  Raises
        `ConfigurationError` for any other algorithm."""
        await self._feed.keep_up()
        await self._signing.ring_for(algorithm)
        self._feed.decided()

    async def owner(self, token: str) -> Session | None:
        """The grant of an access or refresh token, dead or alive, however old the token is; None
        for what we never issued."""
        return await self._trace.owner(token)

    async def revoke(self, sid: str, device: Device = NOWHERE) -> Sequence[str]:
        """End one grant.  Returns the sids that ended: none where it had ended before or is no
        grant.  `device` is where the decision came from."""
        row = await self._rows.get(sid)
        gone = [] if row is None else list(await self._decisions.end(sid))
        if row is not None and gone:
            await self._record_end(row.subject, gone, device, sid)
        return gone

    async def end(
        self,
        subject: str,
        client_id: str,
        device: Device = NOWHERE,
        *,
        only: Callable[[Session], bool] = lambda _: True,
    ) -> Sequence[str]:
        """End all grants of a person for one application, or `only` some of them; nothing else of
        theirs is touched.

        One atomic step for each grant; repeat it if one fails.  It does not stop grants under way:
        withdraw the consent first, and have whoever begins a grant look at the consent afterwards.
        Returns the sids that ended.
        """
        gone: list[str] = []
        # one that was refreshed meanwhile moved to the front of the list, behind the walk
        while ended := await self._walk(subject, client_id, only):
            gone += ended
        if gone:
            await self._record_end(subject, gone, device)
        return gone

    async def sessions(self, subject: str | None, after: Page | None = None) -> Sequence[Session]:
        """A person's live grants, or everybody's, latest activity first, at most 100; the next ones
        come `after` the last."""
        return await self._page(subject, self.clock(), after)

    @property
    def asks_always(self) -> bool:
        """Whether the store is asked on every check, as `Auth.asks_always` says."""
        return self._feed.asked_always

    async def catch_up(self) -> None:
        """Learn what was decided elsewhere: what a follower calls beside the requests."""
        await self._feed.catch_up()

    async def _page(self, subject: str | None, at: int, after: Page | None) -> Sequence[Session]:
        if subject is not None:
            rules.checked_id(subject)
        return await self.store.sessions(subject, at, after, PAGE, grants=True)

    async def _walk(
        self, subject: str, client_id: str, only: Callable[[Session], bool]
    ) -> list[str]:
        gone: list[str] = []
        after: Page | None = None
        while page := await self._page(subject, EVERY_ROW, after):
            for row in page:
                if row.client_id == client_id and only(row):
                    gone += await self._decisions.end(row.sid)
            after = Page(page[-1].seen_at, page[-1].sid)
        return gone

    async def _record_end(
        self, subject: str, gone: Sequence[str], device: Device, sid: str = ""
    ) -> None:
        event = Event(kind="revoked", at=self.clock(), subject=subject, sids=tuple(gone))
        await self._record(replace(event, sid=sid, device=device))
