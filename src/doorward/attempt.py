"""A login under way: from the moment before the user is read to the session that begins."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass

from . import rules
from .settings import Settings
from .tokens import hash_secret, new_secret, new_sid
from .types import Clock, Device, Issued, Session

NOWHERE = Device()

Begin = Callable[[Session, bytes, int], Awaitable[Issued]]
LogOut = Callable[..., Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Attempt:
    """Knows what the world looked like (`mark`) before the user was read.  Made by `Auth`."""

    settings: Settings
    clock: Clock
    mark: int
    begin: Begin
    logout: LogOut

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
        return await self.begin(session, secret, self.mark)
