"""A grant under way: from the moment before the person is read to the grant that begins."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from . import rules
from .errors import Reason, Rejected
from .login import NOWHERE, Beginning
from .settings import Settings
from .stores import Most, Store
from .tokens import hash_secret, new_secret, new_sid
from .types import Clock, Device, Issued, Session

MOST_OF_ITS_OWN = Most(200)
"""Access tokens that an application has for itself at one time: one for each of its processes.  The
oldest ends when it is given another."""


@dataclass(frozen=True, slots=True)
class GrantAttempt:
    """A grant under way, from a moment before the person is read.  Made by `Grants.attempt`."""

    store: Store
    settings: Settings
    clock: Clock
    beginning: Beginning

    @property
    def mark(self) -> int:
        """The moment of this attempt in the store's order of changes, for `Grants.resume`: a plain
        number, which can be written down.  Of a store whose marks tell more, it is one before all
        that may have been missed, so that it refuses too often rather than too seldom."""
        return int(self.beginning.mark)

    async def begin(
        self,
        subject: str,
        *,
        client_id: str,
        audience: str,
        scopes: Collection[str] = (),
        parent_sid: str | None = None,
        authenticated_at: int | None = None,
        amr: Collection[str] = (),
        sid: str | None = None,
        device: Device = NOWHERE,
        attributes: Mapping[str, str | int | bool] | None = None,
    ) -> Issued:
        """Begin a grant of these scopes, for the application `client_id` at the API `audience`.

        With a `parent_sid`, a login of the person, it is *online* and ends with that login;
        without, it is *offline*.  `authenticated_at` and `amr` tell when and how the person last
        proved themselves, if not now.  A `sid` that was chosen before (32 hexadecimal digits,
        random) lets the caller end the grant whatever becomes of this.

        Raises `Rejected(superseded)` when the person was changed since `attempt`, or the login has
        ended; `ValueError` for names that a token cannot carry, for the application's own audience,
        and for a parent that is not a login of the person or hangs on another session itself.
        """
        now, secret = self.clock(), new_secret()
        parent = await self._parent(subject, parent_sid)
        until = now + self.settings.absolute_ttl
        if parent is not None:
            until = min(until, parent.expires_at)
        own = self.settings.token_audience
        session = Session(
            sid=new_sid() if sid is None else rules.checked_sid(sid),
            subject=rules.checked_id(subject),
            mode="token",
            secret_hash=hash_secret(secret),
            created_at=now,
            authenticated_at=now if authenticated_at is None else min(authenticated_at, now),
            seen_at=now,
            rotated_at=now,
            expires_at=until,
            ends_at=min(until, now + self.settings.idle_ttl),
            scopes=rules.checked_names(scopes) or frozenset(),
            amr=rules.checked_factors(amr),
            client_id=rules.checked_third_party(client_id, own),
            audience=rules.checked_third_party(audience, own),
            parent_sid=parent_sid,
            device=device,
            attributes=rules.checked_attributes(attributes or {}),
        )
        return await self.beginning("granted", session, secret)

    async def begin_own(
        self,
        client_id: str,
        *,
        audience: str,
        scopes: Collection[str] = (),
        device: Device = NOWHERE,
    ) -> Issued:
        """Begin a grant of an application to itself, without a person (RFC 6749 section 4.4): its
        subject is the client id.  It ends with its access token, and has no refresh token, so it
        is never renewed.

        `Auth.revoke(subject=client_id)` ends all of them in one step, those under way included.
        Raises like `begin`.
        """
        now, secret, own = self.clock(), new_secret(), self.settings.token_audience
        until = now + self.settings.access_ttl
        session = Session(
            sid=new_sid(),
            subject=rules.checked_id(client_id),
            mode="token",
            secret_hash=hash_secret(secret),
            created_at=now,
            authenticated_at=now,
            seen_at=now,
            rotated_at=now,
            expires_at=until,
            ends_at=until,
            scopes=rules.checked_names(scopes) or frozenset(),
            client_id=rules.checked_third_party(client_id, own),
            audience=rules.checked_third_party(audience, own),
            device=device,
        )
        most = MOST_OF_ITS_OWN
        return await self.beginning("issued", session, secret, renewable=False, most=most)

    async def _parent(self, subject: str, sid: str | None) -> Session | None:
        """The login that a grant hangs on.  A decision takes children one level along, so a grant
        below the child of a login would outlive that login."""
        if sid is None:
            return None
        parent = await self.store.get(sid)
        if parent is None:
            raise Rejected(Reason.SUPERSEDED, "the login is gone")
        if parent.audience or parent.subject != subject or parent.parent_sid is not None:
            raise ValueError("a grant hangs on a login of the same person, which hangs on no other")
        return parent
