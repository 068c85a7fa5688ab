"""The nouns: frozen records that every room passes around."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import time
from typing import Literal

Mode = Literal["session", "token"]
"""Which credential a login issues: an opaque session token, or an access and a refresh token."""

Clock = Callable[[], int]
"""Whole seconds since 1970-01-01 UTC; injected, so that time is an argument like any other."""


def system_clock() -> int:
    """Seconds since 1970 by this machine's clock."""
    return int(time())


Roles = frozenset[str]
NONE: Roles = frozenset()


VERIFIED = "verified"
"""The role of those who proved that their e-mail address is theirs.  No operator gives it."""


@dataclass(frozen=True, slots=True)
class Device:
    """Where a login came from: what the person recognises in the list of their sessions.

    Everything here was said by the client or its connection: it is shown, never believed.
    """

    address: str = ""
    user_agent: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The one record: this subject logged in, with this client, then.  The same in both modes.

    `sid` is public and proves nothing.  `mode` is that of the credentials it was given in; while
    an application changes over to tokens, it follows when the first of them is rotated.  `version`
    serves compare-and-swap and rises with every write.  `ver` is what clients were told: it rises
    with roles, scopes or factors, with revocation and where a session token dies of a refresh
    token, not with touch or rotation.  `secret_hash` is SHA-256 of the secret; the previous hash
    still authenticates until `previous_until` after a step-up, as of `previous_authenticated_at`
    and with `previous_amr`.
    `generation`, `branch`, `parent_branch` and `rotated_at` place the current refresh token.
    `ends_at` is the earlier of `expires_at` and idleness.
    `audience` is empty for a login of the application itself.  A row that has one is a *grant*: it
    permits the application named by `client_id` to use the API of that name (`aud`) for the person.
    """

    sid: str
    subject: str
    mode: Mode
    secret_hash: bytes = field(repr=False)
    created_at: int
    authenticated_at: int
    seen_at: int
    expires_at: int
    ends_at: int
    rotated_at: int
    version: int = 1
    ver: int = 1
    previous_secret_hash: bytes | None = field(default=None, repr=False)
    previous_until: int = 0
    previous_authenticated_at: int = 0
    previous_amr: tuple[str, ...] = ()
    generation: int = 0
    branch: int = 0
    parent_branch: int = 0
    revoked_at: int | None = None
    roles: Roles = NONE
    scopes: Roles = NONE
    amr: tuple[str, ...] = ()
    client_id: str = ""
    audience: str = ""
    parent_sid: str | None = None
    device: Device = field(default_factory=Device)
    attributes: Mapping[str, str | int | bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who is making this request.  A handler cannot tell a row from claims, nor need it.

    `authenticated_at` is when the person last proved a factor (OIDC `auth_time`), `amr` which
    (RFC 8176).  With an `audience` it is the application `client_id` that acts for the person, by a
    grant: within its scopes, and never with a role.
    """

    subject: str
    sid: str
    mode: Mode
    roles: Roles = NONE
    scopes: Roles = NONE
    amr: tuple[str, ...] = ()
    authenticated_at: int = 0
    client_id: str = ""
    audience: str = ""

    @property
    def verified(self) -> bool:
        """Whether the person proved that their e-mail address is theirs, where the accounts are
        Doorward's own."""
        return VERIFIED in self.roles


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """The answer to login, refresh and elevate: strings the client must keep.

    `credential` is the session token or the access token, as `mode` says; it dies at
    `credential_expires_at`.  `refresh_token` is None in session mode, and when the client is to
    keep the one it has (RFC 6749 section 6).
    """

    session: Session
    mode: Mode
    credential: str = field(repr=False)
    credential_expires_at: int
    refresh_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of the store's order of changes.  `id` is a sid or, for kind `key`, a kid."""

    kind: Literal["session", "key"]
    id: str
    ver: int = 0
    revoked: bool = False


Line = Literal["access", "id"]
"""Keys that follow one another.  Those of `access` sign access tokens, and ID tokens; those of `id`
sign ID tokens alone, in the algorithm of applications that do not know that of `access`."""

ID_LINE = "id."
"""What the names of the keys of `id` begin with.  A thumbprint, the name of any other, has no
dot."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A signing key at rest: public part readable, private part sealed under a root key.

    It signs from `signs_from` on (None: published, not yet in use), until a later key of its line
    does; `withdrawn_at` is set when it is compromised, and then it verifies nothing any more.
    """

    kid: str
    algorithm: str
    public_jwk: str
    sealed_private: bytes | None = field(repr=False)
    created_at: int
    signs_from: int | None = None
    withdrawn_at: int | None = None

    @property
    def line(self) -> Line:
        """The line it belongs to, by its name.  The private part is sealed for that name, so no
        key can be put into another line."""
        return "id" if self.kid.startswith(ID_LINE) else "access"

    @property
    def told_at(self) -> int:
        """The time of its latest change, as those who follow the store get it."""
        return max(self.created_at, self.signs_from or 0, self.withdrawn_at or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to a login, told once to `Auth(record=...)`, after it was done.

    `kind` is one of `EVENTS`.  `device` is whose act it was; for `reused`, `other` is the device
    the session was first given to.  `sids` are the sessions it ended or changed.  No credential
    ever stands in an event.
    """

    kind: str
    at: int
    subject: str = ""
    sid: str = ""
    reason: str = ""
    device: Device = field(default_factory=Device)
    other: Device | None = None
    sids: tuple[str, ...] = ()
    roles: Roles | None = None


EVENTS: dict[str, str] = {
    "login": "A session began.",
    "granted": "A person's permission for another application began.",
    "issued": "Another application was given an access token of its own, without a person.",
    "refreshed": "A refresh token was rotated or re-branched; `reason` tells which.",
    "reissued": "A credential was exchanged for one of the other mode, during a change-over.",
    "elevated": "A person proved a factor again within a session.",
    "logout": "A session was ended by its owner.",
    "revoked": "Sessions were ended by decision.",
    "changed": "Roles or scopes of sessions were changed.",
    "reused": "A displaced refresh token came back: theft is likely, the session was ended.",
    "unsteady": "A refresh family lost its place too often and was ended.",
    "adopted": "A refresh token newer than the store came: the store went back in time.",
    "refused": "A credential or login was refused; `reason` tells why.",
    "key_rotated": "The next signing key was put into use.",
    "key_withdrawn": "A signing key was declared compromised.",
}
