"""A login under way: from the moment before the user is read to the session that begins."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from . import rules
from .credentials import Credentials
from .decisions import Decisions
from .errors import Rejected
from .events import Events
from .logout import Logout
from .settings import Settings
from .stores import Most
from .tokens import hash_secret, new_secret, new_sid
from .types import Clock, Device, Issued, Session

NOWHERE = Device()


@dataclass(frozen=True, slots=True)
class Beginning:
    """Begins a session, unless its subject was changed since the `mark` of the store's changes."""

    mark: int
    credentials: Credentials
    decisions: Decisions
    events: Events

    async def __call__(
        self,
        kind: str,
        session: Session,
        secret: bytes,
        *,
        renewable: bool = True,
        most: Most | None = None,
    ) -> Issued:
        """The credentials of a new session, and an event of this kind.  `most` counts in the place
        of the usual bound.  Raises `Rejected`."""
        # issued first, because a session whose token cannot be issued must not be stored
        issued = await self.credentials.issue(session, secret, keep=not renewable)
        try:
            await self.decisions.begin(session, self.mark, most)
        except Rejected as refused:
            await self.events.of("refused", session, reason=refused.reason)
            raise
        await self.events.of(kind, session)
        return issued


@dataclass(frozen=True, slots=True)
class Attempt:
    """A login under way, from a moment before the user is read.  Made by `Auth.attempt`."""

    settings: Settings
    clock: Clock
    beginning: Beginning
    logout: Logout

    async def login(
        self,
        subject: str,
        *,
        roles: Collection[str] = (),
        scopes: Collection[str] = (),
        amr: Collection[str] = ("pwd",),
        device: Device = NOWHERE,
        client_id: str = "",
        parent_sid: str | None = None,
        attributes: Mapping[str, str | int | bool] | None = None,
        replaces: Collection[str] = (),
    ) -> Issued:
        """Begin a session with a fresh sid and secret; nothing a client sent is adopted.

        Credentials in `replaces`, those the client already held, are logged out, also when the
        login then fails.  Raises `Rejected(superseded)` when the subject was changed since
        `attempt`: read the user again; `Rejected(too_many_sessions)`; `ValueError` when a subject
        or client id is not 1 to 128 printable ASCII characters, or the names are too many for an
        access token.
        """
        settings, now, secret = self.settings, self.clock(), new_secret()
        session = Session(
            sid=new_sid(),
            subject=rules.checked_id(subject),
            mode=settings.mode,
            secret_hash=hash_secret(secret),
            created_at=now,
            authenticated_at=now,
            seen_at=now,
            rotated_at=now,
            expires_at=now + settings.absolute_ttl,
            ends_at=now + min(settings.idle_ttl, settings.absolute_ttl),
            roles=rules.checked_names(roles) or frozenset(),
            scopes=rules.checked_names(scopes) or frozenset(),
            amr=rules.checked_factors(amr),
            client_id=rules.checked_client(client_id, settings.token_audience),
            parent_sid=parent_sid,
            device=device,
            attributes=rules.checked_attributes(attributes or {}),
        )
        await self.logout(*replaces, device=device)
        return await self.beginning("login", session, secret)
