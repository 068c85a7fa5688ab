"""The public keys of the server, as an API keeps them."""

from collections.abc import Mapping

from ..types import ID_LINE

Jwk = Mapping[str, object]

_ASYMMETRIC = frozenset({"EC", "OKP", "RSA"})


class SigningKeys:
    """Keys by name, and the names of those that were withdrawn.

    A key that signs ID tokens alone is none of these: whoever steals it makes no access token.  A
    secret is none either, since a public key would pass for one (RFC 8725 section 3.1).
    """

    def __init__(self) -> None:
        self._keys: dict[str, Jwk] = {}
        self._withdrawn: set[str] = set()

    def __bool__(self) -> bool:
        return bool(self._keys)

    def find(self, kid: str) -> Jwk | None:
        """The key of this name, unless it was withdrawn."""
        return None if kid in self._withdrawn else self._keys.get(kid)

    def learn(self, published: object) -> None:
        """Take what the server publishes in place of what was known.  A set without any usable key
        changes nothing.  Raises `ValueError` for what is no JWK Set."""
        listed = published.get("keys") if isinstance(published, Mapping) else None
        if not isinstance(listed, list):
            raise ValueError("the server published no JWK Set")
        found = {kid: key for key in listed if (kid := _usable(key)) is not None}
        if found:
            self._keys = found

    def withdraw(self, kids: list[str]) -> None:
        """Never accept these again: a copy of the set on the way may still have them."""
        self._withdrawn.update(kids)


def _usable(key: object) -> str | None:
    if not isinstance(key, Mapping) or key.get("kty") not in _ASYMMETRIC:
        return None
    kid = key.get("kid")
    return kid if isinstance(kid, str) and not kid.startswith(ID_LINE) else None
