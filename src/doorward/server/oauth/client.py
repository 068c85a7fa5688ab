"""A client: another application, as the operator registered it (RFC 6749 section 2)."""

import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal, TypedDict

from ...errors import DoorwardError
from . import redirect_uri
from .scopes import Scope

Kind = Literal["public", "confidential"]

RS256 = "RS256"
"""What many applications expect of an ID token unless they are told otherwise."""

LONGEST_NAME, MOST_URIS = 60, 20


class InvalidClient(DoorwardError):
    """A client cannot be registered so, for the reason that it says.  `field` is the member of
    `Changes` that is wrong, empty for several."""

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """What the operator decides about an application.  Only a `confidential` one can keep a secret.

    `acts_for_itself`: it may get tokens without a person (RFC 6749 section 4.4), and then needs no
    redirect URI.  `pkce_exempt`: it may leave out PKCE, and must send a nonce then.  `id_token_alg`
    signs its ID tokens, None for the algorithm of access tokens.  `describes_itself`: all this is
    what the client says, and no operator.  Raises `InvalidClient` at once.
    """

    name: str
    kind: Kind
    scopes: Collection[Scope]
    redirect_uris: Sequence[str] = ()
    post_logout_uris: Sequence[str] = ()
    acts_for_itself: bool = False
    pkce_exempt: bool = False
    id_token_alg: str | None = None
    describes_itself: bool = False

    def __post_init__(self) -> None:
        set_field = object.__setattr__
        set_field(self, "name", _checked_name(self.name))
        set_field(
            self,
            "redirect_uris",
            _checked_uris(self.redirect_uris, "redirect_uris", localhost=self.describes_itself),
        )
        set_field(
            self, "post_logout_uris", _checked_uris(self.post_logout_uris, "post_logout_uris")
        )
        if not (self.redirect_uris or self.acts_for_itself):
            raise InvalidClient("An application has at least one redirect URI.", "redirect_uris")
        if self.kind == "public" and self.acts_for_itself:
            raise InvalidClient("Only an application with a secret can act for itself.")
        if self.kind == "public" and self.pkce_exempt:
            raise InvalidClient("A public application cannot do without PKCE.")
        if self.id_token_alg not in (None, RS256):
            raise InvalidClient("ID tokens are signed like access tokens, or with RS256.")


class Changes(TypedDict, total=False):
    """What the operator changes of a `Registration`; the rest stays.  `scopes` are names."""

    name: str
    redirect_uris: Sequence[str]
    post_logout_uris: Sequence[str]
    scopes: Collection[str]
    acts_for_itself: bool
    pkce_exempt: bool
    id_token_alg: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """One application that is registered; see `Registration`.

    `scopes` are the names that it may ask for, `resources` the APIs they are of.  The old secret
    works until `old_secret_until`, and what a client says of itself counts until `fresh_until`.
    `decided` counts the decisions about it, and `settled` is the last that is known to have reached
    its grants.
    """

    client_id: str
    name: str
    kind: Kind
    secret_hash: str | None = field(repr=False)
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]
    resources: frozenset[str]
    created_at: int
    post_logout_uris: tuple[str, ...] = ()
    acts_for_itself: bool = False
    pkce_exempt: bool = False
    id_token_alg: str | None = None
    describes_itself: bool = False
    fresh_until: int | None = None
    old_secret_hash: str | None = field(default=None, repr=False)
    old_secret_until: int | None = None
    disabled_at: int | None = None
    decided: int = 0
    settled: int = 0

    @property
    def settled_now(self) -> bool:
        """Whether everything decided about it has reached its grants."""
        return self.decided == self.settled

    @property
    def told_as(self) -> str:
        """Its name in a letter, or empty where a stranger chose it, who may call theirs like
        yours; the page with the applications says whose word it is."""
        return "" if self.describes_itself else self.name

    def may_have(self, scopes: Collection[str], audience: str, own_audience: str) -> bool:
        """Whether a grant of these scopes at this API, or at `own_audience`, is one that it may ask
        for."""
        there = audience == own_audience or audience in self.resources
        return self.disabled_at is None and there and self.scopes.issuperset(scopes)

    def has_secret(self, secret: str, at: int) -> bool:
        """Whether this is its secret, or the one before while that works; compared in constant
        time."""
        hashed = hashed_secret(secret)
        old = self.old_secret_hash if at < (self.old_secret_until or 0) else None
        known = [each for each in (self.secret_hash, old) if each is not None]
        return any([hmac.compare_digest(hashed, each) for each in known])

    def facts(self) -> dict[str, Any]:
        """What the operator may read of it."""
        return {
            "client_id": self.client_id,
            "name": self.name,
            "kind": self.kind,
            "redirect_uris": list(self.redirect_uris),
            "post_logout_uris": list(self.post_logout_uris),
            "scopes": sorted(self.scopes),
            "resources": sorted(self.resources),
            "acts_for_itself": self.acts_for_itself,
            "pkce_exempt": self.pkce_exempt,
            "id_token_alg": self.id_token_alg,
            "describes_itself": self.describes_itself,
            "created_at": self.created_at,
            "old_secret_until": self.old_secret_until,
            "disabled_at": self.disabled_at,
        }


def no_such_scope(names: Sequence[str]) -> InvalidClient:
    """What is wrong with a registration that names scopes that are not there."""
    return InvalidClient(f"There is no scope {', '.join(names)!a:.80}; add it first.", "scopes")


def hashed_secret(secret: str) -> str:
    """As it is stored: 256 random bits need no slow hash."""
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def _checked_name(name: str) -> str:
    """People decide by the name, so it is one line that shows all that is in it."""
    plain = " ".join(name.split())
    if not plain.isprintable() or not 0 < len(plain) <= LONGEST_NAME:
        sentence = f"The name of an application has 1 to {LONGEST_NAME} characters."
        raise InvalidClient(sentence, "name")
    return plain


def _checked_uris(uris: Sequence[str], field: str, *, localhost: bool = False) -> tuple[str, ...]:
    if len(uris) > MOST_URIS:
        raise InvalidClient(f"An application has at most {MOST_URIS} addresses of a kind.", field)
    for uri in uris:
        try:
            redirect_uri.check_registered(uri, localhost=localhost)
        except ValueError as error:
            raise InvalidClient(f"{uri!a:.80}: {error}.", field) from None
    return tuple(dict.fromkeys(uris))
